"""Writes the vectors that hold the Python and the JavaScript evaluator to one meaning.

    .venv/bin/python tests/vectors/make.py

The expected results of the hand cases are typed from the domain's tables. Those of the random cases come from the naive
evaluator below, which spells every identity out and shares nothing with the product.
"""

import json
import random
from pathlib import Path

HERE = Path(__file__).parent
SEED = 20170420
RANDOM_CASES = 320

# The short names of the cells in this file, in the order of the form; the first eleven are typed, the rest stated.
SHORT = {
    "on": "received_online",
    "di": "received_direct",
    "ca": "carried_over",
    "ea": "resolved_early",
    "ot": "resolved_on_time",
    "ov": "resolved_overdue",
    "pw": "pending_within",
    "po": "pending_overdue",
    "wd": "withdrawn",
    "ova": "resolved_overdue_with_apology",
    "poa": "pending_overdue_with_apology",
    "sr": "stated_received",
    "si": "stated_in_time",
    "sd": "stated_resolved",
    "sp": "stated_pending",
}
CELLS = list(SHORT.values())
TYPED, STATED = CELLS[:11], CELLS[11:]
RECEIVED, RESOLVED, PENDING = "on di ca", "ea ot ov", "pw po"


def cells(**short):
    return {SHORT[name]: value for name, value in short.items()}


def names(short):
    return [SHORT[name] for name in short.split()]


def breach(key, severity, gap, short):
    return {"code": key.split(".")[0], "key": key, "severity": severity, "gap": gap, "cells": names(short)}


def case(name, line, *breaches, published=False, previous_pending=None, late_reasons=None):
    return {
        "name": name,
        "cells": line,
        "published": published,
        "previous_pending": previous_pending,
        "late_reasons": late_reasons,
        "breaches": list(breaches),
    }


BALANCED = {"on": 80, "di": 15, "ca": 5, "ea": 40, "ot": 30, "ov": 10, "pw": 12, "po": 3, "wd": 5, "ova": 4, "poa": 1}
# Thừa Thiên Huế, levels 1–2: the classes leave 9.612 resolved dossiers without timing.
HUE = {"ea": 124907, "ot": 102770, "ov": 19852, "sr": 268763, "sd": 257141, "sp": 11622}
R4_CELLS = f"{RECEIVED} {RESOLVED} {PENDING}"


def changed(**short):
    return cells(**(BALANCED | short))


