"""Registers of the demo: procedures and who handles them, periods, holidays, late reasons, areas."""

from datetime import date, datetime, timedelta
from datetime import time as clock

from agencies.choices import AgencyKind
from agencies.models import Agency
from cchc_portal.lib import periods
from dossiers.choices import Calendar
from dossiers.models import LateReason, Period
from inspections.imports.checklists import load_shipped
from inspections.models import Area
from procedures import imports as procedure_import
from procedures.choices import ProcedureLevel
from procedures.models import AgencyProcedure, Holiday, Procedure
from records.models import Event
from reports.demo import bulk
from reports.demo.people import read_csv

YEARS_OF_QUARTERS = 10
QUARTERS = YEARS_OF_QUARTERS * 4
PUBLISHED_LABELS = ("2016-pub", "2017-Q1-pub", "2020-pub", "2023-Q1-pub")
DAYS_UNTIL_DUE = 7

MERGED_ON = date(2025, 3, 1)
DISTRICTS_CLOSED_ON = date(2025, 6, 30)
# Fields of each department's procedures; those of a closed one pass to its successor with the merger.
DEPARTMENT_FIELDS = {
    "HN": ("Khen thưởng cấp thành phố", "Quyết định hành chính cấp thành phố"),
    "HN-CT": ("Xúc tiến thương mại", "Điện lực và hóa chất", "Thương mại"),
    "HN-DL": ("Du lịch",),
    "HN-GDDT": ("Giáo dục và đào tạo", "Văn bằng, chứng chỉ"),
    "HN-GTVT": ("Đường bộ", "Đường thủy nội địa"),
    "HN-KCN": ("Khu công nghiệp, chế xuất",),
    "HN-KHCN": (
        "Hoạt động khoa học và công nghệ",
        "Chuyển giao công nghệ",
        "Sở hữu trí tuệ",
        "Tiêu chuẩn, đo lường, chất lượng",
        "An toàn bức xạ và hạt nhân",
    ),
    "HN-KHDT": ("Thành lập doanh nghiệp", "Đầu tư tại Việt Nam"),
    "HN-LDTBXH": ("Việc làm và an toàn lao động", "Lao động, tiền lương", "Chính sách người có công"),
    "HN-NGV": ("Lãnh sự", "Lễ tân và hợp tác quốc tế"),
    "HN-NNPTNT": ("Trồng trọt và bảo vệ thực vật", "Chăn nuôi và thú y", "Lâm nghiệp và thủy sản"),
    "HN-NV": ("Tổ chức bộ máy và hội", "Công chức, viên chức", "Thi đua, khen thưởng", "Văn thư, lưu trữ"),
    "HN-QHKT": ("Quy hoạch - kiến trúc",),
    "HN-TC": ("Tài chính doanh nghiệp", "Quản lý giá và công sản"),
    "HN-TNMT": ("Đăng ký đất đai", "Tài nguyên nước và khoáng sản", "Bảo vệ môi trường"),
    "HN-TP": ("Lý lịch tư pháp", "Công chứng", "Luật sư và tư vấn pháp luật", "Quốc tịch và đấu giá"),
    "HN-TTR": ("Thanh tra và tiếp công dân",),
    "HN-TTTT": ("Bưu chính", "Viễn thông và internet", "Công nghệ thông tin", "Báo chí và xuất bản"),
    "HN-VHTT": ("Văn hóa, nghệ thuật", "Thể dục, thể thao"),
    "HN-VP": ("Kiểm soát thủ tục hành chính",),
    "HN-XD": ("Hoạt động xây dựng", "Nhà ở và kinh doanh bất động sản"),
    "HN-YT": ("Khám bệnh, chữa bệnh", "Dược và mỹ phẩm", "An toàn thực phẩm"),
}
# What communes took over when the districts closed.
TAKEN_OVER_BY_COMMUNES = ("Thành lập và hoạt động hộ kinh doanh", "Cấp phép xây dựng")

LATE_REASONS = (
    ("coordination", "Chậm phối hợp giữa các cơ quan", False),
    ("staff", "Thiếu hoặc thay đổi nhân sự", False),
    ("system", "Lỗi hệ thống, đường truyền", False),
    ("configuration", "Cấu hình thời hạn trên hệ thống sai", False),
    ("field_verification", "Phải xác minh thực địa", False),
    ("incomplete_dossier", "Hồ sơ chưa đầy đủ, phải bổ sung", False),
    ("unclear_regulation", "Quy định chưa rõ, phải xin ý kiến", False),
    ("fee_not_paid", "Người nộp chưa nộp phí, lệ phí", False),
    ("other", "Lý do khác", True),
)
AREAS = (
    ("direction", "Công tác chỉ đạo, điều hành cải cách hành chính"),
    ("institutions", "Cải cách thể chế"),
    ("procedures", "Cải cách thủ tục hành chính"),
    ("apparatus", "Cải cách tổ chức bộ máy hành chính nhà nước"),
    ("civil_service", "Cải cách chế độ công vụ"),
    ("public_finance", "Cải cách tài chính công"),
    ("digital_government", "Xây dựng và phát triển chính quyền điện tử, chính quyền số"),
)
# Only the days that are the same every year; those of Tết and the days in lieu are set anew each year by the office.
FIXED_HOLIDAYS = (
    (1, 1, "Tết Dương lịch"),
    (4, 30, "Ngày Chiến thắng"),
    (5, 1, "Ngày Quốc tế lao động"),
    (9, 2, "Quốc khánh"),
)
HOLIDAY_YEARS = range(2024, 2028)


