"""Lists by their address: kept statements give what the filter gives now, whoever asked before."""

import base64
import json
import random
import threading
from datetime import date

import pytest
from django.db import connection, transaction
from django.db.models import Case, Count, F, When
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.filters import AgencyFilter
from agencies.models import Agency, Person
from cchc_portal.lib import paging
from cchc_portal.lib.asked import Asked, KeptPart, Offer, Slot, Statement, since_written
from cchc_portal.lib.paging import Part, long_page_of, page_in_parts
from inspections.filters import BoardFilter
from inspections.models import Recommendation, Team, Visit
from tests.lib.test_long_pages import ORDERS, codes, ordered, units  # noqa: F401 - units is a fixture

COLUMNS = ["pk", "code", "kind", "parent__short_name", "valid_from", "valid_to", "reporting"]


def test_a_statement_gives_the_rows_of_its_queryset(units):  # noqa: F811
    rows = units.annotate(below=Count("children")).order_by("-valid_from", "sort_key", "-pk")
    statement = Statement(rows, [*COLUMNS, "below"])
    assert statement.fetch() == list(rows.values_list(*COLUMNS, "below"))
    assert statement.fetch(5, 7) == list(rows.values_list(*COLUMNS, "below")[7:12])
    assert [row.valid_from for row in statement.fetch()] == [row.valid_from for row in rows]
    assert [(statement.count(), statement.count(28), statement.count(29), statement.count(5))] == [(28, 28, 28, 5)]
    assert (statement.fetch(0), Statement(units.none(), ["pk"]).fetch(), Statement(units.none(), ["pk"]).count()) == (
        [],
        [],
        0,
    )
    Agency.objects.filter(code="A07").update(kind="ward")
    assert "ward" in {row.kind for row in statement.fetch()}


@pytest.mark.parametrize("said", ["100%", "%s", "%%", "%(x)s", "$1", "'", "\\", "{0}", "_"])
def test_a_statement_asked_often_gives_what_it_gave_at_first(units, said):  # noqa: F811
    Agency.objects.filter(code="A03").update(name=f"Sở {said}", valid_from=date(2025, 1, 1))
    Agency.objects.filter(code="A04").update(name=f"Sở {said}", valid_from=None)
    rows = units.filter(name__contains=said).annotate(old=Case(When(valid_from=None, then=False), default=True))
    rows, plain = rows.order_by("code"), [("A03", True), ("A04", False)]
    statement = Statement(rows, ["code", "old"])
    beyond = Statement(rows.filter(code__gt=Slot(0, Agency._meta.get_field("code"))), ["code", "old"])
    for _often in range(8):
        assert (statement.fetch(), statement.count(), statement.count(9)) == (plain, 2, 2)
        assert [beyond.fetch(5, 0, [code]) for code in ("A02", "A03", "A04")] == [plain, plain[1:], []]


@pytest.mark.parametrize("order", ORDERS)
def test_kept_pages_are_the_pages_of_the_queryset(units, rf, order):  # noqa: F811
    rows = ordered(units, order)
    names = [name for name in ("dated", "size") if order and any(str(name) in str(key) for key in order)]
    parts = [KeptPart(rows, ["pk", "code", *names])]

    def both(**query):
        request = rf.get("/", query)
        plain = long_page_of(request, rows, size=5)
        keys = Statement(rows.order_by(), ["pk"])
        kept = page_in_parts(request, keys.count, parts, size=5)
        assert codes(kept) == codes(plain)
        assert (kept.after, kept.before, kept.count, kept.more) == (plain.after, plain.before, plain.count, plain.more)
        return plain

    page, met = both(), 0
    while page.after:
        before = page.before
        if before:
            both(at=before)
        page, met = both(at=page.after), met + 1
    assert met == 5
    both(at=paging.LAST)
    for number in (2, 6, 7):
        both(page=number)


def test_kept_parts_follow_each_other_through_rows_that_come_and_go(units, rf):  # noqa: F811
    rng = random.Random(5)
    querysets = [units.filter(valid_from__isnull=False).order_by("-valid_from", "pk"), units.filter(valid_from=None)]
    kept = [KeptPart(rows, ["pk", "code", "sort_key"]) for rows in querysets]
    at = [""]
    for step in range(60):
        request = rf.get("/", {"at": rng.choice(at)})
        plain = page_in_parts(request, units.count, [Part(rows) for rows in querysets], size=4)
        page = page_in_parts(request, units.count, kept, size=4)
        assert codes(page) == codes(plain)
        assert (page.after, page.before) == (plain.after, plain.before)
        at = ["", paging.LAST, *filter(None, (page.after, page.before))]
        one = units.order_by("?").first()
        if rng.random() < 0.3 and units.count() > 12:
            one.delete()
        elif rng.random() < 0.5:
            units.filter(pk=one.pk).update(valid_from=rng.choice([None, date(2025, 1, 1), date(2026, 2, 3)]))
        else:
            Agency.objects.create(code=f"A{step}x", name=f"Sở {step}", short_name="x", kind="department")


