"""What a set of open data holds: one table as CSV and JSON, its schema, its dictionary and its licence."""

import hashlib
import json
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from cchc_portal.lib.numbers import rate_decimal6
from cchc_portal.lib.tables import csv_lines
from dossiers import rules, tally
from dossiers.choices import FIGURE_LABELS, FORMULA_LABELS
from dossiers.models import Period
from dossiers.tally.statements import FIGURE_NAMES

DEFAULT_LICENCE = "CC BY 4.0"
LICENCE_ADDRESSES = {"CC BY 4.0": "https://creativecommons.org/licenses/by/4.0/"}
CSV_TYPE, JSON_TYPE, TEXT_TYPE = "text/csv; charset=utf-8", "application/json", "text/plain; charset=utf-8"
TABLE, DATA, SCHEMA, DICTIONARY, LICENCE = "rates.csv", "rates.json", "schema.json", "dictionary.csv", "licence.txt"
NAMES = (TABLE, DATA, SCHEMA, DICTIONARY, LICENCE)
OWN, TREE = "own", "tree"
# What a file was made by; it changes with the meaning of a column.
FORM = 1


@dataclass(frozen=True)
class Named:
    """A column: its name, its type in JSON, what it means, and by which formula."""

    name: str
    kind: str
    meaning: str
    formula: str = ""


def _basis(formula: rules.Formula) -> str:
    text = f"({' + '.join(formula.numerator)}) / ({' + '.join(formula.denominator)})"
    return f"{text}; {' + '.join(formula.otherwise)}" if formula.otherwise else text


def columns() -> list[Named]:
    """Every column in its order, its meaning in the language that is switched on."""
    named = [
        Named("period", "string", _("Period, by its label")),
        Named("agency", "string", _("Code of the agency")),
        Named("agency_name", "string", _("Name of the agency")),
        Named("kind", "string", _("Kind of agency")),
        Named("scope", "string", _("own: the agency's own return; tree: with all below it")),
        Named("returns", "count", _("Accepted returns that are added up")),
        Named("lines", "count", _("Lines that are added up")),
        Named("complete", "boolean", _("Received, in time, resolved and pending are known on every line")),
    ]
    named += [Named(name, "count_or_null", str(FIGURE_LABELS[name])) for name in FIGURE_NAMES]
    for code, formula in rules.FORMULAS.items():
        low, label, basis = code.lower(), str(FORMULA_LABELS[code]), _basis(formula)
        told = {"code": code, "label": label, "version": formula.version}
        named += [
            Named(f"{low}_numerator", "count_or_null", _("%(code)s: numerator") % told, basis),
            Named(f"{low}_denominator", "count_or_null", _("%(code)s: denominator") % told, basis),
            Named(low, "rate_or_null", _("%(code)s, version %(version)s: %(label)s") % told, basis),
            Named(f"{low}_left_out", "count", _("%(code)s: lines left out, their counts not known") % told, basis),
        ]
    return named


def table_of(period: Period) -> list[list]:
    """The rows of the period in the order of `columns`: own sums, then those with all below, by the agency's code."""
    found = []
    for scope, tree in ((OWN, False), (TREE, True)):
        rows = sorted(tally.summary_rows(period, tree=tree), key=lambda row: row["agency__code"])
        found += [_row(row, period.label, scope) for row in rows]
    return found


def _row(row: dict, label: str, scope: str) -> list:
    cells = [label, row["agency__code"], row["agency__short_name"], row["agency__kind"], scope]
    cells += [row["returns"], row["lines"], bool(row["complete"]), *(row[name] for name in FIGURE_NAMES)]
    for code in rules.FORMULAS:
        rate = tally.rate_of(row, code)
        value = None if rate.undefined else rate_decimal6(rate.numerator, rate.denominator)
        cells += [rate.numerator, rate.denominator, value, rate.left_out]
    return cells


def hash_of(rows: list[list]) -> str:
    """Changes when, and only when, a figure of the table does."""
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def files_of(period: Period, number: int, licence: str, rows: list[list]) -> dict[str, tuple[str, str]]:
    """Name → (content type, text) of every file of the set, in Vietnamese whoever asks."""
    with translation.override("vi"):
        named = columns()
        names = [column.name for column in named]
        head = {
            "$schema": SCHEMA,
            "title": _("Rates and counts of dossiers, %(period)s") % {"period": period},
            "period": period.label,
            "first_day": period.first_day and period.first_day.isoformat(),
            "last_day": period.last_day and period.last_day.isoformat(),
            "version": number,
            "form": FORM,
            "licence": licence,
            "licence_url": LICENCE_ADDRESSES.get(licence),
            "returns": "accepted",
            "data_sha256": hash_of(rows),
        }
        data = head | {"rows": [dict(zip(names, row, strict=True)) for row in rows]}
        meaning = [(one.name, one.kind, one.meaning, one.formula) for one in named]
        return {
            TABLE: (CSV_TYPE, "".join(csv_lines(names, rows, bom=False))),
            DATA: (JSON_TYPE, json.dumps(data, ensure_ascii=False, indent=1) + "\n"),
            SCHEMA: (JSON_TYPE, json.dumps(schema(named), ensure_ascii=False, indent=1) + "\n"),
            DICTIONARY: (CSV_TYPE, "".join(csv_lines(("name", "type", "meaning", "formula"), meaning, bom=False))),
            LICENCE: (TEXT_TYPE, licence_text(licence)),
        }


def schema(named: list[Named]) -> dict:
    """JSON Schema 2020-12 of the data file."""
    count = {"type": "integer", "minimum": 0}
    kinds = {
        "string": {"type": "string"},
        "boolean": {"type": "boolean"},
        "count": count,
        "count_or_null": {"type": ["integer", "null"], "minimum": 0},
        "rate_or_null": {"type": ["string", "null"], "pattern": r"^(0\.[0-9]{6}|1\.000000)$"},
    }
    row = {
        "type": "object",
        "additionalProperties": False,
        "required": [one.name for one in named],
        "properties": {one.name: kinds[one.kind] | {"description": one.meaning} for one in named},
    }
    row["properties"]["scope"]["enum"] = [OWN, TREE]
    day = {"type": ["string", "null"], "format": "date"}
    properties = {
        "$schema": {"type": "string"},
        "title": {"type": "string"},
        "period": {"type": "string"},
        "first_day": day,
        "last_day": day,
        "version": {"type": "integer", "minimum": 1},
        "form": {"type": "integer", "minimum": 1},
        "licence": {"type": "string", "minLength": 1},
        "licence_url": {"type": ["string", "null"]},
        "returns": {"const": "accepted"},
        "data_sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "rows": {"type": "array", "items": row},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


LICENCE_WORDS = gettext_noop(
    "These data may be used, copied, changed and passed on, for any purpose, on the terms of the licence named above."
    " Say where they come from, name the period and the version, and say what you changed. They are given as they are:"
    " rates stand on accepted returns alone and each names its formula with numerator and denominator."
)


def licence_text(licence: str) -> str:
    lines = [licence, LICENCE_ADDRESSES.get(licence, ""), "", _(LICENCE_WORDS), ""]
    return "\n".join(lines)


def content_hash(files: dict[str, tuple[str, str]]) -> str:
    """SHA-256 over a line for each file: its hash, two spaces, its name (as `sha256sum` prints them)."""
    lines = [f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n" for name, (_type, text) in files.items()]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
