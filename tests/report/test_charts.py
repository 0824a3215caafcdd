from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest
from tests.report.page_reader import PageReader

from codetune.report import charts


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (0, 0.138), (0.93, 2.61), (3, 3), (-4, 11), (1e-7, 3e-7), (0, 123_456), (0, 0)]
)
def test_ticks_are_round_and_cover_the_data(low, high) -> None:
    ticks = charts.nice_ticks(low, high)
    assert ticks[0] <= low + 1e-12 and ticks[-1] >= high - 1e-12
    assert 2 <= len(ticks) <= 9
    steps = [b - a for a, b in pairwise(ticks)]
    assert max(steps) - min(steps) < 1e-6 * max(steps)


def test_smoothing_keeps_a_line_and_does_not_lag() -> None:
    assert charts.smoothed([2.0] * 9, 3) == pytest.approx([2.0] * 9)
    line = [float(i) for i in range(101)]
    assert charts.smoothed(line, 5)[50] == pytest.approx(50)
    assert charts.smoothed([1.0, 3.0], 1) == pytest.approx([(1 + 0.5 * 3) / 1.5, (3 + 0.5 * 1) / 1.5])


def test_intervals_are_where_the_numbers_are() -> None:
    html = str(charts.intervals([("base", "base", 0.05, 0.02, 0.10), ("tuned", "tuned", 0.10, 0.05, 0.2)]))
    page = PageReader(html)
    top = float(re.findall(r">(\d+)%</text>", html)[-1]) / 100
    dots = [float(a["cx"].rstrip("%")) / 100 * top for a in page.named("circle")]
    assert dots == pytest.approx([0.05, 0.10], abs=1e-4)
    whiskers = [a for a in page.named("line") if a["class"].startswith("whisker ")]
    ends = [(float(a["x1"].rstrip("%")), float(a["x2"].rstrip("%"))) for a in whiskers]
    assert [e * top / 100 for pair in ends for e in pair] == pytest.approx([0.02, 0.10, 0.05, 0.2], abs=1e-4)
    assert "base: 5.0% (2.0% to 10.0%)" in page.named("svg")[0]["aria-label"]


def test_an_estimate_that_is_missing_is_not_drawn_at_zero() -> None:
    html = str(charts.intervals([("base", "base", None, None, None), ("tuned", "tuned", 0.1, None, None)]))
    assert html.count("<circle") == 1
    assert "base: not run" in html
    assert "whisker" not in html


def test_an_axis_never_passes_one() -> None:
    html = str(charts.intervals([("base", "base", 1.0, 0.977, 1.0)]))
    assert "100%</text>" in html and "120%" not in html


def test_bars_are_proportional_and_labels_are_escaped() -> None:
    html = str(charts.bars([("<b>py</b>", 30), ("go", 10)], unit="rows"))
    page = PageReader(html)
    assert [float(a["width"].rstrip("%")) for a in page.named("rect")] == pytest.approx(
        [100, 100 / 3], abs=1e-3
    )
    assert "b" not in {tag for tag, _ in page.elements}
    assert "75.0%" in page.text and "25.0%" in page.text


def test_charts_of_nothing_are_whole() -> None:
    for html in (charts.bars([], unit="rows"), charts.histogram([], axis="x", unit="rows")):
        assert not PageReader(str(html)).mismatched
    assert "0.0%" not in charts.bars([("none", 0)], unit="rows")


def test_the_loss_curve_draws_every_point_and_carries_its_numbers() -> None:
    points = [{"step": i, "loss": 3 - i / 10, "lr": 1e-4} for i in range(1, 11)]
    page = PageReader(str(charts.loss_curve(points)))
    paths = [a["d"] for a in page.named("path")]
    assert [d.count("L") for d in paths] == [9, 9]
    assert paths[0].startswith("M0.0 ") and paths[0].split("L")[-1].startswith("1000.0 ")
    data = json.loads(page.named("div")[0]["data-loss"])
    assert data["points"][3] == [4, 2.6, 1e-4, None]
    assert "from 2.9 at step 1 to 2 at step 10" in page.named("div")[0]["aria-label"]
