"""Requests that cannot be taken are answered by a page that says what is wrong, in Vietnamese."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from dossiers.models import Consolidation
from tests.routes import CONVERTER, UUID, all_routes

pytestmark = pytest.mark.django_db


def workbooks(count: int) -> list[SimpleUploadedFile]:
    return [SimpleUploadedFile(f"HN-{number}.xlsx", b"PK") for number in range(count)]


@pytest.mark.parametrize("checked", [True, False])
def test_more_files_than_one_request_takes(cast, client_of, period_q, checked):
    client = client_of(cast.quan)
    url = reverse("dossiers:consolidation_new")
    client.get(url)
    client.handler.enforce_csrf_checks = checked
    response = client.post(url, {"period": period_q.label, "files": workbooks(21)})
    page = response.content.decode()
    assert response.status_code == 413
    assert "Gửi quá nhiều tệp cùng lúc" in page
    assert "nhiều nhất 20 tệp" in page and "ZIP" in page
    assert not Consolidation.objects.exists()


def test_more_fields_and_more_bytes_than_one_request_takes(cast, client_of, settings):
    client = client_of(cast.lan)
    response = client.post("/returns/open/", {f"cell-{number}": "1" for number in range(4_001)})
    assert (response.status_code, "chọn ít dòng hơn" in response.content.decode()) == (413, True)
    response = client.post("/returns/open/", {"agency": "x" * 5_100_000})
    assert (response.status_code, "lớn hơn 5 MB" in response.content.decode()) == (413, True)


def test_a_body_that_is_none(cast, client_of):
    response = client_of(cast.lan).post("/returns/open/", b"--x\r\n", content_type="multipart/form-data; boundary=\xff")
    assert response.status_code == 400
    assert "không đọc được" in response.content.decode()


@pytest.mark.parametrize(
    "address", ["/agencies/%00/", "/agencies/?q=%00", "/returns/?period=2026%00", "/login/?next=%00"]
)
@pytest.mark.parametrize("known", [True, False])
def test_null_characters(cast, client_of, address, known):
    client = client_of(cast.lan) if known else Client()
    response = client.get(address)
    assert response.status_code == 400
    assert "Cache-Control" in response and "Content-Security-Policy" in response
    assert client.post("/returns/open/", {"agency": "\0", "period": "\0"}).status_code in (302, 404)


def odd_addresses() -> list[str]:
    """Every address with a number in it, the number one that no table holds."""
    by_kind = {"uuid": UUID, "slug": "one", "str": "one", "path": "one"}

    def filled(pattern: str, number: str) -> str:
        return "/" + CONVERTER.sub(lambda found: (by_kind | {"int": number})[found["kind"] or "str"], pattern)

    patterns = [one.pattern for one in all_routes() if "<int:" in one.pattern]
    return [filled(pattern, number) for pattern in patterns for number in ("0", str(2**63), "9" * 25)]


@pytest.mark.parametrize("name", ["quan", "hoa", "lan", "admin"])
def test_numbers_that_no_table_holds_are_not_found(cast, client_of, name):
    client = client_of(getattr(cast, name))
    found = {}
    for address in odd_addresses():
        for method in (client.get, client.post):
            found[address, method.__name__] = method(address).status_code
    assert {key: status for key, status in found.items() if status not in (302, 403, 404, 405)} == {}
