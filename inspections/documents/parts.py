"""Parts that the documents of a visit share: the paragraphs of a finding, the table of tasks, the annexes."""

from collections.abc import Iterable

from cchc_portal.lib.paper import Annex, Block, Column, Heading, Paper, Paragraph, Photos, Signature, Table
from inspections.choices import FindingKind
from inspections.documents import figures, words
from inspections.documents.facts import Facts, FindingShown, Task
from inspections.documents.words import ended

TITLES = {
    FindingKind.STRENGTH: "Ưu điểm",
    FindingKind.LIMITATION: "Hạn chế, tồn tại",
    FindingKind.VIOLATION: "Vi phạm",
}
NONE_RECORDED = "Chưa ghi nhận."


def paragraphs(text: str) -> list[Block]:
    """A paragraph for each line that was typed."""
    return [Paragraph(line.strip()) for line in text.splitlines() if line.strip()]


def listed(items: Iterable[str]) -> list[Block]:
    """One item a line after a hyphen, as the forms list them."""
    items = list(items)
    return [
        Paragraph(f"- {text.rstrip(' .;')}{'.' if number == len(items) else ';'}")
        for number, text in enumerate(items, start=1)
    ]


def finding(found: FindingShown) -> list[Block]:
    """What was found and, where it is known, how severe it is, its cause, evidence, legal basis and pictures."""
    made: list[Block] = [Paragraph(f"- {ended(found.text)}")]
    facts = (
        ("Mức độ", found.severity),
        ("Nguyên nhân", found.cause),
        ("Chứng cứ", found.evidence),
        ("Căn cứ pháp lý", found.legal_basis),
        ("Lặp lại phát hiện của cuộc kiểm tra, giám sát", found.repeats),
    )
    made += [Paragraph(f"{name}: {ended(value)}") for name, value in facts if value]
    if found.photos:
        numbers = ", ".join(photo.caption.partition(".")[0].removeprefix("Ảnh ") for photo in found.photos)
        made.append(Paragraph(f"Ảnh: {numbers} (phụ lục ảnh)."))
    return made


def findings(facts: Facts, kind: FindingKind) -> list[Block]:
    """The findings of a kind under the name of their area."""
    made: list[Block] = []
    area = None
    for found in facts.of_kind(kind):
        if found.area != area:
            area = found.area
            made.append(Paragraph(area, "strong"))
        made += finding(found)
    return made or [Paragraph(NONE_RECORDED)]


def tasks(rows: tuple[Task, ...], caption: str) -> Table:
    """Unit, task and deadline, a row each."""
    heads = (Column("STT", "order"), Column("Đơn vị thực hiện", "unit"), Column("Nội dung"), Column("Thời hạn", "day"))
    cells = tuple((str(number), task.agency, task.text, task.due) for number, task in enumerate(rows, start=1))
    return Table(caption, heads, cells)


def proposals(facts: Facts) -> list[Block]:
    """What the agency proposes to its superiors, and to whom."""
    return [
        Paragraph(
            f"{number}. {ended(proposal.text)}"
            + (f" (Gửi: {', '.join(proposal.addressees)}.)" if proposal.addressees else "")
        )
        for number, proposal in enumerate(facts.proposals, start=1)
    ] or [Paragraph("Đơn vị không có đề xuất được ghi nhận.")]


def basis(facts: Facts) -> list[Block]:
    return (
        [Paragraph(f"Căn cứ Quyết định số {facts.decision} về việc thành lập {facts.team};", "basis")]
        if (facts.decision)
        else []
    )


def when(facts: Facts) -> str:
    """The day or days, or as much of the date as is known."""
    return f"ngày {facts.dates}" if facts.day_known else (f"tháng {facts.dates}" if "/" in facts.dates else facts.dates)


def source(facts: Facts) -> list[Block]:
    """Where a visit that the portal only read of is known from."""
    return [Paragraph(f"Dữ liệu ban đầu, theo nguồn đã công bố: {facts.source}.", "note")] if facts.source else []


