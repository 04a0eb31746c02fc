"""Checklists: versions that are never edited, what a visit freezes, answers at the desk, progress and score."""

from fractions import Fraction

import pytest
from django.core.management import call_command
from django.urls import reverse

from inspections import checklists
from inspections.choices import VisitState
from inspections.imports.checklists import SHIPPED, load_shipped
from inspections.models import Answer, Area, Operation, Template, Visit
from inspections.rules import is_needed, score
from records.models import Event

AREAS = ("direction", "institutions", "apparatus", "civil_service", "public_finance", "digital_government")


@pytest.fixture
def areas(area) -> None:
    for order, code in enumerate(AREAS, start=10):
        Area.objects.create(code=code, name=code, order=order)


@pytest.fixture
def template(area) -> Template:
    made = Template.objects.create(code="desk", name="Bộ phận một cửa", area=area, desk=True)
    made.items.create(
        code="A1", section="A", text="Quyết định bố trí nhân sự", order=1, points=2, legal_basis="NĐ 61/2018/NĐ-CP"
    )
    made.items.create(code="A2", section="A", text="Niêm yết họ tên", order=2, points=1, note_needed="not_met")
    made.items.create(code="G1", section="G", text="Số hồ sơ tiếp nhận", order=3, kind="number")
    return made


@pytest.fixture
def listed(visit, template) -> Visit:
    checklists.freeze(visit, [template])
    return visit


@pytest.fixture
def url(listed) -> str:
    return reverse("inspections:visit_checklist", args=[listed.pk])


def _filled(page, **changes) -> dict:
    """What the form of the page posts, with changes by field name (dashes as underscores)."""
    data = {}
    for section in page.context["sections"]:
        for item in section.items:
            given, code = item.given, item.code
            said = "" if given.number is None else str(given.number)
            said = said if item.kind == "number" else given.result
            data |= {f"answer-{code}": said, f"answer-{code}-was": said, f"answer-{code}-base": item.answer_base}
            data |= {f"note-{code}": given.note, f"note-{code}-was": given.note, f"note-{code}-base": item.note_base}
    return data | {name.replace("_", "-"): value for name, value in changes.items()}


def test_shipped_checklists(areas, db):
    """The desk's 36 items with the block of numbers, and one checklist for each of the seven areas; loaded once."""
    made = load_shipped()
    desk = Template.objects.get(desk=True)
    kinds = list(desk.items.values_list("kind", flat=True))
    assert (kinds.count("result"), kinds.count("number")) == (36, 11)
    assert {template.area.code for template in made if not template.desk} == {"procedures", *AREAS}
    assert len(made) == len(list(SHIPPED.glob("*.json"))) == 8
    assert Event.objects.filter(action="publish_checklist").count() == 8
    call_command("load_checklists")
    assert Template.objects.count() == 8


def test_a_visit_freezes_what_is_current_when_it_is_prepared(cast, client_of, visit, template):
    Visit.objects.filter(pk=visit.pk).update(state=VisitState.PLANNED)
    client_of(cast.hoa).post(reverse("inspections:visit_action", args=[visit.pk, "prepare"]), {"version": 1})
    assert [item.code for item in visit.items.all()] == ["A1", "A2", "G1"]
    assert "desk v1" in Event.objects.about(visit).first().after
    template.pk = None
    template.number = 2
    template.save()
    template.items.create(code="B1", text="Mới", order=1)
    assert visit.items.count() == 3
    assert {item.template.number for item in visit.items.all()} == {1}


def test_the_desk_is_left_out_where_it_is_not_inspected(visit, template):
    visit.one_stop_desk_inspected = False
    assert checklists.usual(visit) == []
    visit.one_stop_desk_inspected = None
    assert checklists.usual(visit) == [template]


def test_two_checklists_with_one_code(visit, template, area):
    other = Template.objects.create(code="khac", name="Khác", area=area)
    other.items.create(code="A1", text="Câu khác", order=1)
    checklists.freeze(visit, [template, other])
    assert [item.code for item in visit.items.all()] == ["A1", "A2", "G1", "khac-A1"]


