"""What stands beside the lines of the entry page on demand: the periods before and what is usual for the unit."""

from statistics import median_low

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from dossiers import rules
from dossiers.models import Line, Period
from dossiers.tally.checking import KEY_COLUMNS
from dossiers.tally.history import past_of
from dossiers.views.grid import to_enter


def _beside(period: Period | None, lines: dict, keys: dict[int, tuple]) -> dict | None:
    if period is None or not lines:
        return None
    cells = {pk: lines[key].to_json() for pk, key in keys.items() if key in lines}
    return {"title": str(period), "lines": cells}


def _usual(counts: dict[str, list[int]]) -> dict[str, dict]:
    """Figure → the range that is not asked about and what it stands on, where the history is long enough."""
    found = {}
    for name, history in counts.items():
        if span := rules.usual_range(history):
            low, high = span
            smallest, largest = min(history), max(history)
            found[name] = {
                "low": low,
                "high": high,
                "periods": len(history),
                "least": smallest,
                "most": largest,
                "middle": median_low(history),
            }
    return found


@require_safe
def line_context(request: HttpRequest, pk: int) -> HttpResponse:
    """Previous period, same period last year and usual ranges of every line, for whoever enters the return."""
    item = to_enter(request, pk)
    past = past_of(item)
    rows = Line.objects.filter(of=item).values_list("pk", *KEY_COLUMNS)
    keys = {line: tuple(key) for line, *key in rows}
    usual = {line: _usual(past.counts[key]) for line, key in keys.items() if key in past.counts}
    return JsonResponse(
        {
            "previous": _beside(past.previous, past.previous_lines, keys),
            "last_year": _beside(past.last_year, past.last_year_lines, keys),
            "usual": {line: ranges for line, ranges in usual.items() if ranges},
        }
    )
