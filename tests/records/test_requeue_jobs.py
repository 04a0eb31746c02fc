"""Rows that the queue lost are sent again; those whose last attempt was lost are ended."""

from datetime import timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.utils import timezone
from django.utils.module_loading import import_string

from dossiers.models import RateRun
from records.models import Document, Job


def requeued():
    out = StringIO()
    call_command("requeue_jobs", stdout=out)
    return out.getvalue()


@pytest.fixture
def long_ago():
    return timezone.now() - timedelta(hours=1)


def test_a_lost_message_is_sent_again(db, long_ago):
    run = RateRun.objects.create(asked_at=long_ago)
    assert requeued() == "dossiers.raterun: 1 queued again, 0 given up\n"
    run.refresh_from_db()
    assert run.state == "ready"
    assert requeued() == ""


def test_a_run_of_a_worker_that_died_is_done_by_another(db, long_ago):
    run = RateRun.objects.create(state="running", attempt=2, asked_at=long_ago, lease_until=long_ago)
    requeued()
    run.refresh_from_db()
    assert (run.state, run.attempt) == ("ready", 3)


def test_what_is_new_or_in_work_is_left_alone(db, long_ago):
    new = RateRun.objects.create()
    held = RateRun.objects.create(
        state="running", attempt=1, asked_at=long_ago, lease_until=timezone.now() + timedelta(minutes=1)
    )
    assert requeued() == ""
    assert set(RateRun.objects.values_list("pk", "state")) == {(new.pk, "queued"), (held.pk, "running")}


def test_the_third_lost_attempt_is_final_and_visible(db, long_ago):
    run = RateRun.objects.create(state="running", attempt=3, asked_at=long_ago, lease_until=long_ago)
    assert requeued() == "dossiers.raterun: 0 queued again, 1 given up\n"
    run.refresh_from_db()
    assert (run.state, run.error) == ("failed", "worker lost")


def test_documents_are_sent_again_too(cast, long_ago):
    document = Document.objects.create(
        kind="inspection_report", subject_id=0, title="x", asked_by=cast.tuan, asked_at=long_ago
    )
    requeued()
    document.refresh_from_db()
    assert (document.state, document.error) == ("failed", "the right to read was lost")


def test_every_kind_of_job_names_a_task():
    kinds = [model for model in apps.get_models() if issubclass(model, Job)]
    assert Document in kinds
    for model in kinds:
        assert import_string(model.task).name == model.task
