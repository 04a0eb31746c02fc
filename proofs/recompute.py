"""Every rate, place and total shown, against an independent recomputation in plain SQL over the city's ten years.

Started as `python -m proofs.recompute` with the address of a filled database it prints its result as JSON; `prove`
fills a database of each kind that the machine has and does so for each.
"""

import csv
import io
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from agencies.models import Agency, Person
from dossiers import rules, tally
from dossiers.models import Period, ProcedureSum, Summary
from proofs import recompute_sql as sql
from tests.services import postgres, postgres_binaries

ROOT = Path(__file__).resolve().parent.parent
TODAY = "2026-11-22"  # the day on which the demo is loaded, so that a run can be repeated
CORRUPTED = 60
COMPARED = ("d1", "d2", "d3", "d4", "d5")
CODES = {code.lower(): code for code in rules.FORMULAS}
EXPORTED = (
    "received",
    "received_online",
    "in_time",
    "resolved",
    "resolved_early",
    "resolved_on_time",
    "resolved_overdue",
    "pending",
    "pending_overdue",
    "withdrawn",
)
EXPORTED_RATES = ("d1", "d2", "d3", "d4", "d5", "online_share")
TIMEOUT = 1_800  # seconds for one database, filling included
_ROW = re.compile(
    r'<td class="number">(\d+)</td>\s*<th scope="row"><a href="/agencies/([^/"]+)/[^"]*">.*?</a></th>\s*'
    r'<td class="number">([^<]*)</td>.*?<td class="number">([\d.]+)/([\d.]+)',
    re.DOTALL,
)
_HEADLINE = re.compile(r'<p class="overview-number">(.*?)</p>\s*<p class="tile-basis">\s*([^<·]*)', re.DOTALL)


