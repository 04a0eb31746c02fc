"""The register of agencies: list, tree, edit pages, facts."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agencies.models import Agency, OfficialCode, Succession
from agencies.tally import register_facts
from records.models import Event

pytestmark = pytest.mark.django_db


def values(**changes):
    return {
        "code": "HN-MOI",
        "name": "Sở Mới",
        "short_name": "Sở Mới",
        "kind": "department",
        "valid_from": "2026-01-01",
        "valid_to": "",
        "gso_code": "",
        "reporting": "on",
        **changes,
    }


def codes(answer):
    return [agency.code for agency in answer.context["page"].object_list]


def test_anonymous_goes_to_the_sign_in(client, cast):
    for url in ("/agencies/", "/agencies/new/", "/agencies/HN-NV/edit/", "/agencies/HN/children/", "/admin/"):
        assert client.get(url).status_code == 302, url


def test_list_is_of_today_unless_told(cast, client_of):
    client = client_of(cast.tuan)
    assert "HN-TTTT" not in codes(client.get("/agencies/"))
    assert "HN-TTTT" in codes(client.get("/agencies/", {"on": "2025-02-28"}))
    assert "HN-TTTT" not in codes(client.get("/agencies/", {"on": "01/03/2025"}))
    assert "HN-TTTT" in codes(client.get("/agencies/", {"on": ""}))


@pytest.mark.parametrize("words", ["so khcn", "Sở KH&CN", "khoa hoc", "HN-KHCN", "khoa học và công nghệ"])
def test_search_is_blind_to_tones_and_knows_abbreviations(cast, client_of, words):
    assert codes(client_of(cast.tuan).get("/agencies/", {"q": words})) == ["HN-KHCN"]


def test_filters_and_sorting(cast, client_of):
    client = client_of(cast.tuan)
    assert codes(client.get("/agencies/", {"kind": "city"})) == ["HN"]
    below = codes(client.get("/agencies/", {"parent": "HN", "sort": "-code"}))
    assert below == sorted(below, reverse=True)
    assert "HN" not in below
    assert client.get("/agencies/", {"sort": "nonsense", "page": "99"}).status_code == 200


def test_day_that_cannot_be_read_keeps_what_was_typed(cast, client_of):
    answer = client_of(cast.tuan).get("/agencies/", {"on": "31/02/2025"})
    assert answer.status_code == 200
    assert answer.context["filter"].form.errors["on"]
    assert "31/02/2025" in answer.text


def test_same_queries_at_one_and_three_rows(cast, client_of):
    client = client_of(cast.tuan)
    client.get("/agencies/")
    counts = []
    for words in ("ngoai vu", "so"):
        with CaptureQueriesContext(connection) as queries:
            rows = codes(client.get("/agencies/", {"q": words}))
        counts.append((len(rows), len(queries)))
    assert counts[0][0] == 1
    assert counts[1][0] >= 3
    assert counts[0][1] == counts[1][1]


def test_fragment_for_htmx_and_the_whole_page_otherwise(cast, client_of):
    client = client_of(cast.tuan)
    piece = client.get("/agencies/", headers={"HX-Request": "true"})
    assert piece.text.lstrip().startswith('<div id="results"')
    assert "HX-Request" in piece["Vary"]
    assert "<!doctype html>" in client.get("/agencies/").text


def test_export_keeps_the_filters(cast, client_of):
    client = client_of(cast.tuan)
    text = client.get("/agencies/", {"q": "khcn", "format": "csv"}).getvalue().decode("utf-8-sig")
    assert [line.split(",")[0] for line in text.splitlines()[1:]] == ["HN-KHCN"]
    assert client.get("/agencies/", {"format": "xlsx"}).getvalue().startswith(b"PK")


def test_tree_loads_a_branch_when_it_is_opened(cast, client_of):
    Agency.objects.create(code="P1", name="Phòng Một", short_name="Phòng Một", kind="division", parent=cast.khcn)
    client = client_of(cast.tuan)
    tree = client.get("/agencies/", {"view": "tree"}).text
    assert "/agencies/HN-KHCN/children/" in tree
    assert "Phòng Một" not in tree
    assert "Phòng Một" in client.get("/agencies/HN-KHCN/children/").text
    assert client.get("/agencies/KHONG/children/").status_code == 404


def test_officer_makes_a_unit(cast, client_of):
    answer = client_of(cast.quan).post("/agencies/new/", values(parent=cast.hn.pk))
    assert answer.status_code == 302
    agency = Agency.objects.get(code="HN-MOI")
    assert agency.path == f"{cast.hn.path}{agency.pk}/"
    event = Event.objects.get()
    assert (event.action, event.actor, event.target_id) == ("create_agency", cast.quan, str(agency.pk))


@pytest.mark.parametrize("url", ["/agencies/new/", "/agencies/HN-NGV/edit/"])
def test_only_the_programme_office_edits(cast, client_of, url):
    for person in (cast.lan, cast.hoa, cast.lanhdao, cast.kiemtoan, cast.admin):
        assert client_of(person).get(url).status_code == 403
        assert client_of(person).post(url, values()).status_code == 403
    assert client_of(cast.quan).get(url).status_code == 200
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"valid_to": "2025-01-01"}, "valid_to"),
        ({"code": "có cách"}, "code"),
        ({"code": "new"}, "code"),
        ({"code": "HN-NV"}, "code"),
        ({"name": ""}, "name"),
        ({"parent": ""}, "parent"),
    ],
)
def test_bad_input_is_told_at_its_field_and_kept(cast, client_of, changes, field):
    typed = values(parent=cast.hn.pk, gso_code="12345") | changes
    answer = client_of(cast.quan).post("/agencies/new/", typed)
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert 'value="12345"' in answer.text
    assert not Agency.objects.filter(gso_code="12345").exists()


def test_unit_cannot_stand_below_itself(cast, client_of):
    Agency.objects.filter(pk=cast.khcn.pk).update(kind="district")
    low = Agency.objects.create(code="X1", name="Xã", short_name="Xã", kind="commune", parent=cast.khcn)
    typed = values(name="Quận", short_name="Quận", kind="division", parent=low.pk, version=cast.khcn.version)
    answer = client_of(cast.quan).post("/agencies/HN-KHCN/edit/", typed)
    assert answer.status_code == 422
    assert answer.context["form"].errors["parent"]


def test_stale_version_shows_both_values(cast, client_of):
    first, second = client_of(cast.quan), client_of(cast.mai)
    typed = values(parent=cast.hn.pk, version=cast.ngv.version, name="Sở Ngoại vụ Một")
    assert first.post("/agencies/HN-NGV/edit/", typed).status_code == 302
    answer = second.post("/agencies/HN-NGV/edit/", typed | {"name": "Sở Ngoại vụ Hai"})
    assert answer.status_code == 409
    assert "Sở Ngoại vụ Một" in answer.text
    assert "Sở Ngoại vụ Hai" in answer.text
    assert Agency.objects.get(code="HN-NGV").name == "Sở Ngoại vụ Một"
    assert Event.objects.count() == 1


def test_code_of_a_unit_stays(cast, client_of):
    typed = values(parent=cast.hn.pk, version=cast.ngv.version, code="KHAC", name="Sở Ngoại vụ")
    client_of(cast.quan).post("/agencies/HN-NGV/edit/", typed)
    assert Agency.objects.get(pk=cast.ngv.pk).code == "HN-NGV"


def test_facts_lead_back_to_the_predecessor(cast):
    OfficialCode.objects.create(agency=cast.khcn, code="H26.12", valid_from=date(2025, 3, 1))
    facts = register_facts(cast.khcn, date(2026, 1, 1))
    assert [step.predecessor for step in facts["predecessors"]] == [cast.tttt]
    assert [code.code for code in facts["official_codes"]] == ["H26.12"]
    assert register_facts(cast.hn, date(2025, 2, 28))["children_count"] == 5
    assert register_facts(cast.hn, date(2026, 1, 1))["children_count"] == 4


def test_succession_is_recorded_and_checked(cast, client_of):
    client = client_of(cast.quan)
    typed = {"predecessor": cast.ngv.pk, "successor": cast.nv.pk, "effective_date": "2026-01-01", "kind": "merge"}
    answer = client.post("/admin/successions/new/", typed)
    assert answer.status_code == 422
    assert answer.context["form"].errors["effective_date"]
    assert (
        client.post("/admin/successions/new/", typed | {"successor": cast.ngv.pk}).context["form"].errors["successor"]
    )
    Agency.objects.filter(pk=cast.ngv.pk).update(valid_to=date(2025, 12, 31))
    assert client.post("/admin/successions/new/", typed).status_code == 302
    assert Succession.objects.filter(predecessor=cast.ngv, successor=cast.nv).exists()
    assert Event.objects.get().action == "create_succession"


def test_stale_succession_is_refused(cast, client_of):
    client = client_of(cast.quan)
    step = Succession.objects.get()
    url = f"/admin/successions/{step.pk}/edit/"
    seen = client.get(url).context["form"]["version"].value()
    Succession.objects.update(kind="rename")
    typed = {"predecessor": cast.tttt.pk, "successor": cast.khcn.pk, "effective_date": "2025-03-02", "kind": "merge"}
    assert client.post(url, typed | {"version": seen}).status_code == 409
    assert Succession.objects.get().effective_date == date(2025, 3, 1)


def test_succession_list(cast, client_of):
    client = client_of(cast.quan)
    assert "Sở Thông tin và Truyền thông" in client.get("/admin/successions/", {"q": "tttt"}).text
    assert client.get("/admin/successions/", {"format": "csv"}).getvalue().decode().count("HN-TTTT") == 1
    assert client_of(cast.lan).get("/admin/successions/").status_code == 403


def test_official_codes_are_dated_and_never_two_at_once(cast, client_of):
    client = client_of(cast.quan)
    url = "/agencies/HN-KHCN/codes/new/"
    assert client_of(cast.lan).get(url).status_code == 403
    assert client.post(url, {"code": "H26-12"}).context["form"].errors["code"]
    assert client.post(url, {"code": "000.00.12.H26", "valid_to": "28/02/2025"}).status_code == 302
    assert client.post(url, {"code": "H26.12", "valid_from": "28/02/2025"}).context["form"].errors["valid_from"]
    assert client.post(url, {"code": "H26.12", "valid_from": "01/03/2025"}).status_code == 302
    assert "H26.12" in client.get("/agencies/HN-KHCN/").text
    first = cast.khcn.official_codes.get(code="H26.12")
    seen = client.get(f"/agencies/HN-KHCN/codes/{first.pk}/").context["form"]["version"].value()
    late = {"code": "H26.12", "valid_from": "02/03/2025"}
    assert client.post(f"/agencies/HN-KHCN/codes/{first.pk}/", late | {"version": "old"}).status_code == 409
    assert client.post(f"/agencies/HN-KHCN/codes/{first.pk}/", late | {"version": seen}).status_code == 302
    assert client.get(f"/agencies/HN-NV/codes/{first.pk}/").status_code == 404
    assert Event.objects.count() == 3
