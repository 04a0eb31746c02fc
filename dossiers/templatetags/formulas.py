"""How pages call the formulas of rates."""

from django import template

from dossiers.choices import FORMULA_NAMES

register = template.Library()


@register.filter
def formula_name(code: str) -> str:
    """The short name of a formula: D1 to D5 by their codes, shares in words."""
    return FORMULA_NAMES.get(code, code)
