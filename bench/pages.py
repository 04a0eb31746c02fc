"""P1, P5 and P6: pages and a save as the server answers them, beside raw SQL and an empty signed-in view."""

import json
from itertools import count

from django.db import transaction
from django.db.models import F, Q

from agencies.models import Agency, Succession
from bench.measure import Row, Timed, fetched, milliseconds, ratio, signed_in
from bench.rates import PERIOD, execute
from dossiers import tally
from dossiers.choices import ReturnState
from dossiers.models import Line, Period, ProcedureSum, Return, Summary
from dossiers.rules import CELL_NAMES, TYPED_NAMES
from inspections.models import Recommendation, Visit
from procedures.models import AgencyProcedure, Procedure
from records.models import Event

EMPTY = "/bench/empty/"


def _numbers_of_the_overview(city: Agency, period: Period, before: Period) -> list[tuple[str, list]]:
    """Plain SQL of what the first screen shows: ranking, series and where it breaks, who reported and who late, most
    overdue, promises, visits."""
    summary, agency, returns = Summary._meta.db_table, Agency._meta.db_table, Return._meta.db_table
    handled, due = AgencyProcedure._meta.db_table, Recommendation._meta.db_table
    ranked = f"""SELECT a.code, a.short_name, a.kind, s.d2_numerator, s.d2_denominator, s.d2_used, s.lines,
    b.d2_numerator, b.d2_denominator, b.d2_used, b.lines,
    DENSE_RANK() OVER (PARTITION BY a.kind ORDER BY s.d2_numerator * 1.0 / NULLIF(s.d2_denominator, 0) DESC) AS place
    FROM {summary} s JOIN {agency} a ON a.id = s.agency_id
    LEFT JOIN {summary} b ON b.agency_id = s.agency_id AND b.tree = s.tree AND b.period_id = %s
    WHERE s.period_id = %s AND s.tree = FALSE ORDER BY a.kind, place"""
    series = f"""SELECT p.label, s.* FROM {summary} s JOIN {Period._meta.db_table} p ON p.id = s.period_id
    WHERE s.agency_id = %s AND s.tree = TRUE ORDER BY p.last_day DESC LIMIT 12"""
    filed = f"""SELECT kind, filed, COUNT(*) FROM (SELECT a.kind, (SELECT r.state FROM {returns} r
    WHERE r.agency_id = a.id AND r.period_id = %s AND NOT (r.state = 'void') LIMIT 1) AS filed FROM {agency} a
    WHERE a.reporting AND (a.valid_from IS NULL OR a.valid_from <= %s) AND (a.valid_to IS NULL OR a.valid_to >= %s)
    AND EXISTS (SELECT 1 FROM {handled} h WHERE h.agency_id = a.id)) owing GROUP BY kind, filed"""
    sent_late = f"""SELECT a.kind, SUM(CASE WHEN r.approved_at > p.due_at THEN 1 ELSE 0 END) FROM {returns} r
    JOIN {Period._meta.db_table} p ON p.id = r.period_id JOIN {agency} a ON a.id = r.agency_id
    WHERE r.period_id = %s AND NOT r.history AND r.state IN ('approved', 'accepted') GROUP BY a.kind"""
    changed = f"""SELECT DISTINCT effective_date FROM {Succession._meta.db_table}
    WHERE kind IN ('merge', 'split', 'dissolved')"""
    late = f"""SELECT s.procedure_id, p.name, p.field_id, s.resolved_overdue, s.pending_overdue, s.d2_numerator,
    s.d2_denominator FROM {ProcedureSum._meta.db_table} s
    LEFT JOIN {Procedure._meta.db_table} p ON p.id = s.procedure_id
    WHERE s.period_id = %s ORDER BY s.resolved_overdue + s.pending_overdue DESC"""
    promised = f"""SELECT COUNT(*), SUM(CASE WHEN r.due < CURRENT_DATE THEN 1 ELSE 0 END) FROM {due} r
    JOIN {agency} a ON a.id = r.agency_id WHERE a.path LIKE %s AND r.state NOT LIKE 'closed%%'"""
    visited = f"""SELECT v.id, a.short_name, v.date, v.state FROM {Visit._meta.db_table} v
    JOIN {agency} a ON a.id = v.agency_id WHERE v.date BETWEEN %s AND %s ORDER BY v.date DESC"""
    return [
        (ranked, [before.pk, period.pk]),
        (series, [city.pk]),
        (changed, []),
        (filed, [period.pk, period.last_day, period.last_day]),
        (sent_late, [period.pk]),
        (late, [period.pk]),
        (promised, [f"{city.path}%"]),
        (visited, [period.first_day, period.last_day]),
    ]


