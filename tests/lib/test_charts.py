"""Charts: gaps stay gaps, bars begin at zero, texts are escaped, the same figures stand beside as a table."""

from fractions import Fraction
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from cchc_portal.lib.charts import (
    Against,
    Change,
    Datum,
    Series,
    bar,
    bullets,
    dot_plot,
    heat_map,
    line_chart,
    ranked_bars,
    sparkline,
)
from cchc_portal.lib.numbers import Rate

SVG = "{http://www.w3.org/2000/svg}"


def rate(label, percent):
    return Datum.of_rate(label, Rate(percent, 100, "D2") if percent is not None else None)


def rates(*percents):
    return [rate(f"Quý {number}", percent) for number, percent in enumerate(percents, start=1)]


def drawn(chart):
    return ElementTree.fromstring(render_to_string("charts/chart.svg", {"chart": chart}))


CHARTS = {
    "line": lambda: line_chart([Series("A", rates(90, None, 95))], title="Tiêu đề", desc="Mô tả"),
    "bars": lambda: ranked_bars(rates(90, None), title="Tiêu đề", desc="Mô tả", head="Cơ quan", measure="Tỷ lệ"),
    "bullets": lambda: bullets(
        [Against(rate("A", 90), rate("Chỉ tiêu", 95))], title="Tiêu đề", desc="Mô tả", head="Cơ quan", measure="Tỷ lệ"
    ),
    "heat": lambda: heat_map(
        ["A", "B"], ["I"], {("A", "I"): rate("I", 50)}, title="Tiêu đề", desc="Mô tả", head="Cơ quan"
    ),
    "dots": lambda: dot_plot(
        [Change("A", rate("", 80), rate("", None))], title="Tiêu đề", desc="Mô tả", head="x", before="Trước", now="Nay"
    ),
    "spark": lambda: sparkline(rates(90, None, 95), title="Tiêu đề", desc="Mô tả"),
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_is_an_image_with_a_title_and_its_own_typeface(name):
    with translation.override("vi"):
        svg = drawn(CHARTS[name]())
    assert svg.get("role") == "img"
    assert svg.find(f"{SVG}title").text == "Tiêu đề"
    assert svg.find(f"{SVG}desc").text == "Mô tả"
    assert "Liberation Serif Portal" in svg.get("font-family")
    coordinates = {"x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height"}
    for shape in svg.iter():
        assert "style" not in shape.attrib
        for attribute in coordinates & shape.attrib.keys():
            float(shape.get(attribute))


def test_a_line_stops_at_a_gap_and_at_a_break():
    gap = line_chart([Series("A", rates(90, 91, None, 93, 94))], title="x", desc="")
    assert [len(path.points.split()) for path in gap.paths] == [2, 2]
    assert len(gap.dots) == 4
    broken = line_chart([Series("A", rates(90, 91, 92, 93))], title="x", desc="", breaks={2: "biểu mẫu mới"})
    assert [len(path.points.split()) for path in broken.paths] == [2, 2]
    assert "biểu mẫu mới" in [text.text for text in broken.texts]


def test_no_known_figure_draws_axes_only():
    empty = line_chart([Series("A", rates(None, None))], title="x", desc="")
    assert (empty.paths, empty.dots) == ([], [])
    assert empty.table.rows == [["Quý 1", "–"], ["Quý 2", "–"]]


def test_bars_begin_at_zero_and_rank_the_undefined_last():
    chart = ranked_bars(rates(None, 50, 100), title="x", desc="", head="Cơ quan", measure="Tỷ lệ")
    full, half = chart.boxes
    assert full.x == half.x == chart.lines[0].x1
    assert float(half.width) == pytest.approx(float(full.width) / 2, abs=0.1)
    assert [row[:2] for row in chart.table.rows] == [["Quý 3", "100%"], ["Quý 2", "50%"], ["Quý 1", "–"]]


def test_counts_share_an_axis_that_begins_at_zero():
    data = [Datum.of_count("Quý I", 5441), Datum.of_count("Quý II", 12010)]
    chart = line_chart([Series("Hồ sơ", data)], title="x", desc="", percent=False)
    printed = [text.text for text in chart.texts]
    assert {"0", "5.000", "15.000", "12.010"} <= set(printed)


def test_heat_grows_darker_and_a_missing_cell_is_a_dashed_frame():
    cells = {("A", str(share)): Datum("", Fraction(share, 10), f"{share}") for share in range(0, 11)}
    chart = heat_map(["A"], [*(str(share) for share in range(0, 11)), "–"], cells, title="x", desc="", head="")

    def lightness(colour):
        return sum(int(colour[start : start + 2], 16) for start in (1, 3, 5))

    *known, missing = chart.boxes
    shades = [lightness(box.fill) for box in known]
    assert shades == sorted(shades, reverse=True)
    assert missing.dash
    assert not any(box.dash for box in known)


def test_text_of_users_is_escaped():
    chart = ranked_bars([rate('<script>"&', 50)], title="<b>", desc="", head="x", measure="y")
    html = render_to_string("charts/_figure.html", {"figure": chart})
    assert "<script>" not in html
    assert "<b>" not in html
    assert '<script>"&' in [text.text for text in drawn(chart).iter(f"{SVG}text")]


def test_a_very_long_name_keeps_to_its_two_lines():
    name = "Ủy ban nhân dân phường " + "rất dài " * 40
    chart = ranked_bars([rate(name, 50)], title="x", desc="", head="x", measure="y")
    labels = [text for text in chart.texts if text.anchor == "end"]
    assert len(labels) == 2
    assert labels[-1].text.endswith("…")
    assert chart.table.rows[0][0] == name


def test_the_bar_of_a_cell_never_passes_its_end():
    assert float(bar(Datum("A", 15, "15"), end=10).boxes[-1].width) == 96
    assert len(bar(rate("A", None)).boxes) == 1


def test_a_mark_says_what_happened_and_parts_no_line():
    chart = line_chart([Series("A", rates(90, 91, 92, 93))], title="x", desc="", marks={2: "01/07/2025"})
    assert [len(path.points.split()) for path in chart.paths] == [4]
    [label] = [text for text in chart.texts if text.text == "01/07/2025"]
    [mark] = [line for line in chart.lines if line.dash]
    second, third = (float(dot.x) for dot in chart.dots[1:3])
    assert mark.x1 == mark.x2 == label.x
    assert second < float(mark.x1) < third
