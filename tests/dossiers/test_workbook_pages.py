"""The pages of workbooks: download, upload with preview, confirmation, the printed form."""

import io

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from cchc_portal.lib.pdf import html_to_pdf
from dossiers.documents import RETURN_FORM, build_form
from dossiers.models import Line, Return
from dossiers.workflow import open_return
from records.models import Document, Event
from tests.dossiers.workbook_making import line, packed, with_cell


@pytest.fixture
def draft(cast, period_q, procedures_khcn):
    item, _opened = open_return(cast.khcn, period_q, by=cast.lan)
    return item


@pytest.fixture
def lan(cast, client_of):
    return client_of(cast.lan)


def upload(client, item, rows, name="a.xlsx", **more):
    file = SimpleUploadedFile(name, rows if isinstance(rows, bytes) else packed(rows, **more))
    return client.post(reverse("dossiers:return_import", args=[item.pk]), {"file": file})


def confirm(client, item, answer):
    return client.post(reverse("dossiers:return_import", args=[item.pk]), {"plan": answer.context["sealed"]})


def test_the_workbook_is_downloaded(draft, lan):
    answer = lan.get(reverse("dossiers:return_workbook", args=[draft.pk]))
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == 'attachment; filename="ii-06a-hn-khcn-2026-q3.xlsx"'
    assert b"".join(answer.streaming_content).startswith(b"PK")


def test_preview_shows_old_and_new_and_saves_nothing(draft, lan):
    first = draft.lines.get(procedure__code="0.000001")
    Line.objects.filter(pk=first.pk).update(withdrawn=9)
    events = Event.objects.count()
    answer = upload(lan, draft, [line("1", "0.000001")])
    assert answer.status_code == 200
    changes = {cell.name: (cell.old, cell.new) for cell in answer.context["plan"].changes[0].cells}
    assert changes["withdrawn"] == (9, 3)
    assert "Thủ tục số 1" in answer.content.decode()
    assert Event.objects.count() == events
    first.refresh_from_db()
    assert first.withdrawn == 9


def test_the_confirmation_saves_all_with_one_event(draft, lan, cast):
    answer = upload(lan, draft, [line("1", "0.000001"), line("2", "0.000002")])
    events = Event.objects.count()
    assert confirm(lan, draft, answer).status_code == 302
    assert Event.objects.count() == events + 1
    saved = draft.lines.get(procedure__code="0.000002")
    assert (saved.received_online, saved.changed_by, saved.version) == (60, cast.lan, 2)
    again = upload(lan, draft, [line("1", "0.000001"), line("2", "0.000002")])
    assert again.context["plan"].changes == [] and not again.context["sealed"]


def test_errors_stand_by_row_and_column_and_nothing_can_be_saved(draft, lan):
    answer = upload(lan, draft, [line("1", "0.000001"), with_cell("J", "1,5", "0.000002")])
    assert answer.status_code == 422
    assert [(one.row, one.column) for one in answer.context["plan"].problems] == [(6, "J")]
    assert answer.context["sealed"] == ""
    assert "1,5" in answer.content.decode()


def test_a_line_changed_since_the_preview_is_not_overwritten(draft, lan):
    answer = upload(lan, draft, [line("1", "0.000001"), line("2", "0.000002")])
    Line.objects.filter(of=draft, procedure__code="0.000001").update(received_online=99, version=2)
    refused = confirm(lan, draft, answer)
    assert refused.status_code == 409
    assert "99" in refused.content.decode()
    assert draft.lines.get(procedure__code="0.000002").received_online is None


def test_a_preview_is_bound_to_its_person_and_return(draft, lan, cast, client_of):
    answer = upload(lan, draft, [line("1", "0.000001")])
    url = reverse("dossiers:return_import", args=[draft.pk])
    assert lan.post(url, {"plan": answer.context["sealed"] + "x"}).status_code == 422
    assert client_of(cast.minh).post(url, {"plan": answer.context["sealed"]}).status_code == 403
    assert draft.lines.get(procedure__code="0.000001").received_online is None


@pytest.mark.parametrize("data", [b"", b"junk", b"PK\x03\x04junk", packed([]), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
def test_hostile_uploads_are_answered(draft, lan, data):
    assert upload(lan, draft, data).status_code == 422


def test_who_may(draft, cast, client_of, client):
    pages = [reverse(f"dossiers:return_{name}", args=[draft.pk]) for name in ("workbook", "import")]
    for url in pages:
        assert client.get(url).status_code == 302
        assert client_of(cast.tuan).get(url).status_code == 404
        assert client_of(cast.quan).get(url).status_code == 404
        assert client_of(cast.lan).get(url).status_code == 200
    assert client_of(cast.minh).get(pages[0]).status_code == 200
    assert client_of(cast.minh).get(pages[1]).status_code == 403
    assert client_of(cast.lan).post(pages[0]).status_code == 405
    Return.objects.update(state="submitted")
    assert client_of(cast.lan).get(pages[1]).status_code == 409


def test_the_page_offers_them(draft, lan):
    page = lan.get(reverse("dossiers:return_detail", args=[draft.pk])).content.decode()
    for name in ("workbook", "import", "form"):
        assert reverse(f"dossiers:return_{name}", args=[draft.pk]) in page


def test_printing_asks_for_a_document(draft, lan, cast, client_of):
    url = reverse("dossiers:return_form", args=[draft.pk])
    assert lan.post(url).status_code == 302
    document = Document.objects.get(kind=RETURN_FORM)
    assert (document.subject_id, document.draft) == (draft.pk, True)
    assert client_of(cast.tuan).post(url).status_code == 404
    assert not Document.objects.visible_to(cast.tuan).exists()
    assert Document.objects.visible_to(cast.minh).exists()


def test_the_printed_form_is_the_form(draft, lan):
    confirm(lan, draft, upload(lan, draft, [line("1", "0.000001"), line("2", "0.000002")]))
    content = build_form(Document(kind=RETURN_FORM, subject_id=draft.pk, draft=False))
    html = content.html
    for text in ("Biểu số II.06a/VPCP/KSTT", "Đơn vị báo cáo", "Từ ngày 15/06/2026 đến ngày 14/09/2026", "(13)"):
        assert text in html
    for text in ("Đơn vị tính: Số hồ sơ TTHC", "Người làm báo cáo", "Tổng cộng", "Sở hữu trí tuệ", "Quý III/2026"):
        assert text in html
    again = build_form(Document(kind=RETURN_FORM, subject_id=draft.pk, draft=False))
    assert (again.html, again.created) == (html, content.created)
    pdf = html_to_pdf(html, identifier="0" * 64, created=content.created)
    with pikepdf.open(io.BytesIO(pdf.data)) as book:
        box = [float(side) for side in book.pages[0].mediabox]
    assert box[2] > box[3]
    assert pdf.pages == 1


def test_a_long_form_repeats_its_head(draft):
    Line.objects.filter(of=draft).update(note="")
    content = build_form(Document(kind=RETURN_FORM, subject_id=draft.pk, draft=True))
    rows = content.html.split("<tbody>")[1].split("</tbody>")[0]
    long = content.html.replace(rows, rows * 20)
    assert html_to_pdf(long, identifier="0" * 64, created=content.created).pages > 1
