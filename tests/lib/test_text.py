"""Vietnamese order, tone-blind search, stored form."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cchc_portal.lib.text import ascii_slug, clean_line, clean_text, matches, nfc, query_forms, search_key, sort_key

IN_ORDER = [
    "2 a",
    "10",
    "An",
    "Ăn",
    "Ân",
    "ba",
    "Ba",
    "bà",
    "bả",
    "bã",
    "bá",
    "bạ",
    "Ba Đình",
    "Bác",
    "Cầu Giấy",
    "Da",
    "Dương",
    "Đa",
    "Đống Đa",
    "Ê",
    "f",
    "hoa",
    "Hoa Lư",
    "Hoàn",
    "o",
    "ô",
    "ơ",
    "Sở Công Thương",
    "Sở Y tế",
    "u",
    "ư",
    "w",
    "x",
    "y",
    "z",
    "日本",
]


def test_vietnamese_order():
    shuffled = sorted(IN_ORDER, key=lambda name: name[::-1])
    by_digit_value = sorted(shuffled, key=sort_key)
    # Digits compare one by one, as ICU does: 10 stands before 2.
    assert by_digit_value == ["10", "2 a", *IN_ORDER[2:]]


def test_order_is_that_of_bytes():
    keys = [sort_key(name) for name in IN_ORDER]
    assert sorted(keys) == sorted(keys, key=str.encode)


@given(st.text(max_size=40))
@settings(max_examples=100)
def test_keys_do_not_depend_on_the_normal_form(text):
    decomposed = unicodedata.normalize("NFD", text)
    assert sort_key(text) == sort_key(decomposed)
    assert search_key(text) == search_key(decomposed)
    assert search_key(search_key(text)) == search_key(text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("UBND phường Ba Đình", "Ủy ban nhân dân phường Ba Đình"),
        ("ủy ban nhân dân xã", "UBND xã Sóc Sơn"),
        ("Uỷ ban nhân dân", "Ủy ban nhân dân"),
        ("hoà", "Hòa Bình"),
        ("dong da", "Quận Đống Đa"),
        ("Sở TT&TT", "Sở Thông tin và Truyền thông"),
        ("sở tt & tt", "Sở Thông tin và Truyền thông"),
        ("sở thông tin và truyền thông hải phòng", "Sở TT&TT Hải Phòng"),
        ("khcn", "Sở Khoa học và Công nghệ"),
        ("khoa học và công nghệ", "Sở KH&CN"),
        ("tthc", "Kiểm soát thủ tục hành chính"),
        ("Sở LĐ-TB&XH", "Sở Lao động - Thương binh và Xã hội"),
        ("VP UBND TP", "Văn phòng Ủy ban nhân dân Thành phố"),
        ("TP. Hà Nội", "Ủy ban nhân dân Thành phố Hà Nội"),
        ("HĐND", "Hội đồng nhân dân"),
    ],
)
def test_found(query, text):
    assert matches(query, text)


@pytest.mark.parametrize(("query", "text"), [("UBND", "Sở Tư pháp"), ("Sở Y tế", "Sở Tư pháp"), ("dai", "Đỏ")])
def test_not_found(query, text):
    assert not matches(query, text)


def test_query_forms():
    assert {"ubnd xa", "uy ban nhan dan xa"} <= query_forms("UBND xã")


def test_stored_text_is_composed_and_without_controls():
    assert nfc("Sơ\u0309") == "Sở"
    assert clean_line("a\x00b\tc\r\nd\ud800\u202e") == "ab c d"
    assert clean_text("a\r\nb\rc\x07") == "a\nb\nc"


def test_a_million_marks_do_not_hold_up_the_server():
    assert len(nfc("a" + "\u0301\u0323" * 500_000)) < 50
    assert len(sort_key("a" + "\u0301\u0323" * 500_000)) < 50


def test_slug_keeps_d():
    assert ascii_slug("Sở Đất đai (mới)/../") == "so-dat-dai-moi"
    assert ascii_slug("日本") == "x"