@contextmanager
def recomputed() -> Iterator[None]:
    """The tables `again_…` hold what the lines give as long as the block runs."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Nothing is known yet of tables just made: a nested loop over them would take minutes.
            cursor.execute("SET enable_nestloop = off")
        try:
            for statement in sql.MAKING:
                cursor.execute(statement)
            yield
        finally:
            for table in sql.TABLES:
                cursor.execute(f"DROP TABLE IF EXISTS {table}")
            if connection.vendor == "postgresql":
                cursor.execute("RESET enable_nestloop")


def _read(query: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def _plain(row: tuple) -> tuple:
    """Numbers as both databases give them."""
    return tuple(None if value is None else int(value) for value in row)


def _again(table: str, *keys: str) -> dict[tuple, tuple]:
    rows = _read(f"SELECT {', '.join((*keys, *sql.COLUMNS))} FROM {table}")
    return {_plain(row[: len(keys)]): _plain(row[len(keys) :]) for row in rows}


def compare_sums(found: Counter, tried: Counter) -> None:
    """Stored sums, own and over the tree and by procedure, column by column."""
    pairs = [
        (f"sums {name}", _again(table, "agency_id", "period_id"), Summary.objects.filter(tree=tree), "agency_id")
        for name, table, tree in (("own", "again_own", False), ("tree", "again_tree", True))
    ]
    pairs.append(
        ("sums by procedure", _again("again_about", "about", "period_id"), ProcedureSum.objects.all(), "about")
    )
    for name, again, stored, key in pairs:
        rows = {
            (row[0], row[1]): _plain(row[2:])
            for row in stored.values_list(key, "period_id", *sql.COLUMNS).iterator(chunk_size=5_000)
        }
        nothing = (None,) * len(sql.COLUMNS)
        for one in again.keys() | rows.keys():
            mine, theirs = again.get(one, nothing), rows.get(one, nothing)
            tried[name] += len(sql.COLUMNS)
            found[name] += sum(left != right for left, right in zip(mine, theirs, strict=True))


def compare_rates(found: Counter, tried: Counter) -> None:
    """What readers get as a rate: its counts and how it is printed, under every formula, own and over the tree."""
    for table, tree in (("again_own", False), ("again_tree", True)):
        stored = {(row.agency_id, row.period_id): row for row in Summary.objects.filter(tree=tree)}
        for code in sql.RATES:
            for agency, period, upper, lower, printed, _millionths in _read(sql.rates(table, code)):
                row = stored.get((agency, period))
                rate = row and tally.rate_of(row, CODES[code])
                tried["rates"] += 1
                shown = rate and (rate.numerator or 0, rate.denominator or 0, rate.printed)
                found["rates"] += shown != (upper, lower, printed)


def compare_places(found: Counter, tried: Counter, again: dict[str, dict]) -> None:
    """Rankings of every period and formula: place, size of the group, and the places under D1–D5 side by side."""
    for period in Period.objects.all():
        for code, expected in again.items():
            inside = {agency: place for (of, agency), place in expected.items() if of == period.pk}
            groups = tally.ranking(period, CODES[code])
            shown = {row.agency_id: (row.place, row.size, row.kind) for group in groups for row in group.ranked}
            tried["places"] += len(inside | shown)
            found["places"] += sum(inside.get(one) != shown.get(one) for one in inside.keys() | shown.keys())
            if code != "d2":
                continue
            for group in groups:
                for agency, standing in tally.standings(group, period, CODES[code]).items():
                    mine = {
                        CODES[one]: again[one][period.pk, agency][0]
                        for one in COMPARED
                        if (period.pk, agency) in again[one]
                    }
                    tried["places side by side"] += 1
                    found["places side by side"] += mine != standing.places


def compare_exports(found: Counter, tried: Counter) -> None:
    """What `export_rates` prints for every period, with and without --tree, character by character."""
    codes, labels = dict(Agency.objects.values_list("pk", "code")), dict(Period.objects.values_list("pk", "label"))
    for table, options in (("again_own", []), ("again_tree", ["--tree"])):
        rates = {code: {row[:2]: row[5] for row in _read(sql.rates(table, code))} for code in EXPORTED_RATES}
        expected: dict[int, dict[str, list]] = {pk: {} for pk in labels}
        place = {name: position for position, name in enumerate(sql.COLUMNS)}
        for (agency, period), row in _again(table, "agency_id", "period_id").items():
            counts = ["" if row[place[name]] is None else str(row[place[name]]) for name in EXPORTED]
            parts = [rates[code][agency, period] for code in EXPORTED_RATES]
            parts = ["" if one is None else f"{one // 10**6}.{one % 10**6:06d}" for one in parts]
            tail = [str(row[place["lines"]]), str(row[place["complete"]])]
            expected[period][codes[agency]] = [codes[agency], labels[period], *counts, *parts, *tail]
        head = ["agency", "period", *EXPORTED, *EXPORTED_RATES, "lines", "complete"]
        for period, label in labels.items():
            out = io.StringIO()
            call_command("export_rates", "--period", label, *options, stdout=out)
            lines = list(csv.reader(io.StringIO(out.getvalue())))
            mine = [head, *(expected[period][code] for code in sorted(expected[period]))]
            tried["exported lines"] += max(len(mine), len(lines))
            found["exported lines"] += abs(len(mine) - len(lines))
            found["exported lines"] += sum(left != right for left, right in zip(mine, lines, strict=False))


def _kinds(page: str) -> list[str]:
    """The groups that a page of the overview offers to rank."""
    return re.findall(r'<option value="(\w+)"', page.partition('id="overview-kind"')[2].partition("</select>")[0])


def compare_pages(found: Counter, tried: Counter, again: dict[str, dict], leader: Person) -> None:
    """The overview as a leader gets it: the city's number, and the whole ranking of each kind.

    Every formula on the newest and on the published periods; on each of the others one formula, in turn.
    """
    client = Client(SERVER_NAME="localhost")
    client.force_login(leader)
    codes = dict(Agency.objects.values_list("pk", "code"))
    roots = dict(Agency.objects.filter(parent=None).values_list("pk", "code"))
    periods = list(Period.objects.filter(summaries__isnull=False).distinct().latest_first())
    for number, code in enumerate(sql.RATES):
        own, city = (
            {(period, agency): row for agency, period, *row in _read(sql.rates(table, code))}
            for table in ("again_own", "again_tree")
        )
        for order, period in enumerate(periods):
            if order and period.calendar != "published" and (order + number) % len(sql.RATES):
                continue
            for root in (pk for pk in roots if (period.pk, pk) in city):
                asked = {"city": roots[root], "period": period.label, "formula": CODES[code]}
                page = client.get(f"/overview/?{urlencode(asked)}").content.decode()
                upper, lower, printed, _millionths = city[period.pk, root]
                number_shown, basis = _HEADLINE.search(page).groups()
                tried["pages"] += 1
                text = re.sub(r"<[^>]*>", " ", number_shown)
                counts = [_count(value) for value in (upper, lower)] if lower else []
                found["pages"] += printed not in text or any(count not in basis for count in counts)
                below = _below(root)
                inside = {one: row for (of, one), row in again[code].items() if of == period.pk and one in below}
                for kind in _kinds(page):
                    query = urlencode(asked | {"kind": kind, "ranking": "all"})
                    whole = client.get(f"/overview/?{query}", headers={"HX-Request": "true"}).content.decode()
                    shown = _ROW.findall(whole)
                    places = {one: row[0] for one, row in inside.items() if row[2] == kind}
                    mine = _expected_rows(places, own, period.pk, codes)
                    tried["rows of pages"] += max(len(mine), len(shown))
                    found["rows of pages"] += len(mine ^ set(shown))


def _count(value: int) -> str:
    """5441 → 5.441"""
    return f"{value:,}".replace(",", ".")


def _below(root: int) -> set[int]:
    return {row[0] for row in _read(f"SELECT agency_id FROM again_above WHERE above_id = {int(root)}")}


def _expected_rows(places: dict[int, int], own: dict, period: int, codes: dict[int, str]) -> set[tuple]:
    """Rows of a ranking as the page prints them; places count within the group that is shown."""
    order = {place: number for number, place in enumerate(sorted(set(places.values())), start=1)}
    rows = set()
    for agency, place in places.items():
        upper, lower, printed, _millionths = own[period, agency]
        rows.add((str(order[place]), codes[agency], printed, _count(upper), _count(lower)))
    return rows


def compare(leader: Person | None = None) -> dict:
    """How many values were compared and how many differ, by sort; the pages too where there is somebody to ask."""
    found, tried = Counter(), Counter()
    with recomputed():
        again = {
            code: {
                (period, agency): (place, size, kind) for period, kind, agency, place, size in _read(sql.places(code))
            }
            for code in sql.RATES
        }
        compare_sums(found, tried)
        compare_rates(found, tried)
        compare_places(found, tried, again)
        compare_exports(found, tried)
        if leader is not None:
            compare_pages(found, tried, again, leader)
    return {"tried": dict(tried), "differences": {name: number for name, number in found.items() if number}}


def corrupted(rng: random.Random, number: int = CORRUPTED) -> tuple[int, int]:
    """The control: one column of each of some stored sums is changed; gives how many were, and how many are found."""
    columns = [name for name in sql.COLUMNS if name != "complete"]
    rows = list(Summary.objects.order_by("pk").values_list("pk", flat=True))
    chosen = rng.sample(rows, min(number, len(rows)))
    found, tried = Counter(), Counter()
    with transaction.atomic():
        for pk in chosen:
            column = rng.choice(columns)
            before = Summary.objects.values_list(column, flat=True).get(pk=pk)
            Summary.objects.filter(pk=pk).update(**{column: (before or 0) + rng.choice((1, 7, 100))})
        with recomputed():
            compare_sums(found, tried)
        transaction.set_rollback(True)
    return len(chosen), found.total()


def measured(seed: int) -> dict:
    """The result for the database at hand."""
    one = compare(Person.objects.filter(username="lanhdao").first())
    changed, noticed = corrupted(random.Random(seed))
    return one | {"corrupted": changed, "noticed": noticed, "vendor": connection.vendor}


def _child(url: str, folder: Path, seed: int) -> dict:
    """The city loaded into the database at `url` and looked at, in processes of their own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CCHC_", "DJANGO_"))}
    environment = kept | {
        "CCHC_DATABASE_URL": url,
        "CCHC_MEDIA_ROOT": str(folder / "media"),
        "DJANGO_SETTINGS_MODULE": "cchc_portal.settings_test",
        "PROOFS_GIVEN": "1",
    }
    for words in (
        ["migrate", "--verbosity", "0"],
        ["load_demo", "--scale", "city", "--today", TODAY, "--verbosity", "0"],
    ):
        subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=environment, check=True, timeout=TIMEOUT)
    command = [sys.executable, "-m", "proofs.recompute", str(seed)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, timeout=TIMEOUT, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def prove(seed: int) -> dict:
    """Both databases where the machine has PostgreSQL; 0 differences, and every corrupted sum is noticed."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="cchc-recompute-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # the server's account passes through
        found["sqlite"] = _child(f"sqlite:///{folder}/city.sqlite3", folder, seed)
        try:
            postgres_binaries()
        except RuntimeError:
            pass
        else:
            with postgres(folder) as port:
                found["postgresql"] = _child(f"postgresql://cchc@127.0.0.1:{port}/postgres", folder, seed)
    failed = sum(sum(one["differences"].values()) for one in found.values())
    noticed = all(one["noticed"] == one["corrupted"] > 0 for one in found.values())
    return {
        "tried": sum(sum(one["tried"].values()) for one in found.values()),
        "failed": failed,
        "control_failed": sum(one["noticed"] for one in found.values()),
        "control_tried": sum(one["corrupted"] for one in found.values()),
        "by_sort": {name: one["tried"] for name, one in found.items()},
        "differences": {name: one["differences"] for name, one in found.items()},
        "ok": failed == 0 and noticed,
    }


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]))))