def test_the_list_is_that_of_the_filter_whatever_was_asked_before(cast, client_of):
    rng, client = random.Random(7), client_of(cast.tuan)
    values = {
        "q": ["", "so", "khcn", "Ủy ban", "%", "zz"],
        "kind": ["", "department", "city", "nonsense"],
        "parent": ["", "HN", "HN-KHCN", "nobody", "' OR 1=1"],
        "on": ["", "28/02/2025", "2025-03-01", "31/02/2025"],
        "sort": ["", "code", "-name", "valid_to", "-valid_from", "x"],
        "utm": ["", "1"],
    }
    for step in range(70):
        query = {name: rng.choice(said) for name, said in values.items() if rng.random() < 0.5}
        expected = AgencyFilter(client.get("/agencies/", query).wsgi_request.GET, Agency.objects.for_list()).qs
        for _again in range(2):
            page = client.get("/agencies/", query).context["page"]
            assert codes(page.object_list) == codes(expected[:50]), query
            assert page.paginator.count == expected.count()
        if step % 10 == 9:
            Agency.objects.filter(code__in=("HN-NGV", f"N{step - 10}")).update(valid_to=date(2026, 1, step % 28 + 1))
            Agency.objects.create(code=f"N{step}", name=f"Sở {step}", short_name="S", kind="ward", parent=cast.khcn)


def test_a_code_that_passes_to_another_unit_chooses_that_unit(cast, client_of):
    client = client_of(cast.tuan)
    made = [Agency.objects.create(code=f"P{n}", name=f"P {n}", short_name=f"P {n}", kind="department") for n in (1, 2)]
    for parent in made:
        Agency.objects.create(code=f"{parent.code}x", name="X", short_name="X", kind="division", parent=parent)

    def below(code):
        answer = client.get("/agencies/", {"parent": code})
        return codes(answer.context["page"].object_list), f'<option value="{code}" selected>' in answer.text

    assert (below("P1"), below("P1"), below("P2")) == ((["P1x"], True), (["P1x"], True), (["P2x"], True))
    Agency.objects.filter(pk=made[0].pk).update(code="P0")
    Agency.objects.filter(pk=made[1].pk).update(code="P1")
    assert (below("P1"), below("P0")) == ((["P2x"], True), (["P1x"], True))


def test_what_is_kept_for_one_reader_shows_another_nothing_more(cast, client_of):
    clients = [client_of(person) for person in (cast.quan, cast.lan, cast.quan, cast.tuan)]
    shown = ["/agencies/new/" in client.get("/agencies/").text for client in clients]
    assert shown == [True, False, True, False]
    names = [person.full_name for person in (cast.quan, cast.lan, cast.tuan)]
    for person, client in ((cast.lan, clients[1]), (cast.tuan, clients[3]), (cast.quan, clients[0])):
        text = client.get("/procedures/").text
        assert [name for name in names if name in text] == [person.full_name]


@pytest.fixture
def recommended(cast):
    team = Team.objects.create(name="Đoàn", kind="administrative_inspection", issuing_agency=cast.nv)
    visit = Visit.objects.create(agency=cast.khcn, team=team, kind=team.kind, date=date(2026, 5, 5), state="concluded")
    made = [
        Recommendation(
            visit=visit, agency=agency, text=f"{agency.code} {n}", state="issued", due=date(2026, 7, n % 9 + 1)
        )
        for n in range(60)
        for agency in (cast.khcn, cast.ngv)
    ]
    Recommendation.objects.bulk_create(made)
    return reverse("inspections:recommendation_list")