def hand_cases():
    """Cases whose results are worked out by hand: 80+15+5 = 100 received, 80 resolved, 15 pending, 5 withdrawn."""
    return [
        case("nothing known, nothing broken", {}),
        case("every identity holds", changed(), previous_pending=5, late_reasons=13),
        case("all zero is not blank", cells(**dict.fromkeys(BALANCED, 0)), previous_pending=0, late_reasons=0),
        case("stated totals agree", changed(sr=100, si=70, sd=80, sp=15)),
        case("R1 stated more", changed(sr=101), breach("R1", "block", 1, f"{RECEIVED} sr")),
        case("R1 stated less", changed(sr=97), breach("R1", "block", -3, f"{RECEIVED} sr")),
        case("R2 stated resolved", changed(sd=82), breach("R2", "block", 2, f"{RESOLVED} sd")),
        case("R2 stated in time", changed(si=69), breach("R2.in_time", "block", -1, "ea ot si")),
        case("R3 stated pending", changed(sp=14), breach("R3", "block", -1, f"{PENDING} sp")),
        case("R1 not checked with a part blank", cells(on=80, ca=5, sr=1000)),
        case("R2 not checked with a part blank", cells(ea=40, ov=10, sd=45)),
        case("R1 with a part not applicable", cells(on=80, di="NA", ca=5, sr=85)),
        case(
            "R1 broken with a part not applicable",
            cells(on=80, di="NA", ca=5, sr=86),
            breach("R1", "block", 1, f"{RECEIVED} sr"),
        ),
        case("R4 unclassified left", changed(wd=3), breach("R4", "explain", 2, f"{R4_CELLS} wd")),
        case("R4 withdrawn too many", changed(wd=6), breach("R4", "explain", -1, f"{R4_CELLS} wd")),
        case("R4 withdrawn blank leaves a rest", changed(wd=None)),
        case("R4 withdrawn blank fits exactly", changed(wd=None, pw=17)),
        case("R4 withdrawn blank exceeded", changed(wd=None, pw=18), breach("R4", "explain", -1, R4_CELLS)),
        case("R4 withdrawn not applicable is zero", changed(wd="NA"), breach("R4", "explain", 5, f"{R4_CELLS} wd")),
        case("R4 not checked without pending", changed(pw=None, wd=50)),
        case("R4 on stated totals", cells(sr=100, sd=80, sp=20, wd=0)),
        case(
            "R4 on stated totals broken", cells(sr=100, sd=80, sp=15, wd=0), breach("R4", "explain", 5, "wd sr sd sp")
        ),
        case("R4 stated and parts mixed", cells(sr=100, ea=40, ot=30, ov=10, sp=20, wd=0)),
        case("R5 more than before", changed(), breach("R5", "explain", 1, "ca"), previous_pending=4),
        case("R5 less than before", changed(), breach("R5", "explain", -2, "ca"), previous_pending=7),
        case("R5 not applicable is zero", cells(ca="NA"), breach("R5", "explain", -7, "ca"), previous_pending=7),
        case("R5 carried over blank", cells(on=1), previous_pending=7),
        case("R7 negative", cells(on=-1), breach("R7", "block", None, "on")),
        case("R7 largest", cells(on=10_000_000)),
        case("R7 too large", cells(on=10_000_001), breach("R7", "block", None, "on")),
        case("R7 fraction", cells(ot=1.5), breach("R7", "block", None, "ot")),
        case("R7 text", cells(ot="5,441"), breach("R7", "block", None, "ot")),
        case("R7 boolean", cells(wd=True), breach("R7", "block", None, "wd")),
        case("R7 stated total", cells(sr=-5), breach("R7", "block", None, "sr")),
        case("R7 a stated total is never not applicable", cells(sd="NA"), breach("R7", "block", None, "sd")),
        case(
            "R7 two cells in form order",
            cells(poa=-1, on=-1),
            breach("R7", "block", None, "on"),
            breach("R7", "block", None, "poa"),
        ),
        case("R7 published blocks too", cells(on=-1), breach("R7", "block", None, "on"), published=True),
        case("R7 cell counts as not known", changed(sr=100, on=-1), breach("R7", "block", None, "on")),
        case("R8 resolved", changed(ova=11), breach("R8.resolved", "block", -1, "ov ova")),
        case("R8 pending", changed(poa=4), breach("R8.pending", "block", -1, "po poa")),
        case("R8 equal", changed(ova=10, poa=3)),
        case("R8 not checked while overdue is blank", cells(ova=11)),
        case("R8 overdue not applicable", cells(ov="NA", ova=1), breach("R8.resolved", "block", -1, "ov ova")),
        case(
            "R9 stated in time above stated resolved", cells(si=101, sd=100), breach("R9.in_time", "block", -1, "si sd")
        ),
        case(
            "R9 stated resolved above stated received",
            cells(sd=181, sr=180),
            breach("R9.resolved", "block", -1, "sr sd"),
        ),
        case(
            "R9 in time above received, resolved blank",
            cells(si=190, sr=180),
            breach("R9.in_time_received", "block", -10, "sr si"),
        ),
        case(
            "R9 in time above both: the pair with received is told by the others",
            cells(si=190, sd=185, sr=180),
            breach("R9.in_time", "block", -5, "si sd"),
            breach("R9.resolved", "block", -5, "sr sd"),
        ),
        case("R9 online above stated received", cells(on=181, sr=180), breach("R9.online", "block", -1, "on sr")),
        case(
            "R9 classes above stated received",
            cells(ea=100, ot=80, sr=170),
            breach("R9.in_time_received", "block", -10, "ea ot sr"),
        ),
        case(
            "R9 resolved above received in the parts",
            cells(on=5, di=0, ca=0, ea=3, ot=2, ov=1),
            breach("R9.resolved", "block", -1, f"{RECEIVED} {RESOLVED}"),
        ),
        case(
            "R9 published row",
            cells(si=190, sr=180),
            breach("R9.in_time_received", "show", -10, "sr si"),
            published=True,
        ),
        case("R10 missing reasons", changed(), breach("R10", "explain", -3, "ov po"), late_reasons=10),
        case("R10 none given", changed(), breach("R10", "explain", -13, "ov po"), late_reasons=0),
        case("R10 too many", changed(), breach("R10", "explain", 1, "ov po"), late_reasons=14),
        case("R10 not applicable is zero", cells(ov=2, po="NA"), late_reasons=2),
        case("R10 not checked with a cell blank", cells(ov=2), late_reasons=7),
        case("Huế: the gap is shown only", cells(**HUE), breach("R2", "show", 9612, f"{RESOLVED} sd"), published=True),
        case(
            "Huế typed here would be stopped",
            cells(**HUE),
            breach("R2", "block", 9612, f"{RESOLVED} sd"),
        ),
        case("HN-TTTT 2016", cells(on=4719, sr=5441, sd=5441), published=True),
        case("HN-TTTT quarter I 2017", cells(on=1062, sr=1113, sd=1113), published=True),
        case("HN-NGV 2016", cells(sr=1242, sd=1242, si=1215), published=True),
        case("HN-NGV quarter I 2017", cells(sr=180, si=176), published=True),
        case(
            "published: the stated total stands in R4, typed: the parts",
            changed(sr=103),
            breach("R1", "show", 3, f"{RECEIVED} sr"),
            breach("R4", "show", 3, f"{RESOLVED} {PENDING} wd sr"),
            published=True,
        ),
        case("typed: the parts stand in R4", changed(sr=103), breach("R1", "block", 3, f"{RECEIVED} sr")),
    ]


