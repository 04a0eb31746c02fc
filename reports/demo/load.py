"""The order in which the demo is built: all of it in one transaction, so that a broken load leaves nothing."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.core.management.base import CommandError
from django.db import connection, transaction

from agencies.choices import AgencyKind
from agencies.models import Agency, Person, Succession
from cchc_portal.lib.periods import HANOI
from dossiers.models import Period, Return
from dossiers.tally import recompute_all
from records.models import Event
from reports.demo import followup, giving, people, planning, published, register, restated, returns, unusual, visits
from reports.demo.people import People
from reports.demo.volumes import Volumes

SEED = 2026
SMALL, CITY = "small", "city"
MARK = "load_demo"
# The small demo: this many closed quarters, and this many communes (districts before they closed).
SMALL_QUARTERS = 8
SMALL_UNITS = 16


@dataclass
class Load:
    """What is loaded: how much, with which dice, on which day, and where progress is told."""

    scale: str
    seed: int
    today: date
    say: Callable[[str], None]
    limit: int | None = None

    @property
    def now(self) -> datetime:
        """The instant that rows of the load carry: the evening before its day, so that none lies in the future."""
        return datetime.combine(self.today - timedelta(days=1), time(17), tzinfo=HANOI)


def load(
    *, scale: str = SMALL, seed: int = SEED, today: date, say: Callable[[str], None] = print, limit: int | None = None
) -> bool:
    """Fill an empty database; False when this very demo is there already.

    `today` stands for the day of the load. `limit` bounds the districts and communes of a city, for its tests.
    Raises CommandError for a database that holds anything this did not make.
    """
    work = Load(scale, seed, today, say, limit)
    marked = {"scale": scale, "seed": seed, "today": str(today)}
    if _already_loaded(marked):
        say("Dữ liệu mẫu này đã có sẵn, không nạp lại.")
        return False
    with transaction.atomic():
        Event.objects.append(actor=None, action=MARK, after=marked, reason="dữ liệu mẫu, không phải số liệu thật")
        _fill(work)
    say("Đã nạp xong dữ liệu mẫu.")
    return True


def _already_loaded(marked: dict) -> bool:
    """Refuse what is not an empty database, unless it is exactly this demo."""
    if not Agency.objects.exists() and not Person.objects.exists() and not Event.objects.exists():
        return False
    first = Event.objects.filter(action=MARK, number=1).first()
    if first is None:
        raise CommandError(
            "Cơ sở dữ liệu đã có dữ liệu thật (cơ quan, người dùng hoặc nhật ký không do dữ liệu mẫu tạo ra);"
            " dữ liệu mẫu chỉ nạp vào cơ sở dữ liệu trống. Không có gì bị thay đổi."
        )
    if json.loads(first.after) != marked:
        raise CommandError(
            "Cơ sở dữ liệu đã có một bộ dữ liệu mẫu khác; hãy dùng cơ sở dữ liệu trống. Không có gì bị thay đổi."
        )
    return True


def _fill(work: Load) -> None:
    figures = published.read()
    work.say("Cơ quan và người dùng…")
    agencies = people.load_agencies(figures["agencies_outside_hanoi"])
    cast = people.load_people(agencies)
    work.say("Thủ tục hành chính, kỳ báo cáo, danh mục…")
    register.load_lists()
    quarters = register.load_periods(work.today)
    chosen = _participants(work, agencies, quarters[-1])
    register.load_links(chosen, register.load_procedures(), _heirs(agencies))
    work.say("Số liệu đã công bố…")
    published.load(figures, agencies)
    volumes = Volumes(chosen, work.seed)
    lines = _history(work, volumes, quarters)
    work.say(f"{Return.objects.count()} báo cáo kỳ, {lines} dòng số liệu.")
    _latest(work, volumes, cast, agencies, quarters[-1])
    returns.settle_keys()
    restated.load(quarters[-2], cast, work.now)
    work.say("Cuộc kiểm tra và báo cáo kết quả…")
    visit = visits.load(work.today, work.now, cast, agencies, quarters)
    work.say("Tính tỷ lệ…")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # the planner would take what was just filled for empty
    recompute_all()
    work.say("Số liệu khác thường…")
    unusual.load(quarters[-1], cast, work.now)
    work.say("Kiến nghị của năm trước…")
    followup.load(work.today, work.now, cast, agencies, visit)
    work.say("Kế hoạch năm, chuẩn bị kiểm tra…")
    planning.load(work.today, work.now, cast, agencies)
    planning.freeze(work.today, work.now, cast)
    giving.load(work.now, cast, quarters[-2])
    visits.render_report(visit, cast.accounts["hoa"], work.now)


def _heirs(agencies: dict[str, Agency]) -> dict[int, Agency]:
    """The agency that absorbed a closed department whole, by the key of the closed one."""
    by_key = {agency.pk: agency for agency in agencies.values()}
    steps = Succession.objects.absorbed_whole().filter(predecessor__kind=AgencyKind.DEPARTMENT)
    return {before: by_key[after] for before, after in steps.values_list("predecessor_id", "successor_id")}


def _participants(work: Load, agencies: dict[str, Agency], latest: Period) -> list[Agency]:
    """The agencies that report: all of the city, or its departments and some of the units that exist now."""
    city = [agency for agency in agencies.values() if agency.reporting]
    large = [agency for agency in city if agency.kind in (AgencyKind.CITY, AgencyKind.DEPARTMENT)]
    local = sorted((agency for agency in city if agency not in large), key=lambda agency: agency.code)
    if work.scale == CITY:
        return large + local[: work.limit]
    return large + [agency for agency in local if agency.is_valid_on(latest.last_day)][:SMALL_UNITS]


def _history(work: Load, volumes: Volumes, quarters: list[Period]) -> int:
    """Accepted returns of the quarters before the latest, in order of time."""
    keys, reasons, lines = returns.Keys.free(), returns.spread_reasons(), 0
    closed = quarters[:-1] if work.scale == CITY else quarters[-1 - SMALL_QUARTERS : -1]
    for period in closed:
        work.say(f"Kỳ {period.label}…")
        lines += returns.file_history(period, volumes.quarter(period), volumes.absorbed_in(period), keys, reasons)
    returns.settle_keys()
    return lines


def _mixed(agencies: list[Agency]) -> list[Agency]:
    """Departments and local units in turn, so that every stage of the life of a return shows both."""
    large = [agency for agency in agencies if agency.kind == AgencyKind.DEPARTMENT]
    local = [agency for agency in agencies if agency.kind in (AgencyKind.COMMUNE, AgencyKind.DISTRICT)]
    return [agency for pair in zip(large, local, strict=False) for agency in pair]


def _latest(work: Load, volumes: Volumes, cast: People, agencies: dict[str, Agency], period: Period) -> None:
    """The latest ended quarter; in a whole city those who are not shown on their way have filed already."""
    khcn, ngv = agencies["HN-KHCN"], agencies["HN-NGV"]
    filed = volumes.quarter(period)
    by_key = {agency.pk: agency for agency in agencies.values()}
    rest = sorted((by_key[key] for key in filed if key not in (khcn.pk, ngv.pk)), key=lambda agency: agency.code)
    under_way = _mixed(rest)[: len(returns.PROGRESS)]
    people.staff(cast, [ngv, *under_way])
    for place in unusual.SLIPS:
        if place < len(under_way):
            filed[under_way[place].pk] = unusual.slip(filed[under_way[place].pk])
    latest = returns.LatestQuarter(period, filed, cast, work.now - timedelta(days=1))
    latest.file(khcn, ngv, under_way)
    if work.scale == CITY:
        on_the_way = {khcn.pk, ngv.pk, *(agency.pk for agency in under_way)}
        history = {key: lines for key, lines in filed.items() if key not in on_the_way}
        keys, reasons = returns.Keys.free(), returns.spread_reasons()
        returns.file_history(period, history, volumes.absorbed_in(period), keys, reasons)
