"""The shared vectors, run against the Python evaluator and against the browser's."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from cchc_portal.lib.numbers import NOT_APPLICABLE, NumberError, format_count, parse_cell
from dossiers import rules
from tests.vectors import make

ROOT = Path(__file__).resolve().parents[2]
IDENTITIES = json.loads((make.HERE / "identities.json").read_text(encoding="utf-8"))
NUMBERS = json.loads((make.HERE / "numbers.json").read_text(encoding="utf-8"))
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

# Runs in Node and in Chromium alike; gives back the vectors that came out otherwise.
RUN = """
async ({sources, table, identities, numbers}) => {
  const load = (text) => import("data:text/javascript;charset=utf-8," + encodeURIComponent(text));
  const [rules, typed] = await Promise.all(sources.map(load));
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  const wrong = [];
  for (const one of identities.cases) {
    const {published, previous_pending, late_reasons} = one;
    const options = {published, previous_pending, late_reasons};
    const breaches = rules.check(table, one.cells, options);
    const got = breaches.map(({code, key, severity, gap, cells}) => ({code, key, severity, gap, cells}));
    if (!same(got, one.breaches)) wrong.push([one.name, got]);
    const mended = breaches.map((breach) => rules.repairs(table, one.cells, breach, options));
    if (!same(mended, one.repairs)) wrong.push([one.name, "repairs", mended]);
  }
  for (const one of numbers.cells) {
    const {value, error} = typed.parseCell(one.typed);
    if (!same({typed: one.typed, value, error}, one)) wrong.push([one.typed, value, error]);
  }
  for (const {value, text} of numbers.printed) {
    if (typed.formatCount(value) !== text) wrong.push([value, typed.formatCount(value)]);
  }
  return {wrong, ran: identities.cases.length + numbers.cells.length + numbers.printed.length};
}
"""
READ = 'let text = ""; for await (const part of process.stdin) text += part;'


def figures_of(case):
    return rules.Figures.from_json(case["cells"], published=case["published"])


def context_of(case):
    return {"previous_pending": case["previous_pending"], "late_reasons": case["late_reasons"]}


def breach_rows(breaches):
    return [
        {"code": one.code, "key": one.key, "severity": one.severity, "gap": one.gap, "cells": list(one.cells)}
        for one in breaches
    ]


def browser_input():
    """What the page hands to the modules; the repairs, which have no vectors of their own, come from Python."""
    cases = []
    for case in IDENTITIES["cases"]:
        figures, context = figures_of(case), context_of(case)
        mended = [rules.repairs(figures, breach, **context) for breach in rules.check(figures, **context)]
        cases.append(case | {"repairs": mended})
    return {
        "sources": [(ROOT / "static" / "js" / name).read_text("utf-8") for name in ("identities.js", "numbers.js")],
        "table": rules.as_json(),
        "identities": {"cases": cases},
        "numbers": NUMBERS,
    }


def expect_all_ran(result):
    assert result["wrong"] == []
    assert result["ran"] == len(IDENTITIES["cases"]) + len(NUMBERS["cells"]) + len(NUMBERS["printed"]) > 700


def test_the_files_are_what_the_script_writes():
    assert make.identity_vectors() == IDENTITIES
    assert make.number_vectors() == NUMBERS


def test_every_relation_is_broken_and_kept_by_some_vector():
    broken = {breach["key"] for case in IDENTITIES["cases"] for breach in case["breaches"]}
    assert broken == {identity.key for identity in rules.IDENTITIES} - {"R6"}
    assert sum(not case["breaches"] for case in IDENTITIES["cases"]) > 50


@pytest.mark.parametrize("case", IDENTITIES["cases"], ids=lambda case: case["name"])
def test_identities(case):
    assert breach_rows(rules.check(figures_of(case), **context_of(case))) == case["breaches"]


@pytest.mark.parametrize("vector", NUMBERS["cells"], ids=lambda vector: repr(vector["typed"]))
def test_typed_cells(vector):
    if vector["error"]:
        with pytest.raises(NumberError):
            parse_cell(vector["typed"])
    else:
        assert parse_cell(vector["typed"]) == (NOT_APPLICABLE if vector["value"] == "NA" else vector["value"])


def test_printed_counts():
    for vector in NUMBERS["printed"]:
        assert format_count(NOT_APPLICABLE if vector["value"] == "NA" else vector["value"]) == vector["text"]


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed; the Chromium test runs the same")
def test_javascript_in_node():
    script = f"{READ}\nconst run = {RUN.strip()};\nconsole.log(JSON.stringify(await run(JSON.parse(text))));"
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script],
        input=json.dumps(browser_input()),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    expect_all_ran(json.loads(done.stdout))


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_javascript_in_chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            expect_all_ran(browser.new_page().evaluate(RUN, browser_input()))
        finally:
            browser.close()
