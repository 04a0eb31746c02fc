"""What the browser is told with every answer, what a session may last, and which settings stop the start."""

import json
import os
import runpy
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, override_settings
from django.utils import timezone

ROOT = Path(__file__).resolve().parent.parent
START = timezone.now().replace(microsecond=0)
CSP = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
}
HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=(), payment=(), usb=()",
}
UPLOADED = "sandbox; default-src 'none'"


def policy_of(answer) -> dict[str, str]:
    written = answer["Content-Security-Policy"].split(";")
    return {name: value for name, _, value in (part.strip().partition(" ") for part in written if part.strip())}


def assert_guarded(answer, *, policy=CSP, kept=False):
    assert {name: answer.get(name) for name in HEADERS} == HEADERS
    assert policy_of(answer) == policy
    if not kept:
        assert "no-store" in answer["Cache-Control"]


PAGES = ("/", "/returns/", "/visits/", "/documents/", "/agencies/", "/search/?q=a", "/returns/?format=csv")


@pytest.mark.parametrize("path", PAGES)
def test_pages(path, world, client_of):
    answer = client_of(world.cast.lan).get(path)
    assert answer.status_code == 200
    assert_guarded(answer)


@pytest.mark.parametrize(
    ("person", "method", "path", "status"),
    [
        (None, "get", "/login/", 200),
        (None, "get", "/", 302),
        (None, "get", "/check/00/", 404),
        (None, "get", "/healthz", 200),
        (None, "get", "/api/v1/periods", 401),
        (None, "get", "/api/v1/nothing", 404),
        ("lan", "get", "/nothing-here/", 404),
        ("lan", "get", "/returns", 301),
        ("lan", "get", "/overview/", 403),
        ("lan", "put", "/returns/", 405),
        ("lan", "get", "/static/nothing.css", 404),
    ],
)
def test_refusals_and_small_answers(person, method, path, status, cast, client, client_of):
    caller = client_of(getattr(cast, person)) if person else client
    answer = getattr(caller, method)(path)
    assert answer.status_code == status
    assert_guarded(answer, kept=path.startswith("/static/"))


def test_wrong_host_is_400(db):
    answer = Client().get("/login/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert_guarded(answer)


def test_missing_token_is_403_with_words(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.lan)
    answer = client.post("/logout/")
    assert answer.status_code == 403
    assert_guarded(answer)


def test_conflict_is_409(world, client_of):
    url = f"/returns/{world.returns['accepted'].pk}/submit/"
    answer = client_of(world.cast.lan).post(url, {"version": "1"})
    assert answer.status_code == 409
    assert_guarded(answer)


def test_a_fault_is_500_without_words_of_the_code(cast, monkeypatch):
    monkeypatch.setattr("reports.views.home.groups_for", lambda user: 1 / 0)
    client = Client(raise_request_exception=False)
    client.force_login(cast.lan)
    answer = client.get("/")
    assert answer.status_code == 500
    assert_guarded(answer)
    assert b"ZeroDivision" not in answer.content


def test_downloads_are_boxed_in(world, client_of):
    picture = f"/visits/photos/{world.photos['released'].picture_id}/"
    for path, person in ((f"/documents/{world.report.pk}/download/", "hoa"), (picture, "lan")):
        answer = client_of(getattr(world.cast, person)).get(path)
        assert answer.status_code == 200
        assert {name: answer.get(name) for name in HEADERS} == HEADERS
        assert answer["Content-Security-Policy"] == UPLOADED
        assert answer["Content-Disposition"].split(";")[0] in ("attachment", "inline")
        assert b"".join(answer.streaming_content)


def test_static_files(client):
    answer = client.get("/static/css/base.css")
    assert answer.status_code == 200
    assert_guarded(answer, kept=True)
    assert b"".join(answer.streaming_content)


# Cookies and sessions


def sign_in(username, password="cchc-demo-2026"):
    client = Client()
    answer = client.post("/login/", {"username": username, "password": password})
    assert answer.status_code == 302
    return client


def alive(client):
    return client.get("/agencies/").status_code == 200


def test_cookies_are_closed_to_scripts_and_other_sites(cast):
    client = sign_in("lan")
    client.get("/")
    session, csrf = client.cookies["sessionid"], client.cookies["csrftoken"]
    assert session["httponly"]
    assert csrf["httponly"]
    assert (session["samesite"], csrf["samesite"]) == ("Lax", "Strict")


def test_signing_in_changes_the_session(cast):
    client = Client()
    client.get("/login/")
    client.cookies["sessionid"] = "chosen-by-somebody-else-123456"
    client.post("/login/", {"username": "lan", "password": "cchc-demo-2026"})
    assert client.cookies["sessionid"].value != "chosen-by-somebody-else-123456"


@pytest.mark.parametrize(
    ("username", "minutes"), [("lan", 30), ("quan", 30), ("lanhdao", 30), ("admin", 15), ("kiemtoan", 15)]
)
def test_idle_session_ends(username, minutes, cast):
    with time_machine.travel(START, tick=False) as clock:
        client = sign_in(username)
        assert alive(client)
        clock.shift(timedelta(minutes=minutes - 1))
        assert alive(client)
        clock.shift(timedelta(minutes=minutes, seconds=1))
        assert not alive(client)


@pytest.mark.parametrize("username", ["lan", "admin"])
def test_busy_session_ends_after_ten_hours(username, cast):
    with time_machine.travel(START, tick=False) as clock:
        client = sign_in(username)
        for _ in range(59):
            clock.shift(timedelta(minutes=10))
            assert alive(client)
        clock.shift(timedelta(minutes=10, seconds=1))
        assert not alive(client)


@pytest.mark.parametrize("change", ["sign out", "close account", "change password"])
def test_a_copied_cookie_dies_with_the_session(change, cast):
    client = sign_in("lan")
    copied = Client()
    copied.cookies["sessionid"] = client.cookies["sessionid"].value
    assert alive(copied)
    if change == "sign out":
        assert client.post("/logout/").status_code == 302
    elif change == "close account":
        type(cast.lan).objects.filter(pk=cast.lan.pk).update(is_active=False)
    else:
        cast.lan.set_password("another-passphrase-2026")
        cast.lan.save()
    assert not alive(copied)


def test_a_lost_role_is_lost_at_once(world, client_of):
    client = client_of(world.cast.lan)
    url = f"/returns/{world.returns['draft'].pk}/"
    assert client.get(url).status_code == 200
    world.cast.lan.roles.update(valid_to=timezone.localdate() - timedelta(days=1))
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("nowhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil"])
def test_signing_in_leads_nowhere_else(nowhere, cast):
    data = {"username": "lan", "password": "cchc-demo-2026", "next": nowhere}
    assert Client().post("/login/", data).url == "/"