def _evidence(facts: Facts) -> list[Block]:
    files = [(found.text, file) for found in facts.findings for file in found.files]
    if not files:
        return []
    heads = (Column("STT", "order"), Column("Tài liệu", "unit"), Column("Phát hiện"), Column("SHA-256", "unit"))
    rows = tuple(
        (str(number), f"{file.name} (bản {file.number})", text[:200], file.sha256)
        for number, (text, file) in enumerate(files, start=1)
    )
    return [Table("Tài liệu chứng cứ", heads, rows)]


def _checklist(facts: Facts) -> list[Block]:
    made: list[Block] = []
    heads = (Column("STT", "order"), Column("Nội dung"), Column("Kết quả", "area"), Column("Ghi chú", "unit"))
    sections: dict[str, list[tuple[str, ...]]] = {}
    for number, line in enumerate(facts.lines, start=1):
        sections.setdefault(line.section, []).append((str(number), line.text, line.answer, line.note))
    made += [Table(section, heads, tuple(rows)) for section, rows in sections.items()]
    if facts.recounts:
        recount_heads = (
            Column("Chỉ tiêu"),
            Column("Đếm lại/mẫu", "number"),
            Column("Hệ số", "number"),
            Column("Khoảng tin cậy 95%", "area"),
        )
        made.append(Table("Đối chiếu hồ sơ theo mẫu", recount_heads, facts.recounts))
    return made


def annexes(facts: Facts, subject: str, name: str, *, trend: bool = True) -> tuple[Annex, ...]:
    """The annexes that have something to show: trend, checklist and recount, photos and files."""
    reference = f"(Kèm theo {name.lower()} {subject})"
    made: list[tuple[str, list[Block]]] = []
    if trend and facts.figures:
        made.append(("Xu hướng giải quyết hồ sơ", figures.trend_blocks(facts.figures)))
    made.append(("Kết quả kiểm tra theo danh mục", _checklist(facts)))
    shown: list[Block] = [Photos(facts.photos)] if facts.photos else []
    made.append(("Ảnh và tài liệu chứng cứ", shown + _evidence(facts)))
    full = [(title, blocks) for title, blocks in made if blocks]
    return tuple(
        Annex(f"Phụ lục {words.roman(number)}" if len(full) > 1 else "Phụ lục", title, reference, tuple(blocks))
        for number, (title, blocks) in enumerate(full, start=1)
    )


def recipients(facts: Facts) -> tuple[str, ...]:
    """The superior body, the issuing one, the agency, whoever has a task, those whom its proposals address."""
    names = [facts.letterhead.superior, facts.issuing, facts.agency, *(task.agency for task in facts.tasks)]
    names += [name for proposal in facts.proposals for name in proposal.addressees]
    return tuple(dict.fromkeys(name for name in names if name))


def paper(
    facts: Facts,
    name: str,
    blocks: Iterable[Block],
    *,
    draft: bool,
    address: str,
    last_words: str,
    signatures: tuple[Signature, ...],
    annexed: tuple[Annex, ...] = (),
) -> Paper:
    """The document of that name with what all of them have in common; a Party body's goes without the letterhead."""
    subject = words.subject(name, facts.kind, facts.agency)
    party = words.of_party(facts.kind, facts.issuing or facts.team)
    return Paper(
        draft=draft,
        title=f"{name} {subject}",
        author=facts.issuing or facts.team,
        letterhead=None if party else facts.letterhead,
        symbol=words.SYMBOLS[name],
        dated=name != words.MINUTES,
        name=name,
        subject=words.capitalised(subject),
        blocks=tuple(blocks),
        last_words=last_words,
        signatures=signatures,
        recipients=recipients(facts),
        filed="Lưu: đoàn." if party else "Lưu: VT, đoàn.",
        annexes=annexed,
        address=address,
    )


def heading(text: str) -> Heading:
    return Heading(text, 1)


def subheading(text: str) -> Heading:
    return Heading(text, 2)
