"""Figures as lengths from zero: ranked bars, a bar against its target, the bar of a table's cell."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from cchc_portal.lib.charts.shapes import (
    AXIS,
    BAR,
    BAR_SOFT,
    INK,
    MARKED,
    WIDTH,
    Box,
    Chart,
    Datum,
    Line,
    Table,
    Text,
    label_column,
    label_texts,
    text_width,
    xy,
)


def ranked_bars(
    data: Sequence[Datum],
    *,
    title: str,
    desc: str,
    head: str,
    measure: str,
    marked: Sequence[str] = (),
    target: Datum | None = None,
    percent: bool = True,
    ranked: bool = True,
    note: str = "",
    width: int = WIDTH,
) -> Chart:
    """Bars from zero, the largest first, undefined ones last and without a bar; `marked` labels stand out.

    `head` and `measure` are the heads of the table. A rate's axis ends at 100 %.
    """
    if ranked:
        data = sorted(data, key=lambda datum: (datum.value is None, -(datum.value or 0)))
    column, labels = label_column([datum.label for datum in data], width)
    left, right = column + 10, width - 8 - max([text_width(datum.printed) for datum in data], default=0) - 8
    known = [datum.value for datum in data if datum.value is not None]
    end = Fraction(1) if percent else Fraction(max([*known, 1]))
    boxes, texts, y = [], [], 8.0
    for datum, lines in zip(data, labels, strict=True):
        tall = 34 if len(lines) > 1 else 24
        middle = y + tall / 2
        stands_out = datum.label in marked
        texts += label_texts(lines, column, middle, "600" if stands_out else "400")
        length = 0.0
        if datum.value is not None:
            length = (right - left) * float(Fraction(datum.value) / end)
            fill = BAR if stands_out or not marked else BAR_SOFT
            boxes.append(Box(xy(left), xy(middle - 8), xy(max(length, 0.5)), "16", fill))
        # Beside the bar, unless the line of the target could run through the figure.
        beside = right + 6 if target else left + length + 6
        texts.append(Text(xy(beside), xy(middle + 4), datum.printed, "start", INK, "600"))
        y += tall
    lines = [Line(xy(left), "4", xy(left), xy(y), AXIS)]
    height = y + 6
    if target and target.value is not None:
        x = left + (right - left) * float(Fraction(target.value) / end)
        lines.append(Line(xy(x), "4", xy(x), xy(y), MARKED, "4 3", "1.5"))
        texts.append(Text(xy(x), xy(y + 13), f"{target.label} {target.printed}", "end", MARKED))
        height += 14
    rows = [[datum.label, datum.printed, datum.basis] for datum in data]
    table = Table([head, measure, _("Basis")], rows)
    return Chart(title, desc, width, math.ceil(height), table, note, "bars", boxes=boxes, lines=lines, texts=texts)


@dataclass(frozen=True)
class Against:
    """A figure and the goal set for it."""

    figure: Datum
    target: Datum


def bullets(
    pairs: Sequence[Against],
    *,
    title: str,
    desc: str,
    head: str,
    measure: str,
    percent: bool = True,
    note: str = "",
    width: int = WIDTH,
) -> Chart:
    """Each figure as a bar against the tick of its target; the printed text names both."""
    column, labels = label_column([pair.figure.label for pair in pairs], width)
    endings = [f"{pair.figure.printed} / {pair.target.printed}" for pair in pairs]
    left, right = column + 10, width - 12 - max([text_width(ending) for ending in endings], default=0)
    boxes, lines, texts, y = [], [], [], 8.0
    for pair, name, ending in zip(pairs, labels, endings, strict=True):
        tall = 36
        middle = y + tall / 2
        known = [Fraction(datum.value) for datum in (pair.figure, pair.target) if datum.value is not None]
        end = Fraction(1) if percent else max([*known, Fraction(1)])
        texts += label_texts(name, column, middle)
        boxes.append(Box(xy(left), xy(middle - 10), xy(right - left), "20", "#eceff4"))
        if pair.figure.value is not None:
            length = (right - left) * float(Fraction(pair.figure.value) / end)
            boxes.append(Box(xy(left), xy(middle - 5), xy(max(length, 0.5)), "10", BAR))
        if pair.target.value is not None:
            x = left + (right - left) * float(Fraction(pair.target.value) / end)
            lines.append(Line(xy(x), xy(middle - 12), xy(x), xy(middle + 12), INK, "", "3"))
        texts.append(Text(xy(right + 8), xy(middle + 4), ending, "start", INK, "600"))
        y += tall
    rows = [[pair.figure.label, pair.figure.printed, pair.target.printed] for pair in pairs]
    table = Table([head, measure, _("Target")], rows)
    return Chart(title, desc, width, math.ceil(y + 6), table, note, "bullets", boxes=boxes, lines=lines, texts=texts)


def bar(datum: Datum, *, width: int = 96, height: int = 12, end: int = 1) -> Chart:
    """One bar for a table's cell: the share of `end` that the figure is; no box where it is not known."""
    boxes = [Box("0", "0", str(width), str(height), "#eceff4")]
    if datum.value is not None:
        share = min(Fraction(1), Fraction(datum.value) / (end or 1))
        boxes.append(Box("0", "0", xy(width * share), str(height)))
    table = Table([datum.label], [[datum.printed]])
    return Chart(f"{datum.label}: {datum.printed}", datum.basis, width, height, table, kind="bar", boxes=boxes)
