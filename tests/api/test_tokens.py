"""Issuing tokens at the command line, listing and revoking them on the administration's page."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from agencies.models import ApiToken
from records.models import Event
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db


def test_a_token_is_printed_once_and_stored_by_hash(cast, capsys):
    call_command("issue_token", "lan", "--agency", "HN-KHCN", "--scope", "returns", "--days", "10")
    out, err = capsys.readouterr()
    secret = out.removesuffix("\n")
    assert secret.startswith("cchc_") and "\n" not in secret and not err
    token = ApiToken.objects.get()
    assert secret not in str(vars(token).values())
    assert timedelta(days=9) < token.expires_at - timezone.now() <= timedelta(days=10)
    assert Caller(secret).get("/api/v1/periods").status_code == 200
    event = Event.objects.about(token).get()
    assert event.action == "issue_token"
    assert secret not in event.after and token.hash not in event.after


@pytest.mark.parametrize(
    "arguments",
    [
        ("nobody", "--agency", "HN-KHCN", "--scope", "read"),
        ("lan", "--agency", "HN-KHONGCO", "--scope", "read"),
        ("lan", "--agency", "HN-NGV", "--scope", "read"),
        ("minh", "--agency", "HN-KHCN", "--scope", "returns"),
        ("lan", "--agency", "HN-KHCN", "--scope", "write"),
        ("lan", "--agency", "HN-KHCN", "--scope", "read", "--days", "0"),
    ],
)
def test_a_token_that_would_not_do_is_refused(arguments, cast):
    with pytest.raises(CommandError):
        call_command("issue_token", *arguments)
    assert not ApiToken.objects.exists()


def test_administrators_list_and_revoke(cast, client_of, lan):
    page = client_of(cast.admin).get("/admin/tokens/")
    assert page.status_code == 200
    assert lan.secret not in page.content.decode()
    token = ApiToken.objects.get()
    for _twice in range(2):
        assert client_of(cast.admin).post(f"/admin/tokens/{token.pk}/revoke/").status_code == 302
    token.refresh_from_db()
    assert token.revoked_by == cast.admin
    assert Event.objects.about(token).count() == 1
    assert lan.get("/api/v1/periods").status_code == 401
    assert "thu hồi" in client_of(cast.admin).get("/admin/tokens/").content.decode()


@pytest.mark.parametrize("name", ["lan", "minh", "quan", "kiemtoan", "lanhdao"])
def test_nobody_else_has_the_page(name, cast, client_of, lan):
    client = client_of(getattr(cast, name))
    assert client.get("/admin/tokens/").status_code == 403
    assert client.post(f"/admin/tokens/{ApiToken.objects.get().pk}/revoke/").status_code == 403
    assert ApiToken.objects.get().revoked_at is None


def test_the_page_asks_for_a_sign_in(client, lan):
    assert client.get("/admin/tokens/").status_code == 302


def test_the_list_costs_the_same_at_one_row_and_at_three(
    cast, client_of, lan, token_of, django_assert_num_queries, django_assert_max_num_queries
):
    client = client_of(cast.admin)
    client.get("/admin/tokens/")
    with django_assert_max_num_queries(30) as one:
        client.get("/admin/tokens/")
    token_of(cast.tuan, cast.ngv), token_of(cast.minh, cast.khcn)
    with django_assert_num_queries(len(one)):
        client.get("/admin/tokens/")
