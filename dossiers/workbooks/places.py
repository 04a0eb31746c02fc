"""Where the figures of a period's workbooks go: the returns and lines of every agency, read before the files are."""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.models import Agency
from dossiers import rules
from dossiers.choices import FormVersion, LineSort, ReturnState
from dossiers.models import Extension, Line, Period, Return
from dossiers.workbooks.cells import words
from dossiers.workbooks.saving import STORED
from dossiers.workbooks.tables import Table
from dossiers.workbooks.targets import Target, Targets
from procedures.models import AgencyProcedure, Procedure

BLANK = (*[None] * len(rules.CELL_NAMES), 0)


@dataclass
class Place:
    """Where the figures of one agency go: its return (None: to be opened), its lines.

    `rows` are (procedure, its code, name and field's name, key and version of the line, cells in the order of
    `STORED`).
    """

    agency_id: int
    name: str
    return_id: int | None
    version: int
    form_version: str
    refusal: str
    rows: list[tuple]

    def targets(self) -> Targets:
        made = [
            Target(pk, version, code, name, figures_of(cells), procedure, position)
            for position, (procedure, code, name, _group, pk, version, cells) in enumerate(self.rows)
        ]
        return Targets(made, {words(group) for group in {row[3] for row in self.rows}})


def figures_of(cells: tuple) -> rules.Figures:
    """Figures of a stored row in the order of `STORED`."""
    if not cells[-1]:
        return rules.Figures(zip(rules.CELL_NAMES, cells, strict=False))
    return rules.Figures.from_stored(dict(zip(STORED, cells, strict=True)))


class Places:
    """Everything the database knows about the period, read before the files are; inherited by the processes."""

    def __init__(self, period: Period):
        self.period = period
        self.by_code: dict[str, Place] = {}
        agencies = list(Agency.objects.values_list("pk", "code", "name", "short_name"))
        self.codes = {code.casefold(): code for _pk, code, _name, _short in agencies}
        self.by_name: dict[str, set[str]] = {}
        for _pk, code, name, short in agencies:
            for said in {words(name), words(short)}:
                self.by_name.setdefault(said, set()).add(code)
        returns = {item.agency_id: item for item in Return.objects.current().filter(period=period)}
        lines = self._lines(returns)
        offered = self._offered(returns)
        open_for = self._extended()
        for pk, code, name, _short in agencies:
            item = returns.get(pk)
            if item is None and pk not in offered:
                continue
            self.by_code[code] = Place(
                agency_id=pk,
                name=name,
                return_id=item.pk if item else None,
                version=item.version if item else 1,
                form_version=item.form_version if item else FormVersion.II_06A,
                refusal=self._refusal(item, pk in open_for),
                rows=lines.get(item.pk, []) if item else offered[pk],
            )

    def _lines(self, returns: dict) -> dict[int, list[tuple]]:
        rows = (
            Line.objects.filter(of__in=[item.pk for item in returns.values()], procedure__isnull=False)
            .order_by("of", "position", "pk")
            .values_list("of", "procedure", "pk", "version", *STORED)
        )
        # Named apart from the lines: a few hundred procedures against a line of each for every agency.
        names = Procedure.objects.values_list("pk", "code", "name", "field__name")
        named = {pk: (pk, *said) for pk, *said in names}
        found: dict[int, list[tuple]] = {}
        for of, procedure, pk, version, *cells in rows.iterator(chunk_size=2_000):
            found.setdefault(of, []).append((*named[procedure], pk, version, tuple(cells)))
        return found

    def _offered(self, returns: dict) -> dict[int, list[tuple]]:
        """Procedures of the agencies that have no return yet, in the order of a return."""
        period = self.period
        if period.first_day is None:
            return {}
        rows = (
            AgencyProcedure.objects.valid_within(period.first_day, period.last_day)
            .exclude(agency__in=list(returns))
            .filter(agency__reporting=True, agency__in=Agency.objects.valid_on(period.last_day))
            .order_by("agency", "procedure__field__sort_key", "procedure__sort_key", "procedure")
            .values_list("agency", "procedure", "procedure__code", "procedure__name", "procedure__field__name")
        )
        return {
            pk: [(*row[1:], None, 1, BLANK) for row in dict.fromkeys(group)]
            for pk, group in groupby(rows, key=lambda row: row[0])
        }

    def _extended(self) -> set[int]:
        now = timezone.now()
        return set(Extension.objects.filter(period=self.period, until__gt=now).values_list("agency_id", flat=True))

    def _refusal(self, item: Return | None, extended: bool) -> str:
        """Why no figure may go there; "" where it may."""
        if item is not None and item.state != ReturnState.DRAFT:
            return _("Figures are entered in drafts only; this return is %(state)s.") % {
                "state": item.get_state_display()
            }
        if item is not None and item.line_sort != LineSort.PROCEDURE:
            return _("The return has no lines by procedure.")
        if self.period.is_locked() and not extended:
            return _("Entry for %(period)s is locked.") % {"period": self.period}
        return ""

    def code_of(self, table: Table, path: Path) -> str | None:
        """Whose workbook it is: what it says of itself, else its file name, else its heading where that is unique."""
        if said := table.meta.get("agency"):
            return said
        if code := self.codes.get(path.stem.casefold()):
            return code
        fits = self.by_name.get(words(table.reporter), set()) if table.reporter else set()
        return next(iter(fits)) if len(fits) == 1 else None