class Naive:
    """Every identity written out by hand, without a table."""

    def __init__(self, line, published, previous_pending, late_reasons):
        self.line, self.published = line, published
        self.before, self.reasons = previous_pending, late_reasons
        self.found = []

    def value(self, short):
        value = self.line.get(SHORT[short])
        if value == "NA" and SHORT[short] in TYPED:
            return 0
        if isinstance(value, bool) or not isinstance(value, int) or value < 0 or value > 10_000_000:
            return None
        return value

    def added(self, *short):
        values = [self.value(one) for one in short]
        return None if None in values else sum(values)

    def standing(self, parts, stated):
        """What stands for a derived figure, and the short names of the cells it rests on."""
        typed, told = self.added(*parts.split()), self.value(stated)
        if told is not None and (self.published or typed is None):
            return told, stated
        return typed, parts

    def broken(self, key, severity, gap, *short):
        concerned = {name for group in short for name in group.split()}
        self.found.append(
            breach(key, "show" if self.published else severity, gap, " ".join(one for one in SHORT if one in concerned))
        )

    def run(self):
        received, received_on = self.standing(RECEIVED, "sr")
        in_time, in_time_on = self.standing("ea ot", "si")
        resolved, resolved_on = self.standing(RESOLVED, "sd")
        pending, pending_on = self.standing(PENDING, "sp")
        for key, stated, parts in (
            ("R1", "sr", RECEIVED), ("R2", "sd", RESOLVED), ("R2.in_time", "si", "ea ot"), ("R3", "sp", PENDING)
        ):  # fmt: skip
            told, typed = self.value(stated), self.added(*parts.split())
            if told is not None and typed is not None and told != typed:
                self.broken(key, "block", told - typed, stated, parts)
        withdrawn = self.value("wd")
        if None not in (received, resolved, pending):
            rest = received - resolved - pending
            if withdrawn is None and rest < 0:
                self.broken("R4", "explain", rest, received_on, resolved_on, pending_on)
            if withdrawn is not None and rest != withdrawn:
                self.broken("R4", "explain", rest - withdrawn, received_on, resolved_on, pending_on, "wd")
        carried = self.value("ca")
        if carried is not None and self.before is not None and carried != self.before:
            self.broken("R5", "explain", carried - self.before, "ca")
        for short, name in SHORT.items():
            cell = self.line.get(name)
            if cell is not None and not (cell == "NA" and name in TYPED) and self.value(short) is None:
                self.found.append(breach("R7", "block", None, short))
        for key, less, more in (("R8.resolved", "ova", "ov"), ("R8.pending", "poa", "po")):
            if None not in (self.value(less), self.value(more)) and self.value(less) > self.value(more):
                self.broken(key, "block", self.value(more) - self.value(less), less, more)
        if None not in (in_time, resolved) and in_time > resolved:
            self.broken("R9.in_time", "block", resolved - in_time, in_time_on, resolved_on)
        if None not in (resolved, received) and resolved > received:
            self.broken("R9.resolved", "block", received - resolved, resolved_on, received_on)
        if resolved is None and None not in (in_time, received) and in_time > received:
            self.broken("R9.in_time_received", "block", received - in_time, in_time_on, received_on)
        online = self.value("on")
        if None not in (online, received) and online > received:
            self.broken("R9.online", "block", received - online, "on", received_on)
        late = self.added("ov", "po")
        if late is not None and self.reasons is not None and self.reasons != late:
            self.broken("R10", "explain", self.reasons - late, "ov", "po")
        return self.found


