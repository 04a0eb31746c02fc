"""What newspapers and portals published, exactly as published: returns of stated totals, claims, targets, visits.

Nothing is completed: what was not published stays blank. History has no person behind it.
"""

import json
from datetime import date
from decimal import Decimal

from django.conf import settings

from agencies.models import Agency
from dossiers.choices import FormVersion, LineSort, ReturnState
from dossiers.models import Line, Period, Return
from inspections.choices import DatePrecision, FindingState, ProposalState, RecommendationState, VisitState
from inspections.models import Area, Finding, Proposal, Recommendation, Team, Visit
from procedures.choices import Scale
from procedures.models import DocumentReview, StatedLevelCount
from records.choices import SourceKind
from records.models import Event, Source
from reports.demo.returns import HISTORY
from reports.models import Claim, Target

PUBLISHED_CELLS = ("stated_received", "received_online", "stated_resolved", "stated_in_time")
# The file names some publishers by what they are and tells what they wrote about in English.
SOURCES = {
    "HNM-2017-04-20": (
        SourceKind.PRESS,
        "Hà Nội Mới",
        "Đoàn giám sát số 5 của Ban Thường vụ Thành ủy làm việc tại Sở Thông tin và Truyền thông",
    ),
    "HN-2017-04-12": (
        SourceKind.PRESS,
        "Báo chí Hà Nội",
        "Đoàn giám sát số 3 làm việc tại Sở Ngoại vụ; đoàn công tác làm việc tại quận Long Biên",
    ),
    "HP-2020-05-14": (
        SourceKind.PORTAL,
        "Cổng thông tin điện tử thành phố Hải Phòng",
        "Hội đồng nhân dân thành phố giám sát chuyên đề cải cách hành chính giai đoạn 2016-2021",
    ),
    "TTTT-2020": (
        SourceKind.REPORT,
        "Một Sở Thông tin và Truyền thông (không nêu tỉnh)",
        "Tự kiểm tra cải cách hành chính tại các đơn vị thuộc sở",
    ),
    "HN-2023-04-21": (
        SourceKind.PORTAL,
        "hanoi.gov.vn, dẫn theo Dân Việt",
        "Phiên họp thứ nhất của Ban Chỉ đạo cải cách hành chính và chuyển đổi số thành phố",
    ),
}


def read() -> dict:
    """The published figures as the files have them: those of the city, then claims about other provinces."""
    figures, elsewhere = (
        json.loads((settings.BASE_DIR / "data" / name).read_text(encoding="utf-8"))
        for name in ("published_figures.json", "published_elsewhere.json")
    )
    figures["agencies_outside_hanoi"] += elsewhere["agencies"]
    figures["sources"] |= elsewhere["sources"]
    figures["claims"] += elsewhere["claims"]
    return figures


def load(figures: dict, agencies: dict[str, Agency]) -> None:
    """Every entry of every section; each section is told to the trail entry by entry."""
    for code, entry in figures["sources"].items():
        kind, publisher, about = SOURCES.get(code, (entry.get("kind"), entry["publisher"], entry["about"]))
        Source.objects.create(code=code, kind=kind, publisher=publisher, date_text=entry["date"], about=about)
    sources = {source.code: source for source in Source.objects.all()}
    periods = {period.label: period for period in Period.objects.all()}
    for entry in figures["returns"]:
        _return(entry, agencies[entry["agency"]], periods[entry["period"]], sources[entry["source"]])
    for entry in figures["visits"]:
        _visit(entry, agencies[entry["agency"]], sources[entry["source"]])
    claims = [_claim(entry, agencies, periods, sources) for entry in figures["claims"]]
    claims += [_rank(entry, agencies, sources) for entry in figures["index_results"]]
    _keep(Claim, claims, "import_claims")
    _keep(Target, [_target(entry, agencies, sources) for entry in figures["targets"]], "import_targets")
    levels = [row for entry in figures["online_level_counts"] for row in _levels(entry, agencies, sources)]
    _keep(StatedLevelCount, levels, "import_stated_level_counts")
    reviews = [_review(entry, agencies, sources) for entry in figures["document_reviews"]]
    _keep(DocumentReview, reviews, "import_document_reviews")


def _keep(model, rows: list, action: str) -> None:
    model.objects.bulk_create(rows)
    Event.objects.append(actor=None, action=action, after={"rows": len(rows)}, reason=HISTORY)


