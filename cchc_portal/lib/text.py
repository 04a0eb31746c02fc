"""Vietnamese text: one stored form (NFC), an order that needs no database collation, search that is blind to tones.

Pure: no Django, no database.
"""

import csv
import re
import unicodedata
from pathlib import Path

# Vietnamese order with the four foreign letters in their places; position in this string is the weight.
LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
# Unicode's default order of what stands below the letters: space, punctuation, symbols, digits.
BELOW_LETTERS = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789"
TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
LETTER_MARKS = {"\u0306", "\u0302", "\u031b"}
FOREIGN_MARK = "6"
LOOKALIKES = str.maketrans({"–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "\u00a0": " ", "\u202f": " "})

# Printable ASCII from "!" up, so that keys compare the same byte by byte everywhere; " " is left for the separator,
# which stands below every weight and so puts a name before the longer name that begins with it.
WEIGHTS = {character: chr(0x21 + index) for index, character in enumerate(BELOW_LETTERS + LETTERS)}
SEPARATOR = " "
# A B-tree entry of PostgreSQL holds about 2,700 bytes; 600 characters of four bytes still fit.
SORT_KEY_LENGTH = 600

# Longest run of combining marks that any text needs (Unicode's stream-safe format); longer runs make normalising slow.
MARKS_IN_A_ROW = 30

# Abbreviation → what it stands for, both folded. Searching for the one finds the other.
_TABLE = Path(__file__).resolve().parent.parent.parent / "data" / "abbreviations.csv"
with _TABLE.open(encoding="utf-8", newline="") as _lines:
    ABBREVIATIONS = {row["short"]: row["full"] for row in csv.DictReader(_lines)}
# An abbreviation of a department is also written without the sign: TTTT, KHCN.
ABBREVIATIONS |= {short.replace("&", ""): full for short, full in ABBREVIATIONS.items() if "&" in short}


def _calm(text):
    """`text` with runs of combining marks cut: ordering a long run takes quadratic time."""
    if text.isascii() or len(text) <= MARKS_IN_A_ROW:
        return text
    kept, run = [], 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)


def nfc(text):
    """`text` in Unicode's composed form, the one form the portal stores."""
    return unicodedata.normalize("NFC", _calm(text))


_DROPPED = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"  # controls: PostgreSQL refuses NUL, printers the rest
    "\u200b\u2060\ufeff"  # invisible leftovers of pasting
    "\u202a-\u202e\u2066-\u2069"  # direction overrides: they make text read otherwise than it is stored
    "\ud800-\udfff]"  # lone surrogates cannot be written as UTF-8
)


def clean_text(text):
    """Text of several lines as it is stored: NFC, line ends as LF, without control characters."""
    if text.isascii() and text.isprintable():
        return text
    return nfc(_DROPPED.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def clean_line(text):
    """Text of one line as it is stored: as `clean_text`, with line ends and tabs turned into spaces."""
    return re.sub("[\t\n\u2028\u2029]", " ", clean_text(text))


def sort_key(text):
    """A key that puts text in Vietnamese order when compared byte by byte.

    First the letters (đ after d, ă and â after a), then tones (none, huyền, hỏi, ngã, sắc, nặng), then case (lower
    first): the order of ICU's `vi`. What the alphabet does not know stands after z.
    """
    letters, tones, cases = [], [], []
    for character in nfc(text).translate(LOOKALIKES):
        base, *marks = unicodedata.normalize("NFD", character)
        lower = base.lower()
        upper = base != lower
        shape = [mark for mark in marks if mark in LETTER_MARKS]
        letter = unicodedata.normalize("NFC", lower + "".join(shape))
        if letter not in WEIGHTS:
            letter, shape = lower, []
        rest = [mark for mark in marks if mark not in shape]
        if unicodedata.combining(character):
            continue
        letters.append(WEIGHTS.get(letter) or (letter if ord(letter[0]) > 0x7E else ""))
        tones.append(TONES.get(rest[0], FOREIGN_MARK) if rest else "0")
        cases.append("1" if upper else "0")
    key = SEPARATOR.join(("".join(letters), "".join(tones).rstrip("0"), "".join(cases).rstrip("0")))
    return key[:SORT_KEY_LENGTH]


def search_key(text):
    """`text` folded for searching: no tone or letter marks, đ as d, lower case, single spaces, nothing unprintable.

    Old and new placement of the tone (hòa, hoà) fold to the same key because no tone is left.
    """
    plain = unicodedata.normalize("NFD", nfc(_DROPPED.sub("", text)).translate(LOOKALIKES))
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(plain.replace("đ", "d").replace("Đ", "d").casefold().split())


_EXPANSIONS = {}
for _short, _full in ABBREVIATIONS.items():
    _EXPANSIONS.setdefault(_full, []).append(_short)
_LONGEST_PHRASE = max(len(phrase.split()) for phrase in [*ABBREVIATIONS, *_EXPANSIONS])


def _ways_to_write(phrase):
    """Folded ways to write a folded phrase that is an abbreviation or what one stands for; empty for any other."""
    full = ABBREVIATIONS.get(phrase, phrase)
    return [phrase, *(way for way in (full, *_EXPANSIONS[full]) if way != phrase)] if full in _EXPANSIONS else []


def search_terms(query):
    """What must be found for `query`: a list of terms, all required, each a list of folded forms of which one suffices.

    "UBND phường" gives [["ubnd", "uy ban nhan dan"], ["phuong"]]. At most 12 terms; empty for a blank query.
    """
    words = re.sub(r"\s*&\s*", "&", search_key(query)[:200]).split()
    words = [word.strip(".,;:()\"'") or word for word in words]
    terms = []
    while words and len(terms) < 12:
        for size in range(min(_LONGEST_PHRASE, len(words)), 0, -1):
            ways = _ways_to_write(" ".join(words[:size]))
            if ways or size == 1:
                terms.append(ways or [words[0]])
                words = words[size:]
                break
    return terms


def query_forms(query):
    """The folded query and the same with its abbreviations written out or shortened, as whole phrases."""
    forms = [""]
    for ways in search_terms(query):
        forms = [f"{form} {way}".strip() for form in forms for way in ways][:64]
    return set(forms) | {search_key(query)}


def matches(query, text):
    """Whether every term of `query` occurs in `text`, in one of its forms."""
    key = search_key(text)
    return all(any(way in key for way in ways) for ways in search_terms(query))


def ascii_slug(text, fallback="x"):
    """`text` as lower-case ASCII words joined by hyphens, for file names: "Sở Đất đai" → "so-dat-dai"."""
    return re.sub(r"[^a-z0-9]+", "-", search_key(text)).strip("-") or fallback