def random_line(chance):
    """A line near the identities: mostly balanced, some cells moved, blanked, not applicable or wrong."""
    parts = {name: chance.randrange(0, 40) for name in TYPED}
    late, open_late = parts["resolved_overdue"], parts["pending_overdue"]
    parts["resolved_overdue_with_apology"] = chance.randint(0, late + 1)
    parts["pending_overdue_with_apology"] = chance.randint(0, open_late + 1)
    resolved = sum(parts[name] for name in names(RESOLVED))
    pending = sum(parts[name] for name in names(PENDING))
    outgoing = resolved + pending + parts["withdrawn"]
    online = chance.randint(0, outgoing)
    direct = chance.randint(0, outgoing - online)
    parts |= dict(zip(names(RECEIVED), (online, direct, outgoing - online - direct), strict=True))
    totals = dict(zip(STATED, (outgoing, resolved - late, resolved, pending), strict=True))
    parts |= {name: total + chance.choice((0, 0, -1, 2)) for name, total in totals.items() if chance.random() < 0.4}
    blank = chance.choice((0, 0.05, 0.2, 0.5))
    for name in list(parts):
        dice = chance.random()
        if dice < blank:
            parts[name] = None
        elif dice > 0.96 and name in TYPED:
            parts[name] = "NA"
        elif dice > 0.93:
            parts[name] = max(0, parts[name] + chance.choice((-3, -1, 1, 2)))
        elif dice > 0.915:
            parts[name] = chance.randint(0, 400)
        elif dice > 0.91:
            parts[name] = chance.choice((-1, 10_000_001, 2.5, "KAD", True))
    return {name: parts[name] for name in CELLS if name in parts}


