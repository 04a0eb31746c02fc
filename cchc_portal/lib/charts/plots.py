"""Figures by row and column, and figures before and now."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from cchc_portal.lib.charts.shapes import (
    AXIS,
    BAR,
    BAR_SOFT,
    HEAT,
    HEAT_NONE,
    INK,
    INK_SOFT,
    WIDTH,
    Box,
    Chart,
    Datum,
    Dot,
    Line,
    Table,
    Text,
    label_column,
    label_texts,
    printed_tick,
    scale_ticks,
    text_width,
    wrapped,
    xy,
)
from cchc_portal.lib.numbers import NONE_PRINTED


def heat_map(
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Mapping[tuple[str, str], Datum],
    *,
    title: str,
    desc: str,
    head: str,
    note: str = "",
    width: int = WIDTH,
) -> Chart:
    """Shares (0–1) by row and column, darker for more, each with its printed text; a missing one is a dashed frame."""
    column, labels = label_column(rows, width)
    left, top = column + 10, 38
    words = [word for name in columns for word in name.split()]
    widest = max([text_width(text) for text in [*words, *(datum.printed for datum in cells.values())]], default=0)
    across = max(widest + 6, (width - left - 4) / max(1, len(columns)))
    width = max(width, math.ceil(left + across * len(columns) + 4))
    texts = []
    for index, name in enumerate(columns):
        lines = wrapped(name, across)
        for number, line in enumerate(lines):
            y = top - 8 - 14 * (len(lines) - 1 - number)
            texts.append(Text(xy(left + across * (index + 0.5)), xy(y), line, "middle", INK_SOFT))
    boxes, y, printed_rows = [], float(top), []
    for name, lines in zip(rows, labels, strict=True):
        tall = 34 if len(lines) > 1 else 26
        texts += label_texts(lines, column, y + tall / 2)
        printed_rows.append([name])
        for index, column_name in enumerate(columns):
            datum = cells.get((name, column_name))
            known = datum is not None and datum.value is not None
            step = min(len(HEAT) - 1, int(Fraction(datum.value) * len(HEAT))) if known else 0
            fill, ink = HEAT[step] if known else HEAT_NONE
            x, printed = left + across * index, datum.printed if datum else NONE_PRINTED
            stroke, dash = ("none", "") if known else (AXIS, "2 2")
            boxes.append(
                Box(
                    xy(x + 1),
                    xy(y + 1),
                    xy(across - 2),
                    xy(tall - 2),
                    fill,
                    stroke,
                    dash,
                )
            )
            texts.append(Text(xy(x + across / 2), xy(y + tall / 2 + 4), printed, "middle", ink))
            printed_rows[-1].append(printed)
        y += tall
    table = Table([head, *columns], printed_rows)
    return Chart(title, desc, width, math.ceil(y + 4), table, note, "heat", boxes=boxes, texts=texts)


@dataclass(frozen=True)
class Change:
    """The same figure before and now."""

    label: str
    before: Datum
    now: Datum


def dot_plot(
    changes: Sequence[Change],
    *,
    title: str,
    desc: str,
    head: str,
    before: str,
    now: str,
    percent: bool = True,
    note: str = "",
    width: int = WIDTH,
) -> Chart:
    """A hollow dot for before, a full one for now, a line between; the names stand over the first row's dots."""
    column, labels = label_column([change.label for change in changes], width)
    endings = [f"{change.before.printed} → {change.now.printed}" for change in changes]
    left, right = column + 16, width - 20 - max([text_width(ending) for ending in endings], default=0)
    values = [datum.value for change in changes for datum in (change.before, change.now)]
    ticks = scale_ticks(values, percent, from_zero=not percent)
    low, high = ticks[0], ticks[-1]

    def at(value):
        return left + (right - left) * float((value - low) / (high - low))

    top, tall = 30.0, 36 if any(len(lines) > 1 for lines in labels) else 28
    bottom = top + tall * len(changes)
    lines = [Line(xy(at(tick)), xy(top), xy(at(tick)), xy(bottom)) for tick in ticks]
    texts = [Text(xy(at(tick)), xy(bottom + 16), printed_tick(tick, percent), "middle", INK_SOFT) for tick in ticks]
    dots = [Dot(xy(left + 4), "14", "4", "#ffffff", BAR)]
    texts.append(Text(xy(left + 14), "18", before, "start", INK_SOFT))
    beside = left + 24 + text_width(before)
    dots.append(Dot(xy(beside + 4), "14", "4"))
    texts.append(Text(xy(beside + 14), "18", now, "start", INK_SOFT))
    for index, (change, name, ending) in enumerate(zip(changes, labels, endings, strict=True)):
        y = top + tall * (index + 0.5)
        texts += label_texts(name, column, y)
        texts.append(Text(xy(right + 14), xy(y + 4), ending, "start", INK, "600"))
        if change.before.value is not None and change.now.value is not None:
            lines.append(
                Line(
                    xy(at(change.before.value)),
                    xy(y),
                    xy(at(change.now.value)),
                    xy(y),
                    BAR_SOFT,
                    "",
                    "3",
                )
            )
        if change.before.value is not None:
            dots.append(Dot(xy(at(change.before.value)), xy(y), "4.5", "#ffffff", BAR))
        if change.now.value is not None:
            dots.append(Dot(xy(at(change.now.value)), xy(y), "4.5"))
    rows = [[change.label, change.before.printed, change.now.printed] for change in changes]
    table = Table([head, before, now], rows)
    return Chart(title, desc, width, math.ceil(bottom + 24), table, note, "dots", lines=lines, dots=dots, texts=texts)
