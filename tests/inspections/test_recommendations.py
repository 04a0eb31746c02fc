"""Pages of recommendations: drafting from a finding, the agency's side, verifying, the list."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from inspections.choices import FindingState, RecommendationState
from inspections.models import ClosingCondition, Recommendation, Remedy
from records.models import Event
from tests import hostile
from tests.steps import take

PDF = hostile.pdf(hostile.CATALOGUE)

LIST = "inspections:recommendation_list"


def test_from_a_finding_in_one_step(cast, client_of, visit, make_finding):
    finding = make_finding(text="Bảng giá cũ")
    url = reverse("inspections:recommendation_new", args=[visit.pk])
    client = client_of(cast.khoa)
    form = client.get(url, {"finding": finding.pk}).context["form"]
    assert form.initial["agency"] == cast.khcn.pk
    assert "Bảng giá cũ" in form.initial["text"]
    assert client.get(url, {"finding": "x"}).status_code == 200
    data = {"agency": cast.khcn.pk, "text": "Thay bảng giá", "due": "2027-01-31", "finding": finding.pk}
    assert client.post(url, data).status_code == 302
    made = Recommendation.objects.get()
    assert (made.finding, made.state, made.created_by) == (finding, RecommendationState.DRAFT, cast.khoa)
    assert client_of(cast.lan).post(url, data).status_code == 403
    assert client.post(url, data | {"text": ""}).status_code == 422


def test_the_whole_way_through_the_pages(cast, client_of, make_recommendation, photo_bytes):
    recommendation = make_recommendation()
    url = recommendation.get_absolute_url()
    hoa, lan, minh = client_of(cast.hoa), client_of(cast.lan), client_of(cast.minh)
    assert lan.get(url).status_code == 404
    assert take(hoa, recommendation, "issue").status_code == 302
    assert lan.get(url).status_code == 200
    assert take(lan, recommendation, "accept").status_code == 403
    assert take(minh, recommendation, "accept").status_code == 302
    assert take(lan, recommendation, "start").status_code == 302
    photo = SimpleUploadedFile("bang.jpg", photo_bytes(), content_type="image/jpeg")
    assert take(lan, recommendation, "answer", text="Đã thay bảng", evidence=photo).status_code == 302
    assert take(hoa, recommendation, "send_back", reason="Ảnh mờ").status_code == 302
    pdf = SimpleUploadedFile("bien-ban.pdf", PDF, content_type="application/pdf")
    assert take(lan, recommendation, "answer", text="Đã chụp lại", evidence=pdf).status_code == 302
    assert take(minh, recommendation, "close_implemented", reason="xong").status_code == 403
    assert take(client_of(cast.khoa), recommendation, "close_implemented", reason="Đã đến xem").status_code == 302
    recommendation.refresh_from_db()
    assert (recommendation.state, recommendation.closed_by) == (RecommendationState.CLOSED_IMPLEMENTED, cast.khoa)
    assert [remedy.verdict for remedy in recommendation.remedies.order_by("pk")] == ["Ảnh mờ", "Đã đến xem"]
    assert Event.objects.about(recommendation).count() == 7
    page = hoa.get(url).content.decode()
    assert "Đã chụp lại" in page
    assert "Ảnh mờ" in page


def test_evidence_is_handed_out_to_those_who_see_the_recommendation(cast, client_of, make_recommendation):
    recommendation = make_recommendation(RecommendationState.IN_PROGRESS)
    pdf = SimpleUploadedFile("Biên bản.pdf", PDF, content_type="text/html")
    take(client_of(cast.lan), recommendation, "answer", text="Đã làm", evidence=pdf)
    url = reverse("inspections:evidence", args=[Remedy.objects.get().files.get().file_id])
    response = client_of(cast.hoa).get(url)
    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="bien-ban.pdf"'
    assert response["Content-Security-Policy"].startswith("sandbox")
    assert client_of(cast.tuan).get(url).status_code == 404


def test_evidence_that_is_neither_photo_nor_pdf_keeps_the_words(cast, client_of, make_recommendation):
    recommendation = make_recommendation(RecommendationState.IN_PROGRESS)
    page = SimpleUploadedFile("x.pdf", b"<html><script>alert(1)</script>", content_type="application/pdf")
    response = take(client_of(cast.lan), recommendation, "answer", text="Đã làm xong việc", evidence=page)
    assert response.status_code == 422
    assert "Đã làm xong việc" in response.content.decode()
    assert not Remedy.objects.exists()


def test_dispute_and_amend(cast, client_of, make_recommendation):
    recommendation = make_recommendation(RecommendationState.ISSUED)
    url = recommendation.get_absolute_url()
    minh, hoa = client_of(cast.minh), client_of(cast.hoa)
    assert take(minh, recommendation, "dispute", reason="").status_code == 422
    assert take(minh, recommendation, "dispute", reason="Không thuộc thẩm quyền").status_code == 302
    assert "Không thuộc thẩm quyền" in hoa.get(url).content.decode()
    words = {"reason": "Điều chỉnh", "text": "Phối hợp Sở Nội vụ", "due": "2027-02-01"}
    assert take(hoa, recommendation, "amend", **words).status_code == 302
    recommendation.refresh_from_db()
    assert (recommendation.state, recommendation.text) == (RecommendationState.ISSUED, "Phối hợp Sở Nội vụ")


def test_a_step_without_the_version_it_saw_is_refused_and_keeps_the_words(cast, client_of, make_recommendation):
    recommendation = make_recommendation(RecommendationState.ISSUED)
    minh = client_of(cast.minh)
    for version in (None, "", "x", "-1", "9" * 30):
        response = take(minh, recommendation, "dispute", version=version, reason="Không thuộc thẩm quyền")
        page = response.content.decode()
        assert response.status_code == 422
        assert "được thực hiện trên phiên bản nào" in page
        assert "Không thuộc thẩm quyền" in page
        assert f'name="version" value="{recommendation.version}"' in page, "sent again it is taken"
    recommendation.refresh_from_db()
    assert recommendation.state == RecommendationState.ISSUED


def test_a_step_that_comes_too_late_shows_both_sides(cast, client_of, make_recommendation):
    recommendation = make_recommendation(RecommendationState.ISSUED)
    minh, version = client_of(cast.minh), recommendation.version
    assert take(minh, recommendation, "dispute", reason="Không thuộc thẩm quyền").status_code == 302
    for sent in (version, None):
        response = take(minh, recommendation, "accept", version=sent, reason="Nhất trí toàn bộ")
        page = response.content.decode()
        assert response.status_code == 409
        for told in ("Minh", "Không thuộc thẩm quyền", "Nhất trí toàn bộ", recommendation.get_absolute_url()):
            assert told in page, told


def test_edit_draft_and_stale(cast, client_of, make_recommendation):
    recommendation = make_recommendation()
    url = reverse("inspections:recommendation_edit", args=[recommendation.pk])
    data = {"agency": cast.khcn.pk, "text": "Lời một", "seen": 1}
    assert client_of(cast.khoa).post(url, data).status_code == 302
    response = client_of(cast.hoa).post(url, data | {"text": "Lời hai"})
    assert response.status_code == 409
    assert "Lời một" in response.content.decode()
    assert "Lời hai" in response.content.decode()
    Recommendation.objects.update(state=RecommendationState.ISSUED)
    assert client_of(cast.hoa).post(url, data | {"seen": 2}).status_code == 409


@pytest.fixture
def dated(make_recommendation):
    today = timezone.localdate()
    return [
        make_recommendation(RecommendationState.ISSUED, text="không hạn"),
        make_recommendation(RecommendationState.CLOSED_IMPLEMENTED, text="đã xong", due=today - timedelta(days=30)),
        make_recommendation(RecommendationState.ISSUED, text="sắp tới", due=today + timedelta(days=3)),
        make_recommendation(RecommendationState.IN_PROGRESS, text="quá hạn", due=today - timedelta(days=1)),
    ]


def test_list_order_filters_and_query_count(cast, client_of, dated):
    client = client_of(cast.quan)

    def found(**query):
        return [row.text for row in client.get(reverse(LIST), query).context["page"]]

    assert found() == ["quá hạn", "sắp tới", "không hạn", "đã xong"]
    assert found(only="overdue") == ["quá hạn"]
    assert found(only="closed") == ["đã xong"]
    assert found(state="in_progress") == ["quá hạn"]
    assert found(q="sap toi") == ["sắp tới"]
    assert found(agency="HN-NGV") == []
    today = timezone.localdate()
    assert found(due_from=today.isoformat()) == ["sắp tới"]

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse(LIST))
        return len(captured)

    four = queries()
    Recommendation.objects.filter(pk__in=[row.pk for row in dated[1:]]).delete()
    assert queries() == four


def test_export_neutralises_formulas(cast, client_of, make_recommendation):
    make_recommendation(RecommendationState.ISSUED, text='=HYPERLINK("http://x")')
    response = client_of(cast.quan).get(reverse(LIST), {"format": "csv"})
    assert "'=HYPERLINK" in b"".join(response.streaming_content).decode()


def test_the_agency_never_reads_a_finding_through_a_recommendation(cast, client_of, make_finding, make_recommendation):
    finding = make_finding(FindingState.DRAFT, text="Nhận định nội bộ")
    recommendation = make_recommendation(RecommendationState.ISSUED, finding=finding)
    url = recommendation.get_absolute_url()
    assert "Nhận định nội bộ" not in client_of(cast.lan).get(url).content.decode()
    assert "Nhận định nội bộ" in client_of(cast.hoa).get(url).content.decode()


def test_a_closing_condition_is_set_changed_and_removed_after_issuing(cast, client_of, make_recommendation):
    recommendation = make_recommendation(RecommendationState.ACCEPTED)
    url = reverse("inspections:recommendation_action", args=[recommendation.pk, "set_condition"])
    hoa = client_of(cast.hoa)

    def post(threshold, reason="Theo dõi bằng số liệu", status=302):
        recommendation.refresh_from_db()
        data = {"version": recommendation.version, "reason": reason, "threshold": threshold}
        data |= {"formula": "D2", "comparison": "ge", "periods": 2, "kind": "quarter"}
        assert hoa.post(url, data).status_code == status
        return ClosingCondition.objects.filter(recommendation=recommendation).first()

    assert post("", status=422) is None, "there is none to remove"
    assert post("95", reason="", status=422) is None
    first = post("95")
    assert first.threshold == 95
    ClosingCondition.objects.update(met_at=timezone.now())
    assert post("95", status=422).met_at is not None, "the same again is no change"
    assert 'value="95"' in hoa.get(recommendation.get_absolute_url()).content.decode()
    second = post("97,5")
    assert (str(second.threshold_printed), second.met_at) == ("97,5%", None)
    assert post("") is None
    told = [json.loads(event.after) for event in Event.objects.filter(action="set_condition").order_by("pk")]
    assert [one["condition_before"] for one in told] == ["", told[0]["condition"], told[1]["condition"]]
    assert told[2]["condition"] == ""