def load_lists() -> None:
    """Areas of the reform, late reasons, and the holidays that fall on the same day every year."""
    for order, (code, name) in enumerate(AREAS, start=1):
        Area.objects.get_or_create(code=code, list_version="2021-2030", defaults={"name": name, "order": order})
    load_shipped()
    for order, (code, name, needs_text) in enumerate(LATE_REASONS, start=1):
        LateReason.objects.get_or_create(code=code, defaults={"name": name, "order": order, "needs_text": needs_text})
    for year in HOLIDAY_YEARS:
        for month, day, name in FIXED_HOLIDAYS:
            Holiday.objects.get_or_create(day=date(year, month, day), defaults={"name": name})
    Event.objects.append(
        actor=None,
        action="load_lists",
        after={
            "areas": [code for code, _name in AREAS],
            "late_reasons": [code for code, _name, _text in LATE_REASONS],
            "holidays": len(HOLIDAY_YEARS) * len(FIXED_HOLIDAYS),
        },
    )


def load_procedures() -> dict[str, list[Procedure]]:
    """The register of procedures through its importer; gives the procedures by the name of their field."""
    procedure_import.apply(procedure_import.plan_import(read_csv("procedures_demo.csv")), by=None)
    by_field: dict[str, list[Procedure]] = {}
    for procedure in Procedure.objects.select_related("field").order_by("code"):
        by_field.setdefault(procedure.field.name, []).append(procedure)
    return by_field


def load_links(agencies: list[Agency], by_field: dict[str, list[Procedure]], successors: dict[int, Agency]) -> None:
    """Who handles what: departments by field, districts and communes by level, with the days of each.

    `successors` gives the agency that absorbed a closed department whole; its procedures pass on with the merger.
    """
    taken = [procedure for name in TAKEN_OVER_BY_COMMUNES for procedure in by_field[name]]
    everything = [procedure for rows in by_field.values() for procedure in rows]
    by_level = {
        AgencyKind.DISTRICT: [row for row in everything if row.level == ProcedureLevel.DISTRICT],
        AgencyKind.COMMUNE: [row for row in everything if row.level == ProcedureLevel.COMMUNE],
    }
    links = []

    def link(agency: Agency, procedures: list[Procedure], first: date | None) -> None:
        span = (first and str(first), agency.valid_to and str(agency.valid_to))
        links.extend((agency.pk, row.pk, *span) for row in procedures)

    for agency in agencies:
        for name in DEPARTMENT_FIELDS.get(agency.code, ()):
            link(agency, by_field[name], agency.valid_from)
            if agency.pk in successors:
                link(successors[agency.pk], by_field[name], MERGED_ON)
        if agency.kind in by_level:
            link(agency, by_level[agency.kind], agency.valid_from)
        if agency.kind == AgencyKind.COMMUNE and agency.is_valid_on(DISTRICTS_CLOSED_ON + timedelta(days=1)):
            link(agency, taken, DISTRICTS_CLOSED_ON + timedelta(days=1))
    bulk.insert(AgencyProcedure, ("agency_id", "procedure_id", "valid_from", "valid_to"), links)
    Event.objects.append(
        actor=None, action="load_agency_procedures", after={"agencies": len(agencies), "links": len(links)}
    )


def load_periods(today: date) -> list[Period]:
    """Ten years of default quarters up to the latest that has ended, the running one, and those of publications.

    The latest ended quarter is due seven days after the load, so that there is something to enter. Gives the ended
    quarters, oldest first.
    """
    holidays = set(Holiday.objects.values_list("day", flat=True))
    label = periods.latest_ended(today)
    labels = [label]
    while len(labels) < QUARTERS:
        labels.append(periods.previous(labels[-1]))
    rows = [_quarter(each, holidays) for each in [periods.following(label), *labels]]
    rows[1].due_at = datetime.combine(today + timedelta(days=DAYS_UNTIL_DUE), clock(17), tzinfo=periods.HANOI)
    rows[1].locks_at = periods.default_lock(rows[1].due_at)
    for each in PUBLISHED_LABELS:
        rows.append(Period(label=each, kind=periods.parse_label(each).kind, calendar=Calendar.PUBLISHED))
    Period.objects.bulk_create(rows)
    Event.objects.append(actor=None, action="load_periods", after={"labels": [row.label for row in rows]})
    return list(Period.objects.filter(label__in=labels).order_by("last_day"))


def _quarter(label: str, holidays: set[date]) -> Period:
    first, last = periods.bounds(label)
    due = periods.default_due(last, holidays)
    return Period(
        label=label, kind="quarter", first_day=first, last_day=last, due_at=due, locks_at=periods.default_lock(due)
    )