def random_cases():
    chance = random.Random(SEED)
    for index in range(RANDOM_CASES):
        line = random_line(chance)
        published = chance.random() < 0.3
        carried = line.get("carried_over")
        before = (
            carried + chance.choice((0, 0, 1, -1))
            if type(carried) is int and carried > 0 and chance.random() < 0.3
            else None
        )
        reasons = chance.randint(0, 80) if chance.random() < 0.3 else None
        yield case(
            f"random {index}",
            line,
            *Naive(line, published, before, reasons).run(),
            published=published,
            previous_pending=before,
            late_reasons=reasons,
        )


# typed text → the cell; for a refused text the code of its hint.
ACCEPTED = {
    "": None, "   ": None, "0": 0, "7": 7, "5441": 5441, "5.441": 5441, "5 441": 5441, "5\u00a0441": 5441,
    "5\u202f441": 5441, " 5441 ": 5441, "12.345": 12345, "1.234.567": 1234567, "1 234 567": 1234567, "999": 999,
    "10000000": 10000000, "10.000.000": 10000000, "9.999.999": 9999999, "KAD": "NA", "kad": "NA", " Kad ": "NA",
    "100": 100, "1.000": 1000,
}  # fmt: skip
REFUSED = {
    "5,441": "comma", "1,234,567": "comma", "12,345": "comma", "-1": "sign", "−5": "sign", "+3": "sign",
    "- 12": "sign", "1,5": "fraction", "1.5": "fraction", "5.44": "fraction", "0,5": "fraction", "5.4411": "fraction",
    "05441": "leading_zero", "00": "leading_zero", "007": "leading_zero", "5.4.41": "grouping", "54 41": "grouping",
    "1.234 567": "grouping", "1 234.567": "grouping", "5  441": "grouping", "5.": "grouping",
    "10000001": "range", "10.000.001": "range", "99999999999999999999": "range", "٥٤٤١": "digits", "５４４１": "digits",
    "5٤": "digits", "½": "digits", "abc": "not_a_count", "NA": "not_a_count", "KA": "not_a_count", "1e3": "not_a_count",
    "0x10": "not_a_count", "=1+1": "not_a_count", "12a": "not_a_count", "–": "not_a_count", "năm": "not_a_count",
    "5_441": "not_a_count", "1'234": "not_a_count", "0.441": "fraction", "5\t441": "not_a_count", ".5": "not_a_count",
    "1" * 41: "grouping",
}  # fmt: skip
PRINTED = {"0": 0, "7": 7, "999": 999, "1.000": 1000, "5.441": 5441, "12.345": 12345, "10.000.000": 10000000}


def number_vectors():
    chance = random.Random(SEED)
    accepted = [{"typed": typed, "value": value, "error": None} for typed, value in ACCEPTED.items()]
    refused = [{"typed": typed, "value": None, "error": error} for typed, error in REFUSED.items()]
    printed = [{"value": value, "text": text} for text, value in PRINTED.items()]
    printed += [{"value": None, "text": "–"}, {"value": "NA", "text": "KAD"}]
    for _ in range(60):
        digits = str(chance.randint(1, 10 ** chance.randint(1, 7)))
        groups = []
        for end in range(len(digits), 0, -3):
            groups.insert(0, digits[max(0, end - 3) : end])
        value = int(digits)
        accepted += [{"typed": mark.join(groups), "value": value, "error": None} for mark in (".", " ", "\u00a0", "")]
        printed.append({"value": value, "text": ".".join(groups)})
    return {"cells": accepted + refused, "printed": printed}


def write(name, data):
    """One case to a line, so that a change shows as the cases it touches."""
    blocks = []
    for key, rows in data.items():
        lines = ",\n  ".join(json.dumps(row, ensure_ascii=True) for row in rows)
        blocks.append(f' "{key}": [\n  {lines}\n ]')
    (HERE / name).write_text("{\n" + ",\n".join(blocks) + "\n}\n", encoding="utf-8")


def identity_vectors():
    return {"cases": [*hand_cases(), *random_cases()]}


if __name__ == "__main__":
    write("identities.json", identity_vectors())
    write("numbers.json", number_vectors())
