"""Procedures and what belongs to them, fields, holidays, stated level counts."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from procedures.models import AgencyProcedure, Field, Holiday, OnlineLevel, Procedure, StatedLevelCount
from records.models import Event

pytestmark = pytest.mark.django_db

URL = "/procedures/"


def codes(answer):
    return [procedure.code for procedure in answer.context["page"].object_list]


def values(field, **changes):
    return {
        "code": "1.004194",
        "name": "Đăng ký tạm trú",
        "field": field.pk,
        "level": "commune",
        "statutory_days": "3",
        "fee": "true",
        "legal_basis": "Luật Cư trú",
        "valid_from": "2021-07-01",
        "valid_to": "",
        **changes,
    }


@pytest.fixture
def levelled(procedures_khcn):
    """The first procedure: level 3 then 4 on the scale of 2011, full on that of 2022."""
    first = procedures_khcn[0]
    OnlineLevel.objects.create(procedure=first, scale="level_2011", value="3", valid_to=date(2020, 12, 31))
    OnlineLevel.objects.create(procedure=first, scale="level_2011", value="4", valid_from=date(2021, 1, 1))
    OnlineLevel.objects.create(procedure=first, scale="level_2022", value="full", valid_from=date(2022, 6, 1))
    return first


def test_list_filters(cast, client_of, levelled, procedures_khcn):
    client = client_of(cast.tuan)
    assert codes(client.get(URL, {"q": "thu tuc so 2"})) == ["0.000002"]
    assert len(codes(client.get(URL, {"field": "SHTT"}))) == 3
    assert codes(client.get(URL, {"online": "level_2011:4"})) == ["0.000001"]
    assert codes(client.get(URL, {"online": "level_2011:3"})) == []
    assert codes(client.get(URL, {"online": "level_2011:3", "on": "2019-01-01"})) == ["0.000001"]
    assert codes(client.get(URL, {"online": "proactive_level:4"})) == []
    assert len(codes(client.get(URL, {"agency": "HN-KHCN"}))) == 5
    assert codes(client.get(URL, {"sort": "-code"}))[0] == "0.000005"
    AgencyProcedure.objects.filter(procedure=levelled).update(valid_to=date(2024, 12, 31))
    assert "0.000001" not in codes(client.get(URL, {"agency": "HN-KHCN"}))
    Procedure.objects.filter(code="0.000002").update(valid_to=date(2024, 12, 31))
    assert "0.000002" not in codes(client.get(URL))
    assert "0.000002" in codes(client.get(URL, {"on": ""}))


def test_same_queries_at_one_and_three_rows(cast, client_of, levelled):
    client = client_of(cast.tuan)
    client.get(URL)
    counts = []
    for words in ("thu tuc so 1", ""):
        with CaptureQueriesContext(connection) as queries:
            shown = len(codes(client.get(URL, {"q": words})))
        counts.append((shown, len(queries)))
    assert [shown for shown, _queries in counts] == [1, 5]
    assert counts[0][1] == counts[1][1]


def test_detail_shows_everything_dated(cast, client_of, levelled):
    text = client_of(cast.tuan).get(f"{URL}0.000001/").text
    assert "31/12/2020" in text
    assert "Sở Khoa học và Công nghệ" in text
    assert f"{URL}0.000001/edit/" not in text
    assert client_of(cast.tuan).get(f"{URL}9.999999/").status_code == 404


def test_anonymous_goes_to_the_sign_in(client, levelled):
    for url in (URL, f"{URL}0.000001/", f"{URL}new/", f"{URL}stated-levels/", "/admin/fields/", "/admin/holidays/"):
        assert client.get(url).status_code == 302


def test_only_the_programme_office_edits(cast, client_of, levelled):
    row = levelled.online_levels.first()
    urls = [
        f"{URL}new/",
        f"{URL}0.000001/edit/",
        f"{URL}0.000001/levels/new/",
        f"{URL}0.000001/levels/{row.pk}/",
        f"{URL}0.000001/handlers/new/",
        f"{URL}0.000001/decisions/new/",
        f"{URL}stated-levels/new/",
        "/admin/fields/new/",
        "/admin/holidays/new/",
        "/admin/holidays/",
        "/admin/fields/",
    ]
    for url in urls:
        assert client_of(cast.quan).get(url).status_code == 200, url
        for person in (cast.lan, cast.admin, cast.kiemtoan):
            assert client_of(person).get(url).status_code == 403, url


def test_officer_makes_and_corrects(cast, client_of, procedures_khcn):
    client = client_of(cast.quan)
    field = Field.objects.first()
    assert client.post(f"{URL}new/", values(field)).status_code == 302
    made = Procedure.objects.get(code="1.004194")
    assert (made.fee, made.statutory_days) == (True, 3)
    form = client.get(f"{URL}1.004194/edit/").context["form"]
    assert form["fee"].value() == "true"
    typed = values(field, version="1", fee="", statutory_days="")
    assert client.post(f"{URL}1.004194/edit/", typed).status_code == 302
    made.refresh_from_db()
    assert (made.fee, made.statutory_days, made.version) == (None, None, 2)
    answer = client_of(cast.mai).post(f"{URL}1.004194/edit/", typed | {"name": "Tên khác"})
    assert answer.status_code == 409
    assert "Tên khác" in answer.text
    assert list(Event.objects.values_list("action", flat=True)) == ["create_procedure", "edit_procedure"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "1.00419"}, "code"),
        ({"code": "1.004194.000.00.00.H5"}, "code"),
        ({"code": "0.000001"}, "code"),
        ({"valid_to": "2020-01-01"}, "valid_to"),
        ({"statutory_days": "-1"}, "statutory_days"),
        ({"level": "galaxy"}, "level"),
    ],
)
def test_bad_input_keeps_what_was_typed(cast, client_of, procedures_khcn, changes, field):
    answer = client_of(cast.quan).post(f"{URL}new/", values(Field.objects.first(), **changes))
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert "Luật Cư trú" in answer.text
    assert Procedure.objects.count() == 5


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"scale": "level_2022", "value": "3"}, "value"),
        ({"scale": "level_2011", "value": "full"}, "value"),
        ({"scale": "level_2011", "value": "4", "valid_from": "2020-06-01"}, "valid_from"),
        ({"scale": "level_2022", "value": "full"}, "valid_from"),
        ({"scale": "proactive_level", "value": "1", "valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "valid_to"),
    ],
)
def test_levels_are_never_mixed_and_never_overlap(cast, client_of, levelled, typed, field):
    answer = client_of(cast.quan).post(f"{URL}0.000001/levels/new/", typed)
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert levelled.online_levels.count() == 3


def test_level_link_and_decision_are_added(cast, client_of, levelled):
    client = client_of(cast.quan)
    level = {"scale": "proactive_level", "value": "1", "valid_from": "2026-01-01"}
    assert client.post(f"{URL}0.000001/levels/new/", level).status_code == 302
    link = {"agency": cast.ngv.pk, "valid_from": "2026-01-01"}
    assert client.post(f"{URL}0.000001/handlers/new/", link).status_code == 302
    decision = {"kind": "published", "number": "", "date": "2020-01-01"}
    assert client.post(f"{URL}0.000001/decisions/new/", decision).status_code == 302
    assert Event.objects.count() == 3
    assert all("0.000001" in event.after for event in Event.objects.all())
    assert client.post(f"{URL}0.000001/handlers/new/", link).context["form"].errors["valid_from"]
    late = {"agency": cast.tttt.pk, "valid_from": "2026-01-01"}
    assert client.post(f"{URL}0.000001/handlers/new/", late).context["form"].errors["valid_from"]


def test_link_is_ended_and_a_stale_one_refused(cast, client_of, levelled):
    client = client_of(cast.quan)
    link = levelled.handlers.get()
    url = f"{URL}0.000001/handlers/{link.pk}/"
    seen = client.get(url).context["form"]["version"].value()
    typed = {"agency": cast.khcn.pk, "valid_to": "2026-06-30", "version": seen}
    assert client.post(url, typed).status_code == 302
    assert client.post(url, typed | {"valid_to": "2026-07-31"}).status_code == 409
    link.refresh_from_db()
    assert link.valid_to == date(2026, 6, 30)
    assert client.get(f"{URL}0.000002/handlers/{link.pk}/").status_code == 404
    assert client.get(f"{URL}0.000001/kings/new/").status_code == 404


def test_holidays_are_kept(cast, client_of):
    client = client_of(cast.quan)
    assert client.post("/admin/holidays/new/", {"day": "2026-09-02", "name": "Quốc khánh"}).status_code == 302
    assert client.post("/admin/holidays/new/", {"day": "02/09/2026", "name": "Lặp"}).status_code == 422
    assert "Quốc khánh" in client.get("/admin/holidays/", {"year": "2026"}).text
    assert "Quốc khánh" not in client.get("/admin/holidays/", {"year": "2025"}).text
    holiday = Holiday.objects.get()
    assert client_of(cast.lan).post(f"/admin/holidays/{holiday.pk}/remove/").status_code == 403
    assert client.post(f"/admin/holidays/{holiday.pk}/remove/").status_code == 302
    assert not Holiday.objects.exists()
    assert "Quốc khánh" in Event.objects.get(action="remove_holiday").before


def test_fields_are_kept(cast, client_of, procedures_khcn):
    client = client_of(cast.quan)
    field = Field.objects.get(code="SHTT")
    url = f"/admin/fields/{field.pk}/"
    seen = client.get(url).context["form"]["version"].value()
    assert client.post(url, {"code": "SHTT", "name": "Sở hữu trí tuệ mới", "version": seen}).status_code == 302
    assert client.post(url, {"code": "SHTT", "name": "Khác", "version": seen}).status_code == 409
    assert "Sở hữu trí tuệ mới" in client.get("/admin/fields/", {"q": "tri tue moi"}).text
    assert client.post("/admin/fields/new/", {"code": "SHTT", "name": "Khác"}).status_code == 422


def test_stated_level_counts(cast, client_of):
    client = client_of(cast.quan)
    typed = {
        "agency": cast.tttt.pk,
        "as_of": "2016-12-31",
        "scale": "level_2011",
        "value": "3",
        "procedures": "29",
        "of": "37",
        "counting": "exclusive",
    }
    assert client.post(f"{URL}stated-levels/new/", typed).status_code == 302
    assert "29" in client_of(cast.tuan).get(f"{URL}stated-levels/").text
    assert client.post(f"{URL}stated-levels/new/", typed | {"procedures": "38"}).context["form"].errors["procedures"]
    assert client.post(f"{URL}stated-levels/new/", typed | {"value": "full"}).context["form"].errors["value"]
    count = StatedLevelCount.objects.get()
    assert client.get(f"{URL}stated-levels/{count.pk}/").status_code == 200
    assert b"HN-TTTT" in client.get(f"{URL}stated-levels/", {"format": "csv"}).getvalue()
