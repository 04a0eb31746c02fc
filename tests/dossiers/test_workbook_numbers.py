"""300 ways of writing a number into a cell: exactly that count, or a refusal with row, column and reason.

The oracle is the list itself, written by the rules for typed numbers and not by the code: what stands under ACCEPTED is
worth the number beside it, what stands under REFUSED is worth none.
"""

import datetime as dt
import io

import pytest
import xlsxwriter

from dossiers import rules
from dossiers.workbooks.matching import Target, Targets, judge
from dossiers.workbooks.tables import read_table
from tests.dossiers.workbook_making import HEAD, NUMBERING

NBSP, NARROW, THIN, FIGURE = "\u00a0", "\u202f", "\u2009", "\u2007"

ACCEPTED = [
    # Native numbers.
    (0, 0), (0.0, 0), (1, 1), (7.0, 7), (12, 12), (999, 999), (1000, 1000), (5441, 5441), (9_999_999, 9_999_999),
    (10_000_000, 10_000_000), (1e3, 1000), (1.0e7, 10_000_000), (-0.0, 0),
    # Plain digits as text.
    ("0", 0), ("1", 1), ("5", 5), ("10", 10), ("42", 42), ("100", 100), ("999", 999), ("1000", 1000), ("5441", 5441),
    ("10000", 10_000), ("123456", 123_456), ("1234567", 1_234_567), ("10000000", 10_000_000), ("9999999", 9_999_999),
    # Thousands parted by dots.
    ("1.000", 1000), ("1.234", 1234), ("5.441", 5441), ("12.345", 12_345), ("123.456", 123_456), ("10.000", 10_000),
    ("1.234.567", 1_234_567), ("10.000.000", 10_000_000), ("9.999.999", 9_999_999), ("1.000.000", 1_000_000),
    ("100.000", 100_000), ("2.024", 2024), ("1.001", 1001),
    # Thousands parted by spaces of any kind.
    ("1 000", 1000), ("5 441", 5441), ("12 345", 12_345), ("123 456", 123_456), ("1 234 567", 1_234_567),
    ("10 000 000", 10_000_000), (f"1{NBSP}000", 1000), (f"5{NBSP}441", 5441), (f"1{NBSP}234{NBSP}567", 1_234_567),
    (f"5{NARROW}441", 5441), (f"1{NARROW}234{NARROW}567", 1_234_567), (f"5{THIN}441", 5441), (f"12{THIN}345", 12_345),
    (f"5{FIGURE}441", 5441), (f"1{NBSP}234 567", 1_234_567),
    # Spaces and line ends around.
    (" 5", 5), ("5 ", 5), ("  5441  ", 5441), (f"{NBSP}5441", 5441), (f"5441{NBSP}", 5441), ("5\n", 5), ("\t7", 7),
    (" 1.234 ", 1234), (f"{NARROW}12{NARROW}", 12), ("5441\r\n", 5441),
    # Not applicable, and blank.
    ("KAD", "NA"), ("kad", "NA"), ("Kad", "NA"), (" KAD ", "NA"), ("KAD\n", "NA"), ("kAD", "NA"),
    (None, None), ("", None), (" ", None), ("   ", None), (NBSP, None), ("\n", None), ("\t", None),
]  # fmt: skip

