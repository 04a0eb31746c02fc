"""Tags and filters that print figures, dates and states."""

import datetime as dt

import pytest
from django import forms
from django.template import Context, Template
from django.utils import formats, translation

from cchc_portal.lib.numbers import NOT_APPLICABLE, Rate


@pytest.fixture(autouse=True)
def vietnamese():
    with translation.override("vi"):
        yield


def render(source, **context):
    return Template("{% load portal %}" + source).render(Context(context))


def test_counts():
    assert render("{{ a|count }} {{ b|count }} {{ c|count }}", a=5441, b=None, c=NOT_APPLICABLE) == "5.441 – KAD"


def test_a_rate_shows_its_basis():
    html = render("({% rate r %})", r=Rate(1215, 1242, "D2"))
    assert html.endswith("</span>)")
    assert 'title="D2: 1.215/1.242"' in html and ">97,8%<" in html
    assert "Mẫu số bằng 0" in render("{% rate r %}", r=Rate(0, 0, "D2"))
    assert "chưa tính 3 dòng" in render("{% rate r %}", r=Rate(1, 2, "D2", left_out=3))
    assert "–" in render("{% rate r %}", r=None)
    assert "<b>" not in render("{% rate r %}", r=Rate(1, 2, "<b>"))
    assert render("{{ r|rate }}", r=Rate(1, 2, "D2")) == "50%"


def test_dates():
    instant = dt.datetime(2026, 11, 22, 18, 30, tzinfo=dt.UTC)
    assert render("{{ d|vndate }} {{ n|vndate }}", d=dt.date(2026, 3, 4), n=None) == "04/03/2026 –"
    assert render("{{ d|vndate }} {{ d|vndatetime }}", d=instant) == "23/11/2026 01:30 23/11/2026"


def test_a_state_is_told_in_words():
    html = render("{% state_badge 'overdue' label %}", label="Quá hạn <")
    assert "badge--bad" in html and "<svg" in html and "Quá hạn &lt;" in html
    assert "badge--neutral" in render("{% state_badge 'never_heard' 'Lạ' %}")


def test_vietnamese_formats():
    assert formats.date_format(dt.date(2026, 3, 4)) == "04/03/2026"
    assert formats.get_format("FIRST_DAY_OF_WEEK") == 1
    assert (formats.get_format("DECIMAL_SEPARATOR"), formats.get_format("THOUSAND_SEPARATOR")) == (",", ".")
    assert forms.DateField().clean("03/04/2026") == dt.date(2026, 4, 3)
    assert formats.get_format("DATE_INPUT_FORMATS")[0] == "%d/%m/%Y"