@override_settings(DEBUG=False)
def test_origin_of_a_post_is_checked(cast):
    client = Client(enforce_csrf_checks=True)
    client.get("/login/")
    token = client.cookies["csrftoken"].value
    data = {"username": "lan", "password": "cchc-demo-2026", "csrfmiddlewaretoken": token}
    assert client.post("/login/", data, headers={"origin": "https://evil.example"}).status_code == 403
    assert client.post("/login/", data, headers={"origin": "http://testserver"}).status_code == 302


# Behind TLS, in a process of its own: the settings are read once


# The real settings but for the manifest of collected files, which a fresh checkout does not have yet.
PROBE = """
import json, django
from django.conf import settings
plain_files = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
settings.STORAGES = settings.STORAGES | {"staticfiles": plain_files}
django.setup()
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0, run_syncdb=True)
from agencies.models import Person
Person.objects.create_user("lan", "cchc-demo-2026", full_name="Lan")
host = {"host": "cchc.example.vn"}
plain = Client(headers=host).get("/login/")
client = Client(headers=host | {"X-Forwarded-Proto": "https"})
page = client.get("/login/")
client.post("/login/", {"username": "lan", "password": "cchc-demo-2026"})
cookies = {name: {key: morsel[key] for key in ("secure", "httponly", "path", "domain")}
           for name, morsel in client.cookies.items()}
print(json.dumps({
    "plain": [plain.status_code, plain.headers.get("Location")],
    "healthz": Client(headers=host).get("/healthz").status_code,
    "headers": dict(page.headers), "status": page.status_code, "cookies": cookies,
    "other": Client(headers={"host": "evil.example", "X-Forwarded-Proto": "https"}).get("/login/").status_code,
}))
"""


def environment(folder, **values):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CCHC_", "DJANGO_"))}
    kept |= {"DJANGO_SETTINGS_MODULE": "cchc_portal.settings", "CCHC_DATABASE_URL": f"sqlite:///{folder}/db.sqlite3"}
    return kept | {"CCHC_SECRET_KEY": "0123456789" * 5, "CCHC_MEDIA_ROOT": str(folder / "media")} | values


