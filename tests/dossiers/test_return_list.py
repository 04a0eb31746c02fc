"""The list of returns: what each may see, what is owed, the same work for one row and for three."""

from datetime import date

import pytest
from django.urls import reverse

from dossiers.models import Period, Return
from tests.dossiers.returns import sound_return

URL = "/returns/"


def titles(response) -> list:
    return list(response.context["page"].object_list)


@pytest.mark.parametrize(
    ("state", "seen_by"),
    [
        ("draft", {"lan", "minh", "kiemtoan"}),
        ("submitted", {"lan", "minh", "kiemtoan"}),
        ("approved", {"lan", "minh", "kiemtoan", "quan", "lanhdao"}),
        ("accepted", {"lan", "minh", "kiemtoan", "quan", "lanhdao"}),
    ],
)
def test_each_sees_what_the_role_reads(client_of, cast, period_q, procedures_khcn, state, seen_by):
    sound_return(cast, period_q, state)
    for name in ("lan", "minh", "tuan", "quan", "lanhdao", "kiemtoan", "admin"):
        response = client_of(getattr(cast, name)).get(URL)
        assert response.status_code == 200
        assert bool(titles(response)) == (name in seen_by), name


def test_clerk_is_offered_what_is_owed_and_opens_it(client_of, cast, period_q, procedures_khcn):
    client = client_of(cast.lan)
    assert client.get(URL).context["missing"] == [(cast.khcn, period_q)]
    response = client.post(reverse("dossiers:return_open"), {"agency": "HN-KHCN", "period": "2026-Q3"})
    item = Return.objects.get()
    assert response.url == reverse("dossiers:grid", args=[item.pk])
    assert item.lines.count() == 5
    assert client.get(URL).context["missing"] == []


@pytest.mark.parametrize("who", ["tuan", "minh", "quan", "kiemtoan", "hoa"])
def test_nobody_else_opens_it(client_of, cast, period_q, procedures_khcn, who):
    client = client_of(getattr(cast, who))
    assert client.get(URL).context["missing"] == []
    response = client.post(reverse("dossiers:return_open"), {"agency": "HN-KHCN", "period": "2026-Q3"})
    assert response.status_code == 404
    assert not Return.objects.exists()


@pytest.mark.parametrize("sent", [{}, {"agency": "HN-KHCN"}, {"agency": "HN-KHCN", "period": "2099"}, {"agency": "x"}])
def test_nonsense_is_not_opened(client_of, cast, period_q, procedures_khcn, sent):
    assert client_of(cast.lan).post(reverse("dossiers:return_open"), sent).status_code == 404


def test_filters_narrow_and_stay_in_the_url(client_of, cast, period_q, procedures_khcn):
    sound_return(cast, period_q, "approved")
    client = client_of(cast.quan)
    counts = {"state=approved": 1, "state=accepted": 0, "period=2026-Q3": 1, "q=khoa+hoc": 1, "q=ngoai": 0}
    for query, count in counts.items():
        assert len(titles(client.get(f"{URL}?{query}"))) == count, query


def test_exports_what_is_shown(client_of, cast, period_q, procedures_khcn):
    sound_return(cast, period_q, "approved")
    mine = client_of(cast.quan).get(f"{URL}?format=csv")
    assert "HN-KHCN,2026-Q3,approved" in b"".join(mine.streaming_content).decode()
    foreign = client_of(cast.tuan).get(f"{URL}?format=csv")
    assert "HN-KHCN" not in b"".join(foreign.streaming_content).decode()


def test_one_row_and_three_take_the_same_queries(
    client_of, cast, period_q, procedures_khcn, django_assert_num_queries, django_assert_max_num_queries
):
    client = client_of(cast.quan)
    sound_return(cast, period_q, "approved")
    client.get(URL)
    with django_assert_max_num_queries(20) as one:
        client.get(URL)
    for number in (1, 3):
        days = {"first_day": date(2025, 2 * number, 15), "last_day": date(2025, 2 * number + 3, 14)}
        moments = {"due_at": period_q.due_at, "locks_at": period_q.locks_at}
        period = Period.objects.create(label=f"2025-Q{number}", kind="quarter", **days, **moments)
        sound_return(cast, period, "approved")
    with django_assert_num_queries(len(one)):
        assert len(titles(client.get(URL))) == 3


def test_anonymous_is_asked_to_sign_in(client, db):
    assert client.get(URL).status_code == 302
