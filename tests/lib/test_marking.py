"""Marking what was found in a text, and how well a key answers a query."""

import pytest
from django.template import Context, Template

from cchc_portal.lib.fields import SearchKeyField
from cchc_portal.lib.marking import EXACT, INSIDE, PHRASE, PHRASE_START, SHOWN, WORD_STARTS, Ranking, marked
from cchc_portal.lib.text import search_key


def shown(text, query):
    return "".join(f"[{piece.text}]" if piece.found else piece.text for piece in marked(text, query))


@pytest.mark.parametrize(
    ("text", "query", "told"),
    [
        ("Sở Khoa học và Công nghệ", "so khoa hoc", "[Sở] [Khoa] [học] và Công nghệ"),
        ("Sở Khoa học và Công nghệ", "KH&CN", "Sở [Khoa học và Công nghệ]"),
        ("Ủy ban nhân dân phường Đống Đa", "ubnd đống", "[Ủy ban nhân dân] phường [Đống] Đa"),
        ("UBND phường", "uỷ ban nhân dân", "[UBND] phường"),
        ("Hoà giải, hòa bình", "hòa", "[Hoà] giải, [hòa] bình"),
        ("Đất đai", "dat", "[Đất] đai"),
        ("Nguyễn", "uye", "Ng[uyễ]n"),
        ("an toàn", "an", "[an] toàn"),
        ("không có", "xyz", "không có"),
        ("hai   dòng\nliền", "dong lien", "hai [dòng] [liền]"),
        ("", "a", ""),
        ("Straße", "strasse", "[Straße]"),
    ],
)
def test_words_found_are_told_apart(text, query, told):
    assert shown(text, query) == told


def test_a_long_text_is_cut_around_the_first_word_found():
    text = "mở đầu " * 80 + "Niêm yết công khai " + "kết thúc " * 80
    pieces = marked(text, "niem yet")
    said = "".join(piece.text for piece in pieces)
    assert said.startswith("… ") and said.endswith(" …")
    assert [piece.text for piece in pieces if piece.found] == ["Niêm", "yết"]
    assert len(said) <= SHOWN + 4


def test_markup_in_a_text_stays_text():
    pieces = marked('<script>alert("Sở")</script>', "script so")
    template = (
        "{% for p in pieces %}{% if p.found %}<mark>{{ p.text }}</mark>{% else %}{{ p.text }}{% endif %}{% endfor %}"
    )
    html = Template(template).render(Context({"pieces": pieces}))
    assert html == ("&lt;<mark>script</mark>&gt;alert(&quot;<mark>Sở</mark>&quot;)&lt;/<mark>script</mark>&gt;")


def key(*texts):
    return " | ".join(search_key(text) for text in texts)


@pytest.mark.parametrize(
    ("query", "texts", "rank"),
    [
        ("HN-NV", ("HN-NV", "Sở Nội vụ"), EXACT),
        ("so noi vu", ("HN-NV", "Sở Nội vụ"), EXACT),
        ("Sở KHCN", ("HN-KHCN", "Sở Khoa học và Công nghệ"), EXACT),
        ("noi vu", ("HN-NV", "Sở Nội vụ"), PHRASE),
        ("nội v", ("HN-NV", "Sở Nội vụ"), PHRASE_START),
        ("vu noi", ("HN-NV", "Sở Nội vụ"), WORD_STARTS),
        ("oi v", ("HN-NV", "Sở Nội vụ"), INSIDE),
    ],
)
def test_exact_answers_come_before_words_and_words_before_what_is_inside(query, texts, rank):
    assert Ranking(query).of(key(*texts)) == rank


def test_keys_are_parted_as_ranking_reads_them():
    class Row:
        code, name = "A", "Bê"

    assert SearchKeyField(sources=("code", "name")).compute(Row()) == key("A", "Bê")