@pytest.fixture(scope="module")
def behind_tls(tmp_path_factory):
    folder = tmp_path_factory.mktemp("https")
    given = environment(folder, CCHC_HTTPS="1", CCHC_ALLOWED_HOSTS="cchc.example.vn")
    done = subprocess.run([sys.executable, "-c", PROBE], cwd=ROOT, env=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_plain_requests_are_led_to_tls(behind_tls):
    assert behind_tls["plain"] == [301, "https://cchc.example.vn/login/"]
    assert behind_tls["healthz"] == 200, "the health check stays inside, without TLS"
    assert behind_tls["status"] == 200
    assert behind_tls["other"] == 400


def test_tls_is_asked_for_a_year_and_for_everything(behind_tls):
    assert behind_tls["headers"]["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert "upgrade-insecure-requests" in behind_tls["headers"]["Content-Security-Policy"]


def test_cookies_belong_to_this_host_alone(behind_tls):
    assert set(behind_tls["cookies"]) == {"__Host-cchc", "__Host-cchc-csrf"}
    for cookie in behind_tls["cookies"].values():
        assert cookie == {"secure": True, "httponly": True, "path": "/", "domain": ""}


def test_deployment_checks_are_silent(tmp_path):
    given = environment(tmp_path, CCHC_HTTPS="1", CCHC_ALLOWED_HOSTS="cchc.example.vn")
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("named", "value", "more"),
    [
        ("CCHC_DEBUG", "true", {}),
        ("CCHC_DEBUG", "1", {"CCHC_ALLOWED_HOSTS": "cchc.example.vn", "CCHC_HTTPS": "1"}),
        ("CCHC_HTTPS", "yes", {}),
        ("CCHC_ALLOWED_HOSTS", "cchc.example.vn", {}),
        ("CCHC_ALLOWED_HOSTS", "*", {"CCHC_HTTPS": "1"}),
        ("CCHC_ALLOWED_HOSTS", "https://cchc.example.vn", {"CCHC_HTTPS": "1"}),
        ("CCHC_SECURITY_LEVEL", "4", {}),
        ("CCHC_SECRET_KEY", "short", {}),
        ("CCHC_SECRET_KEY_FILE", "/nowhere/key", {"CCHC_SECRET_KEY": ""}),
        ("CCHC_SECRET_KEY_FILE", "/etc/hostname", {"CCHC_SECRET_KEY": ""}),
        ("CCHC_SECRET_KEY_FILE", "/etc/hostname", {}),
        ("CCHC_DATABASE_URL", "mysql://host/name", {}),
        ("CCHC_DATABASE_URL", "postgresql://user:pa55word@host/", {}),
        ("CCHC_DATABASE_URL", "postgresql://user:pa55word@host:port/name", {}),
        ("CCHC_DATABASE_URL", "postgresql://user:pa55word@host:99999/name", {}),
        ("CCHC_DATABASE_URL", "sqlite://relative.sqlite3", {}),
        ("CCHC_DATABASE_URL", "sqlite:////proc/none/db.sqlite3", {}),
        ("CCHC_REDIS_URL", "localhost:6379", {}),
        ("CCHC_REDIS_URL", "redis://", {}),
        ("CCHC_REDIS_URL", "redis://:pa55word@host:port/0", {}),
        ("CCHC_MEDIA_ROOT", "media", {}),
        ("CCHC_EMAIL_URL", "pop3://host", {}),
        ("CCHC_EMAIL_URL", "smtp://", {}),
        ("CCHC_EMAIL_URL", "smtp://user:pa55word@host:port", {}),
        ("CCHC_BASE_URL", "cchc.example.vn", {}),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(named, value, more, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "environ", environment(tmp_path, **{named: value}, **more))
    with pytest.raises(ImproperlyConfigured) as refused:
        runpy.run_path(str(ROOT / "cchc_portal" / "settings.py"))
    assert named in str(refused.value)
    assert "pa55word" not in str(refused.value)


def test_management_commands_do_not_start_either(tmp_path):
    given = environment(tmp_path, CCHC_HTTPS="yes")
    done = subprocess.run([sys.executable, "manage.py", "check"], cwd=ROOT, env=given, capture_output=True, text=True)
    assert done.returncode == 1
    assert "CCHC_HTTPS must be 0 or 1" in done.stderr.splitlines()[-1]


def test_control_right_settings_start(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "environ", environment(tmp_path))
    assert runpy.run_path(str(ROOT / "cchc_portal" / "settings.py"))["HTTPS"] is False
