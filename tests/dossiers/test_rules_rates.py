"""Named formulas: the domain's table, the published cases, what is left out and what is undefined."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dossiers.rules import FORMULAS, NA, Figures, Rate, complete, rate, terms

LINE = Figures(
    {
        "received_online": 80,
        "received_direct": 15,
        "carried_over": 5,
        "resolved_early": 40,
        "resolved_on_time": 30,
        "resolved_overdue": 10,
        "pending_within": 12,
        "pending_overdue": 3,
        "withdrawn": 5,
        "resolved_overdue_with_apology": 4,
        "pending_overdue_with_apology": 1,
    }
)
HUE = Figures(
    {
        "stated_received": 268763,
        "stated_resolved": 257141,
        "stated_pending": 11622,
        "resolved_early": 124907,
        "resolved_on_time": 102770,
        "resolved_overdue": 19852,
    },
    published=True,
)


@pytest.mark.parametrize(
    ("code", "numerator", "denominator"),
    [
        ("D1", 70, 100),
        ("D2", 70, 80),
        ("D3", 12, 15),
        ("D4", 82, 100),
        ("D5", 70, 83),
        ("D2c", 70, 80),
        ("online_share", 80, 95),
        ("overdue_share", 10, 80),
        ("apology_share", 5, 13),
    ],
)
def test_every_formula(code, numerator, denominator):
    assert terms(LINE, code) == (numerator, denominator)
    result = rate([LINE, LINE], code)
    assert (result.numerator, result.denominator, result.used) == (2 * numerator, 2 * denominator, 2)
    assert result.value == Fraction(numerator, denominator)
    assert (result.formula, result.version) == (code, 1)


def test_the_table_of_formulas_is_covered():
    assert set(FORMULAS) == {"D1", "D2", "D3", "D4", "D5", "D2c", "online_share", "overdue_share", "apology_share"}


@pytest.mark.parametrize(
    ("cells", "code", "counts", "printed"),
    [
        ({"stated_received": 1242, "stated_resolved": 1242, "stated_in_time": 1215}, "D1", (1215, 1242), "97,8%"),
        ({"stated_received": 180, "stated_in_time": 176}, "D1", (176, 180), "97,8%"),
        ({"stated_received": 180, "stated_in_time": 176}, "D2", (None, None), "–"),
        ({"stated_received": 5441, "received_online": 4719}, "online_share", (4719, 5441), "86,7%"),
        ({"stated_received": 1113, "received_online": 1062}, "online_share", (1062, 1113), "95,4%"),
        ({"stated_received": 5441, "stated_resolved": 5441}, "D2", (None, None), "–"),
    ],
)
def test_published_figures(cells, code, counts, printed):
    result = rate([Figures(cells, published=True)], code)
    assert ((result.numerator, result.denominator), result.printed) == (counts, printed)


@pytest.mark.parametrize(("code", "printed"), [("D1", "84,7%"), ("D2", "88,5%"), ("D2c", "92,0%")])
def test_one_published_table_gives_three_rates(code, printed):
    assert rate([HUE], code).printed == printed


def test_published_overrides_what_the_line_says():
    assert rate([HUE], "D2", published=False).denominator == 247529


def test_the_online_share_leaves_carried_over_out_and_prefers_the_parts():
    assert terms(LINE.with_cell("stated_received", 100), "online_share") == (80, 95)
    assert terms(Figures({"received_online": 3, "received_direct": NA}), "online_share") == (3, 3)


def test_lines_without_both_are_left_out_and_counted():
    result = rate([LINE, LINE.with_cell("resolved_early", None), Figures()], "D2")
    assert (result.numerator, result.denominator, result.used, result.left_out) == (70, 80, 1, 2)


@pytest.mark.parametrize(
    ("lines", "undefined"),
    [
        ([], "not_known"),
        ([Figures()], "not_known"),
        ([Figures({"stated_in_time": 0, "stated_resolved": 0})], "zero_denominator"),
        ([Figures({"stated_in_time": 9, "stated_resolved": 8})], "above_one"),
    ],
)
def test_undefined_rates_are_neither_0_nor_100(lines, undefined):
    result = rate(lines, "D2")
    assert (result.undefined, result.value, result.printed) == (undefined, None, "–")
    assert result.reason


def test_a_rate_of_nothing_in_time_is_zero_not_undefined():
    assert rate([Figures({"stated_in_time": 0, "stated_resolved": 8})], "D2").value == 0


def test_complete_wants_four_figures_on_every_line():
    stated = Figures({"stated_received": 9, "stated_in_time": 8, "stated_resolved": 9, "stated_pending": 0})
    assert complete([LINE, stated])
    assert not complete([LINE, stated.with_cell("stated_pending", None)])
    assert not complete([])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=5))
def test_rates_come_from_summed_counts_never_from_averages(rows):
    lines = [Figures({"stated_in_time": min(row), "stated_resolved": max(row)}) for row in rows]
    upper, lower = sum(map(min, rows)), sum(map(max, rows))
    assert rate(lines, "D2").value == (Fraction(upper, lower) if lower else None)


def test_a_rate_is_one_of_the_library_rates():
    assert Rate(1215, 1242, "D1").basis == "D1: 1.215/1.242"
