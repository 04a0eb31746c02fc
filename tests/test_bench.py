"""The benchmark's picture; what it measures is not asserted anywhere."""

import re

from bench.measure import AT_LEAST, absolute, ratio
from bench.picture import draw


def bars(*rows):
    """Width and colour of every bar."""
    picture = draw({"machine": "M", "commit": "C", "rows": [row.as_json() for row in rows]})
    found = re.findall(
        r'<rect x="[0-9]+" y="[0-9]+" width="([0-9.]+)" height="[0-9]+" fill="(#[0-9a-f]{6})"/>', picture
    )
    return [(float(width), colour) for width, colour in found]


def test_a_bar_is_a_share_of_its_goal_and_told_by_colour_too():
    met, missed = bars(
        ratio("P1 met", "sqlite", 10.0, "the limit", 10.0, 2), ratio("P1 missed", "sqlite", 25.0, "the limit", 10.0, 2)
    )
    assert met[0] * 2.5 == missed[0]
    assert met[1] != missed[1]


def test_a_goal_of_nothing_has_a_bar():
    [none] = bars(absolute("P18 failures", "sqlite", "", 0, 0))
    [some] = bars(absolute("P18 failures", "sqlite", "", 2, 0))
    [rate] = bars(absolute("P18 saves a second", "sqlite", "1/s", 300.0, 300.0, AT_LEAST))
    assert none[1] == rate[1] != some[1]
    assert some[0] > none[0]
