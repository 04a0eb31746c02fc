"""What other provinces published, judged from the rows they printed; and where published figures clash."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agencies.models import Agency
from dossiers.rules import Figures
from records.models import Source
from reports.models import Claim
from reports.rules import (
    HALF_UP,
    ROUNDINGS,
    Statement,
    in_no_class,
    judge,
    refute_each_other,
    round_percent,
    row_gaps,
    row_rates,
)

ELSEWHERE = json.loads((Path(__file__).parents[2] / "data" / "published_elsewhere.json").read_text(encoding="utf-8"))
COUNTS = ("numerator", "denominator")


def told(agency, measure, period=""):
    """The judgement of a published claim and its row."""
    entry = next(
        one
        for one in ELSEWHERE["claims"]
        if (one["agency"], one["measure"]) == (agency, measure) and one["period"].startswith(period)
    )
    own = {name: entry.get(name) for name in COUNTS}
    claim = Statement(entry["measure"], entry["value"], entry["unit"], **own, formula=entry.get("formula", ""))
    row = Figures.from_json(entry["row"], published=True) if "row" in entry else None
    return judge(claim, row=row), row


def test_lam_dong_is_off_by_2():
    judgement, row = told("LD", "resolved")
    assert (judgement.verdict, judgement.count) == ("contradicts", 643270)
    assert [(gap.code, gap.gap) for gap in row_gaps(row)] == [("R2", 2)]


def test_lam_dong_leaves_8801_in_no_class():
    judgement, row = told("LD", "received")
    assert judgement.verdict == "cannot_be_checked"
    assert in_no_class(row) == 8801


def test_lam_dong_by_formula():
    printed = {
        rate.formula: round_percent(rate.numerator, rate.denominator, 2, HALF_UP)
        for rate in row_rates(told("LD", "resolved")[1])
    }
    assert printed == {"D2": Fraction("98.81"), "D1": Fraction("96.41")}


def test_vinh_phuc_agrees_on_those_falling_due():
    judgement, _row = told("VP", "on_time_rate")
    assert (judgement.verdict, judgement.fits[0].rate.formula) == ("agrees", "D5")


@pytest.mark.parametrize(("level", "gap"), [("mức độ 1, 2", 9612), ("mức độ 3", 2267), ("mức độ 4", 3)])
def test_hue_leaves_resolved_dossiers_without_a_class(level, gap):
    judgement, row = told("TTH", "resolved", level)
    assert judgement.verdict == "contradicts"
    assert [(one.key, one.gap) for one in row_gaps(row)] == [("R2", gap)]
    assert told("TTH", "received", level)[0].verdict == "agrees"
    for measure in ("early_share", "on_time_share", "overdue_share"):
        assert told("TTH", measure, level)[0].verdict == "agrees"


def test_hue_level_1_2_by_denominator():
    rates = {rate.formula: rate.printed for rate in row_rates(told("TTH", "resolved", "mức độ 1, 2")[1])}
    assert rates == {"D1": "84,7%", "D2": "88,5%", "D2c": "92,0%"}


def share(value, numerator=None, denominator=None, formula=""):
    return Statement("on_time_rate", value, "percent", numerator, denominator, formula)


counted = st.integers(1, 5000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


def written(value, decimals):
    return f"{float(value):.{decimals}f}"


@settings(deadline=None, max_examples=80)
@given(counted, st.integers(0, 2), st.sampled_from(ROUNDINGS))
def test_a_claim_made_by_rounding_is_never_refuted(counts, decimals, rounding):
    row = Figures({"stated_in_time": counts[0], "stated_resolved": counts[1]})
    stated = written(round_percent(*counts, decimals, rounding), decimals)
    for claim in (share(stated, formula="D2"), share(stated), share(stated, *counts)):
        assert judge(claim, [row]).verdict in ("agrees", "agrees_truncated")
        assert judge(claim, row=row).verdict in ("agrees", "agrees_truncated")
    assert judge(share(stated, *counts)).verdict in ("agrees", "agrees_truncated")


@settings(deadline=None, max_examples=80)
@given(counted, st.integers(0, 2), st.integers(0, 10**4))
def test_a_claim_off_by_more_than_half_a_unit_is_always_refuted(counts, decimals, stated):
    """Above the exact value always; below it only truncation leads there, and then by less than a whole unit."""
    value, unit = Fraction(stated, 10**decimals), Fraction(1, 10**decimals)
    off = value - Fraction(counts[0] * 100, counts[1])
    verdict = judge(share(written(value, decimals), *counts)).verdict
    if off > unit / 2 or off <= -unit:
        assert verdict == "contradicts"
    elif off < -unit / 2:
        assert verdict == "agrees_truncated"


@settings(deadline=None, max_examples=80)
@given(counted, st.integers(0, 2), st.integers(0, 2), st.sampled_from(ROUNDINGS), st.sampled_from(ROUNDINGS))
def test_two_printings_of_one_rate_never_clash(counts, some, other, one_way, other_way):
    first = share(written(round_percent(*counts, some, one_way), some), formula="D2")
    second = share(written(round_percent(*counts, other, other_way), other), formula="D2")
    assert not refute_each_other(first, second)


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        (share("97.8"), share("98"), False),
        (share("97.8"), share("95.1"), True),
        (share("97.8", formula="D1"), share("95.1", formula="D2"), False),
        (share("97.8", 1215, 1242, "D1"), share("97.8", 1216, 1242, "D1"), True),
        (share("97.8"), share("gần 98"), False),
        (Statement("resolved", "180", "dossiers"), Statement("resolved", "181", "dossiers"), True),
        (Statement("resolved", "180", "dossiers"), Statement("received", "181", "dossiers"), False),
    ],
)
def test_claims_against_each_other(first, second, clash):
    assert refute_each_other(first, second) is clash
    assert refute_each_other(second, first) is clash


@pytest.fixture
def quoted(cast):
    """A row that does not add up, two claims that clash, and one of an agency in the city."""
    source = Source.objects.create(code="LD-2020", publisher="Báo tỉnh", date_text="2020")
    province = Agency.objects.create(
        code="LD", name="Tỉnh Lâm Đồng", short_name="Lâm Đồng", kind="city", reporting=False
    )
    row = next(one["row"] for one in ELSEWHERE["claims"] if one["agency"] == "LD")
    common = {"agency": province, "period_text": "quý I/2020", "source": source}
    resolved = {"measure": "resolved", "value": "643272", "unit": "dossiers"}
    Claim.objects.create(text="giải quyết 643.272", row=row, **resolved, **common)
    rate = {"measure": "on_time_rate", "unit": "percent"}
    Claim.objects.create(text="đúng hạn 98,81%", value="98.81", **rate, **common)
    Claim.objects.create(text="đúng hạn 91%", value="91", **rate, **common)
    return province


def page_of(client, url="/claims/contradictions/", **query) -> str:
    answer = client.get(url, query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_names_each_contradiction(cast, client_of, quoted):
    page = page_of(client_of(cast.quan))
    assert "643.270" in page
    assert "cộng lại là 643.270" in page or "643.270: chênh 2" in page
    assert "8.801 hồ sơ không thuộc loại nào" in page
    assert "không có con số nào đúng với cả hai" in page
    assert "trái với một số liệu công bố khác" in page


def test_filters_leave_one_kind_and_every_order_answers(cast, client_of, quoted):
    client = client_of(cast.quan)
    assert "không có con số nào đúng với cả hai" not in page_of(client, kind="row")
    assert "8.801" not in page_of(client, kind="claim")
    assert "Không thấy mâu thuẫn nào" in page_of(client, q="không có từ này")
    for sort in ("agency", "-period", "text", "source", "nonsense"):
        assert "643.270" in page_of(client, sort=sort)
        assert "643.272" in page_of(client, "/claims/", sort=sort)


def test_claims_narrow_by_verdict(cast, client_of, quoted):
    client = client_of(cast.quan)
    assert "643.272" in page_of(client, "/claims/", verdict="contradicts")
    assert "giải quyết 643.272" not in page_of(client, "/claims/", verdict="cannot_be_checked")


def test_who_may_not_read_the_figures_sees_no_contradiction(cast, client_of, quoted):
    assert "Không thấy mâu thuẫn nào" in page_of(client_of(cast.lan))


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
def test_the_list_is_a_table_to_take_away(cast, client_of, quoted, fmt):
    answer = client_of(cast.quan).get("/claims/contradictions/", {"format": fmt})
    assert answer.status_code == 200
    if fmt == "csv":
        assert "643.270" in b"".join(answer).decode("utf-8-sig")


def test_officer_types_a_row_and_the_page_keeps_its_history(cast, client_of, quoted):
    client = client_of(cast.quan)
    claim = Claim.objects.get(text="đúng hạn 91%")
    seen = client.get(f"/claims/{claim.pk}/").context["form"].initial["version"]
    sent = {
        "agency": quoted.pk, "period": "", "period_text": "quý I/2020", "text": claim.text, "measure": "on_time_rate",
        "value": "91", "unit": "percent", "source": claim.source_id, "version": seen,
        "row_stated_received": "200", "row_stated_resolved": "180", "row_stated_in_time": "",
    }  # fmt: skip
    assert client.post(f"/claims/{claim.pk}/", sent).status_code == 302
    claim.refresh_from_db()
    assert claim.row == {"stated_received": 200, "stated_resolved": 180}
    page = page_of(client, f"/claims/{claim.pk}/")
    assert 'value="180"' in page
    assert cast.quan.full_name in page
    stale = client_of(cast.mai).post(f"/claims/{claim.pk}/", sent | {"row_stated_resolved": "181"})
    assert stale.status_code == 409
    assert "180" in stale.content.decode()
    assert "181" in stale.content.decode()
    assert client.post(f"/claims/{claim.pk}/", sent | {"row_stated_resolved": "-1"}).status_code == 422


def test_other_provinces_stand_outside_the_city(cast, client_of, quoted):
    assert quoted not in Agency.objects.under(cast.hn)
    assert not quoted.reporting
