"""Documents on paper: letters, fonts, page numbers, sameness, and what may not be loaded."""

import gc
import os
import re
import subprocess
import weakref
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.template import engines

from cchc_portal import checks
from cchc_portal.lib.charts import Datum, Series, line_chart
from cchc_portal.lib.memory import give_back_memory
from cchc_portal.lib.numbers import Rate
from cchc_portal.lib.pdf import PdfError, html_to_pdf

# The 67 lower-case letters that carry a mark, and their capitals.
MARKED = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ"
LETTERS = MARKED + MARKED.upper()
CREATED = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
BODY = """{% extends "base_pdf.html" %}
{% block title %}Báo cáo{% endblock title %}
{% block subject %}Kết quả kiểm tra{% endblock subject %}
{% block body %}
  {% for line in lines %}<p>{{ line }}</p>{% endfor %}
  {% if chart %}<figure>{% include "charts/chart.svg" %}</figure>{% endif %}
{% endblock body %}
{% block last_words %}<p class="paragraph">Trên đây là kết quả kiểm tra./.</p>{% endblock last_words %}"""


def document(**context):
    template = engines["django"].from_string(BODY)
    return template.render({"issuer": "Sở Nội vụ", "signer_post": "Giám đốc", "signer_name": "Trần Văn B"} | context)


def rendered(html, **options):
    return html_to_pdf(html, **({"identifier": "one", "created": CREATED} | options))


def poppler(tool, pdf, tmp_path, *options):
    path = tmp_path / "document.pdf"
    path.write_bytes(pdf.data)
    command = [tool, *options, str(path), *(["-"] if tool == "pdftotext" else [])]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_every_vietnamese_letter_comes_back_as_text(tmp_path):
    assert len(set(LETTERS)) == 134
    words = [LETTERS[start : start + 10] for start in range(0, len(LETTERS), 10)]
    text = poppler("pdftotext", rendered(document(lines=words)), tmp_path)
    assert [word for word in words if word not in text] == []


def test_only_the_embedded_typeface_is_used_also_in_charts(tmp_path):
    data = [Datum.of_rate(f"Quý {n}", Rate(90 + n, 100, "D2")) for n in range(1, 4)]
    chart = line_chart([Series("Hà Nội", data)], title="Tỷ lệ tăng đều", desc="")
    table = poppler("pdffonts", rendered(document(lines=["x"], chart=chart, draft=True)), tmp_path)
    fonts = [line.split() for line in table.splitlines()[2:]]
    assert fonts
    assert {re.sub(r"^[A-Z]{6}\+", "", font[0]).partition("-Portal")[0] for font in fonts} == {"Liberation-Serif"}
    assert {font[-5] for font in fonts} == {"yes"}, "every font is embedded"


def test_the_same_content_gives_the_same_bytes():
    html = document(lines=["Một", "Hai"])
    first = rendered(html)
    assert first.data == rendered(html).data
    assert first.data != rendered(document(lines=["Một", "Ba"])).data


def test_page_numbers_begin_on_the_second_page(tmp_path):
    pdf = rendered(document(lines=["Nội dung kiểm tra. " * 60] * 8))
    assert pdf.pages >= 3
    tops = []
    for page in range(1, pdf.pages + 1):
        text = poppler("pdftotext", pdf, tmp_path, "-f", str(page), "-l", str(page), "-y", "0", "-x", "0")
        tops.append(text.strip().splitlines()[0].strip())
    assert tops[0] not in {"1", ""}
    assert tops[1:] == [str(page) for page in range(2, pdf.pages + 1)]


@pytest.mark.parametrize("lines", range(20, 33, 3))
def test_the_signature_never_stands_alone(tmp_path, lines):
    pdf = rendered(document(lines=["Một dòng."] * lines))
    last = poppler("pdftotext", pdf, tmp_path, "-f", str(pdf.pages), "-l", str(pdf.pages))
    assert "Trần Văn B" in last
    assert "Trên đây là kết quả kiểm tra" in last


def test_a_draft_says_so_on_every_page(tmp_path):
    pdf = rendered(document(lines=["Nội dung kiểm tra. " * 60] * 4, draft=True))
    for page in range(1, pdf.pages + 1):
        text = poppler("pdftotext", pdf, tmp_path, "-raw", "-f", str(page), "-l", str(page))
        assert "THẢO" in text, page


@pytest.mark.parametrize(
    "html",
    [
        '<link rel="attachment" href="file:///etc/passwd"><p>x</p>',
        '<img src="http://example.com/a.png" alt="">',
        '<img src="https://documents.invalid/media/other.png" alt="">',
        '<img src="static/../manage.py" alt="">',
        '<img src="static/js/menu.js" alt="">',
        '<link rel="stylesheet" href="https://example.com/a.css"><p>x</p>',
        '<style>@import "file:///etc/passwd";</style><p>x</p>',
        '<img src="data:image/png;base64,AAAA" alt="">',
    ],
)
def test_nothing_but_the_portals_own_files_is_loaded(html):
    with pytest.raises(PdfError, match=r"refused|no such file"):
        rendered(html)


def test_a_photo_is_taken_from_the_pictures_handed_over():
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>x</title></svg>'
    pdf = rendered('<html lang="vi"><img src="media/photo.svg" alt="Bảng niêm yết">', media={"photo.svg": drawing})
    assert pdf.pages == 1


def test_what_is_only_logged_as_an_error_stops_the_document():
    with pytest.raises(PdfError):
        rendered('<html lang="vi"><img src="media/photo.png" alt="Ảnh">', media={"photo.png": b"no picture"})


def test_the_check_names_the_packages_that_are_missing(monkeypatch):
    assert checks.pdf_libraries(None) == []
    monkeypatch.setattr("cchc_portal.lib.pdf.LIBRARIES", {"libnowhere.so.9": "libnowhere9"})
    (warning,) = checks.pdf_libraries(None)
    assert warning.hint == "apt-get install libnowhere9"


class Holder:
    """Something that can be watched."""


def resident() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_document_leaves_nothing_behind():
    """What is made goes before the next begins, and what was no part of it is not looked through."""
    rendered('<html lang="vi"><p>warm</p>')
    left = Holder()
    left.itself = left  # a cycle: only the collector finds it
    gc.collect()
    seen, left = weakref.ref(left), None
    before = len(gc.get_objects())
    rendered('<html lang="vi"><title>t</title>' + "<p>đoạn</p>" * 400)
    assert len(gc.get_objects()) < before + 2_000
    assert gc.isenabled()
    assert seen() is not None
    gc.collect()
    assert seen() is None


def test_freed_memory_is_handed_back():
    left = [[bytes(1_000)] for _ in range(300_000)]
    before = resident()
    del left
    give_back_memory()
    assert resident() < before - 150_000_000
