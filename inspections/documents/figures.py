"""The agency's figures of the period a visit covers, its trend, and when they were restated."""

from dataclasses import dataclass
from datetime import date, datetime

from agencies.models import Agency
from cchc_portal.lib import charts, periods
from cchc_portal.lib.numbers import NONE_PRINTED, Rate, format_count
from cchc_portal.lib.paper import Block, Column, Figure, Paragraph, Table
from dossiers import tally
from dossiers.choices import FIGURE_LABELS, FORMULA_LABELS
from dossiers.models import Period, Summary
from inspections.documents.words import capitalised
from inspections.models import Visit

COUNTS = ("received", "resolved", "in_time", "resolved_overdue", "pending", "pending_overdue")
RATES = ("D2", "D1", "online_share")
TREND_PERIODS = 8


@dataclass(frozen=True)
class RateShown:
    """A rate as printed, with its formula in words, its numerator and denominator, and why it is "–" if it is."""

    code: str
    meaning: str
    printed: str
    numerator: str
    denominator: str
    reason: str


@dataclass(frozen=True)
class Figures:
    """What the agency's accepted return of the period says; `counts` are (label, count as printed)."""

    period: str
    days: str
    counts: tuple[tuple[str, str], ...]
    rates: tuple[RateShown, ...]
    trend: tuple[tuple[str, int | None, int | None], ...]


def printed_day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else NONE_PRINTED


def figures_of(visit: Visit) -> tuple[Figures | None, str]:
    """The agency's figures of the covered period, and why there are none where there are none."""
    period = visit.period
    if period is None:
        return None, "Cuộc kiểm tra, giám sát không nêu kỳ báo cáo; không có số liệu kèm theo."
    summary = Summary.objects.filter(agency=visit.agency, period=period, tree=False).first()
    if summary is None:
        return None, f"Chưa có số liệu: đơn vị chưa có báo cáo kỳ được chấp nhận cho {period}."
    rates = []
    for code in RATES:
        rate = tally.rate_of(summary, code)
        counts = format_count(rate.numerator), format_count(rate.denominator)
        rates.append(RateShown(code, str(FORMULA_LABELS[code]), rate.printed, *counts, str(rate.reason)))
    figures = Figures(
        period=str(period),
        days=f"{printed_day(period.first_day)} – {printed_day(period.last_day)}" if period.first_day else "",
        counts=tuple((str(FIGURE_LABELS[name]), format_count(getattr(summary, name))) for name in COUNTS),
        rates=tuple(rates),
        trend=_trend(visit.agency, period),
    )
    return figures, ""


def _trend_periods(period: Period) -> list[Period]:
    """The last periods of the same kind and calendar, this one among them; none where its days are not known."""
    if period.last_day is None:
        return []
    rows = Period.objects.filter(kind=period.kind, calendar=period.calendar, last_day__lte=period.last_day)
    return list(rows.order_by("-last_day")[:TREND_PERIODS])[::-1]


def _trend(agency: Agency, period: Period) -> tuple[tuple[str, int | None, int | None], ...]:
    """D2 of the last periods of the same kind and calendar: (label, numerator, denominator)."""
    points = tally.trend(agency, "D2", _trend_periods(period))
    return tuple((p.label, rate.numerator, rate.denominator) if rate else (p.label, None, None) for p, rate in points)


def restated_since(visit: Visit, instant: datetime) -> datetime | None:
    """When figures of the visit's period, or of the trend before it, were last restated since `instant`."""
    if visit.period is None:
        return None
    return tally.restated_since(visit.agency_id, [visit.period, *_trend_periods(visit.period)], instant)


def tables(figures: Figures) -> list[Block]:
    """Tables 1 and 2: counts and rates, and the reason under each rate that is not defined."""
    rows = tuple(
        (
            f"{rate.code}: {rate.meaning}" if rate.code != "online_share" else capitalised(rate.meaning),
            rate.numerator,
            rate.denominator,
            rate.printed,
        )
        for rate in figures.rates
    )
    heads = (Column("Công thức"), Column("Tử số", "number"), Column("Mẫu số", "number"), Column("Tỷ lệ", "number"))
    made: list[Block] = [
        Table("Bảng 1. Số hồ sơ", (Column("Chỉ tiêu"), Column("Số hồ sơ", "number")), figures.counts),
        Table("Bảng 2. Tỷ lệ", heads, rows),
    ]
    made += [Paragraph(f"{capitalised(rate.meaning)}: {rate.reason}", "note") for rate in figures.rates if rate.reason]
    return made


def trend_blocks(figures: Figures) -> list[Block]:
    """The line of the on-time rate and its figures; nothing where no period has a rate."""
    rates = [(label, Rate(numerator, denominator, "D2")) for label, numerator, denominator in figures.trend]
    known = [(label, rate) for label, rate in rates if rate.is_defined]
    if not known:
        return []
    (first, before), (last, now) = known[0], known[-1]
    title = (
        f"Tỷ lệ giải quyết đúng hạn (D2): {before.printed} tại {periods.title(first)}"
        f"{f', {now.printed} tại {periods.title(last)}' if last != first else ''}"
    )
    chart = charts.line_chart(
        [charts.Series("D2", [charts.Datum.of_rate(periods.mark(label), rate) for label, rate in rates])],
        title=title,
        desc="Chỗ đứt là kỳ chưa có báo cáo được chấp nhận.",
    )
    heads = (
        Column("Kỳ báo cáo"),
        Column("Đúng và trước hạn", "number"),
        Column("Đã giải quyết", "number"),
        Column("Tỷ lệ D2", "number"),
    )
    rows = tuple(
        (periods.title(label), format_count(rate.numerator), format_count(rate.denominator), rate.printed)
        for label, rate in rates
    )
    return [
        Figure(chart, f"Hình 1. {title}"),
        Table("Số liệu của hình 1", heads, rows),
        Paragraph("Chỗ đứt và dấu “–” là kỳ chưa có báo cáo được chấp nhận.", "note"),
    ]