def test_rights_are_those_of_the_reader_though_others_asked_before(cast, client_of, recommended):
    def agencies(person, **query):
        return {row.text.split()[0] for row in client_of(person).get(recommended, query).context["page"]}

    for query in ({}, {"state": "issued"}, {"q": "HN"}, {"at": "last"}):
        assert agencies(cast.quan, **query) == {"HN-KHCN", "HN-NGV"}
        assert agencies(cast.lan, **query) == {"HN-KHCN"}
        assert agencies(cast.tuan, **query) == {"HN-NGV"}
        assert agencies(cast.lanhdao, **query) == {"HN-KHCN", "HN-NGV"}
        assert agencies(cast.hoa, **query) == set()


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**40, 2**62, 0, None, "x", 1.5, True])
def test_a_link_made_by_hand_is_answered(cast, client_of, recommended, number):
    client = client_of(cast.quan)
    after = client.get(recommended).context["page"].after
    mark, part, due, _pk = json.loads(base64.urlsafe_b64decode(after[1:] + "=="))
    for values in ([due, number], [number, 5], [None, number]):
        text = json.dumps([mark, part, *values]).encode()
        place = base64.urlsafe_b64encode(text).decode().rstrip("=")
        for side in "ab":
            assert client.get(recommended, {"at": side + place}).status_code == 200


def test_a_second_reader_builds_no_filter(cast, client_of):
    first, second = client_of(cast.quan), client_of(cast.lan)
    words = {"q": "so", "kind": "department"}

    def cost(client):
        with CaptureQueriesContext(connection) as told:
            client.get("/procedures/", words)
        return len(told)

    for client in (first, second):  # the first request of a session writes it
        client.get("/agencies/")
    assert cost(first) >= cost(second) == cost(first)


def test_the_stamp_of_an_offer_tells_every_change(units, rf):  # noqa: F811
    form = AgencyFilter({}, Agency.objects.all()).form
    offer = Offer(form.fields["parent"])
    seen = [offer.stamp(since_written())]

    def changed(**values):
        Agency.objects.filter(code=values.pop("of")).update(**values)
        seen.append(offer.stamp(since_written()))

    changed(of="R", short_name="Gốc 2")
    changed(of="R", sort_key="zz")
    changed(of="R", code="Q")
    changed(of="A01", parent=F("pk") + 1)
    changed(of="A03", valid_from=date(2026, 1, 1))
    assert len(set(seen[:5])) == 5
    assert seen[5] == seen[4], "a day is not offered"
    assert offer.rows() == [
        (row.code, row.short_name) for row in form.fields["parent"].queryset.order_by("sort_key", "pk")
    ]


def test_a_filter_whose_rows_are_not_stamped_is_refused(cast, rf):
    request = rf.get("/")
    request.user = Person.objects.get(pk=cast.quan.pk)
    asked = Asked(request, BoardFilter, lambda: BoardFilter({}, Recommendation.objects.all(), request=request))
    with pytest.raises(TypeError, match="area"):
        str(asked.told)


@pytest.mark.django_db(transaction=True)
def test_what_was_read_is_forgotten_as_soon_as_anything_is_written():
    offer = Offer(AgencyFilter({}, Agency.objects.all()).form.fields["parent"])
    root = Agency.objects.create(code="R", name="Gốc", short_name="Gốc", kind="province")
    Agency.objects.create(code="A", name="A", short_name="A", kind="department", parent=root)
    seen = [offer.stamp(since_written()), offer.stamp(since_written())]
    assert seen[0] == seen[1]

    def rename(name):
        Agency.objects.filter(pk=root.pk).update(short_name=name)

    def elsewhere():
        rename("C")
        connection.close()

    rename("B")
    seen.append(offer.stamp(since_written()))
    other = threading.Thread(target=elsewhere)
    other.start()
    other.join(timeout=20)
    seen.append(offer.stamp(since_written()))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        rename("D")
        seen.append(offer.stamp(since_written()))
        raise ZeroDivisionError
    assert offer.stamp(since_written()) == seen[3]
    connection.close()
    assert offer.stamp(since_written()) == seen[3]
    rename("E")
    seen.append(offer.stamp(since_written()))
    assert len(set(seen[1:])) == 5


def test_a_day_is_read_alike_in_both_languages(cast, client_of):
    client, shown = client_of(cast.tuan), {}
    for language in ("vi", "en", "vi", "en"):
        client.cookies["django_language"] = language
        for day in ({}, {"on": "28/02/2025"}, {"on": "03/02/2025"}):
            answer = client.get("/agencies/", day)
            assert not answer.context["filter"].form.errors
            shown.setdefault(str(day), set()).add(tuple(codes(answer.context["page"].object_list)))
    assert all(len(found) == 1 for found in shown.values())
