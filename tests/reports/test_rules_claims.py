"""The published cases recomputed: what agrees, only if truncated, cannot be checked or contradicts."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dossiers.rules import CELL_NAMES, Figures
from reports import choices
from reports.rules import HALF_UP, ROUNDINGS, TRUNCATED, Statement, hidden_counts, judge, round_percent, row_gaps

PUBLISHED = json.loads((Path(__file__).parents[2] / "data" / "published_figures.json").read_text(encoding="utf-8"))
RETURNS = {
    (row["agency"], row["period"]): [Figures({name: row[name] for name in CELL_NAMES if name in row}, published=True)]
    for row in PUBLISHED["returns"]
}
CLAIMS = PUBLISHED["claims"]


def statement(claim):
    return Statement(
        claim["measure"],
        claim["value"],
        claim["unit"],
        claim.get("numerator"),
        claim.get("denominator"),
        claim.get("formula", ""),
    )


def judged(text):
    claim = next(claim for claim in CLAIMS if claim["text"] == text)
    return judge(statement(claim), RETURNS.get((claim["agency"], claim["period"]), []))


def percent(value, **own):
    return Statement("on_time_rate", value, "percent", **own)


def test_1215_of_1242_agrees_half_up_and_truncated():
    judgement = judged("1.215/1.242 đúng hạn, đạt 97,8%")
    (fit,) = judgement.fits
    assert judgement.verdict == "agrees"
    assert (fit.rate.formula, fit.rate.numerator, fit.rate.denominator) == ("D1", 1215, 1242)
    assert (fit.roundings, fit.decimals) == ((HALF_UP, TRUNCATED), 1)
    assert [hidden_counts(Fraction(978, 10), 1, 1242, rounding) for rounding in ROUNDINGS] == [(1215, 1215)] * 2


def test_176_of_180_agrees_only_as_a_whole_percent_half_up():
    judgement = judged("176/180 đúng hạn, đạt 98%")
    (fit,) = judgement.fits
    assert (judgement.verdict, fit.roundings, fit.decimals) == ("agrees", (HALF_UP,), 0)
    assert hidden_counts(Fraction(98), 0, 180, HALF_UP) == (176, 177)


def test_29_of_37_agrees_only_if_truncated():
    judgement = judged("mức độ 3: 29/37, chiếm 78,3%")
    assert (judgement.verdict, judgement.fits[0].roundings) == ("agrees_truncated", (TRUNCATED,))
    assert judgement.fits[0].rate.printed == "78,4%"


def test_37_of_37_agrees_exactly():
    assert judged("37/37 dịch vụ công trên cổng").verdict == "agrees"


def test_99_5_percent_of_5441_hides_25_to_29_late():
    judgement = judged("99,5%")
    assert judgement.verdict == "cannot_be_checked"
    half_up, truncated = judgement.hidden
    assert (half_up.rounding, half_up.low, half_up.high, half_up.rest) == (HALF_UP, 5412, 5416, (25, 29))
    assert (truncated.rounding, truncated.low, truncated.high, truncated.rest) == (TRUNCATED, 5414, 5419, (22, 27))
    assert {"D1", "D2"} <= set(half_up.formulas)


def test_99_percent_of_1113():
    judgement = judged("99%")
    assert judgement.verdict == "cannot_be_checked"
    assert [(one.low, one.high) for one in judgement.hidden] == [(1097, 1107), (1102, 1112)]


def test_the_printed_zero_is_precision():
    lines = RETURNS["HN-TTTT", "2017-Q1-pub"]
    assert [(one.low, one.high) for one in judge(percent("99.0"), lines).hidden] == [(1102, 1102), (1102, 1102)]


@pytest.mark.parametrize(
    "text",
    [
        "99% thủ tục mức độ 3 nộp qua mạng",
        "chưa có hồ sơ quá hạn",
        "đề xuất đơn giản hóa 20% số thủ tục: hoàn thành chỉ tiêu",
        "100% cơ quan xây dựng kế hoạch kiểm tra",
        "31.345 tài khoản",
    ],
)
def test_claims_without_counts_cannot_be_checked(text):
    judgement = judged(text)
    assert (judgement.verdict, judgement.hidden) == ("cannot_be_checked", ())


def test_every_published_claim_gets_one_of_the_verdicts():
    verdicts = [
        judge(statement(claim), RETURNS.get((claim["agency"], claim["period"]), [])).verdict for claim in CLAIMS
    ]
    assert set(verdicts) <= set(choices.Verdict.values)
    assert "contradicts" not in verdicts
    assert verdicts.count("agrees") == 3


@pytest.mark.parametrize(
    ("numerator", "denominator", "exact"),
    [(4719, 5441, "86.730"), (1062, 1113, "95.418"), (29, 37, "78.378"), (8, 37, "21.622"), (1215, 1242, "97.826"),
     (176, 180, "97.778"), (7, 9, "77.778"), (12492, 96240, "12.980"), (8, 2136, "0.375"), (5, 20, "25.000")],
)  # fmt: skip
def test_recomputed_shares(numerator, denominator, exact):
    assert round_percent(numerator, denominator, 3, HALF_UP) == Fraction(exact)


@pytest.mark.parametrize(("stated", "formula"), [("84.7", "D1"), ("88.5", "D2"), ("92.0", "D2c")])
def test_one_published_row_tells_which_formula_was_meant(stated, formula):
    row = Figures(
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
    judgement = judge(percent(stated), row=row)
    assert (judgement.verdict, [fit.rate.formula for fit in judgement.fits]) == ("agrees", [formula])
    assert [(gap.key, gap.gap, gap.blocks) for gap in row_gaps(row)] == [("R2", 9612, False)]


KNOWN = [Figures({"stated_received": 200, "stated_resolved": 180, "stated_in_time": 171})]


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (percent("95"), "agrees"),
        (percent("85.5"), "agrees"),
        (percent("95,0%"), "agrees"),
        (percent("97"), "contradicts"),
        (percent("97", formula="D1"), "contradicts"),
        (percent("95", formula="D1"), "contradicts"),
        (percent("95", numerator=171, denominator=180, formula="D2"), "agrees"),
        (percent("95", numerator=172, denominator=181, formula="D2"), "contradicts"),
        (percent("96", numerator=171, denominator=180), "contradicts"),
        (percent(""), "cannot_be_checked"),
        (percent("gần 95"), "cannot_be_checked"),
        (percent("95", formula="D3"), "cannot_be_checked"),
        (Statement("resolved", "180", "dossiers"), "agrees"),
        (Statement("resolved", "181", "dossiers"), "contradicts"),
        (Statement("pending", "20", "dossiers"), "cannot_be_checked"),
        (Statement("procedures", "36", "procedures"), "cannot_be_checked"),
    ],
)
def test_verdicts(claim, verdict):
    assert judge(claim, KNOWN).verdict == verdict


def test_a_percentage_that_no_count_gives_contradicts():
    assert judge(percent("97.3"), [Figures({"stated_resolved": 30})]).verdict == "contradicts"


@settings(deadline=None, max_examples=80)
@given(st.integers(1, 400), st.integers(0, 2), st.sampled_from(ROUNDINGS), st.data())
def test_the_interval_holds_exactly_the_counts_that_print_so(denominator, decimals, rounding, data):
    numerator = data.draw(st.integers(0, denominator))
    value = round_percent(numerator, denominator, decimals, rounding)
    low, high = hidden_counts(value, decimals, denominator, rounding)
    fitting = [n for n in range(denominator + 1) if round_percent(n, denominator, decimals, rounding) == value]
    assert fitting == list(range(low, high + 1))
    assert numerator in fitting
