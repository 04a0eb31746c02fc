"""Open data: two officers, files that stay as they were, lasting addresses, one person takes them down."""

import csv
import hashlib
import io
import zipfile

import jsonschema_rs
import pytest

from dossiers import rules, tally
from dossiers.models import Line, RateRun
from records.models import Event
from reports.models import OpenDataSet
from reports.workflow.open_data import propose
from tests.builders import GOOD, make_return

EVERYONE = ("lan", "minh", "tuan", "hoa", "khoa", "quan", "mai", "lanhdao", "kiemtoan", "admin")
KEEPERS = ("quan", "mai", "kiemtoan")


@pytest.fixture
def sums(cast, period_q, procedures_khcn):
    blank = GOOD | {"resolved_overdue": None}
    make_return(cast.khcn, period_q, [GOOD, blank], procedures=procedures_khcn)
    make_return(cast.ngv, period_q, [GOOD])
    tally.recompute_all()


@pytest.fixture
def proposed(cast, period_q, sums) -> OpenDataSet:
    return propose(period_q, licence="CC BY 4.0", note="Công bố quý III", by=cast.mai)


def step(client, item, action, **data):
    item.refresh_from_db()
    return client.post(f"/open-data/{item.pk}/{action}/", {"version": item.version, **data})


@pytest.fixture
def published(cast, client_of, proposed) -> OpenDataSet:
    assert step(client_of(cast.quan), proposed, "publish").status_code == 302
    proposed.refresh_from_db()
    return proposed


def test_officer_proposes_and_another_publishes(cast, client_of, period_q, sums):
    mai, quan = client_of(cast.mai), client_of(cast.quan)
    typed = {"period": period_q.label, "licence": "CC BY 4.0", "note": "Công bố"}
    assert mai.post("/open-data/new/", typed).status_code == 302
    item = OpenDataSet.objects.get()
    assert (item.state, item.number, item.rows) == ("proposed", 1, 2 + 3)
    assert step(mai, item, "publish").status_code == 403
    assert step(quan, item, "publish").status_code == 302
    item.refresh_from_db()
    assert (item.state, item.proposed_by, item.decided_by) == ("published", cast.mai, cast.quan)
    told = Event.objects.about(item).order_by("number")
    assert list(told.values_list("action", "actor__username")) == [("propose_open_data", "mai"), ("publish", "quan")]
    assert step(quan, item, "publish").status_code == 409


@pytest.mark.parametrize("name", [name for name in EVERYONE if name not in ("quan", "mai")])
def test_others_neither_propose_nor_publish(cast, client_of, proposed, name):
    client = client_of(getattr(cast, name))
    assert client.get("/open-data/new/").status_code == 403
    assert client.post("/open-data/new/", {"period": "2026-Q3", "licence": "x"}).status_code == 403
    seen = name in KEEPERS
    assert client.get(f"/open-data/{proposed.pk}/").status_code == (200 if seen else 404)
    assert step(client, proposed, "publish").status_code == (403 if seen else 404)
    assert client.get("/open-data/files/2026-Q3/v1/rates.csv").status_code == (200 if seen else 404)
    assert client.get("/open-data/files/2026-Q3/rates.csv").status_code == 404
    proposed.refresh_from_db()
    assert (proposed.state, OpenDataSet.objects.count()) == ("proposed", 1)


@pytest.mark.parametrize("name", EVERYONE)
def test_whoever_signs_in_reads_what_was_published(cast, client_of, published, name):
    client = client_of(getattr(cast, name))
    assert b"2026" in client.get("/open-data/").content
    assert client.get(f"/open-data/{published.pk}/").status_code == 200
    assert client.get("/open-data/files/2026-Q3/rates.csv").status_code == 200


@pytest.mark.parametrize("address", ["", "new/", "1/", "files/2026-Q3/rates.csv", "files/2026-Q3/v1/package.zip"])
def test_without_signing_in_nothing_is_handed_out(client, published, address):
    answer = client.get(f"/open-data/{address}")
    assert answer.status_code == 302
    assert "/login/" in answer.url


def test_files_say_what_the_exports_say(cast, client_of, published):
    client = client_of(cast.lanhdao)
    rows = list(csv.DictReader(io.StringIO(client.get("/open-data/files/2026-Q3/rates.csv").content.decode())))
    own = next(row for row in rows if (row["agency"], row["scope"]) == ("HN-KHCN", "own"))
    rate = tally.rate_of(tally.summary_rows(published.period, agencies=[cast.khcn.pk])[0], "D2")
    assert own["resolved"] == ""  # not known on one of the lines
    assert (own["d2_numerator"], own["d2_denominator"]) == (str(rate.numerator), str(rate.denominator))
    assert (own["d2_left_out"], own["complete"], own["lines"]) == ("1", "0", "2")
    assert {row["agency"] for row in rows if row["scope"] == "tree"} == {"HN", "HN-KHCN", "HN-NGV"}


def test_data_fit_their_schema_and_every_column_is_in_the_dictionary(cast, client_of, published):
    client = client_of(cast.lan)
    data, schema = (client.get(f"/open-data/files/2026-Q3/{name}").json() for name in ("rates.json", "schema.json"))
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(data)
    broken = data | {"rows": [data["rows"][0] | {"received": "12"}]}
    assert not jsonschema_rs.Draft202012Validator(schema).is_valid(broken)
    dictionary = client.get("/open-data/files/2026-Q3/dictionary.csv").content.decode()
    told = {row["name"]: row for row in csv.DictReader(io.StringIO(dictionary))}
    assert list(told) == list(data["rows"][0])
    assert told["d5"]["formula"] == "(in_time) / (resolved + pending_overdue)"
    assert {code.lower() for code in rules.FORMULAS} <= told.keys()
    assert "creativecommons.org/licenses/by/4.0" in client.get("/open-data/files/2026-Q3/licence.txt").content.decode()


