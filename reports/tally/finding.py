"""Search everything the person may read: agencies, procedures, plans, visits and what came of them, claims, documents.

Two steps a register: the keys of what holds the words, in its own order and not without end, are put in order by how
well they answer; then the few rows that are shown are read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy, pgettext_lazy

from agencies.models import Agency
from cchc_portal.lib.fields import search_q
from cchc_portal.lib.marking import PHRASE_START, Piece, Ranking, marked
from cchc_portal.lib.text import search_terms
from cchc_portal.lib.trigrams import holding
from inspections.models import Finding, Plan, Recommendation, Visit
from inspections.permissions import reads_plans
from procedures.models import Procedure
from records.models import Document
from reports.models import Claim

HITS_SHOWN = 10
# How many rows of a register are put in order: all where it has a few thousand, the newest of others, and of these
# besides the newest that hold the words as they were typed.
FEW, MANY = 5_000, 500
# Registers with an index of what stands inside their keys.
HUGE = ("findings", "recommendations")


@dataclass(frozen=True)
class Hit:
    """One row: what it is called and what stands beside it, in pieces of which some answer the query."""

    title: list[Piece]
    detail: list[Piece]
    url: str


@dataclass(frozen=True)
class Hits:
    """What one register gave; `more` is where the rest stands, "" where all are shown."""

    code: str
    title: str
    rows: list[Hit]
    more: str


@dataclass(frozen=True)
class Register:
    """One register as it is searched: its rows, the keys looked into, how a row is told, where all are listed."""

    code: str
    label: object
    rows: Callable[[object], QuerySet]
    tell: Callable[[object], tuple[str, str, str]]
    keys: tuple[str, ...] = ("search_key",)
    order: tuple = ("-pk",)
    ranked: int = FEW
    listed: str = ""
    parameters: tuple[tuple[str, str], ...] = ()

    def found(self, user, query: str, *, as_typed: bool = False) -> QuerySet:
        """Rows the person may read of which one key holds every term of the query, or the query word for word."""
        rows = self.rows(user).order_by(*self.order)
        if len(self.keys) == 1:
            return holding(rows, query, self.keys[0], as_typed=as_typed)
        held = Q(pk__in=[])
        for key in self.keys:
            held |= search_q(query, key)
        return rows.filter(held)

    def more(self, query: str) -> str:
        """The address of the list of all rows found: the register's own where it has one, else a page of the search."""
        if self.listed:
            return f"{reverse(self.listed)}?{urlencode({'q': query, **dict(self.parameters)})}"
        return f"{reverse('search')}?{urlencode({'q': query, 'in': self.code})}"

    def hit(self, row, query: str) -> Hit:
        title, detail, url = self.tell(row)
        return Hit(marked(title, query), marked(detail, query), url)


def _plans(user) -> QuerySet:
    return Plan.objects.visible_to(user) if reads_plans(user) else Plan.objects.none()


def _finding(row: Finding) -> tuple[str, str, str]:
    visit = f"{row.visit.agency} · {row.visit.date_text}"
    return row.text, f"{visit} · {row.evidence}" if row.evidence else visit, row.get_absolute_url()


def _claim(row: Claim) -> tuple[str, str, str]:
    place = urlencode({"agency": row.agency.code, "q": row.text[:80]})
    return row.text, f"{row.agency} · {row.source}", f"{reverse('reports:claim_list')}?{place}"


ALL_DAYS = (("on", ""),)
REGISTERS = (
    Register(
        "agencies",
        gettext_lazy("Agencies"),
        lambda user: Agency.objects.visible_to(user),
        lambda row: (row.name, row.code, reverse("reports:agency_profile", args=[row.code])),
        order=(F("valid_to").desc(nulls_first=True), "sort_key", "pk"),
        listed="agencies:agency_list",
        parameters=ALL_DAYS,
    ),
    Register(
        "procedures",
        gettext_lazy("Procedures"),
        lambda user: Procedure.objects.visible_to(user),
        lambda row: (row.name, row.code, reverse("procedures:procedure_detail", args=[row.code])),
        order=("sort_key", "pk"),
        listed="procedures:procedure_list",
        parameters=ALL_DAYS,
    ),
    Register(
        "plans",
        gettext_lazy("Plans"),
        _plans,
        lambda row: (row.title, str(row.year), row.get_absolute_url()),
        order=("-year", "-pk"),
        listed="inspections:plan_list",
    ),
    Register(
        "visits",
        gettext_lazy("Visits"),
        lambda user: Visit.objects.visible_to(user).select_related("agency", "team"),
        lambda row: (str(row), str(row.team), row.get_absolute_url()),
        keys=("agency__search_key", "team__search_key", "search_key"),
        order=("-date", "-pk"),
        listed="inspections:visit_list",
    ),
    Register(
        "findings",
        gettext_lazy("Findings"),
        lambda user: Finding.objects.visible_to(user).select_related("visit__agency"),
        _finding,
        ranked=MANY,
    ),
    Register(
        "recommendations",
        gettext_lazy("Recommendations"),
        lambda user: Recommendation.objects.visible_to(user).select_related("agency"),
        lambda row: (row.text, str(row.agency), row.get_absolute_url()),
        ranked=MANY,
        listed="inspections:recommendation_list",
    ),
    Register(
        "claims",
        pgettext_lazy("search", "Published figures"),
        lambda user: Claim.objects.visible_to(user).select_related("agency", "source"),
        _claim,
        ranked=MANY,
        listed="reports:claim_list",
    ),
    Register(
        "documents",
        gettext_lazy("Documents"),
        lambda user: Document.objects.visible_to(user),
        lambda row: (row.title, "", reverse("reports:document_detail", args=[row.pk])),
        order=("-asked_at", "-pk"),
        ranked=MANY,
    ),
)


def register_of(code: str) -> Register | None:
    return next((register for register in REGISTERS if register.code == code), None)


def search_all(user, query: str) -> list[Hits]:
    """Hits by register, empty registers left out; nothing for a query without a letter or digit."""
    if not search_terms(query):
        return []
    ranking = Ranking(query)
    found = [_first(register, user, query, ranking) for register in REGISTERS]
    return [hits for hits in found if hits.rows]


def _first(register: Register, user, query: str, ranking: Ranking) -> Hits:
    """The best rows of a register: exact ones, then words, then beginnings of words, then anywhere inside."""
    ranked = []
    if register.code in HUGE and len(search_terms(query)) > 1:
        ranked = _ranked(register, register.found(user, query, as_typed=True), ranking)
    if sum(rank <= PHRASE_START for rank, _pk in ranked) <= HITS_SHOWN:
        known = {pk for _rank, pk in ranked}
        others = _ranked(register, register.found(user, query), ranking)
        ranked = sorted([*ranked, *(row for row in others if row[1] not in known)], key=itemgetter(0))
    best = [pk for _rank, pk in ranked[: HITS_SHOWN + 1]]
    rows = register.rows(user).in_bulk(best[:HITS_SHOWN]) if best else {}
    return Hits(
        register.code,
        str(register.label),
        [register.hit(rows[pk], query) for pk in best[:HITS_SHOWN] if pk in rows],
        register.more(query) if len(best) > HITS_SHOWN else "",
    )


def _ranked(register: Register, found: QuerySet, ranking: Ranking) -> list[tuple[int, object]]:
    """How well each row answers, and its number; the best first, equal ones in the register's order."""
    keys = found.values_list("pk", *register.keys)[: register.ranked]
    return sorted(((ranking.of(" | ".join(row[1:])), row[0]) for row in keys), key=itemgetter(0))
