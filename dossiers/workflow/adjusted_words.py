"""Late reasons and explanations that an adjustment changes along with figures: what differs and is wrong."""

from collections import defaultdict
from collections.abc import Mapping

from django.utils.translation import gettext as _

from dossiers import rules
from dossiers.models import AdjustedWord, Adjustment, Explanation, LateReason, LateReasonCount, Line, Return
from dossiers.tally import checking
from dossiers.workflow.moves import Problem

# What is said of a line: a late reason by its key, or an explanation by the code of its identity; count and text.
# A late reason that is not there has no count, an explanation never has one.
Key = int | str
Word = tuple[int | None, str]
Words = Mapping[int, Mapping[Key, Word]]
NOTHING: Word = (None, "")


def key_of(word: AdjustedWord) -> Key:
    return word.late_reason_id or word.identity


def stored_words(item: Return) -> dict[int, dict[Key, Word]]:
    """What stands, by line; explanations of the whole return stay what they are and are left out."""
    found: dict[int, dict[Key, Word]] = defaultdict(dict)
    rows = LateReasonCount.objects.filter(line__of=item).values_list("line_id", "reason_id", "count", "text")
    for line, reason, count, text in rows:
        found[line][reason] = (count, text)
    rows = Explanation.objects.filter(of=item, line__isnull=False).values_list("line_id", "identity", "text")
    for line, code, text in rows:
        found[line][code] = (None, text)
    return found


def words_of(adjustment: Adjustment) -> dict[int, dict[Key, Word]]:
    """What the adjustment wants to be said, by line."""
    found: dict[int, dict[Key, Word]] = defaultdict(dict)
    for word in adjustment.words.all():
        found[word.line_id][key_of(word)] = word.after
    return found


def differing(item: Return, wanted: Words) -> list[AdjustedWord]:
    """What is to be said otherwise than it stands, in the order of the form."""
    stands = stored_words(item)
    found = []
    for line in Line.objects.filter(of=item, pk__in=wanted).order_by("position", "pk"):
        for key, new in wanted[line.pk].items():
            old = stands.get(line.pk, {}).get(key, NOTHING)
            if new == old:
                continue
            named = {"identity": key} if isinstance(key, str) else {"late_reason_id": key}
            values = {"old_count": old[0], "old_text": old[1], "new_count": new[0], "new_text": new[1]}
            found.append(AdjustedWord(line=line, **named, **values))
    return found


def late_changes(item: Return, wanted: Words) -> dict[int, int]:
    """Late dossiers with a reason by line, as they would be."""
    stands = stored_words(item)
    merged = {line: stands.get(line, {}) | dict(words) for line, words in wanted.items()}
    return {
        line: sum(count or 0 for key, (count, _text) in words.items() if not isinstance(key, str))
        for line, words in merged.items()
    }


def wordless(item: Return, wanted: Words) -> list[Problem]:
    """Late reasons that need a text and would have none."""
    needing = dict(LateReason.objects.filter(needs_text=True).values_list("pk", "name"))
    names = {line.pk: line.name for line in checking.check_return(item)} if needing else {}
    return [
        Problem(
            _("The late reason “%(reason)s” needs a text.") % {"reason": needing[key]}, line, names[line], (), "R10"
        )
        for line, words in wanted.items()
        for key, (count, text) in words.items()
        if key in needing and count and not text
    ]


def moved(adjustment: Adjustment) -> list[AdjustedWord]:
    """What stands otherwise now than when the adjustment was proposed."""
    stands = stored_words(adjustment.of)
    words = adjustment.words.select_related("late_reason")
    return [word for word in words if stands.get(word.line_id, {}).get(key_of(word), NOTHING) != word.before]


def told(words: list[AdjustedWord], side: str) -> dict[str, dict]:
    """What is said by line, as the trail keeps it; `side` is "before" or "after"."""
    lines: dict[str, dict] = {}
    for word in words:
        key = word.identity or f"late:{word.late_reason_id}"
        lines.setdefault(str(word.line_id), {})[key] = list(getattr(word, side))
    return lines


def put_in_force(adjustment: Adjustment) -> set[int]:
    """Say what the adjustment wants to be said; gives the keys of the lines it touched."""
    words = list(adjustment.words.all())
    for word in words:
        if word.identity:
            found = Explanation.objects.filter(of=adjustment.of_id, line=word.line_id, identity=word.identity)
            found.delete()
            if word.new_text:
                Explanation.objects.create(
                    of=adjustment.of,
                    line_id=word.line_id,
                    identity=word.identity,
                    text=word.new_text,
                    by=adjustment.proposed_by,
                    at=adjustment.decided_at,
                )
            continue
        LateReasonCount.objects.filter(line=word.line_id, reason=word.late_reason_id).delete()
        if word.new_count is not None:
            LateReasonCount.objects.create(
                line_id=word.line_id, reason_id=word.late_reason_id, count=word.new_count, text=word.new_text
            )
    return {word.line_id for word in words}


EXPLAINED = tuple(one.code for one in rules.IDENTITIES if one.severity == rules.EXPLAIN)