def test_answers_at_the_desk(cast, client_of, listed, url):
    """One save is one batch and one event; only what was changed is an operation."""
    client = client_of(cast.khoa)
    before = Event.objects.count()
    posted = _filled(client.get(url), answer_A1="conform", answer_A2="not", answer_G1="1.242")
    assert client.post(url, posted).status_code == 302
    assert Event.objects.count() == before + 1
    assert Operation.objects.count() == 3
    assert Answer.objects.get(item__code="G1").number == 1242
    page = client.get(url)
    assert page.context["progress"] == {"items": 3, "answered": 3, "disputed": 0, "missing": 1}
    assert page.context["missing"] == [{"code": "A2", "needs": "note"}]
    [(scored, points)] = page.context["scores"]
    assert (scored.code, points.earned, points.possible, points.open) == ("desk", 2, 3, 0)
    client.post(url, _filled(page, note_A2="Thiếu số điện thoại"))
    assert Operation.objects.count() == 4
    assert client.get(url).context["progress"]["missing"] == 0
    client.post(url, _filled(client.get(url)))
    assert Operation.objects.count() == 4


def test_a_wrong_number_is_refused_and_nothing_is_saved(cast, client_of, listed, url):
    client = client_of(cast.khoa)
    posted = _filled(client.get(url), answer_A1="conform", answer_G1="1,242")
    assert client.post(url, posted).status_code == 422
    assert not Operation.objects.exists()


def test_two_at_the_desk_both_values_side_by_side_and_one_is_chosen(cast, client_of, listed, url):
    hoa, khoa = client_of(cast.hoa), client_of(cast.khoa)
    of_hoa, of_khoa = hoa.get(url), khoa.get(url)
    hoa.post(url, _filled(of_hoa, answer_A1="conform"))
    khoa.post(url, _filled(of_khoa, answer_A1="not"))
    page = hoa.get(url)
    [dispute] = page.context["disputed"]
    assert [side["text"] for side in dispute["sides"]] == ["Đạt", "Chưa đạt"]
    resolve = reverse("inspections:visit_resolve", args=[listed.pk])
    chosen = {"operation": str(dispute["sides"][1]["operation"].uuid), "seen": dispute["seen"]}
    assert hoa.post(resolve, chosen | {"seen": dispute["seen"][:1]}).status_code == 409
    assert hoa.post(resolve, chosen).status_code == 302
    assert Answer.objects.get(item__code="A1").result == "not"
    assert hoa.post(resolve, chosen).status_code == 409
    log = reverse("inspections:visit_operations", args=[listed.pk])
    text = hoa.get(log, {"subject": "answer:A1"}).content.decode()
    assert "Đạt" in text
    assert hoa.get(log, {"subject": "answer:Z9"}).status_code == 404


@pytest.mark.parametrize(
    ("name", "read", "written"),
    [
        ("hoa", 200, 302),
        ("khoa", 200, 302),
        ("quan", 200, 403),
        ("kiemtoan", 200, 403),
        ("lan", 403, 403),
        ("tuan", 404, 404),
    ],
)
def test_who_reads_and_who_answers(cast, client_of, listed, url, name, read, written):
    client = client_of(getattr(cast, name))
    assert client.get(url).status_code == read
    assert client.post(url, {"answer-A1": "conform", "answer-A1-was": ""}).status_code == written
    new = reverse("inspections:recount_new", args=[listed.pk])
    assert client.get(new).status_code == {302: 200}.get(written, written)


@pytest.mark.parametrize("state", VisitState.values)
def test_in_which_states_answers_are_taken(cast, client_of, listed, url, state):
    reason = "x" if state == VisitState.CANCELLED else ""
    Visit.objects.filter(pk=listed.pk).update(state=state, cancel_reason=reason)
    open_states = (VisitState.PLANNED, VisitState.PREPARED, VisitState.UNDER_WAY, VisitState.RECORDED)
    client = client_of(cast.hoa)
    status = client.post(url, {"answer-A1": "conform", "answer-A1-was": ""}).status_code
    assert status == (302 if state in open_states else 409)
    choose = reverse("inspections:visit_templates", args=[listed.pk])
    assert client.get(choose).status_code == (200 if state in open_states[:3] else 409)
    assert client.get(url).status_code == 200


