"""How often the true cell of a slip is among the first three repairs that the page suggests, by kind of slip.

Random consistent tables of 10 to 60 lines; 1 to 3 cells of a table, each in a line of its own, get one kind of slip:
two digits swapped, a zero dropped, a line shifted (a cell holds what belongs to the line below it), a dot read as
decimal (5.441 became 5). A slip that changes nothing or breaks no identity cannot be suggested and counts as missed.
The control suggests cells of the line at random.
"""

import random
from collections import Counter

from dossiers import rules

KINDS = ("digits swapped", "zero dropped", "line shifted", "dot read as decimal")
FIRST = 3
TABLES = 400


def consistent_line(rng: random.Random) -> tuple[dict[str, int], int]:
    """Cells on which every identity holds, and the pending of the period before."""
    size = int(10 ** rng.uniform(1, 4))
    resolved = [rng.randint(0, size) for _ in range(3)]
    pending = [rng.randint(0, size // 4), rng.randint(0, size // 10)]
    withdrawn = rng.randint(0, max(1, size // 20))
    total = sum(resolved) + sum(pending) + withdrawn
    carried = rng.randint(0, total // 3)
    online = rng.randint(0, total - carried)
    values = [online, total - carried - online, carried, *resolved, *pending, withdrawn]
    apologies = [rng.randint(0, resolved[2]), rng.randint(0, pending[1])]
    return dict(zip(rules.TYPED_NAMES, [*values, *apologies], strict=True)), carried


def slip(kind: str, table: list[dict], at: int, cell: str, rng: random.Random) -> int:
    """What is typed instead of the true count; the true count where this kind of slip cannot happen to it."""
    digits = str(table[at][cell])
    if kind == "digits swapped":
        places = [i for i in range(len(digits) - 1) if digits[i] != digits[i + 1] and (i or digits[1] != "0")]
        if not places:
            return table[at][cell]
        i = rng.choice(places)
        return int(digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :])
    if kind == "zero dropped":
        return int(digits.replace("0", "", 1)) if "0" in digits[1:] else table[at][cell]
    if kind == "line shifted":
        return table[(at + 1) % len(table)][cell]
    return int(digits[:-3]) if len(digits) > 3 else table[at][cell]


def suggested(cells: dict[str, int], before: int, late: int) -> list[str]:
    """The cells the page offers to mend, first those of the first identity that is broken."""
    figures = rules.Figures(cells)
    context = {"previous_pending": before, "late_reasons": late}
    found = []
    for breach in rules.check(figures, **context):
        for cell, _value in rules.repairs(figures, breach, **context)[:FIRST]:
            if cell not in found:
                found.append(cell)
    return found[:FIRST]


def one_table(seed: int) -> dict:
    """Tried and found of each kind in one table; `control` is found by guessing."""
    rng = random.Random(seed)
    made = [consistent_line(rng) for _ in range(rng.randint(10, 60))]
    table = [cells for cells, _before in made]
    tried, found, control = Counter(), Counter(), 0
    for kind in KINDS:
        for at in rng.sample(range(len(table)), rng.randint(1, 3)):
            cells, before = made[at]
            usable = [name for name in rules.TYPED_NAMES if slip(kind, table, at, name, rng) != cells[name]]
            if not usable:
                continue
            cell = rng.choice(usable)
            wrong = slip(kind, table, at, cell, rng)
            late = cells["resolved_overdue"] + cells["pending_overdue"]
            tried[kind] += 1
            found[kind] += cell in suggested(cells | {cell: wrong}, before, late)
            control += cell in rng.sample(rules.TYPED_NAMES, FIRST)
    return {"tried": tried, "found": found, "control": control}


def prove(tables: int = TABLES, first_seed: int = 1) -> dict:
    """The row of the results. It is measured, not judged: `ok` says that suggesting beats guessing for every kind."""
    tried, found, control = Counter(), Counter(), 0
    for seed in range(first_seed, first_seed + tables):
        one = one_table(seed)
        tried.update(one["tried"])
        found.update(one["found"])
        control += one["control"]
    shares = {kind: round(found[kind] / tried[kind], 4) for kind in KINDS}
    guessed = control / tried.total()
    return {
        "tried": tried.total(),
        "failed": tried.total() - found.total(),
        "control_failed": tried.total() - control,
        "by_kind": shares,
        "ok": all(share > guessed for share in shares.values()),
    }
