"""The lines of a return that rows of a table may belong to.

A line is found by its code, else by its name: exactly, then blind to tone marks, case and punctuation.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from cchc_portal.lib.text import clean_line
from dossiers import rules
from dossiers.workbooks.cells import words

LEADING_CODE = re.compile(r"(\d\.\d{6}(?:\.[0-9A-Z]+)*)\b")


@dataclass(slots=True)
class Target:
    """A line that a row may belong to: its key in the database, how a workbook may name it, what stands in it."""

    pk: int | None
    version: int
    code: str
    name: str
    figures: rules.Figures
    procedure_id: int | None = None
    position: int = 0
    base: str = ""


def _plain(text: str) -> str:
    return " ".join(clean_line(text).casefold().split())


class Targets:
    """The lines of one return, found by code and name. `groups` are the folded names of fields."""

    def __init__(self, targets: Iterable[Target], groups: Iterable[str] = ()):
        self.all = list(targets)
        self.groups = set(groups)
        self.by_code = {target.code: target for target in self.all}
        self._by_base = None
        self._by_name = None

    def code(self, text: str) -> Target | None:
        """The line of a code, in full or without its locality suffix where that is unique."""
        found = self.by_code.get(text)
        if found is None:
            found = next((target for target in self.all if target.code.casefold() == text.casefold()), None)
        if found is None:
            if self._by_base is None:
                self._by_base = defaultdict(list)
                for target in self.all:
                    if match := LEADING_CODE.match(target.code):
                        self._by_base[".".join(match[1].split(".")[:2])].append(target)
            fits = self._by_base.get(text, [])
            found = fits[0] if len(fits) == 1 else None
        return found

    def name(self, text: str) -> list[Target]:
        """Lines that the name fits: exactly, else blind to tone marks and punctuation."""
        if self._by_name is None:
            self._by_name = (defaultdict(list), defaultdict(list))
            for target in self.all:
                self._by_name[0][_plain(target.name)].append(target)
                self._by_name[1][words(target.name)].append(target)
        return self._by_name[0].get(_plain(text)) or self._by_name[1].get(words(text), [])
