"""Where everything stands in the portal's workbook of Biểu số II.06a/VPCP/KSTT, and how its heads are worded.

Columns C–M are (3)–(13) of the printed form; N–Q are the portal's own. What is printed on the form is Vietnamese by
law, so it is written here as it is and does not pass through the catalogue.
"""

from typing import NamedTuple

from dossiers.rules import DERIVED, FIGURES

SHEET = "II.06a"
META_SHEET = "_meta"
META_KEYS = ("form_version", "agency", "period", "return_version")
FORM_NUMBER = "Biểu số II.06a/VPCP/KSTT"
TITLE = "TÌNH HÌNH, KẾT QUẢ GIẢI QUYẾT THỦ TỤC HÀNH CHÍNH TẠI CƠ QUAN, ĐƠN VỊ TRỰC TIẾP GIẢI QUYẾT THỦ TỤC HÀNH CHÍNH"
REPORTER, RECEIVER, PERIOD = "Đơn vị báo cáo", "Đơn vị nhận báo cáo", "Kỳ báo cáo"
UNIT = "Đơn vị tính: Số hồ sơ TTHC"
TOTAL = "Tổng cộng"
SIGNER = "Người làm báo cáo"

RECEIVED, IN_PERIOD = "Số hồ sơ nhận giải quyết", "Trong kỳ"
RESOLVED, PENDING = "Số lượng hồ sơ đã giải quyết", "Số lượng hồ sơ đang giải quyết"


class SheetColumn(NamedTuple):
    """A column of the form: what it holds, its head from the outermost label inwards, number, width in characters."""

    key: str
    head: tuple[str, ...]
    number: str
    width: int


STT, NAME, CODE = "stt", "name", "code"
COLUMNS = (
    SheetColumn(STT, ("STT",), "(1)", 6),
    SheetColumn(NAME, ("Lĩnh vực, công việc giải quyết theo cấp",), "(2)", 46),
    SheetColumn("received", (RECEIVED, "Tổng số"), "(3)", 10),
    SheetColumn("received_online", (RECEIVED, IN_PERIOD, "Trực tuyến"), "(4)", 10),
    SheetColumn("received_direct", (RECEIVED, IN_PERIOD, "Trực tiếp, dịch vụ bưu chính"), "(5)", 12),
    SheetColumn("carried_over", (RECEIVED, "Từ kỳ trước"), "(6)", 10),
    SheetColumn("resolved", (RESOLVED, "Tổng số"), "(7)", 10),
    SheetColumn("resolved_early", (RESOLVED, "Trước hạn"), "(8)", 10),
    SheetColumn("resolved_on_time", (RESOLVED, "Đúng hạn"), "(9)", 10),
    SheetColumn("resolved_overdue", (RESOLVED, "Quá hạn"), "(10)", 10),
    SheetColumn("pending", (PENDING, "Tổng số"), "(11)", 10),
    SheetColumn("pending_within", (PENDING, "Trong hạn"), "(12)", 10),
    SheetColumn("pending_overdue", (PENDING, "Quá hạn"), "(13)", 10),
    SheetColumn("withdrawn", ("Trả lại, rút, dừng giải quyết",), "", 11),
    SheetColumn("resolved_overdue_with_apology", ("Trong (10): đã có thư xin lỗi",), "", 11),
    SheetColumn("pending_overdue_with_apology", ("Trong (13): đã có thư xin lỗi",), "", 11),
    SheetColumn(CODE, ("Mã thủ tục",), "", 22),
)
# Only where a line states it without its parts: the merged column of other people's tables, behind the form's own.
IN_TIME = SheetColumn("in_time", (RESOLVED, "Đúng và trước hạn"), "", 11)
# How many of the columns the printed form has.
PRINTED_COLUMNS = 13

# Derived figure → (its parts, the cell that holds a stated total).
TOTALS = {derived.name: (derived.parts, derived.stated) for derived in DERIVED}
# Figures that are sums on the form: a formula there is the form's own and never read.
COMPUTED_KEYS = ("received", "resolved", "pending")
TYPED_KEYS = tuple(figure.name for figure in FIGURES)
FIGURE_KEYS = (*TYPED_KEYS, *TOTALS)
HEAD_DEPTH = 3


def roman(number: int) -> str:
    """1 → "I", 14 → "XIV": how the form numbers its groups."""
    written = ""
    for value, sign in (
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ):
        count, number = divmod(number, value)
        written += sign * count
    return written
