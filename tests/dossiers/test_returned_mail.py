"""A return that is sent back is told at once to those who entered it, with the words."""

import pytest
from django.core import mail as outbox

from agencies.choices import RoleCode
from agencies.models import Person, Role
from cchc_portal.lib.errors import Refused
from dossiers.workflow import RETURNS
from records.models import Mail
from tests.dossiers.returns import sound_return


@pytest.fixture
def colleague(cast):
    """A second reporter of the agency, who entered nothing."""
    person = Person.objects.create_user("ngoc", "cchc-demo-2026", full_name="Ngọc", email="ngoc@khcn.example.vn")
    Role.objects.create(person=person, code=RoleCode.REPORTER, agency=cast.khcn, valid_from="2020-01-01")
    return person


@pytest.fixture
def send_back(cast, colleague, django_capture_on_commit_callbacks):
    cast.lan.email = "lan@khcn.example.vn"
    cast.lan.save()

    def perform(item, by, **data):
        with django_capture_on_commit_callbacks(execute=True):
            RETURNS.perform(item, "send_back", by=by, **data)
        return {mail.person.username: mail for mail in Mail.objects.all()}

    return perform


def test_who_entered_hears_at_once_with_the_words(cast, period_q, procedures_khcn, send_back):
    item = sound_return(cast, period_q, "approved")
    line = item.lines.first()
    written = send_back(item, cast.quan, reason="Xem lại cột 6\n/admin/", words={line.pk: "Số này <sai>"})
    assert set(written) == {"lan"}
    body = written["lan"].body
    assert "Báo cáo Quý III/2026 của Sở KH&CN đã được Quân trả lại để chỉnh sửa." in body
    assert "Về toàn bộ báo cáo:\n> Xem lại cột 6\n> /admin/" in body
    assert f"- {line.procedure.code} {line.procedure.name}:\n> Số này <sai>" in body
    assert f"\n/returns/{item.pk}/grid/\n" in body
    assert [(sent.to, sent.subject) for sent in outbox.outbox] == [
        (["lan@khcn.example.vn"], "Trả lại để chỉnh sửa: báo cáo Quý III/2026 của Sở KH&CN")
    ]


def test_sent_back_again_is_told_again(cast, period_q, procedures_khcn, send_back):
    item = sound_return(cast, period_q, "submitted")
    send_back(item, cast.minh, reason="Lần một")
    RETURNS.perform(item, "submit", by=cast.lan)
    send_back(item, cast.minh, reason="Lần hai")
    bodies = [mail.body for mail in Mail.objects.order_by("pk")]
    assert len(bodies) == 2
    assert "Lần hai" in bodies[1] and "Lần một" not in bodies[1]


def test_where_who_entered_has_left_the_others_of_the_agency_hear(cast, period_q, procedures_khcn, send_back):
    item = sound_return(cast, period_q, "submitted")
    cast.lan.roles.update(valid_to="2020-12-31")
    assert set(send_back(item, cast.minh, reason="Xem lại")) == {"ngoc"}


def test_a_refused_sending_back_writes_no_mail(cast, period_q, procedures_khcn, send_back):
    item = sound_return(cast, period_q, "submitted")
    with pytest.raises(Refused):
        send_back(item, cast.minh)
    assert not Mail.objects.exists()


@pytest.mark.parametrize("action", ["withdraw", "approve"])
def test_other_steps_write_no_mail(cast, period_q, procedures_khcn, colleague, action):
    item = sound_return(cast, period_q, "submitted")
    RETURNS.perform(item, action, by=cast.minh)
    assert not Mail.objects.exists()
