"""A return against what was to be expected of it: one chance per measure, and what stands behind it. Pure.

A count is judged for the whole return and on every line. The line's chances are put together by Simes' inequality,
whole and lines by Bonferroni's: an extreme line among sixty is no surprise, one zero too many is. Lines that repeat the
period before to the dossier, or fall to nothing, are counted, and the count judged by the chances of the lines.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp

from cchc_portal.lib.numbers import MAX_COUNT
from dossiers.rules.unusual.expecting import (
    FEWEST_PEERS,
    LEAST_LOOSE,
    PEERS_COUNT_AS,
    SPREAD_OF_STRANGERS,
    Counts,
    Level,
    OfCount,
    Past,
    Peers,
    as_share,
    bounded,
    count_drift,
    drift,
    level,
    line_spread,
    loose_of,
    looseness,
    odds,
    own_spread,
    pairs_of,
    seen_share,
    share_moves,
    spread_of,
)
from dossiers.rules.unusual.measures import COUNTED, HIGH, LOW, REPEATED, SAME, SHARES, VANISHED
from dossiers.rules.unusual.ranges import FEWEST_PERIODS
from dossiers.rules.unusual.tails import (
    OFTEN,
    SELDOM,
    Restless,
    count_chance,
    count_range,
    count_tails,
    hits_tail,
    share_range,
    share_tails,
)

# The chance on each side outside which a value is no longer in its range.
LEVEL = 0.001
# Fewer dossiers than these outside the range are not worth anybody's time.
MATTERS = 10
# Within so many standard deviations no tail is computed: it cannot come near CANDIDATE.
QUIET = 2.0
PARTS_TOLD = 3
RESTLESS = {"overdue": OFTEN, "late_share": OFTEN}
# Lines that held fewer repeat themselves by chance.
REPEATS_FROM, FEWEST_LINES = 4, 4
# Peers' dossiers that a unit's own share starts from.
SHARE_OF_PEERS_WEIGHS = 20.0


@dataclass(frozen=True)
class Part:
    """A line that stands behind a finding: its value, its denominator for a share, and its range (None: no history)."""

    key: Hashable
    value: int
    base: int | None = None
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class Finding:
    """One measure of a return that is unlike what was to be expected.

    `line` is None for the whole return. For a share `value`, `low` and `high` count out of `base`; for what repeats or
    vanished they count lines. `chance` is that of so much or more, both sides, with all lines allowed for.
    """

    measure: str
    direction: str
    line: Hashable | None
    value: int
    base: int | None
    low: int
    high: int
    chance: float
    periods: int
    same_quarter: int
    peers: int
    parts: tuple[Part, ...] = ()


@dataclass
class Judged:
    """What was found in a return and how many judgements were made of it."""

    findings: list[Finding] = field(default_factory=list)
    judgements: int = 0


@dataclass(frozen=True)
class _One:
    """A value beside its model: chance on both sides, mean and spread."""

    value: int
    mean: float
    spread: float
    chance: float
    behind: Level
    restless: Restless

    def range(self) -> tuple[int, int]:
        return count_range(self.mean, self.spread, LEVEL, MAX_COUNT, self.restless)

    @property
    def direction(self) -> str:
        return HIGH if self.value > self.mean else LOW


def _judged_count(
    name: str, row: Sequence[int | None], quarters, peers: OfCount, drift: float, spread: float | None = None
) -> _One | None:
    value = row[0] if row else None
    expected = level(row, quarters, peers.seasons) if value is not None else None
    if expected is None:
        return None
    expected = expected._replace(mean=expected.mean * exp(peers.shift + drift))
    around = spread_of(expected, own_spread(row, quarters, peers) if spread is None else spread)
    restless = RESTLESS.get(name, SELDOM)
    far = abs(value - expected.mean) / (expected.mean + around * expected.mean**2) ** 0.5
    # Heavier tails than a bell curve's begin on the high side; on the low side a zero may be three deviations off.
    if far < QUIET and not (value < expected.mean and value <= 1):
        return _One(value, expected.mean, around, 1.0, expected, restless)
    below, above = count_tails(value, expected.mean, around, restless)
    return _One(value, expected.mean, around, min(1.0, 2 * min(below, above)), expected, restless)


def _simes(chances: list[float]) -> float:
    ordered = sorted(chances)
    return min((len(ordered) * one / place for place, one in enumerate(ordered, start=1)), default=1.0)


def _telling(peers: int) -> int:
    """How many peers a finding stands on: with too few of them the unit's own past alone was asked."""
    return peers if peers >= FEWEST_PEERS else 0


