"""Sources, claims and targets: kept by the programme office, nothing typed is lost."""

import pytest

from records.models import Event, Source
from reports.models import Claim, Target


@pytest.fixture
def source(db) -> Source:
    return Source.objects.create(code="S-2020", publisher="Báo mẫu", date_text="2020")


def fields(cast, source, **other) -> dict:
    return {
        "agency": cast.ngv.pk,
        "period": "",
        "period_text": "đến 12/04/2017",
        "text": "1.215/1.242 đúng hạn, đạt 97,8%",
        "measure": "on_time_rate",
        "value": "97,8",
        "unit": "percent",
        "numerator": 1215,
        "denominator": 1242,
        "formula": "D1",
        "source": source.pk,
    } | other


def test_officer_adds_a_claim_and_the_trail_has_one_event(cast, client_of, source):
    answer = client_of(cast.quan).post("/claims/new/", fields(cast, source))
    assert answer.status_code == 302
    claim = Claim.objects.get()
    assert (claim.value, claim.numerator, claim.denominator) == ("97.8", 1215, 1242)
    assert list(Event.objects.values_list("action", flat=True)) == ["create_claim"]
    page = client_of(cast.quan).get("/claims/").content.decode()
    assert "D1: 1.215/1.242 = 97,8%" in page


@pytest.mark.parametrize("name", ["lan", "tuan", "lanhdao", "kiemtoan", "admin"])
def test_others_keep_nothing(cast, client_of, source, name):
    client = client_of(getattr(cast, name))
    for url in ("/claims/new/", "/claims/targets/new/", "/claims/sources/", "/claims/sources/new/"):
        assert client.get(url).status_code == 403
    assert client.post("/claims/new/", fields(cast, source)).status_code == 403
    assert not Claim.objects.exists()


def test_refused_number_keeps_what_was_typed(cast, client_of, source):
    answer = client_of(cast.quan).post("/claims/new/", fields(cast, source, value="97,8 phần trăm"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "97,8 phần trăm" in page
    assert "không phải là số" in page
    assert not Claim.objects.exists()


def test_half_a_fraction_is_refused(cast, client_of, source):
    answer = client_of(cast.quan).post("/claims/new/", fields(cast, source, denominator=""))
    assert answer.status_code == 422
    assert "Tử số và mẫu số phải được nêu cùng nhau" in answer.content.decode()


def test_stale_edit_is_refused_with_both_values(cast, client_of, source):
    client = client_of(cast.quan)
    client.post("/claims/new/", fields(cast, source))
    claim = Claim.objects.get()
    seen = client.get(f"/claims/{claim.pk}/").context["form"].initial["version"]
    first = fields(cast, source, value="97,9", version=seen)
    assert client_of(cast.mai).post(f"/claims/{claim.pk}/", first).status_code == 302
    answer = client.post(f"/claims/{claim.pk}/", fields(cast, source, value="97,7", version=seen))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "97.9" in page
    assert "97.7" in page
    claim.refresh_from_db()
    assert claim.value == "97.9"


def test_target_needs_an_agency_or_a_group(cast, client_of, source):
    form = {
        "measure": "D2",
        "agency": "",
        "agency_kind": "",
        "comparator": ">=",
        "value": "98",
        "unit": "percent",
        "due": "31/12/2026",
    }
    client = client_of(cast.quan)
    assert client.post("/claims/targets/new/", form).status_code == 422
    assert client.post("/claims/targets/new/", form | {"agency_kind": "department"}).status_code == 302
    assert Target.objects.get().due.isoformat() == "2026-12-31"


def test_published_29_of_37_prints_784_beside_783(cast, client_of, source):
    stated = fields(
        cast,
        source,
        text="29/37, chiếm 78,3%",
        value="78,3",
        numerator=29,
        denominator=37,
        formula="",
        measure="level_3",
    )
    client_of(cast.quan).post("/claims/new/", stated)
    Claim.objects.update(formula="level_share")
    page = client_of(cast.quan).get("/claims/").content.decode()
    assert "78,4%" in page
    assert "78,3%" in page
