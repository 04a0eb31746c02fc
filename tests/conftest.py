"""What every test gets: the cast, Chromium as Debian ships it, a database file for browser tests, no litter."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from hypothesis import settings as hypothesis_settings

from tests.cast import cast, client_of, period_q, procedures_khcn
from tests.services import running_services
from tests.world import world

__all__ = ["cast", "client_of", "period_q", "procedures_khcn", "world"]

# A busy machine makes single examples slow; a test as a whole has pytest's time limit.
hypothesis_settings.register_profile("portal", deadline=None)
hypothesis_settings.load_profile("portal")

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BROWSER_FIXTURES = {"page", "context", "browser", "new_context"}


def pytest_collection_modifyitems(items):
    """Marks what asks for a browser, so that the run on PostgreSQL can leave it out."""
    for item in items:
        if BROWSER_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Debian's Chromium instead of a downloaded one."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        pytest.fail("Chromium is not installed; `make test` installs it, or: apt-get install chromium")
    # Playwright's event loop runs in the test's thread; Django takes it for async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    return {**browser_type_launch_args, "executable_path": program, "args": CHROMIUM_FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    """A Vietnamese office's browser."""
    return {
        **browser_context_args,
        "locale": "vi-VN",
        "timezone_id": "Asia/Ho_Chi_Minh",
        "viewport": {"width": 1366, "height": 768},
    }


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """SQLite in a file: a live server's threads cannot share an in-memory one under IMMEDIATE transactions."""
    database = settings.DATABASES["default"]
    if "sqlite3" not in database["ENGINE"]:
        yield
        return
    folder = Path(tempfile.mkdtemp(prefix="cchc-test-db-"))
    database["TEST"]["NAME"] = str(folder / f"test-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.sqlite3")
    options = database["OPTIONS"]
    options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
    yield
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def services():
    """PostgreSQL and Redis for tests that start processes of their own; those of `make test` when it runs."""
    with running_services() as found:
        yield found


def pytest_unconfigure(config):
    """The files that tests uploaded go with the run."""
    if settings.configured and str(settings.MEDIA_ROOT).startswith(tempfile.gettempdir()):
        shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)


@pytest.fixture(autouse=True)
def empty_cache():
    """Pages kept by one test are not another's."""
    cache.clear()
