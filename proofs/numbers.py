"""300 ways of writing a number into a cell: exactly that count or a refusal; never another number.

The list is that of the tests. The control reads numbers as a program does that drops dots, commas and blanks.
"""

from cchc_portal.lib.numbers import NOT_APPLICABLE, NumberError, parse_cell
from tests.dossiers.test_workbook_numbers import ACCEPTED, REFUSED

NOTHING = object()


def read(text) -> object:
    """The count of a typed text, "NA", None for a blank, or NOTHING where it is refused."""
    try:
        value = parse_cell(text)
    except NumberError:
        return NOTHING
    return "NA" if value is NOT_APPLICABLE else value


def carelessly(text: str) -> object:
    cleaned = text.strip().replace(".", "").replace(",", "").replace(" ", "")
    return int(cleaned) if cleaned.isdigit() and cleaned.isascii() else NOTHING


def prove() -> dict:
    """The row of the results, over all writings that can be typed (texts)."""
    cases = [(text, count) for text, count in ACCEPTED if isinstance(text, str)]
    cases += [(text, NOTHING) for text in REFUSED if isinstance(text, str)]
    failed = [text for text, count in cases if read(text) != count]
    control = [text for text, count in cases if carelessly(text) not in (count, NOTHING)]
    return {
        "tried": len(cases),
        "failed": len(failed),
        "control_failed": len(control),
        "ok": not failed and len(cases) >= 250,
    }
