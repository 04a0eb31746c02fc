"""Kept markup is that of its values and of nobody else's."""

import pytest
from django.test import override_settings
from django.utils.translation import override

from agencies.filters import AgencyFilter
from agencies.models import Agency
from cchc_portal.lib.filters import filter_fields
from cchc_portal.lib.kept import fixed, kept, kept_rows
from reports.tally.overview import RankedRow

OPTIONS = "includes/_options.html"


def test_other_values_are_other_markup():
    assert kept(OPTIONS, [("a", "<b>")]) == kept(OPTIONS, [("a", "<b>")])
    assert "&lt;b&gt;" in kept(OPTIONS, [("a", "<b>")])
    assert 'value="1"' in kept(OPTIONS, [(1, "x")]) and 'value="2"' in kept(OPTIONS, [(2, "x")])


def test_markup_is_kept_by_language():
    shown = {}
    for language in ("vi", "en"):
        with override(language):
            shown[language] = kept("includes/_state_badge.html", language, {"label": language, "state": "x"})
    assert " vi</span>" in shown["vi"] and " en</span>" in shown["en"]


def test_a_fixed_piece_is_that_of_its_values_and_language():
    def person(name="Lan <b>", unread=0):
        return fixed("includes/_person.html", language="vi", key=1, full_name=name, job_title="", unread=unread)

    one = person()
    assert "Lan &lt;b&gt;" in one and "bell-count" not in one
    assert '<span class="bell-count">2' in person(unread=2)
    assert "Minh" in person("Minh") and "Minh" not in person()
    with override("en"):
        assert "Messages" in person() and "Messages" not in one
    assert person() == one


def test_rows_are_kept_one_by_one_and_by_language():
    row = RankedRow(1, "A", "Sở <A>", "97,8%", 1215, 1242, False, 978, 1, 2, False, "rise", "+1 điểm %")
    other = row._replace(place=2, code="B", name="Sở B")

    def shown(*rows, period="2026-Q3"):
        return kept_rows("reports/_overview_ranked.html", rows, period=period)

    one, two = shown(row), shown(other)
    assert "Sở &lt;A&gt;" in one and "1.215/1.242" in one
    assert shown(row, other, row) == one + two + one
    assert "period=2026-Q2" in shown(row, period="2026-Q2") and "period=2026-Q3" in shown(row)
    assert "12%" in shown(row._replace(printed="12%")) and "12%" not in shown(row)
    with override("en"):
        assert shown(row) != one
    assert shown(row) == one


@pytest.fixture
def units(db):
    root = Agency.objects.create(code="R", name="Gốc", short_name='G"ốc', kind="province")
    return root, Agency.objects.create(code="A", name="Sở A", short_name="Sở A", kind="department", parent=root)


@override_settings(LANGUAGE_CODE="vi")
def test_a_filter_bar_shows_what_the_url_says_and_what_can_be_chosen_now(units):
    def shown(**data):
        return filter_fields(AgencyFilter({"on": ""} | data, Agency.objects.all()))

    plain = shown()
    assert plain == shown()
    assert '<option value="R">G&quot;ốc</option>' in plain
    assert '<option value="R" selected>' in shown(parent="R")
    assert 'value="sở &lt;"' in shown(q="sở <")
    assert "selected" in shown(kind="department") and 'value="32/13/2020"' in shown(on="32/13/2020")
    Agency.objects.filter(code="R").update(short_name="Tên mới")
    assert '<option value="R">Tên mới</option>' in shown()
    Agency.objects.create(code="B", name="B", short_name="B", kind="department", parent=units[1])
    assert '<option value="A">' in shown() and '<option value="A">' not in plain


def test_a_choice_that_is_none_is_told(units):
    answered = AgencyFilter({"on": "", "parent": '"><script>'}, Agency.objects.all())
    assert "<script>" not in filter_fields(answered)
    assert not answered.form.is_valid()