def test_head_and_secretary_choose_the_checklists(cast, vinh, client_of, visit, template):
    url = reverse("inspections:visit_templates", args=[visit.pk])
    assert client_of(vinh).get(url).status_code == 403
    assert client_of(cast.quan).get(url).status_code == 403
    khoa = client_of(cast.khoa)
    assert khoa.post(url, {"templates": []}).status_code == 422
    assert khoa.post(url, {"templates": [template.pk]}).status_code == 302
    assert visit.items.count() == 3
    assert khoa.post(url, {"templates": [template.pk]}).status_code == 422
    assert Event.objects.filter(action="choose_checklists").count() == 1


def _posted(page, **changes) -> dict:
    """What the form of a checklist's next version posts."""
    data = {name: value for name, value in page.context["form"].initial.items() if not isinstance(value, bool)}
    data |= {"in_use": "on", "change": "Thêm một câu", "area": page.context["form"].initial["area"].pk}
    items = page.context["items"]
    data |= {"items-TOTAL_FORMS": len(items.forms), "items-INITIAL_FORMS": items.initial_form_count()}
    for number, row in enumerate(items.forms):
        for field in row.fields:
            value = row[field].value()
            data[f"items-{number}-{field}"] = "" if value is None else value
    return data | changes


def test_a_newer_version_leaves_the_one_before_it(cast, client_of, listed, template):
    quan = client_of(cast.quan)
    url = reverse("inspections:checklist_version", args=[template.pk])
    page = quan.get(url)
    row = len(template.items.all())
    added = {f"items-{row}-code": "A3", f"items-{row}-text": "Người làm thay", f"items-{row}-order": "2"}
    posted = _posted(page, **added)
    posted["items-1-text"] = ""
    assert quan.post(url, posted).status_code == 302
    newest = Template.objects.newest().get()
    assert (newest.number, newest.code, newest.change) == (2, "desk", "Thêm một câu")
    assert [item.code for item in newest.items.all()] == ["A1", "A3", "G1"]
    assert [item.code for item in template.items.all()] == ["A1", "A2", "G1"]
    assert listed.items.count() == 3
    assert Event.objects.about(newest).get().action == "publish_checklist"
    stale = quan.post(url, posted)
    assert stale.status_code == 409
    assert Template.objects.count() == 2


def test_two_lines_with_one_code_are_refused(cast, client_of, template):
    quan = client_of(cast.quan)
    url = reverse("inspections:checklist_version", args=[template.pk])
    posted = _posted(quan.get(url))
    posted["items-1-code"] = "A1"
    assert quan.post(url, posted).status_code == 422
    assert Template.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "reads", "keeps"),
    [("quan", 200, 200), ("hoa", 200, 403), ("kiemtoan", 200, 403), ("lan", 403, 403), ("admin", 403, 403)],
)
def test_who_reads_and_keeps_checklists(cast, client_of, listed, template, name, reads, keeps):
    client = client_of(getattr(cast, name))
    assert client.get(reverse("inspections:checklist_list")).status_code == reads
    assert client.get(template.get_absolute_url()).status_code == reads
    assert client.get(reverse("inspections:checklist_new")).status_code == keeps
    assert client.get(reverse("inspections:checklist_version", args=[template.pk])).status_code == keeps


def test_score():
    told = score([(2, "conform"), (2, "partly"), (1, "not"), (5, "not_applicable"), (3, "not_checked"), (None, "not")])
    assert (told.earned, told.possible, told.open, told.share) == (3, 5, 3, Fraction(3, 5))
    assert score([(1, "partly")]).earned_text == "0,5"
    assert score([(None, "conform")]) is None
    assert score([(2, "not_applicable")]).share is None


@pytest.mark.parametrize(
    ("rule", "needed"),
    [("never", ""), ("not_met", "partly not"), ("always", "conform partly not")],
)
def test_when_a_note_is_needed(rule, needed):
    results = ("", "conform", "partly", "not", "not_applicable", "not_checked")
    assert [result for result in results if is_needed(rule, result)] == needed.split()
    assert is_needed(rule, "", counted=True) == (rule == "always")
