"""Reading typed numbers and printing counts and rates."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from cchc_portal.lib.numbers import (
    MAX_COUNT,
    NOT_APPLICABLE,
    NumberError,
    Rate,
    format_count,
    format_rate,
    parse_cell,
    parse_count,
    parse_percent,
    points_change,
    rate_decimal6,
)


@pytest.mark.parametrize(
    ("typed", "count"),
    [
        ("5441", 5441),
        ("5.441", 5441),
        ("5 441", 5441),
        ("5\u00a0441", 5441),
        ("5\u202f441", 5441),
        ("10.000.000", MAX_COUNT),
        (" 0 ", 0),
        ("", None),
        ("  ", None),
    ],
)
def test_accepted_counts(typed, count):
    assert parse_count(typed) == count


@pytest.mark.parametrize(
    "typed",
    [
        "5,441",
        "1_000",
        "1e5",
        "１２",
        "١٢٣",
        "²",
        "-1",
        "+1",
        "−1",
        "1,5",
        "1.5",
        "12.34",
        "1.2345",
        "0.500",
        "007",
        "10000001",
        "10^18",
        "0x10",
        "Infinity",
        "NaN",
        "không",
        "5.441.",
        ".441",
        "5..441",
        "5.441.22",
    ],
)
def test_refused_counts(typed):
    refuses(typed)


@pytest.mark.parametrize("typed", ["1.234 567", "5  441", "9" * 10**6], ids=["mixed", "two spaces", "a million digits"])
def test_refused_counts_with_spaces_or_without_end(typed):
    refuses(typed)


def refuses(typed):
    with pytest.raises(NumberError) as refused:
        parse_count(typed)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("typed", "hint"),
    [("5,441", "5.441"), ("1,234,567", "1.234.567"), ("007", "Hãy nhập 7"), ("１２", "0–9"), ("-3", "dấu")],
)
def test_refusals_say_in_vietnamese_what_to_type(typed, hint):
    with translation.override("vi"), pytest.raises(NumberError, match=hint):
        parse_count(typed)


@given(st.integers(0, MAX_COUNT))
@settings(max_examples=60)
def test_a_printed_count_reads_back(count):
    assert parse_count(format_count(count)) == count


@given(st.text(max_size=12))
@settings(max_examples=150)
def test_any_text_is_read_or_refused(typed):
    try:
        count = parse_count(typed)
    except NumberError:
        return
    assert count is None or 0 <= count <= MAX_COUNT


def test_cells():
    assert parse_cell(" kad ") is NOT_APPLICABLE
    assert parse_cell("") is None
    assert parse_cell("0") == 0
    assert [format_count(cell) for cell in (None, NOT_APPLICABLE, 0)] == ["–", "KAD", "0"]


@pytest.mark.parametrize(
    ("typed", "value"), [("99,5", "99.5"), ("99.5", "99.5"), ("98,0 %", "98.0"), ("100", "100"), ("100,0", "100.0")]
)
def test_percentages(typed, value):
    assert str(parse_percent(typed)) == value


@pytest.mark.parametrize("typed", ["100,1", "-1", "1e1", "99,5,1", "９９", "abc"])
def test_refused_percentages(typed):
    with pytest.raises(NumberError):
        parse_percent(typed)


@pytest.mark.parametrize(
    ("numerator", "denominator", "printed", "exported"),
    [
        (1215, 1242, "97,8%", "0.978261"),
        (98, 100, "98%", "0.980000"),
        (97999, 100000, "98,0%", "0.979990"),
        (9998, 10000, "99,9%", "0.999800"),
        (9_999_999, 10_000_000, "99,9%", "1.000000"),
        (2, 10000, "0,1%", "0.000200"),
        (1, 10_000_000, "0,1%", "0.000000"),
        (9785, 10000, "97,9%", "0.978500"),
        (0, 5, "0%", "0.000000"),
        (5, 5, "100%", "1.000000"),
        (0, 0, "–", ""),
        (None, 5, "–", ""),
        (5, None, "–", ""),
        (6, 5, "–", "1.200000"),
    ],
)
def test_rates(numerator, denominator, printed, exported):
    assert format_rate(numerator, denominator) == printed
    assert rate_decimal6(numerator, denominator) == exported


@given(st.integers(0, 10**7), st.integers(1, 10**7))
@settings(max_examples=200)
def test_a_printed_rate_is_the_exact_value_rounded_once(numerator, denominator):
    printed = format_rate(numerator, denominator)
    if numerator > denominator:
        assert printed == "–"
        return
    value = Fraction(numerator, denominator) * 100
    shown = Fraction(printed.rstrip("%").replace(",", "."))
    assert (shown == 100) == (value == 100)
    assert (shown == 0) == (value == 0)
    assert abs(shown - value) <= Fraction(1, 20) or shown in (Fraction(999, 10), Fraction(1, 10))
    assert ("," in printed) == (value.denominator != 1)
    exact = (Decimal(numerator) / Decimal(denominator)).quantize(Decimal("0.000001"), ROUND_HALF_UP)
    assert Decimal(rate_decimal6(numerator, denominator)) == exact


def test_a_rate_says_what_it_rests_on():
    rate = Rate(1215, 1242, "D2")
    assert (rate.printed, rate.basis, rate.reason) == ("97,8%", "D2: 1.215/1.242", "")
    assert rate.fraction == Fraction(45, 46)
    for undefined in (Rate(None, 3, "D2"), Rate(0, 0, "D2"), Rate(4, 3, "D2")):
        assert (undefined.printed, undefined.is_defined) == ("–", False)
        assert undefined.reason


def test_a_change_is_between_printed_values():
    with translation.override("vi"):
        assert points_change(Rate(1215, 1242, "D2"), Rate(99, 100, "D2")) == "+1,2 điểm %"
        assert points_change(Rate(99, 100, "D2"), Rate(97, 100, "D2")) == "−2 điểm %"
        assert points_change(Rate(1, 3, "D2"), Rate(1, 3, "D2")) == "0 điểm %"
    assert points_change(Rate(0, 0, "D2"), Rate(1, 3, "D2")) == "–"
