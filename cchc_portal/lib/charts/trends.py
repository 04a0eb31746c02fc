"""Figures over time: the line with its breaks, and the small line of a table's cell."""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from django.utils.translation import gettext as _

from cchc_portal.lib.charts.shapes import (
    BAR,
    INK_SOFT,
    MARKED,
    SERIES_STYLES,
    WIDTH,
    Chart,
    Datum,
    Dot,
    Line,
    Path,
    Series,
    Table,
    Text,
    printed_tick,
    scale_ticks,
    text_width,
    wrapped,
    xy,
)


def line_chart(
    series: Sequence[Series],
    *,
    title: str,
    desc: str,
    breaks: Mapping[int, str] | None = None,
    marks: Mapping[int, str] | None = None,
    target: Datum | None = None,
    percent: bool = True,
    note: str = "",
    width: int = WIDTH,
    height: int = 240,
) -> Chart:
    """Figures over time. `breaks` maps the index of a label to why it cannot be compared with the one before; `marks`
    to what happened since then without parting the line, in a few letters, such as a day.

    The axis of rates may begin above 0 (a line is read by its position); it never leaves out a value. Up to four
    series, each named at its end.
    """
    labels = [datum.label for datum in series[0].data]
    breaks, marks = dict(breaks or {}), dict(marks or {})
    values = [datum.value for row in series for datum in row.data] + ([target.value] if target else [])
    ticks = scale_ticks(values, percent, from_zero=not percent)
    low, high = ticks[0], ticks[-1]
    left = 12 + max(text_width(printed_tick(tick, percent)) for tick in ticks)
    several = len(series) > 1
    names = [wrapped(row.name, 120) for row in series] if several else [[]]
    right = 20 + max([text_width("100,0%"), *(text_width(line) for lines in names for line in lines)])
    top, bottom = (30 if breaks or marks else 16), height - 28
    step = (width - left - right) / max(1, len(labels) - 1)

    def at(index):
        return left + (step * index if len(labels) > 1 else (width - left - right) / 2)

    floor, pixels = float(low), (bottom - top) / float(high - low)

    def up(value):
        return bottom - (float(value) - floor) * pixels

    lines = [Line(xy(left), xy(up(tick)), xy(width - right), xy(up(tick))) for tick in ticks]
    texts = [Text(xy(left - 6), xy(up(tick) + 4), printed_tick(tick, percent), "end", INK_SOFT) for tick in ticks]
    every = max(1, math.ceil(max(text_width(label) + 10 for label in labels) / max(step, 1)))
    texts += [
        Text(xy(at(index)), xy(bottom + 18), label, "middle", INK_SOFT)
        for index, label in enumerate(labels)
        if (len(labels) - 1 - index) % every == 0
    ]
    for index, why in sorted((marks | breaks).items()):
        x = at(index) - step / 2
        lines.append(Line(xy(x), xy(top - 12), xy(x), xy(bottom), INK_SOFT, "3 3"))
        anchor = "middle" if index in marks else "end" if x > width / 2 else "start"
        texts.append(Text(xy(x + {"start": 5, "middle": 0, "end": -5}[anchor]), xy(top - 14), why, anchor, INK_SOFT))
    if target and target.value is not None:
        lines.append(
            Line(
                xy(left),
                xy(up(target.value)),
                xy(width - right),
                xy(up(target.value)),
                MARKED,
                "5 3",
            )
        )
        texts.append(
            Text(
                xy(left + 4),
                xy(up(target.value) - 5),
                f"{target.label} {target.printed}",
                "start",
                MARKED,
            )
        )
    paths, dots, ends = [], [], []
    for number, row in enumerate(series):
        stroke, dash = SERIES_STYLES[number % len(SERIES_STYLES)]
        run = []
        for index, datum in enumerate(row.data):
            if index in breaks or datum.value is None:
                paths += [Path(" ".join(run), stroke, dash)] if len(run) > 1 else []
                run = []
            if datum.value is not None:
                x, y = at(index), up(datum.value)
                run.append(f"{xy(x)},{xy(y)}")
                dots.append(
                    Dot(
                        xy(x),
                        xy(y),
                        "3",
                        stroke if not several or number % 2 == 0 else "#ffffff",
                        stroke,
                    )
                )
        paths += [Path(" ".join(run), stroke, dash)] if len(run) > 1 else []
        known = [(index, datum) for index, datum in enumerate(row.data) if datum.value is not None]
        if known:
            index, datum = known[-1]
            ends.append([up(datum.value), at(index), datum.printed, names[number] if several else [], stroke])
    ends.sort()
    below = 0.0
    for y, x, printed, name, stroke in ends:
        y = max(y, below)
        for offset, line in enumerate([printed, *name]):
            weight = "600" if offset == 0 else "400"
            texts.append(Text(xy(x + 8), xy(y + 4 + offset * 14), line, "start", stroke, weight))
        below = y + 14 * (1 + len(name)) + 2
    heads = [_("Period"), *(row.name for row in series)]
    rows = [[label, *(row.data[index].printed for row in series)] for index, label in enumerate(labels)]
    return Chart(
        title, desc, width, height, Table(heads, rows), note, "line", lines=lines, paths=paths, dots=dots, texts=texts
    )


def sparkline(data: Sequence[Datum], *, title: str, desc: str = "", width: int = 96, height: int = 24) -> Chart:
    """A small line without axes for a table's cell; the last known figure is a dot, gaps stay gaps."""
    values = [datum.value for datum in data if datum.value is not None]
    low, high = min(values, default=0), max(values, default=0)
    step = (width - 8) / max(1, len(data) - 1)
    paths, run, last = [], [], None
    for index, datum in enumerate(data):
        if datum.value is None:
            paths += [Path(" ".join(run), BAR)] if len(run) > 1 else []
            run = []
            continue
        share = float(Fraction(datum.value - low) / Fraction(high - low)) if high > low else 0.5
        last = (4 + step * index, height - 4 - (height - 8) * share)
        run.append(f"{xy(last[0])},{xy(last[1])}")
    paths += [Path(" ".join(run), BAR)] if len(run) > 1 else []
    dots = [Dot(xy(last[0]), xy(last[1]), "2.5")] if last else []
    table = Table([_("Period"), title], [[datum.label, datum.printed] for datum in data])
    return Chart(title, desc, width, height, table, kind="spark", paths=paths, dots=dots)
