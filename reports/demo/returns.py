"""Returns of the demo: accepted history in bulk, and the latest quarter as it looks before it is due."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from agencies.models import Agency
from dossiers.choices import FormVersion, LineSort, ReturnState
from dossiers.models import LateReason, LateReasonCount, Line, Period, Remark, Return
from records.models import Event
from reports.demo import bulk
from reports.demo.people import People
from reports.demo.volumes import FIGURES, Counts

HISTORY = "nhập số liệu ban đầu"
LINE_COLUMNS = ("id", "of_id", "position", "procedure_id", *FIGURES)
OVERDUE = Counts._fields.index("resolved_overdue")
PENDING_OVERDUE = Counts._fields.index("pending_overdue")
# How far the returns of the latest quarter have come, for the units after lan's and tuan's own.
PROGRESS = ("accepted",) * 5 + ("approved",) * 3 + ("submitted",) * 3 + ("draft",)


@dataclass
class Keys:
    """The next free keys of returns and lines; the load hands them out itself so that lines know their return."""

    returns: int
    lines: int

    @classmethod
    def free(cls) -> "Keys":
        return cls(bulk.next_key(Return), bulk.next_key(Line))


def file_history(
    period: Period, filed: dict[int, list[Counts]], absorbed: Iterable[tuple[int, int]], keys: Keys, reasons: list[int]
) -> int:
    """Accepted returns of one quarter as initial data: no person behind them, one event for the batch.

    `filed` gives the lines by agency, `absorbed` the (successor, predecessor) pairs whose return covers both; `reasons`
    are the keys that late dossiers are spread over. Returns the number of lines.
    """
    returns, lines, late, of = [], [], [], {}
    for agency_id, counts in filed.items():
        of[agency_id] = keys.returns
        returns.append((keys.returns, agency_id))
        for position, row in enumerate(counts, start=1):
            lines.append((keys.lines, keys.returns, position, *row))
            if row[OVERDUE] or row[PENDING_OVERDUE]:
                late.extend(_spread(keys.lines, row, reasons))
            keys.lines += 1
        keys.returns += 1
    sent = period.due_at - timedelta(hours=6)
    with transaction.atomic():
        bulk.insert(
            Return,
            ("id", "agency_id"),
            returns,
            {
                "period_id": period.pk,
                "form_version": FormVersion.II_06A.value,
                "line_sort": LineSort.PROCEDURE.value,
                "state": ReturnState.ACCEPTED.value,
                "version": 1,
                "history": True,
                "created_at": sent,
                "submitted_at": sent,
                "approved_at": sent,
                "accepted_at": period.due_at,
            },
        )
        bulk.insert(Line, LINE_COLUMNS, lines, _line_constants(sent))
        bulk.insert(LateReasonCount, ("line_id", "reason_id", "count"), late, {"text": ""})
        pairs = [(of[successor], predecessor) for successor, predecessor in absorbed if successor in of]
        bulk.insert(Return.includes.through, ("return_id", "agency_id"), pairs)
        Event.objects.append(
            actor=None,
            action="import_history",
            target=period,
            after={"period": period.label, "returns": len(returns), "lines": len(lines)},
            reason=HISTORY,
        )
    return len(lines)


def _line_constants(at: datetime) -> dict:
    return {"level": "", "not_applicable": 0, "note": "", "version": 1, "changed_at": at}


def _spread(line_id: int, row: Counts, reasons: list[int]) -> list[tuple[int, int, int]]:
    """The late dossiers of a line over one or two reasons, so that R10 holds."""
    late = row[OVERDUE] + row[PENDING_OVERDUE]
    first = (row[0] + late) % len(reasons)
    if late < 3:
        return [(line_id, reasons[first], late)]
    second = (first + 1 + row[0] % (len(reasons) - 1)) % len(reasons)
    return [(line_id, reasons[first], late - late // 3), (line_id, reasons[second], late // 3)]


def settle_keys() -> None:
    bulk.settle_keys(Return, Line)


def spread_reasons() -> list[int]:
    """The reasons that counts are spread over: those that need no text."""
    return list(LateReason.objects.filter(needs_text=False).order_by("order").values_list("pk", flat=True))


class LatestQuarter:
    """The latest ended quarter: lan's blank draft, tuan's return sent back, others on their way."""

    def __init__(self, period: Period, filed: dict[int, list[Counts]], people: People, at: datetime):
        self.period, self.people, self.at = period, people, at
        self.filed = filed
        self.reasons = spread_reasons()

    def file(self, khcn: Agency, ngv: Agency, others: list[Agency]) -> None:
        """One return in each stage of its life; `others` in the order of `PROGRESS`, persons behind every step."""
        accounts = self.people.accounts
        self._draft_of_blanks(khcn, accounts["lan"])
        for agency, reached in zip(others, PROGRESS, strict=False):
            with transaction.atomic():
                self._walk(agency, reached, accounts["quan"])
        with transaction.atomic():
            self._send_back(ngv, accounts["tuan"], accounts["quan"])

    def _new(self, agency: Agency, by, **values) -> Return:
        return Return.objects.create(agency=agency, period=self.period, created_at=self.at, created_by=by, **values)

    def _draft_of_blanks(self, agency: Agency, by) -> None:
        with transaction.atomic():
            draft = self._new(agency, by)
            Line.objects.bulk_create(
                Line(of=draft, position=position, procedure_id=row.procedure_id, changed_at=self.at)
                for position, row in enumerate(self.filed[agency.pk], start=1)
            )
            Event.objects.append(
                actor=by, action="open_return", target=draft, after={"state": draft.state, "lines": draft.lines.count()}
            )

    def _entered(self, agency: Agency, by, counts: list[Counts], **values) -> Return:
        """A return with figures and late reasons, and the events of its opening and of its saving."""
        filed = self._new(agency, by, **values)
        Event.objects.append(actor=by, action="open_return", target=filed, after={"state": ReturnState.DRAFT})
        lines = Line.objects.bulk_create(
            Line(
                of=filed,
                position=position,
                procedure_id=row.procedure_id,
                changed_at=self.at,
                changed_by=by,
                **dict(zip(FIGURES, row[1:], strict=True)),
            )
            for position, row in enumerate(counts, start=1)
        )
        late = []
        for line, row in zip(lines, counts, strict=True):
            if row.resolved_overdue or row.pending_overdue:
                late.extend(_spread(line.pk, row, self.reasons))
        LateReasonCount.objects.bulk_create(
            LateReasonCount(line_id=line, reason_id=reason, count=count) for line, reason, count in late
        )
        Event.objects.append(
            actor=by, action="save_lines", target=filed, after={str(row.procedure_id): row[1:] for row in counts}
        )
        return filed

    def _step(self, filed: Return, action: str, by, before: str, after: str, reason: str = "") -> None:
        Event.objects.append(
            actor=by, action=action, target=filed, before={"state": before}, after={"state": after}, reason=reason
        )

    def _walk(self, agency: Agency, reached: str, officer) -> None:
        """A return that its agency entered and brought as far as `reached`."""
        by, signer = self.people.reporters[agency.pk], self.people.approvers[agency.pk]
        stage = (ReturnState.DRAFT, ReturnState.SUBMITTED, ReturnState.APPROVED, ReturnState.ACCEPTED).index(reached)
        values: dict = {"state": reached, "version": stage + 2}
        if stage >= 1:
            values |= {"submitted_at": self.at, "submitted_by": by}
        if stage >= 2:
            values |= {"approved_at": self.at, "approved_by": signer}
        if stage >= 3:
            values |= {"accepted_at": self.at, "accepted_by": officer}
        filed = self._entered(agency, by, self.filed[agency.pk], **values)
        if stage >= 1:
            self._step(filed, "submit", by, ReturnState.DRAFT, ReturnState.SUBMITTED)
        if stage >= 2:
            self._step(filed, "approve", signer, ReturnState.SUBMITTED, ReturnState.APPROVED)
        if stage >= 3:
            self._step(filed, "accept", officer, ReturnState.APPROVED, ReturnState.ACCEPTED)

    def _send_back(self, agency: Agency, by, officer) -> None:
        """A return that the officer sent back with a word on the whole and one on a line."""
        signer = self.people.approvers[agency.pk]
        filed = self._entered(agency, by, self.filed[agency.pk], version=5)
        self._step(filed, "submit", by, ReturnState.DRAFT, ReturnState.SUBMITTED)
        self._step(filed, "approve", signer, ReturnState.SUBMITTED, ReturnState.APPROVED)
        word = "Đề nghị đối chiếu lại số hồ sơ tiếp nhận trực tuyến với hệ thống một cửa trước khi gửi lại."
        Remark.objects.create(of=filed, text=word, by=officer, at=self.at)
        busiest = max(filed.lines.all(), key=lambda line: (line.received_online, -line.position))
        Remark.objects.create(
            of=filed,
            line=busiest,
            text="Dòng này tăng nhiều so với kỳ trước, đề nghị kiểm tra và ghi rõ lý do.",
            by=officer,
            at=self.at,
        )
        self._step(filed, "send_back", officer, ReturnState.APPROVED, ReturnState.DRAFT, reason=word)
