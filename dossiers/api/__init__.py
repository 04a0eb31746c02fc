"""The API of periods and returns."""

from ninja import Router

from dossiers.api import periods, returns

router = Router()
router.add_router("", periods.router)
router.add_router("", returns.router)

__all__ = ["router"]