REFUSED = [
    # A comma parts decimals in Vietnamese and thousands in English: neither is guessed.
    "1,234", "5,441", "12,345", "123,456", "1,234,567", "10,000,000", "1,5", "0,5", "5,0", "5,00", "1,0", "1000,0",
    "1.234,5", "1.234,0", "1.234,00", "1.234.567,89", "1,234.5", "1,234.00", "1,234,567.0", ",5", "5,", "1,2,3", "1,23",
    "1,2345", "12,34,567", "0,000",
    # Dots that do not part groups of three.
    "1.2", "1.5", "0.5", "5.0", "5.00", "1.23", "1.2345", "12.34", "12.3456", "1.234.5", "1.234.56", "1..234", ".5",
    "5.", ".234", "1.234.", "1234.567", "0.123", "0.000", "00.123", "1.0", "1000.0", "1.23.456", "1.2.3", "01.234",
    "0.441",
    # Spaces that do not.
    "1 2", "12 34", "1 23", "1 2345", "1  234", "1234 567", "0 123", "5 4 4 1", "1 234 56", "12 3", "1 234.567",
    "1.234 567", f"1{NBSP}23", f"12{NARROW}34", "1 000,5", "1 000.5",
    # Signs.
    "-1", "-5441", "-0", "+1", "+5441", "−1", "–1", "- 1", "-1.234", "+1 234", "--1", "5-", "1-", "(1)", "(5441)", "-",
    "–", "—", "- 5.441", "+", "±5",
    # Leading zeros.
    "00", "01", "007", "0005441", "000", "0123", "00000000",
    # Outside the range of a count.
    "10000001", "10.000.001", "10 000 001", "99999999", "100000000", "123456789", "1.000.000.000", "9" * 20, "9" * 41,
    "9" * 400,
    # Other notations.
    "1e3", "1E3", "5e0", "1e+3", "1.5e3", "0x10", "0b11", "0o17", "1_000", "10_000_000", "1'000", "1’000", "1·000",
    "1/2", "½", "1 1/2", "5:00", "12:30", "5%", "97,8%", "97.8%", "100 %", "1k", "1K", "2 tr", "1,2 triệu", "5 nghìn",
    "3²", "²", "①", "Ⅴ", "V", "IV", "=5", "=1+1", "5+5", "5*2", "2^3", "#N/A", "#REF!", "#DIV/0!", "#VALUE!", "NaN",
    "nan", "inf", "Infinity", "-inf", "1e999", "$5", "5$", "5đ", "5 đ", "5 VNĐ", "5₫", "€5", "@5", "'5", '"5"', "“5”",
    # Digits of other scripts, and letters that look like digits.
    "５", "５４４１", "１２３", "٣", "١٢٣", "१२", "๕", "五", "十", "五千", "𝟓", "O", "o", "l", "I", "1O", "l0", "5O",
    "S", "B", "５.441", "5.４41",
    # Words and units.
    "năm", "một", "không", "Không có", "không áp dụng", "không có số liệu", "chưa có", "n/a", "N/A", "NA", "na", "null",
    "None", "trống", "x", "X", "?", "*", ".", ",", "..", "…", "...", "_", "/", "5 hồ sơ", "5hs", "5 HS", "hs: 5",
    "khoảng 5", "~5", "≈5", ">5", "<5", "≥5", "5?", "5*", "5 (năm)", "5; 6", "5, 6", "5 6", "5\n6", "5\t6", "5/6",
    "TRUE", "true", "có", "KADD", "KA D", "K.A.D", "K A D", "không", "KAĐ",
    # Invisible signs inside.
    "1\u200b234", "5\u200b", "\u200b5", "5\u200d", "\ufeff5", "5\u2060", "1\u00ad000", "\u202e5441", "5\u0301",
    # Native numbers that are no count.
    1.234, 1.5, 0.5, -1, -5441, -0.5, 1e-9, 0.1 + 0.2, 2.999999999, 5.0000001, 10_000_001, 1e8, 1e15,
    1e16, 1e300, 12.34, 1.2345, 99.9, 0.978,
    # What a spreadsheet made of the typing.
    True, False, dt.datetime(2026, 5, 1), dt.datetime(2026, 12, 31), dt.datetime(1900, 1, 5),
    dt.datetime(2026, 5, 1, 7, 30), dt.time(12, 30), dt.time(0, 0, 5), dt.timedelta(hours=30),
]  # fmt: skip

WRITINGS = [*ACCEPTED, *((value, "refused") for value in REFUSED)]
FIRST_ROW = len(HEAD) + 2


def write_value(page, row, column, value, formats):
    """One value as Excel stores it."""
    if value is None:
        return
    if isinstance(value, bool):
        page.write_boolean(row, column, value)
    elif isinstance(value, str):
        page.write_string(row, column, value)
    elif isinstance(value, dt.datetime):
        page.write_datetime(row, column, value, formats["date"])
    elif isinstance(value, (dt.time, dt.timedelta)):
        page.write_datetime(row, column, value, formats["time"])
    else:
        page.write_number(row, column, value)


@pytest.fixture(scope="module")
def judged():
    """All writings in one workbook, one a row, in column D."""
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed) as book:
        formats = {
            "date": book.add_format({"num_format": "dd/mm/yyyy"}),
            "time": book.add_format({"num_format": "[h]:mm:ss"}),
        }
        page = book.add_worksheet("II.06a")
        for number, values in enumerate([*HEAD, NUMBERING]):
            page.write_row(number, 0, values)
        for number, (value, _expected) in enumerate(WRITINGS, start=FIRST_ROW - 1):
            page.write_string(number, 0, str(number))
            page.write_string(number, 16, f"9.{number:06d}")
            write_value(page, number, 3, value, formats)
    targets = [
        Target(number, 1, f"9.{number:06d}", f"Thủ tục {number}", rules.Figures())
        for number in range(FIRST_ROW - 1, FIRST_ROW - 1 + len(WRITINGS))
    ]
    return judge(read_table(packed), Targets(targets))


def test_there_are_enough_ways():
    assert len(WRITINGS) >= 300
    assert len({repr(value) for value, _expected in WRITINGS}) >= 300


@pytest.mark.parametrize("index", range(len(WRITINGS)))
def test_exactly_that_count_or_a_refusal(judged, index):
    value, expected = WRITINGS[index]
    row = FIRST_ROW + index
    problems = [problem for problem in judged.problems if problem.row == row]
    if expected == "refused":
        assert [(problem.sheet, problem.column) for problem in problems] == [("II.06a", "D")], value
        assert problems[0].reason
        assert f"{row}" in str(problems[0]) and "D" in str(problems[0])
        return
    assert problems == [], value
    cells = {line.row: line.cells for line in judged.lines}[row]
    assert cells["received_online"] == (rules.NA if expected == "NA" else expected), value
