"""Charts as server-side SVG: this module works out the geometry, `templates/charts/` draws it, page and PDF alike.

Values are exact (int or Fraction; rates 0–1) and come with their printed text. An undefined value is a gap, never 0.
Every chart carries the table of the same figures. Coordinates are strings: a template would print 12.5 as "12,5".
"""

from cchc_portal.lib.charts.bars import Against, bar, bullets, ranked_bars
from cchc_portal.lib.charts.plots import Change, dot_plot, heat_map
from cchc_portal.lib.charts.shapes import Chart, Datum, Series, Table
from cchc_portal.lib.charts.trends import line_chart, sparkline

__all__ = [
    "Against",
    "Change",
    "Chart",
    "Datum",
    "Series",
    "Table",
    "bar",
    "bullets",
    "dot_plot",
    "heat_map",
    "line_chart",
    "ranked_bars",
    "sparkline",
]