def test_a_file_carries_its_hash_and_is_not_sent_twice(cast, client_of, published):
    client = client_of(cast.lan)
    answer = client.get("/open-data/files/2026-Q3/rates.json")
    sha256 = hashlib.sha256(answer.content).hexdigest()
    assert answer["ETag"] == f'"{sha256}"'
    again = client.get("/open-data/files/2026-Q3/rates.json", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/open-data/files/2026-Q3/rates.json", headers={"If-None-Match": '"x"'}).status_code == 200
    assert answer["Content-Disposition"] == 'attachment; filename="2026-q3-v1-rates.json"'


def test_package_is_the_same_bytes_each_time_and_its_hashes_fit(cast, client_of, published):
    client = client_of(cast.mai)
    packed = client.get("/open-data/files/2026-Q3/v1/package.zip").content
    assert packed == client.get("/open-data/files/2026-Q3/v1/package.zip").content
    archive = zipfile.ZipFile(io.BytesIO(packed))
    sums = archive.read("SHA256SUMS").decode()
    for line in sums.splitlines():
        sha256, name = line.split("  ")
        assert hashlib.sha256(archive.read(name)).hexdigest() == sha256
    assert hashlib.sha256(sums.encode()).hexdigest() == published.content_hash


def test_a_new_version_stands_and_the_old_one_stays(cast, client_of, published, period_q):
    quan, mai = client_of(cast.quan), client_of(cast.mai)
    old = quan.get("/open-data/files/2026-Q3/rates.csv").content
    Line.objects.filter(of__agency=cast.ngv).update(received_direct=999)
    tally.recompute_all()
    second = propose(period_q, licence="CC BY 4.0", note="", by=cast.quan)
    assert quan.get("/open-data/files/2026-Q3/rates.csv").content == old
    step(mai, second, "publish")
    assert b"999" in quan.get("/open-data/files/2026-Q3/v2/rates.csv").content
    assert quan.get("/open-data/files/2026-Q3/rates.csv").content != old
    assert quan.get("/open-data/files/2026-Q3/v1/rates.csv").content == old
    step(mai, second, "withdraw", reason="Sai số liệu")
    assert quan.get("/open-data/files/2026-Q3/rates.csv").content == old


def test_what_changed_since_it_was_proposed_is_not_published(cast, client_of, proposed):
    Line.objects.filter(of__agency=cast.ngv).update(received_direct=999)
    tally.recompute_all()
    answer = step(client_of(cast.quan), proposed, "publish")
    assert answer.status_code == 422
    assert "đã thay đổi" in answer.content.decode()
    proposed.refresh_from_db()
    assert proposed.state == "proposed"


@pytest.mark.parametrize("waiting", ["a pair", "everything"])
def test_what_is_just_being_summed_is_not_proposed(cast, client_of, period_q, sums, waiting):
    if waiting == "a pair":
        tally.mark_stale(cast.ngv.pk, period_q.pk)
    else:
        RateRun.objects.create(everything=True)
    answer = client_of(cast.mai).post("/open-data/new/", {"period": period_q.label, "licence": "CC BY 4.0"})
    assert answer.status_code == 422
    assert not OpenDataSet.objects.exists()


def test_two_sets_of_a_period_never_wait_at_once(cast, client_of, proposed, period_q):
    answer = client_of(cast.quan).post("/open-data/new/", {"period": period_q.label, "licence": "CC BY 4.0"})
    assert answer.status_code == 422
    assert OpenDataSet.objects.count() == 1


@pytest.mark.parametrize("name", ["quan", "mai", "admin"])
def test_one_person_takes_it_down_with_a_reason(cast, client_of, published, name):
    client = client_of(getattr(cast, name))
    assert step(client, published, "withdraw", reason=" ").status_code == 422
    assert step(client, published, "withdraw", reason="Lộ thông tin").status_code == 302
    lan = client_of(cast.lan)
    assert lan.get("/open-data/files/2026-Q3/rates.csv").status_code == 404
    assert lan.get("/open-data/files/2026-Q3/v1/rates.csv").status_code == 404
    assert "Lộ thông tin" in lan.get(f"/open-data/{published.pk}/").content.decode()
    assert client_of(cast.kiemtoan).get("/open-data/files/2026-Q3/v1/rates.csv").status_code == 200


def test_whoever_proposed_may_take_the_proposal_back(cast, client_of, proposed):
    assert step(client_of(cast.mai), proposed, "refuse", reason="Nhầm kỳ").status_code == 302
    proposed.refresh_from_db()
    assert proposed.state == "refused"


def test_a_stale_or_missing_version_is_told(cast, client_of, proposed):
    client = client_of(cast.quan)
    assert client.post(f"/open-data/{proposed.pk}/publish/", {"version": 9}).status_code == 409
    assert client.post(f"/open-data/{proposed.pk}/publish/", {}).status_code == 422


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
def test_the_list_is_exported(cast, client_of, published, fmt):
    assert client_of(cast.lan).get(f"/open-data/?format={fmt}").status_code == 200


def test_odd_names_are_not_found(cast, client_of, published):
    client = client_of(cast.quan)
    assert client.get("/open-data/files/2026-Q3%00/rates.csv").status_code == 400
    for address in ("2026-Q3/secret.txt", "2026-Q3/v99999999999999999999/rates.csv", "x/y", "2026-Q3/..%2frates.csv"):
        assert client.get(f"/open-data/files/{address}").status_code == 404