def _outside(value: int, low: int, high: int) -> int:
    return max(low - value, value - high, 0)


def _line_spreads(rows: Mapping[Hashable, Sequence[int | None]], quarters, peers: OfCount) -> dict[Hashable, float]:
    """How restless each of the lines is: as the middle one of the busier lines, or more where its own past says so."""
    own = {key: line_spread(row, quarters, peers) for key, row in rows.items()}
    told = sorted(found for found in own.values() if found is not None)
    middle = told[len(told) // 2] if len(told) >= FEWEST_LINES else 2 * SPREAD_OF_STRANGERS
    return {key: middle if found is None else max(middle, (middle + found) / 2) for key, found in own.items()}


def _count_finding(name: str, whole: _One | None, lines: dict[Hashable, _One], peers: int) -> Finding | None:
    chances = [one.chance for one in lines.values()]
    both = [min(1.0, 2 * one) for one in ([whole.chance] if whole else [])] + (
        [min(1.0, (2 if whole else 1) * _simes(chances))] if chances else []
    )
    chance = min(both)
    if chance >= LEVEL * 2:
        return None
    of_whole = whole is not None and both[0] <= LEVEL * 2
    worst = min(lines.items(), key=lambda item: item[1].chance, default=(None, None))
    key, one = (None, whole) if of_whole else worst
    low, high = one.range()
    if _outside(one.value, low, high) < MATTERS:
        return None
    if of_whole:
        up = one.direction == HIGH
        ordered = sorted(lines.items(), key=lambda item: (item[1].mean - item[1].value) * (1 if up else -1))
        # A line counts as standing behind it when it brings a tenth of what the whole is off by.
        least = abs(whole.value - whole.mean) / 10
        behind = [(key, one) for key, one in ordered if (one.value - one.mean) * (1 if up else -1) >= least]
        behind = behind[:PARTS_TOLD]
    else:
        ordered = sorted(lines.items(), key=lambda item: item[1].chance)
        behind = [(key, one) for key, one in ordered if one.chance < LEVEL * 2][:PARTS_TOLD]
    parts = tuple(Part(key, part.value, None, *part.range()) for key, part in behind)
    return Finding(
        name,
        one.direction,
        None if of_whole else key,
        one.value,
        None,
        low,
        high,
        chance,
        one.behind.periods,
        one.behind.same_quarter,
        peers,
        parts,
    )


def _share_finding(name: str, past: Past, lines: Mapping[Hashable, Past], peers: Peers) -> tuple[bool, Finding | None]:
    """Whether the share could be judged, and what was found."""
    pairs, of = pairs_of(past, name), peers.share(name)
    upper, lower, periods = seen_share(pairs, peers.quarters)
    if not pairs or not pairs[0] or (periods < FEWEST_PERIODS and of.middle is None):
        return False, None
    value, base = pairs[0]
    own = bounded((upper + 0.5) / (lower + 1.0)) if periods >= FEWEST_PERIODS else None
    if own is None:
        share, firm, shift = of.middle, SHARE_OF_PEERS_WEIGHS, 0.0
    else:
        weight = SHARE_OF_PEERS_WEIGHS if of.middle is not None else 0.0
        before = as_share(odds(of.middle) - of.shift) if of.middle is not None else own
        share, firm, shift = (own * lower + before * weight) / (lower + weight), lower + weight, of.shift
        shift += drift(share_moves(pairs, peers.quarters), of)
    share = bounded(as_share(odds(bounded(share)) + shift))
    errors, loose = looseness(pairs, peers.quarters), of.loose
    if len(errors) >= FEWEST_PERIODS:
        loose = (len(errors) * loose_of(errors) + PEERS_COUNT_AS * of.loose) / (len(errors) + PEERS_COUNT_AS)
    weight = 1.0 / (max(LEAST_LOOSE, loose) + 1.0 / (firm + 1.0))
    restless = RESTLESS.get(name, SELDOM)
    below, above = share_tails(value, base, share, weight, restless)
    chance = min(1.0, 2 * min(below, above))
    if chance >= LEVEL * 2:
        return True, None
    low, high = share_range(base, share, weight, LEVEL, restless)
    if _outside(value, low, high) < MATTERS:
        return True, None
    up = value > base * share
    behind, least = [], abs(value - base * share) / 10
    for key, row in lines.items():
        pair = pairs_of(row[:1], name)[0] if row else None
        if pair and (excess := (pair[0] - pair[1] * share) * (1 if up else -1)) >= least:
            behind.append((excess, key, pair))
    behind.sort(key=lambda item: -item[0])
    parts = tuple(Part(key, pair[0], pair[1]) for _excess, key, pair in behind[:PARTS_TOLD])
    quarters = peers.quarters
    same = sum(1 for at in range(1, len(pairs)) if pairs[at] and quarters[at] == quarters[0])
    direction = HIGH if up else LOW
    return True, Finding(
        name, direction, None, value, base, low, high, chance, periods, same, _telling(of.peers), parts
    )


def _hits_finding(name: str, hits: list[tuple[Hashable, int, bool, float]], behind: Level | None) -> Finding | None:
    """Lines that repeat or vanished: (line, value before or usual, whether it hit, the chance that it does)."""
    number = sum(hit for _key, _value, hit, _chance in hits)
    chances = [chance for _key, _value, _hit, chance in hits]
    chance = hits_tail(number, chances)
    if number < FEWEST_LINES - 1 or chance >= LEVEL * 2:
        return None
    high = number - 1
    while high > 0 and hits_tail(high, chances) < LEVEL:
        high -= 1
    told = sorted((one for one in hits if one[2]), key=lambda one: -one[1])[:PARTS_TOLD]
    parts = tuple(Part(key, value if name == REPEATED else 0, None) for key, value, _hit, _chance in told)
    periods = behind.periods if behind else 0
    same = behind.same_quarter if behind else 0
    direction = SAME if name == REPEATED else LOW
    return Finding(name, direction, None, number, len(hits), 0, high, chance, periods, same, 0, parts)


def judge(past: Past, lines: Mapping[Hashable, Past], peers: Peers) -> Judged:
    """Everything that is unusual in a return.

    `past` holds the whole return and its predecessors, `lines` each of its lines likewise, the judged period first.
    """
    judged, quarters = Judged(), peers.quarters
    one_of_lines: dict[str, dict[Hashable, _One]] = {}
    for name in COUNTED:
        of = peers.count(name)
        totals = [row and getattr(row, name) for row in past]
        drifts = count_drift(totals, quarters, of)
        whole = _judged_count(name, totals, quarters, of, drifts)
        rows = {key: [row and getattr(row, name) for row in found] for key, found in lines.items()}
        spreads = _line_spreads(rows, quarters, of)
        judged_lines = {key: _judged_count(name, row, quarters, of, drifts, spreads[key]) for key, row in rows.items()}
        one_of_lines[name] = {key: one for key, one in judged_lines.items() if one is not None}
        if whole is None and not one_of_lines[name]:
            continue
        judged.judgements += 1
        if finding := _count_finding(name, whole, one_of_lines[name], _telling(of.peers)):
            judged.findings.append(finding)
    for name in SHARES:
        done, finding = _share_finding(name, past, lines, peers)
        judged.judgements += done
        if finding:
            judged.findings.append(finding)
    for name, found in ((REPEATED, _repeats(lines, one_of_lines)), (VANISHED, _vanished(one_of_lines))):
        if len(found) < FEWEST_LINES:
            continue
        judged.judgements += 1
        behind = max((one.behind for one in one_of_lines["received"].values()), default=None, key=lambda one: one[2])
        if finding := _hits_finding(name, found, behind):
            judged.findings.append(finding)
    return judged


def _repeats(lines: Mapping[Hashable, Past], judged: dict[str, dict[Hashable, _One]]) -> list:
    """Lines that came in and were resolved before, whether both counts are the same again, and the chance of it.

    The two counts of a line go together, so only the likelier coincidence of the two is reckoned.
    """
    found = []
    for key, row in lines.items():
        now, before = row[0], row[1] if len(row) > 1 else None
        models = [judged[name].get(key) for name in ("received", "resolved")]
        if now is None or before is None or None in models or None in (before.received, before.resolved):
            continue
        if before.received < REPEATS_FROM:
            continue
        same = (now.received, now.resolved) == (before.received, before.resolved)
        values = (before.received, before.resolved)
        chance = max(count_chance(value, one.mean, one.spread) for value, one in zip(values, models, strict=True))
        found.append((key, before.received, same, min(1.0, chance)))
    return found


def _vanished(judged: dict[str, dict[Hashable, _One]]) -> list:
    """Lines where dossiers usually come in, whether there are none now, and the chance of it."""
    return [
        (key, round(one.mean), one.value == 0, count_tails(0, one.mean, one.spread)[0])
        for key, one in judged["received"].items()
        if one.mean >= REPEATS_FROM
    ]


def whole_of(rows: Sequence[Counts]) -> Counts:
    """The sums of lines; a figure is known only where it is known on every line."""
    found = []
    for name in Counts._fields:
        values = [getattr(row, name) for row in rows]
        found.append(sum(values) if values and None not in values else None)
    return Counts(*found)
