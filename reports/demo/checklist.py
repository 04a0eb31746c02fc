"""The checklist of hoa's visit: what the team answered on site, and two recounts of dossiers."""

import uuid
from datetime import datetime, time

from agencies.models import Person
from cchc_portal.lib.periods import HANOI
from inspections.imports import answers
from inspections.models import Template, Visit

# Code of the line: result and note; what is not named here conforms.
ANSWERS = {
    "A3": ("partly", "Hai vị trí tiếp nhận chưa phân công người làm thay bằng văn bản."),
    "B2": ("not", "Máy lấy số hỏng từ đầu tháng, đang phát số giấy."),
    "B3": ("not_checked", ""),
    "C13": ("not", "Bảng niêm yết thiếu các thủ tục nhận bàn giao khi hợp nhất sở."),
    "C16": ("conform", "Đối chiếu 10 thủ tục."),
    "D17": ("conform", "Mẫu 20 hồ sơ, chọn ngẫu nhiên theo số thứ tự trong sổ."),
    "D21": ("partly", "Sáu phiếu kiểm soát thiếu giờ bàn giao."),
    "D24": ("not", "Hai hồ sơ quá hạn không có phiếu xin lỗi."),
    "D26": ("partly", "Hai hồ sơ kết thúc trên phần mềm trước ngày trả thật."),
    "E29": ("conform", "Thành phần hồ sơ số hóa 78%."),
    "E30": ("partly", "Có hồ sơ do cán bộ nộp thay, chưa tách riêng."),
    "E31": ("conform", "Thanh toán trực tuyến 61%."),
    "F34": ("not_applicable", ""),
    "F36": ("conform", "Phỏng vấn 12 người."),
}
NUMBERS = {"G7": 3, "G8": 5, "G10": 9, "G11": 9}
RECOUNTS = (
    ("in_time", {"reported": 20, "counted": 18, "method": "random", "note": "Đối chiếu sổ và phần mềm."}),
    ("resolved_overdue", {"reported": 5, "counted": 5, "method": "all", "note": ""}),
)
DEVICE = uuid.UUID("7c0f3d9e-5d5b-4a52-9d0a-2f6f0c1f4b11")


def answer(visit: Visit, hoa: Person, khoa: Person) -> None:
    """Freeze the desk's checklist on the visit and record its answers as two phones would have sent them."""
    answers.freeze(visit, Template.objects.offered().filter(desk=True).prefetch_related("items"))
    at = datetime.combine(visit.date, time(9, 30), tzinfo=HANOI)
    sent: dict[Person, list[dict]] = {hoa: [], khoa: []}
    for number, item in enumerate(visit.items.order_by("order")):
        by = hoa if item.code[0] in "ABF" else khoa
        if item.kind == "number":
            if item.code in NUMBERS:
                sent[by].append(_operation(number, at, "answer", item.code, {"number": NUMBERS[item.code]}))
            continue
        result, note = ANSWERS.get(item.code, ("conform", ""))
        sent[by].append(_operation(number, at, "answer", item.code, {"result": result}))
        if note:
            sent[by].append(_operation(number, at, "note", item.code, {"text": note}))
    for number, (figure, value) in enumerate(RECOUNTS, start=100):
        sent[khoa].append(_operation(number, at, "recount", figure, value))
    answers.take(visit, sent, device=DEVICE, at=at)


def _operation(seq: int, at: datetime, kind: str, name: str, value: dict) -> dict:
    """One operation whose key is the same in every load."""
    subject = f"{kind}:{name}"
    made = {"id": str(uuid.uuid5(DEVICE, subject)), "seq": seq, "at": at.isoformat(), "kind": kind}
    return made | {"subject": subject, "base": "", "value": value}
