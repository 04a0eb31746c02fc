"""Mails: a row once, sent by the worker, tried again, failed where it is seen; each person reads his or her own."""

from datetime import datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail as outbox
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.urls import reverse

from cchc_portal import environment
from records.models import Event, Mail
from records.rules import own_path
from records.tasks import send_mail
from records.workflow import ask_mail

NOON = datetime(2026, 9, 16, 12, 0, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
DOWN = "tests.mail_backends.Down"


@pytest.fixture
def lan(cast):
    cast.lan.email = "lan@khcn.example.vn"
    cast.lan.save()
    return cast.lan


@pytest.fixture
def write(lan, django_capture_on_commit_callbacks):
    """Ask for a mail to Lan (or somebody else) as a page does, and let the worker have it."""

    def ask(key="1", person=lan, body="Xin chào", subject="Nhắc việc"):
        with django_capture_on_commit_callbacks(execute=True):
            return ask_mail(person, "reminders", subject, body, key)

    return ask


def test_a_mail_is_sent_once_for_its_key(write):
    mail = write()
    assert write() is None
    assert write("2") is not None
    assert [sent.to for sent in outbox.outbox] == [["lan@khcn.example.vn"]] * 2
    assert (outbox.outbox[0].subject, outbox.outbox[0].body) == ("Nhắc việc", "Xin chào")
    send_mail(mail.pk)
    assert len(outbox.outbox) == 2
    mail.refresh_from_db()
    assert (mail.state, mail.sent_at is None, mail.address) == ("ready", False, "lan@khcn.example.vn")


def test_a_person_without_an_address_reads_it_in_the_portal(write, cast, client_of):
    mail = write(person=cast.minh)
    assert (mail.state, mail.sent_at, outbox.outbox) == ("ready", None, [])
    assert "Xin chào" in client_of(cast.minh).get(mail.get_absolute_url()).text


def test_a_line_break_in_a_subject_starts_no_header(write):
    write(subject="Nhắc việc\r\nBcc: ai@do.example")
    assert outbox.outbox[0].subject == "Nhắc việc Bcc: ai@do.example"
    assert outbox.outbox[0].message()["Bcc"] is None


def test_a_server_that_is_down_is_tried_again_and_failing_is_seen(write, cast, client_of, settings):
    settings.EMAIL_BACKEND = DOWN
    with time_machine.travel(NOON, tick=False) as clock:
        mail = write()
        seen = []
        for minutes in (1, 5, 10, 31, 60):
            clock.move_to(NOON + timedelta(minutes=minutes))
            call_command("requeue_jobs", stdout=StringIO())
            mail.refresh_from_db()
            seen.append((mail.state, mail.attempt))
    assert seen == [("queued", 1), ("queued", 2), ("queued", 2), ("queued", 2), ("failed", 3)]
    assert mail.error == "SMTPServerDisconnected: Connection unexpectedly closed"
    client = client_of(cast.admin)
    page = client.get("/admin/jobs/", {"of": "mails"}).text
    assert "Nhắc việc trong ngày" in page
    assert "SMTPServerDisconnected" in page
    assert mail.address not in page and mail.body not in page
    assert "Thư gửi Lan" in client.get("/").text

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    client.post(f"/admin/jobs/mails/{mail.pk}/retry/")
    call_command("requeue_jobs", stdout=StringIO())
    mail.refresh_from_db()
    assert (mail.state, len(outbox.outbox)) == ("ready", 1)
    assert Event.objects.about(mail).get().action == "retry_job"


def test_attempts_carry_one_message_id(write, settings):
    mail = write()
    Mail.objects.filter(pk=mail.pk).update(state="queued")
    send_mail(mail.pk)
    first, second = (sent.message()["Message-ID"] for sent in outbox.outbox)
    assert first == second


def test_the_list_shows_own_mails_newest_first_and_counts_those_not_read(write, cast, client_of, lan):
    with time_machine.travel(NOON, tick=False):
        old = write("1", subject="Việc hôm qua")
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        new = write("2", subject="Việc hôm nay")
    write("3", person=cast.tuan, subject="Việc của Tuấn")
    client = client_of(lan)
    response = client.get(reverse("records:message_list"))
    assert list(response.context["page"]) == [new, old]
    assert "Việc của Tuấn" not in response.text
    assert 'class="bell-count">2<' in response.text
    client.get(new.get_absolute_url())
    assert list(client.get("/messages/", {"unread": "1"}).context["page"]) == [old]
    assert 'class="bell-count">1<' in client.get("/").text
    assert client.post(reverse("records:message_read_all")).status_code == 302
    assert "bell-count" not in client.get("/").text


def test_somebody_elses_mail_is_not_found_and_stays_unread(write, cast, client, client_of):
    mail = write()
    for person in (cast.tuan, cast.minh, cast.kiemtoan, cast.admin):
        assert client_of(person).get(mail.get_absolute_url()).status_code == 404
        client_of(person).post("/messages/read/")
    mail.refresh_from_db()
    assert mail.read_at is None
    assert client.get(mail.get_absolute_url()).status_code == 302
    assert client_of(cast.lan).get("/messages/read/").status_code == 405


def test_queries_do_not_grow_with_the_mails(
    write, lan, client_of, django_assert_num_queries, django_assert_max_num_queries
):
    client = client_of(lan)
    write("1")
    client.get("/messages/")
    with django_assert_max_num_queries(10) as one:
        client.get("/messages/")
    write("2")
    write("3")
    with django_assert_num_queries(len(one)):
        client.get("/messages/")


def test_only_our_own_addresses_become_links(write, lan, client_of, settings):
    settings.BASE_URL = "https://cchc.example.vn"
    body = "   https://cchc.example.vn/returns/1/grid/\nhttps://cchc.example.vn.evil/\n<b>đậm</b>"
    text = client_of(lan).get(write(body=body).get_absolute_url()).text
    assert 'href="/returns/1/grid/"' in text
    assert 'href="https://cchc.example.vn.evil' not in text
    assert "&lt;b&gt;đậm&lt;/b&gt;" in text


@pytest.mark.parametrize("text", ["/", "/returns/1/", "/returns/?period=2026-Q3"])
def test_paths(text):
    assert own_path(text, "") == own_path(f"https://a.vn{text}", "https://a.vn") == text


@pytest.mark.parametrize(
    "text", ["//evil.example/", "/\\evil.example/", "javascript:alert(1)", "/a b/", "> /returns/1/"]
)
def test_no_paths(text):
    assert own_path(text, "") == ""


@pytest.mark.parametrize("value", ["cchc.example.vn", "ftp://cchc.example.vn", "https://", "https://a.vn/?x=1"])
def test_a_base_address_that_is_none_stops_the_start(monkeypatch, value):
    monkeypatch.setenv("CCHC_BASE_URL", value)
    with pytest.raises(ImproperlyConfigured, match="CCHC_BASE_URL"):
        environment.base_url("CCHC_BASE_URL")