def overview(database: str) -> list[Row]:
    """P1: the first screen when a return was accepted since, and when nothing changed since."""
    client = signed_in("lanhdao")
    period = Period.objects.get(label=PERIOD)
    before = tally.period_before(period)
    city = Agency.objects.get(code="HN")
    statements = _numbers_of_the_overview(city, period, before)

    def numbers():
        for statement, parameters in statements:
            execute(statement, parameters)

    department = Agency.objects.filter(kind="department", summaries__period=period).order_by("pk").first()
    changed = Summary.objects.filter(period=period).filter(Q(agency=department) | Q(agency=city, tree=True))

    def something_happens():
        """As an acceptance leaves it: sums of an agency and of the city that were not there before, and its event."""
        with transaction.atomic():
            changed.update(received=F("received") + 1, d2_denominator=F("d2_denominator") + 1)
            Event.objects.append(actor=None, action="bench")

    page = fetched(client, "/overview/", period=PERIOD)
    spent = milliseconds(
        page=Timed(page, before=something_happens, repeat=3),
        kept=Timed(page, repeat=3),
        numbers=Timed(numbers, repeat=3),
        empty=Timed(fetched(client, EMPTY), repeat=3),
    )
    limit, limit_spent = "raw SQL of its numbers + empty signed-in view", spent["numbers"] + spent["empty"]
    return [
        ratio("P1 overview", database, spent["page"], limit, limit_spent, 2),
        ratio("P1 overview when nothing changed since", database, spent["kept"], limit, limit_spent, 0.5),
    ]


def entry(database: str) -> list[Row]:
    """P5: the entry page of a draft with about 60 lines."""
    client = signed_in("lan")
    draft = Return.objects.filter(state=ReturnState.DRAFT, agency__code="HN-KHCN").order_by("-pk").first()
    query = (
        f"SELECT l.id, l.position, p.code, p.name, l.not_applicable, {', '.join(f'l.{name}' for name in CELL_NAMES)} "
        f"FROM {Line._meta.db_table} l LEFT JOIN {Procedure._meta.db_table} p ON p.id = l.procedure_id "
        "WHERE l.of_id = %s ORDER BY l.position"
    )
    spent = milliseconds(
        page=Timed(fetched(client, f"/returns/{draft.pk}/grid/"), repeat=3),
        query=Timed(lambda: execute(query, [draft.pk]), repeat=3),
        empty=Timed(fetched(client, EMPTY), repeat=3),
    )
    name = f"P5 entry page of {draft.lines.count()} lines"
    limit = "its query + empty signed-in view"
    return [ratio(name, database, spent["page"], limit, spent["query"] + spent["empty"], 3)]


def save(database: str) -> list[Row]:
    """P6: all cells of a draft changed and saved at once, identities checked and the trail written."""
    client = signed_in("lan")
    draft = Return.objects.filter(state=ReturnState.DRAFT, agency__code="HN-KHCN").order_by("-pk").first()
    lines = Line.objects.filter(of=draft).order_by("position")
    rounds, body = count(1), {}

    def figures(number: int) -> dict[str, int]:
        return dict.fromkeys(TYPED_NAMES, 0) | {"received_online": number + 20, "resolved_early": number + 20}

    def prepare():
        cells = figures(next(rounds))
        body["text"] = json.dumps(
            {"lines": [{"id": pk, "version": at, "cells": cells} for pk, at in lines.values_list("pk", "version")]}
        )

    def post():
        answer = client.post(f"/returns/{draft.pk}/lines/", body["text"], content_type="application/json")
        if answer.status_code != 200:
            raise RuntimeError(f"the save was answered with {answer.status_code}")

    names = ", ".join(f"{name} = %s" for name in TYPED_NAMES)
    update = f"UPDATE {Line._meta.db_table} SET {names} WHERE of_id = %s"
    spent = milliseconds(
        save=Timed(post, before=prepare, repeat=3),
        update=Timed(lambda: execute(update, [*figures(next(rounds)).values(), draft.pk]), repeat=3),
        empty=Timed(fetched(client, EMPTY), repeat=3),
    )
    name = f"P6 saving all cells of {lines.count()} lines"
    limit = "empty signed-in view + one raw UPDATE"
    return [ratio(name, database, spent["save"], limit, spent["empty"] + spent["update"], 3)]


ROWS = (overview, entry, save)
