"""What the pages say of unusual figures: one sentence each, with the range, what it stands on, what would end it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from agencies.models import Agency
from cchc_portal.lib.numbers import format_count, format_rate
from dossiers.choices import FlagState, UnusualDirection, UnusualMeasure
from dossiers.models import Period, Return, UnusualFlag
from dossiers.rules.unusual import SHARES

HIGH = UnusualDirection.HIGH


@dataclass(frozen=True)
class ShownFlag:
    """An unusual figure as the pages show it: its row and what is said about it."""

    flag: UnusualFlag
    sentence: str


def flags_of(
    user, *, item: Return | None = None, agency: Agency | None = None, period: Period | None = None
) -> list[ShownFlag]:
    """The unusual figures of a return, an agency, a period or all of them that the person may read, for
    `dossiers/_unusual.html`: what waits for an answer first, the most unlikely first. Three queries."""
    flags = UnusualFlag.objects.visible_to(user).told()
    for path, value in (("of", item), ("of__agency", agency), ("of__period", period)):
        if value is not None:
            flags = flags.filter(**{path: value})
    return _in_order(flags)


def told_of(item: Return) -> list[ShownFlag]:
    """The unusual figures of a return whose figures the person reads, as its view has asked before."""
    return _in_order(UnusualFlag.objects.filter(of=item).told())


def _in_order(flags) -> list[ShownFlag]:
    return shown(sorted(flags.for_list(), key=lambda flag: (flag.note != "", flag.chance, flag.pk)))


def shown(flags: Iterable[UnusualFlag]) -> list[ShownFlag]:
    return [ShownFlag(flag, sentence(flag)) for flag in flags]


def state_text(flag: UnusualFlag) -> str:
    """What became of the figure, in words; an answer of the agency is told while the office has not decided."""
    if flag.state == FlagState.OPEN and flag.agency_says:
        return _("the agency has answered")
    return str(flag.get_state_display())


def value_text(flag: UnusualFlag) -> str:
    """The figure as printed: a count, or a share with what it rests on."""
    if flag.measure in SHARES:
        counts = {"value": format_count(flag.value), "base": format_count(flag.base)}
        told = _("%(value)s of %(base)s") % counts
        return f"{format_rate(flag.value, flag.base)} ({told})"
    return format_count(flag.value)


def range_text(flag: UnusualFlag) -> str:
    """The expected range as printed."""
    if flag.measure in SHARES:
        low, high = format_rate(flag.low, flag.base), format_rate(flag.high, flag.base)
    else:
        low, high = format_count(flag.low), format_count(flag.high)
    return _("%(low)s to %(high)s") % {"low": low, "high": high}


def sentence(flag: UnusualFlag) -> str:
    """All about one unusual figure in one sentence."""
    return _("%(what)s; %(basis)s%(parts)s; %(clears)s.") % {
        "what": _what(flag),
        "basis": _basis(flag),
        "parts": _parts(flag),
        "clears": _clears(flag),
    }


def _what(flag: UnusualFlag) -> str:
    named = {
        "measure": flag.get_measure_display(),
        "line": flag.line_name,
        "value": value_text(flag),
        "range": range_text(flag),
        "most": format_count(flag.high),
        "base": format_count(flag.base),
    }
    if flag.measure == UnusualMeasure.REPEATED:
        return (
            _(
                "%(value)s of %(base)s lines hold exactly the numbers of the period before, where at most %(most)s do"
                " by chance"
            )
            % named
        )
    if flag.measure == UnusualMeasure.VANISHED:
        return (
            _(
                "%(value)s of %(base)s lines on which dossiers usually come in hold none, where at most %(most)s do"
                " by chance"
            )
            % named
        )
    if flag.line_name and flag.direction == HIGH:
        return _("%(measure)s on the line %(line)s: %(value)s, higher than the expected %(range)s") % named
    if flag.line_name:
        return _("%(measure)s on the line %(line)s: %(value)s, lower than the expected %(range)s") % named
    if flag.direction == HIGH:
        return _("%(measure)s: %(value)s, higher than the expected %(range)s") % named
    return _("%(measure)s: %(value)s, lower than the expected %(range)s") % named


def _basis(flag: UnusualFlag) -> str:
    named = {
        "periods": format_count(flag.own_periods),
        "same": format_count(flag.same_quarter),
        "peers": format_count(flag.peers),
    }
    if not flag.own_periods:
        return _("reckoned from %(peers)s agencies of the same kind, as its own past is too short") % named
    if flag.peers and flag.same_quarter:
        return (
            _(
                "reckoned from %(periods)s earlier periods of its own, %(same)s of them the same time of the year, and"
                " from %(peers)s agencies of the same kind"
            )
            % named
        )
    if flag.peers:
        return (
            _("reckoned from %(periods)s earlier periods of its own and from %(peers)s agencies of the same kind")
            % named
        )
    if flag.same_quarter:
        return (
            _("reckoned from %(periods)s earlier periods of its own, %(same)s of them the same time of the year")
            % named
        )
    return _("reckoned from %(periods)s earlier periods of its own") % named


def part_text(part: dict) -> str:
    """A line that stands behind a figure: its value and, where it has one, its own range."""
    named = {"line": part["name"], "value": format_count(part["value"]), "base": format_count(part["base"])}
    if part["base"] is not None:
        return _("%(line)s (%(value)s of %(base)s)") % named
    if part["low"] is None:
        return _("%(line)s (%(value)s)") % named
    named |= {"low": format_count(part["low"]), "high": format_count(part["high"])}
    return _("%(line)s (%(value)s, expected %(low)s to %(high)s)") % named


def _parts(flag: UnusualFlag) -> str:
    told = [part for part in flag.parts if part["name"] != flag.line_name]
    if not told:
        return ""
    lines = ", ".join(part_text(part) for part in told)
    if flag.measure in (UnusualMeasure.REPEATED, UnusualMeasure.VANISHED):
        return _("; among them %(lines)s") % {"lines": lines}
    if flag.line_name:
        return _("; unusual likewise: %(lines)s") % {"lines": lines}
    return _("; most of it comes from %(lines)s") % {"lines": lines}


def _clears(flag: UnusualFlag) -> str:
    if flag.measure in (UnusualMeasure.REPEATED, UnusualMeasure.VANISHED):
        return _("this ends once the lines hold their own numbers of this period, or it is recorded why they are right")
    return _("this ends once the figure is corrected into %(range)s, or it is recorded why it is right") % {
        "range": range_text(flag)
    }
