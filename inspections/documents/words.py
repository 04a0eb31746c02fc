"""The words of the forms, by kind of inspection. Documents are Vietnamese, whoever asks for them."""

from dataclasses import dataclass

from inspections.choices import InspectionKind

BLANK_LINE = "." * 100
HOUR = "...... giờ ...... phút"


@dataclass(frozen=True)
class Words:
    """What an inspection of the kind is called: the act, what it did, the agency it looked at, the team's head."""

    act: str  # "kiểm tra công tác cải cách hành chính"
    unit: str  # "đơn vị được kiểm tra"
    head: str  # post under which the head signs


ACTS = {
    InspectionKind.ADMINISTRATIVE: Words(
        "kiểm tra công tác cải cách hành chính", "đơn vị được kiểm tra", "Trưởng đoàn"
    ),
    InspectionKind.COUNCIL: Words(
        "giám sát của Hội đồng nhân dân về công tác cải cách hành chính", "đơn vị chịu sự giám sát", "Trưởng đoàn"
    ),
    InspectionKind.PARTY: Words(
        "giám sát của cấp ủy về lãnh đạo, chỉ đạo cải cách hành chính", "đơn vị được giám sát", "Trưởng đoàn"
    ),
    InspectionKind.SELF: Words("tự kiểm tra công tác cải cách hành chính", "đơn vị được kiểm tra", "Tổ trưởng"),
    InspectionKind.WORKING_SESSION: Words("làm việc về công tác cải cách hành chính", "đơn vị", "Trưởng đoàn công tác"),
}

PARTY_BODIES = ("thành ủy", "tỉnh ủy", "quận ủy", "huyện ủy", "thị ủy", "đảng ủy", "đảng bộ", "chi bộ", "cấp ủy")
MINUTES, REPORT, NOTICE = "Biên bản", "Báo cáo", "Thông báo"
SYMBOLS = {MINUTES: "BB", REPORT: "BC", NOTICE: "TB"}


def subject(name: str, kind: str, agency: str) -> str:
    """What a document of that name is about (trích yếu)."""
    act = ACTS[InspectionKind(kind)].act
    session = kind == InspectionKind.WORKING_SESSION
    what = {
        MINUTES: act,
        REPORT: f"kết quả buổi {act}" if session else f"kết quả {act}",
        NOTICE: f"kết luận buổi {act}" if session else f"kết luận {act}",
    }[name]
    preposition = "với" if session else "tại"
    return f"{what} {preposition} {agency}"


def of_party(kind: str, body: str) -> bool:
    """Is it a Party body that speaks? Its documents go without the state's letterhead."""
    return kind == InspectionKind.PARTY or any(word in body.lower() for word in PARTY_BODIES)


def signer_of(issuing: str) -> str:
    """The post under which the issuing body's head signs a notice, as far as the body's name tells."""
    if issuing.lower().startswith(("ủy ban nhân dân", "uỷ ban nhân dân", "ubnd")):
        return "TM. Ủy ban nhân dân\nChủ tịch"
    posts = {
        "sở ": "Giám đốc",
        "ban ": "Trưởng ban",
        "thanh tra": "Chánh Thanh tra",
        "văn phòng": "Chánh Văn phòng",
        "phòng ": "Trưởng phòng",
    }
    found = [post for begins, post in posts.items() if issuing.lower().startswith(begins)]
    return found[0] if found else "Thủ trưởng cơ quan"


def capitalised(text: str) -> str:
    """The first letter large, the others as they stand."""
    return text[:1].upper() + text[1:]


def ended(text: str, mark: str = ".") -> str:
    """The text with a mark at its end, where it has none of its own."""
    text = text.rstrip()
    return text if text.endswith((".", ";", "!", "?", "…")) else f"{text}{mark}"


def roman(number: int) -> str:
    """Annexes and parts are counted in Roman numbers; up to 39."""
    tens, ones = divmod(number, 10)
    return "X" * tens + ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")[ones]
