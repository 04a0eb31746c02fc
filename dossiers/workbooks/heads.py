"""Finding the head of a table by its words: which rows hold it, which column holds which figure.

Heads of several rows are filled forward (merged cells first, then blanks) and joined before they are compared, because
"Quá hạn" alone stands twice on the form. Label variants: reference forms II.06a/VPCP/KSTT and 07a/BTP as filed in 2026.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from dossiers.workbooks.cells import words
from dossiers.workbooks.layout import CODE, FIGURE_KEYS, NAME, STT

HEAD_WITHIN = 40
DEPTH_AT_MOST = 6
# A head needs this many figures before it counts as one.
FIGURES_AT_LEAST = 3
LONGEST_LABEL = 120

RECEIVED, RESOLVED, PENDING = "received", "resolved", "pending"
_GROUPS = (
    (PENDING, re.compile(r"\b(dang|chua) (giai quyet|xu ly|thu ly)\b")),
    (RESOLVED, re.compile(r"\bda (duoc )?(giai quyet|xu ly)\b|\bket qua giai quyet\b")),
    (RECEIVED, re.compile(r"\btiep nhan\b|\bnhan giai quyet\b")),
)
_STT = re.compile(r"(stt|tt|so tt|so thu tu)")
_NAME = re.compile(
    r"linh vuc|ten thu tuc|ten tthc|^thu tuc( hanh chinh)?$|^tthc$|cong viec|ten don vi|^don vi$|noi dung cong viec"
)
_CODE = re.compile(r"^ma( so)?( (thu tuc|tthc|thu tuc hanh chinh|ho so thu tuc))?$|^ma (thu tuc|tthc)\b")
_SUBLABEL = re.compile(
    r"tong|truc tuyen|truc tiep|buu chinh|ky truoc|trong ky|han\b|chuyen sang|chuyen qua|xin loi|toan trinh|mot phan"
)
_NUMBERING = re.compile(r"\(?\d{1,2}\)?(\s*=.*)?")
# How the cells of a numbering row begin, cheaply told from those of a line.
_BEGINNINGS = ("(", "A", "B", "C")
_BRACKETED = re.compile(r"\(\d{1,2}\)(\s*=.*)?")


@dataclass
class Head:
    """A head that was found: the first row of data (index), the column of each key, and what is left over.

    `unclear` are columns inside the three groups whose figure is not known, `twice` keys that two columns claim,
    `other` columns that the form does not have; each with its label.
    """

    first_row: int
    columns: dict[str, int] = field(default_factory=dict)
    unclear: dict[int, str] = field(default_factory=dict)
    twice: list[tuple[int, int, str]] = field(default_factory=list)
    other: dict[int, str] = field(default_factory=dict)

    @property
    def score(self) -> int:
        return sum(key in FIGURE_KEYS for key in self.columns)


@lru_cache(maxsize=20_000)
def _group(label: str) -> str | None:
    """Which of the three groups a folded label speaks of."""
    for name, pattern in _GROUPS:
        if pattern.search(label):
            return name
    return None


def _received(label: str) -> str | None:
    if "truc tuyen" in label:
        return None if "truc tiep" in label else "received_online"
    if "truc tiep" in label or "buu chinh" in label or "buu dien" in label or "bcci" in label:
        return "received_direct"
    if "ky truoc" in label or "chuyen sang" in label or "chuyen qua" in label or "ton dau ky" in label:
        return "carried_over"
    return "received" if "tong" in label else None


def _late(label: str, figure: str) -> str | None:
    """A label that speaks of overdue dossiers: all of them, or those with an apology letter."""
    if "xin loi" not in label:
        return figure
    return "" if "chua co" in label or "chua xin loi" in label else f"{figure}_with_apology"


def _resolved(label: str) -> str | None:
    if "qua han" in label or "tre han" in label:
        return _late(label, "resolved_overdue")
    early, on_time = "truoc han" in label or "som han" in label, "dung han" in label
    if (early and on_time) or re.search(r"\bdung (han )?(va|hoac) (truoc|som)\b|\b(truoc|som) (va|hoac) dung\b", label):
        return "in_time"
    if early:
        return "resolved_early"
    if on_time:
        return "resolved_on_time"
    return "resolved" if "tong" in label else None


def _pending(label: str) -> str | None:
    if "chua den han" in label or "trong han" in label or "dung han" in label or "con han" in label:
        return "pending_within"
    if "qua han" in label or "tre han" in label:
        return _late(label, "pending_overdue")
    return "pending" if "tong" in label else None


@lru_cache(maxsize=5_000)
def classify(label: str) -> tuple[str | None, bool]:
    """The key a joined, folded label stands for and whether it lies inside one of the three groups.

    The key is None for a label that is not known and "" for one that is known and has no place on the form.
    """
    if _STT.fullmatch(label):
        return STT, False
    if _CODE.search(label):
        return CODE, False
    if "xin loi" in label and (number := re.search(r"\b(10|13)\b", label)):
        return ("resolved" if number[1] == "10" else "pending") + "_overdue_with_apology", False
    if re.search(r"khong (duoc )?tiep nhan|cho tiep nhan|\bty le\b|\bti le\b", label):
        return None, False
    group = _group(label)
    if re.search(r"\btra lai\b|\brut\b|\bdung (giai quyet|xu ly)\b", label) and group in (None, RESOLVED):
        return "withdrawn", False
    if group is None:
        return (NAME, False) if _NAME.search(label) else (None, False)
    return {RECEIVED: _received, RESOLVED: _resolved, PENDING: _pending}[group](label), True


def _text_grid(rows, merges, first, last):
    """Labels of the rows first..last with merged cells spread over all they cover; numbers count as empty."""
    width = max((len(row) for row in rows[first : last + 1]), default=0)
    grid = [
        [words(v) if isinstance(v, str) and len(v) <= LONGEST_LABEL else "" for v in row]
        for row in rows[first : last + 1]
    ]
    for line in grid:
        line.extend([""] * (width - len(line)))
    for (top, left), (bottom, right) in merges:
        if first <= top <= last and left < width:
            label = grid[top - first][left]
            for row in range(top, min(bottom, last) + 1):
                for column in range(left, min(right + 1, width)):
                    grid[row - first][column] = label
    return grid


def is_numbering(row, *, right_after_head=False) -> bool:
    """Whether a row only numbers the columns: (1) (2) (3) …; bare numbers 1 2 3 count right after a head."""
    cells = [v for v in row if v not in ("", None)]
    if not right_after_head and not (cells and isinstance(cells[0], str) and cells[0].lstrip()[:1] in _BEGINNINGS):
        return False
    texts = [v.strip() if isinstance(v, str) else v for v in cells]
    # Letters number the two first columns of many forms: A, B, 1, 2, 3 …
    texts = [v for v in texts if v not in ("A", "B", "C")]
    if len(texts) < 3:
        return False
    if all(isinstance(v, str) and _BRACKETED.fullmatch(v) for v in texts):
        return True
    bare = [v if isinstance(v, str) else str(int(v)) if isinstance(v, float) and v.is_integer() else "" for v in texts]
    if not right_after_head or not all(_NUMBERING.fullmatch(v) for v in bare):
        return False
    numbers = [int(re.search(r"\d+", v)[0]) for v in bare]
    return all(b - a == 1 for a, b in pairwise(numbers)) and numbers[0] <= 3


def _top_rows(rows):
    """Rows where a head may begin: two of the three groups stand there in cells of their own."""
    for index, row in enumerate(rows[:HEAD_WITHIN]):
        labels = [v for v in row if isinstance(v, str) and v and len(v) <= LONGEST_LABEL]
        if len(labels) > 2 and len({_group(words(v)) for v in labels} - {None}) >= 2:
            yield index


def _stt_row(rows, top):
    """The row of the head that holds "STT": the top row, or up to two rows above it."""
    for index in range(top, max(top - 3, -1), -1):
        if any(isinstance(v, str) and _STT.fullmatch(words(v)) for v in rows[index]):
            return index
    return top


def _is_head_row(row, groups) -> bool:
    """Whether a row below the top still belongs to the head: labels under the groups, and no number."""
    under = [row[column] for column in groups if column < len(row) and row[column] not in ("", None)]
    if not under or any(not isinstance(v, str) for v in under):
        return False
    return any(_SUBLABEL.search(words(v)) for v in under) and not any(_NUMBERING.fullmatch(v.strip()) for v in under)


def _fill_forward(line, below):
    """Spreads a label to the blanks at its right that have a label of their own further down."""
    current = ""
    for column, label in enumerate(line):
        if label:
            current = label
        elif any(other[column] for other in below):
            line[column] = current
        else:
            current = ""


def find_head(rows, merges) -> Head | None:
    """The head of the table on a sheet, or None. `merges` are ((top, left), (bottom, right)) counted from 0."""
    best = None
    for top in _top_rows(rows):
        head = _head_at(rows, merges, top)
        if head.score < FIGURES_AT_LEAST or not {NAME, CODE, STT} & head.columns.keys():
            continue
        if best is None or head.score > best.score:
            best = head
    return best


def _head_at(rows, merges, top) -> Head:
    first = _stt_row(rows, top)
    last = top
    spread = _text_grid(rows, merges, first, top)[top - first]
    groups = _columns_of_groups(spread)
    while last + 1 < len(rows) and last - first < DEPTH_AT_MOST and _is_head_row(rows[last + 1], groups):
        last += 1
    grid = _text_grid(rows, merges, first, last)
    for depth, line in enumerate(grid[:-1]):
        _fill_forward(line, grid[depth + 1 :])
    head = Head(first_row=last + 1)
    if last + 1 < len(rows) and is_numbering(rows[last + 1], right_after_head=True):
        head.first_row += 1
    for column in range(len(grid[0])):
        parts = []
        for line in grid:
            if line[column] and (not parts or parts[-1] != line[column]):
                parts.append(line[column])
        if parts:
            _place(head, column, parts)
    if NAME not in head.columns and STT in head.columns:
        # The unit or the work stands right of its number, whatever the head calls it.
        after = head.columns[STT] + 1
        if after not in head.columns.values():
            head.columns[NAME] = after
            head.other.pop(after, None)
    return head


def _columns_of_groups(line) -> list[int]:
    """Columns under the three groups: from each group's label on, over blanks, to the next label."""
    columns, inside = [], False
    for column, label in enumerate(line):
        if label:
            inside = _group(label) is not None
        if inside:
            columns.append(column)
    return columns


def _place(head: Head, column: int, parts: list[str]) -> None:
    key, grouped = classify(" ".join(parts))
    label = " > ".join(parts)
    if key == NAME and key in head.columns:
        # "Lĩnh vực" and "Tên thủ tục" side by side: the line is named by its procedure.
        if "thu tuc" in label or "tthc" in label:
            head.columns[NAME] = column
    elif key and key in head.columns:
        head.twice.append((head.columns[key], column, key))
    elif key:
        head.columns[key] = column
    elif key is None and grouped:
        head.unclear[column] = label
    else:
        head.other[column] = label