def _return(entry: dict, agency: Agency, period: Period, source: Source) -> None:
    """An accepted return with one line of stated totals for the whole agency."""
    filed = Return.objects.create(
        agency=agency,
        period=period,
        source=source,
        form_version=FormVersion.PUBLISHED,
        line_sort=LineSort.AGENCY,
        state=ReturnState.ACCEPTED,
        history=True,
    )
    cells = {name: entry[name] for name in PUBLISHED_CELLS}
    Line.objects.create(of=filed, position=1, **cells)
    Event.objects.append(actor=None, action="import_return", target=filed, after=cells, reason=HISTORY)


def _visit(entry: dict, agency: Agency, source: Source) -> None:
    """A visit that is over, its findings as published and its recommendations without a deadline."""
    year, month, day = ([*map(int, entry["date"].split("-")), 1, 1])[:3]
    kind = entry["kind"]
    team = Team.objects.create(name=entry["team"], kind=kind, head_title=entry["head_title"] or "")
    visit = Visit.objects.create(
        agency=agency,
        team=team,
        kind=kind,
        date=date(year, month, day),
        date_precision=DatePrecision(entry["date_precision"]),
        one_stop_desk_inspected=entry.get("one_stop_desk_inspected"),
        state=VisitState.CONCLUDED,
        history=True,
        source=source,
    )
    for order, text in enumerate(entry["themes"], start=1):
        visit.themes.create(text=text, order=order)
    for order, name in enumerate(entry.get("units_inspected", ()), start=1):
        visit.units.create(name=name, order=order)
    for order, found in enumerate(entry.get("findings", ()), start=1):
        area = Area.objects.get(code=found["area"], list_version="2021-2030")
        Finding.objects.create(
            visit=visit, kind=found["kind"], area=area, text=found["text"], order=order, state=FindingState.RELEASED
        )
    for order, text in enumerate(entry["recommendations"], start=1):
        Recommendation.objects.create(
            visit=visit, agency=agency, text=text, order=order, state=RecommendationState.ISSUED
        )
    for order, proposed in enumerate(entry.get("proposals_from_the_agency", ()), start=1):
        proposal = Proposal.objects.create(
            visit=visit, agency=agency, text=proposed["text"], order=order, state=ProposalState(proposed["state"])
        )
        for name in proposed["addressees"]:
            proposal.addressees.create(name=name)
    Event.objects.append(actor=None, action="import_visit", target=visit, after=entry, reason=HISTORY)


def _claim(entry: dict, agencies: dict, periods: dict, sources: dict) -> Claim:
    """A statement; a period that is no label is kept as text."""
    period = periods.get(entry["period"])
    return Claim(
        agency=agencies[entry["agency"]],
        period=period,
        period_text="" if period else entry["period"],
        text=entry["text"],
        measure=entry["measure"],
        value=entry["value"],
        unit=entry["unit"],
        numerator=entry.get("numerator"),
        denominator=entry.get("denominator"),
        formula=entry.get("formula", ""),
        row=entry.get("row"),
        source=sources[entry["source"]],
    )


def _rank(entry: dict, agencies: dict, sources: dict) -> Claim:
    """A place in a reform index; where the source only lets it be derived, the text says so."""
    text = f"Chỉ số cải cách hành chính các sở của thành phố năm {entry['year']}: xếp thứ {entry['rank']}"
    if entry["derived"]:
        text += " (suy ra từ nguồn, không nêu trực tiếp)"
    return Claim(
        agency=agencies[entry["agency"]],
        period_text=str(entry["year"]),
        text=text,
        measure="index_rank",
        value=str(entry["rank"]),
        unit="rank",
        source=sources[entry["source"]],
    )


def _target(entry: dict, agencies: dict, sources: dict) -> Target:
    return Target(
        measure=entry["measure"],
        agency=agencies[entry["agency"]],
        comparator=entry["comparator"],
        value=Decimal(entry["value"]),
        of=entry.get("of"),
        unit=entry["unit"],
        due=date.fromisoformat(entry["due"]),
        source=sources[entry["source"]],
    )


def _levels(entry: dict, agencies: dict, sources: dict) -> list[StatedLevelCount]:
    return [
        StatedLevelCount(
            agency=agencies[entry["agency"]],
            as_of=date.fromisoformat(entry["as_of"]),
            scale=Scale.LEVEL_2011,
            value=level,
            procedures=count,
            of=entry["procedures"],
            counting=entry["counting"],
            source=sources[entry["source"]],
        )
        for level, count in entry[Scale.LEVEL_2011.value].items()
    ]


def _review(entry: dict, agencies: dict, sources: dict) -> DocumentReview:
    names = ("period_text", "reviewed", "proposed_repeal", "proposed_amendment", "proposed_replacement")
    return DocumentReview(
        agency=agencies[entry["agency"]],
        source=sources[entry["source"]],
        **{name: entry[name] for name in names},
    )
