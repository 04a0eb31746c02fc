"""Keeping what was found unusual, and remembering what was answered. What people answer: `dossiers.workflow.unusual`.

An answer holds for the same figure: a later look does not ask again unless the value went further out, and in later
periods what was put aside stays so until its day, what was explained for a year; what the agency said goes with it.
The figure is then kept with the earlier answer, so that everybody sees why nobody is asked. Without an answer a look
decides between open and cleared.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from dossiers.choices import ANSWERED_FLAGS, COUNTED_STATES, FlagState, ReturnState
from dossiers.models import Line, Period, Return, UnusualFlag, UnusualRun, UnusualScan
from dossiers.rules.unusual import HIGH, Finding, listed
from dossiers.tally import checking
from dossiers.tally.unusual_past import Lookout
from records.models import Event

OPEN, EXPLAINED, CORRECTED, IGNORED, CLEARED = (
    FlagState.OPEN,
    FlagState.EXPLAINED,
    FlagState.CORRECTED,
    FlagState.IGNORED,
    FlagState.CLEARED,
)
# An explanation holds for the same time of the next year too.
EXPLAINED_FOR = timedelta(days=370)
SAID = ("agency_says", "agency_words", "agency_said_by_id", "agency_said_at")
NOTHING_SAID = dict(zip(SAID, ("", "", None, None), strict=True))
REMEMBERED = ("state", "note", "answered_by_id", "answered_at", "ignored_until", *SAID)
NO_ANSWER = {"note": "", "answered_by_id": None, "answered_at": None, "ignored_until": None, "remembered_id": None}
NO_ANSWER |= NOTHING_SAID


def scan_returns(period: Period, returns: Iterable[Return], *, at: datetime | None = None) -> int:
    """Look through returns of one period, whatever their state, and keep what was found; how many were looked at."""
    lookout, done = Lookout(period), 0
    for item in returns:
        judged = lookout.judged(item)
        with transaction.atomic():
            if Return.objects.select_for_update().filter(pk=item.pk).first() is None:
                continue
            _keep(item, judged.findings)
            values = {"judgements": judged.judgements, "scanned_at": at or timezone.now()}
            UnusualScan.objects.update_or_create(of=item, defaults=values)
        done += 1
    tell_again(period)
    return done


def tell_again(period: Period) -> None:
    """Decide anew which findings of a period are told: each counts against all others of the period."""
    scans = UnusualScan.objects.filter(of__period=period).exclude(of__state=ReturnState.VOID)
    flags = UnusualFlag.objects.filter(of__period=period, found=True).exclude(of__state=ReturnState.VOID)
    numbers = list(scans.values_list("judgements", flat=True))
    keys = {(of, measure): pk for pk, of, measure in flags.order_by().values_list("pk", "of_id", "measure")}
    chances = {(of, measure): chance for of, measure, chance in flags.values_list("of_id", "measure", "chance")}
    told = {keys[key] for key in listed(chances, sum(numbers), len(numbers))}
    every = UnusualFlag.objects.filter(of__period=period)
    every.filter(pk__in=told, listed=False).update(listed=True)
    every.exclude(pk__in=told).filter(listed=True).update(listed=False)


def _keep(item: Return, findings: list[Finding]) -> None:
    # Locked, so that an answer given meanwhile is not written over.
    stored = {flag.measure: flag for flag in UnusualFlag.objects.select_for_update().filter(of=item)}
    names = _line_names(item)
    for finding in findings:
        flag = stored.pop(finding.measure, None) or UnusualFlag(of=item, measure=finding.measure)
        before = {"state": flag.state, "value": flag.value, "note": flag.note, "agency_says": flag.agency_says}
        lapsed = _settle(flag, finding)
        _write(flag, finding, names)
        flag.save()
        if lapsed:
            after = {"state": flag.state, "value": flag.value}
            Event.objects.append(actor=None, action="found_again", target=flag, before=before, after=after)
    for flag in stored.values():
        if flag.found:
            flag.found = flag.listed = False
            if flag.state == OPEN:
                flag.state = CLEARED
            flag.version += 1
            flag.save()


def _settle(flag: UnusualFlag, finding: Finding) -> bool:
    """The state of a flag that is found (again): its answer holds unless the figure went further out.

    Whether somebody's answer no longer holds.
    """
    if flag.pk is None:
        if earlier := _remembered(flag, finding):
            for name in REMEMBERED:
                setattr(flag, name, getattr(earlier, name))
            flag.remembered = earlier
        return False
    if flag.state in (EXPLAINED, IGNORED) and not _further_out(flag, finding):
        return False
    unchanged = (flag.value, flag.base) == (finding.value, finding.base)
    # What is told is another figure now: an answer to the one that was shown comes too late.
    flag.version += not unchanged
    if flag.state == OPEN and flag.agency_says and _further_out(flag, finding):
        for name, value in NOTHING_SAID.items():
            setattr(flag, name, value)
        return True
    if flag.state == OPEN or (flag.state == CORRECTED and unchanged and flag.found):
        return False
    answered = flag.state in ANSWERED_FLAGS
    flag.state, flag.version, flag.found_at = OPEN, flag.version + 1, timezone.now()
    for name, value in NO_ANSWER.items():
        setattr(flag, name, value)
    return answered


def _further_out(flag: UnusualFlag, finding: Finding) -> bool:
    if flag.direction != finding.direction or bool(flag.line_name) != (finding.line is not None):
        return True
    # Shares are compared by their value: a ÷ b against c ÷ d.
    here = finding.value * (flag.base or 1), flag.value * (finding.base or 1)
    return here[0] > here[1] if finding.direction == HIGH else here[0] < here[1]


def _remembered(flag: UnusualFlag, finding: Finding) -> UnusualFlag | None:
    """The answer in an earlier period of the same agency that holds for this figure too."""
    earlier = UnusualFlag.objects.filter(
        of__agency_id=flag.of.agency_id,
        of__period__kind=flag.of.period.kind,
        of__period__last_day__lt=flag.of.period.last_day,
        measure=flag.measure,
        direction=finding.direction,
        state__in=(EXPLAINED, IGNORED),
    )
    today = timezone.localdate()
    for one in earlier.select_related("of__period").order_by("-of__period__last_day"):
        if one.state == IGNORED and one.ignored_until >= today:
            return one
        recent = flag.of.period.last_day - one.of.period.last_day <= EXPLAINED_FOR
        if one.state == EXPLAINED and recent and not _further_out(one, finding):
            return one
    return None


def _write(flag: UnusualFlag, finding: Finding, names: dict[tuple, tuple[int, str]]) -> None:
    flag.direction, flag.value, flag.base = finding.direction, finding.value, finding.base
    flag.line_name = "" if finding.line is None else names[finding.line][1]
    flag.low, flag.high, flag.chance, flag.found = finding.low, finding.high, finding.chance, True
    flag.own_periods, flag.same_quarter, flag.peers = finding.periods, finding.same_quarter, finding.peers
    flag.parts = [
        {
            "line": names[part.key][0],
            "name": names[part.key][1],
            "value": part.value,
            "base": part.base,
            "low": part.low,
            "high": part.high,
        }
        for part in finding.parts
    ]


def _line_names(item: Return) -> dict[tuple, tuple[int, str]]:
    """Key of each line of the return → its primary key and what it is called."""
    rows = Line.objects.filter(of=item).values_list(
        "pk", *checking.KEY_COLUMNS, "procedure__code", "procedure__name", "field__name"
    )
    return {
        tuple(row[: len(checking.KEY_COLUMNS)]): (pk, checking.line_name(*row[len(checking.KEY_COLUMNS) :]))
        for pk, *row in rows
    }


def run(jobs: list[UnusualRun]) -> int:
    """Do what runs of one period ask for: single returns, or all that count; how many were looked at."""
    wanted = [job.of_id for job in jobs]
    if None in wanted:
        returns = Return.objects.filter(period_id=jobs[0].period_id, state__in=COUNTED_STATES)
    else:
        returns = Return.objects.filter(pk__in=wanted)
    rows = returns.current().select_related("agency", "period").order_by("pk")
    return scan_returns(jobs[0].period, rows)
