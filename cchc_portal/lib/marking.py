"""Where in a text the words of a query stand: parts for a template to mark, never markup."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from cchc_portal.lib.text import LOOKALIKES, nfc, query_forms, search_terms

# Characters of a long text shown, and those kept before the first word found.
SHOWN, BEFORE = 220, 60


@dataclass(frozen=True)
class Piece:
    """A stretch of a text; `found` where it answers the query."""

    text: str
    found: bool


@lru_cache(maxsize=2_000)
def _letters(character: str) -> str:
    """One character as `search_key` folds it: none, one or several."""
    plain = unicodedata.normalize("NFD", character.translate(LOOKALIKES))
    plain = "".join(mark for mark in plain if not unicodedata.combining(mark))
    return plain.replace("đ", "d").replace("Đ", "d").casefold()


def _folded(text: str) -> tuple[str, list[int]]:
    """The text as `search_key` folds it, and for each of its characters the place it comes from."""
    letters, places = [], []
    for place, character in enumerate(text):
        for letter in _letters(character):
            letters.append(letter)
            places.append(place)
    return "".join(letters), places


def _spans(text: str, query: str) -> list[tuple[int, int]]:
    """Stretches of the text that hold a term, in order, without overlap; a word's beginning goes before its inside."""
    folded, places = _folded(text)
    taken = [False] * len(text)
    for ways in search_terms(query):
        for way in ways:
            starts = [found.start() for found in re.finditer(rf"(?<![^\W_]){re.escape(way)}", folded)]
            starts = starts or [found.start() for found in re.finditer(re.escape(way), folded)]
            for start in starts:
                for place in range(places[start], places[start + len(way) - 1] + 1):
                    taken[place] = True
    spans, begun = [], None
    for place, is_taken in enumerate([*taken, False]):
        if is_taken and begun is None:
            begun = place
        elif not is_taken and begun is not None:
            spans.append((begun, place))
            begun = None
    return spans


def marked(text: str, query: str, shown: int = SHOWN) -> list[Piece]:
    """The text in pieces, those that answer the query told apart; a long text is cut around the first of them."""
    text = " ".join(nfc(text).split())
    spans = _spans(text, query)
    first = max(spans[0][0] - BEFORE, 0) if spans and len(text) > shown else 0
    if first:
        first = text.rfind(" ", 0, first) + 1
    last = first + shown if first + shown < len(text) else len(text)
    pieces, at = [Piece("… ", False)] if first else [], first
    for begin, end in spans:
        if begin >= last:
            break
        if begin > at:
            pieces.append(Piece(text[at:begin], False))
        pieces.append(Piece(text[begin : min(end, last)], True))
        at = min(end, last)
    if at < last:
        pieces.append(Piece(text[at:last], False))
    return [*pieces, Piece(" …", False)] if last < len(text) else pieces


EXACT, PHRASE, PHRASE_START, WORD_STARTS, INSIDE = range(5)


class Ranking:
    """How well a search key answers a query: as a whole, as words, as beginnings of words, anywhere."""

    def __init__(self, query: str):
        self.forms = forms = query_forms(query)
        whole = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
        self._phrase = re.compile(rf"(?<![^\W_])(?:{whole})(?![^\W_])")
        self._phrase_start = re.compile(rf"(?<![^\W_])(?:{whole})")
        self._starts = [
            re.compile(rf"(?<![^\W_])(?:{'|'.join(re.escape(way) for way in ways)})") for ways in search_terms(query)
        ]

    def of(self, key: str) -> int:
        """EXACT for the best, INSIDE for the least; `key` is made by SearchKeyField, its sources parted by " | "."""
        if self._phrase_start.search(key):
            if any(part in self.forms for part in key.split(" | ")):
                return EXACT
            return PHRASE if self._phrase.search(key) else PHRASE_START
        return WORD_STARTS if all(start.search(key) for start in self._starts) else INSIDE
