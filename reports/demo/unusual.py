"""Two slips of the pen in the latest quarter, for the search for unusual figures to find, and answers."""

from dossiers.choices import SENT_STATES, UnusualMeasure
from dossiers.models import Period, Return, UnusualFlag
from dossiers.tally.unusual import scan_returns
from dossiers.workflow import FLAGS
from reports.demo.people import People
from reports.demo.volumes import Counts

# The slips go into the returns of the second and the sixth unit on its way: one is accepted, one approved.
SLIPS = (1, 5)


def slip(counts: list[Counts]) -> list[Counts]:
    """The busiest line with a zero too many, in what was received and in what was resolved: the identities hold."""
    busiest = max(range(len(counts)), key=lambda at: counts[at].received_direct + counts[at].received_online)
    row = counts[busiest]
    more = 9 * row.received_online
    wrong = row._replace(received_online=row.received_online + more, resolved_on_time=row.resolved_on_time + more)
    return [*counts[:busiest], wrong, *counts[busiest + 1 :]]


def load(period: Period, cast: People, now) -> None:
    """Look through what was sent by hand in the quarter; the programme office has explained one figure, and to another
    its agency has said what it is."""
    sent = Return.objects.filter(period=period, state__in=SENT_STATES, created_by__isnull=False)
    scan_returns(period, sent.select_related("agency", "period").order_by("pk"), at=now)
    shares = UnusualFlag.objects.waiting().filter(of__period=period, measure=UnusualMeasure.ONLINE_SHARE)
    if flag := shares.select_related("of__period", "of__agency").order_by("chance", "pk").first():
        words = "Từ đầu quý đơn vị chỉ nhận hồ sơ các thủ tục này qua Cổng dịch vụ công; đã đối chiếu, số liệu đúng."
        FLAGS.perform(flag, "explain", by=cast.accounts["quan"], reason=words)
    counts = UnusualFlag.objects.waiting().filter(of__period=period, measure=UnusualMeasure.RECEIVED)
    if flag := counts.select_related("of__period", "of__agency").order_by("chance", "pk").first():
        words = "Cán bộ gõ thừa một số 0 ở hồ sơ trực tuyến của dòng này; đơn vị đề nghị điều chỉnh lại."
        FLAGS.perform(flag, "say_wrong", by=cast.reporters[flag.of.agency_id], reason=words)
