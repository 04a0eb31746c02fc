"""What charts are made of: figures, shapes, the colours and the ways to place labels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from cchc_portal.lib.numbers import NONE_PRINTED, Rate, format_count, format_rate

Value = int | Fraction | None
WIDTH = 520
TEXT_SIZE = 12
# The screen's typeface, and the one that documents embed; an SVG does not inherit it from the page's CSS in a PDF.
# Without quotes, which WeasyPrint would take for part of the name.
FONT = "Noto Sans Portal, Liberation Serif Portal, sans-serif"
# Mean width of a letter, in parts of its size; a little generous, so that labels never run into bars.
LETTER = 0.56
INK, INK_SOFT, RULE, AXIS = "#17202e", "#445064", "#dbe1e9", "#79859a"
BAR, BAR_SOFT, MARKED = "#275a9c", "#9db5d6", "#9d2413"
# Series differ in lightness, dash and shape of the end as well: they stay apart on a grey printer.
SERIES_STYLES = (("#1f477d", ""), ("#b06a00", "6 3"), ("#0a7a62", "2 3"), ("#7b5bb5", "8 3 2 3"))
# From light to dark, so that the order survives a grey printer; text turns white on the dark ones.
HEAT = (("#f0f4fa", INK), ("#c9d8ec", INK), ("#94b2da", INK), ("#4a79b5", "#ffffff"), ("#1b4275", "#ffffff"))
HEAT_NONE = ("#ffffff", INK_SOFT)


@dataclass(frozen=True)
class Datum:
    """One figure: label, exact value (None: not known), its printed text, and what it rests on."""

    label: str
    value: Value
    printed: str
    basis: str = ""

    @classmethod
    def of_rate(cls, label: str, rate: Rate | None) -> "Datum":
        """A rate; undefined ones become gaps."""
        if rate is None:
            return cls(label, None, NONE_PRINTED)
        return cls(label, rate.fraction if rate.is_defined else None, rate.printed, rate.basis)

    @classmethod
    def of_count(cls, label: str, count: int | None) -> "Datum":
        """A count; None becomes a gap."""
        return cls(label, count, format_count(count))


@dataclass(frozen=True)
class Series:
    """A named row of figures along the same labels."""

    name: str
    data: Sequence[Datum]


@dataclass(frozen=True)
class Table:
    """The same figures as a table: heads and rows of printed texts, the first of each row being its head."""

    columns: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Text:
    """A text at a place; `anchor` start, middle or end."""

    x: str
    y: str
    text: str
    anchor: str = "start"
    fill: str = INK
    weight: str = "400"


@dataclass(frozen=True)
class Line:
    x1: str
    y1: str
    x2: str
    y2: str
    stroke: str = RULE
    dash: str = ""
    width: str = "1"


@dataclass(frozen=True)
class Box:
    x: str
    y: str
    width: str
    height: str
    fill: str = BAR
    stroke: str = "none"
    dash: str = ""


@dataclass(frozen=True)
class Dot:
    x: str
    y: str
    r: str = "3.5"
    fill: str = BAR
    stroke: str = BAR


@dataclass(frozen=True)
class Path:
    """Connected points of one series; a gap or a break starts a new one."""

    points: str
    stroke: str
    dash: str = ""


@dataclass(frozen=True)
class Chart:
    """Shapes ready to draw, in the order of drawing, with the finding as title and the same figures as a table."""

    title: str
    desc: str
    width: int
    height: int
    table: Table
    note: str = ""
    kind: str = "chart"
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    font: str = FONT
    text_size: int = TEXT_SIZE


def xy(number) -> str:
    """A coordinate with at most one decimal, with a point whatever the language."""
    return f"{float(number):.1f}".removesuffix(".0")


def text_width(text: str, size: int = TEXT_SIZE) -> float:
    """About how wide the text is, in units of the drawing."""
    return len(text) * size * LETTER


def wrapped(text: str, width: float, size: int = TEXT_SIZE, most: int = 2) -> list[str]:
    """The text in at most `most` lines of that width; what is left over ends in "…"."""
    room = max(4, int(width / (size * LETTER)))
    lines, current = [], ""
    for word in text.split():
        joined = f"{current} {word}".strip()
        if len(joined) <= room or not current:
            current = joined
        else:
            lines.append(current)
            current = word
    lines.append(current)
    if len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return [line if len(line) <= room else line[: room - 1].rstrip() + "…" for line in lines]


def printed_tick(value, percent: bool) -> str:
    """A tick of an axis as text: a rate where `percent`, else a count."""
    if percent:
        share = Fraction(value)
        return format_rate(share.numerator, share.denominator)
    return format_count(int(value))


def scale_ticks(values: Sequence[Value], percent: bool, from_zero: bool) -> list[Fraction]:
    """Round ticks that hold all the values; rates end at 100 %, counts and bars begin at 0."""
    known = [Fraction(value) for value in values if value is not None]
    if percent:
        low = min(known, default=Fraction(0))
        start = Fraction(0) if from_zero or low < Fraction(1, 2) else Fraction(math.floor(low * 10), 10)
        start = min(start, Fraction(9, 10))
        step = (1 - start) / (2 if start >= Fraction(9, 10) else 4 if (1 - start) * 10 % 4 == 0 else 5)
        return [start + step * index for index in range(int((1 - start) / step) + 1)]
    top = max([*known, Fraction(1)])
    magnitude = 10 ** max(0, math.floor(math.log10(top)) - 1)
    step = next(size * magnitude for size in (1, 2, 5, 10, 20) if top <= size * magnitude * 5)
    return [Fraction(step * index) for index in range(math.ceil(top / step) + 1)]


def label_column(labels: Sequence[str], width: int) -> tuple[float, list[list[str]]]:
    """How wide the column of labels is and the labels in lines."""
    room = min(width * 0.42, max([text_width(label) for label in labels], default=0) + 4)
    return room, [wrapped(label, room) for label in labels]


def label_texts(lines: list[str], x: float, middle: float, weight: str = "400") -> list[Text]:
    """The lines of a label, right-aligned at `x` and centred at the height `middle`."""
    first = middle + 4 - 7 * (len(lines) - 1)
    return [Text(xy(x), xy(first + 14 * index), line, "end", INK, weight) for index, line in enumerate(lines)]
