"""pass@k by k of two runs as inline SVG: a line each with its interval as a band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from markupsafe import Markup

from codetune.evaluate.statistics.comparison import CurvePoint
from codetune.report.charts import nice_ticks
from codetune.report.numbers import percent

__all__ = ["pass_curve"]


def pass_curve(points: Sequence[CurvePoint], names: tuple[str, str]) -> Markup:
    """Draw the curve; k runs on a scale of equal factors.

    Args:
        points: At least two, by k.
        names: What the two runs are called.
    """
    widest = math.log(points[-1].k)
    highest = max(max(point.first.high, point.second.high) for point in points)
    ticks = [tick for tick in nice_ticks(0.0, min(max(highest, 0.05), 1.0)) if tick <= 1.0]

    def x(point: CurvePoint) -> float:
        return 1000 * math.log(point.k) / widest

    def y(value: float) -> float:
        return 1000 * (1 - value / ticks[-1])

    parts = []
    for tick in ticks:
        at = f"{y(tick) / 10:.2f}%"
        parts.append(f'<line class="grid" x1="0" x2="100%" y1="{at}" y2="{at}"/>')
        parts.append(
            f'<text class="tick" x="-10" y="{at}" dy="4" text-anchor="end">{percent(tick, 0)}</text>'
        )
    for point in points:
        parts.append(
            f'<text class="tick" x="{x(point) / 10:.2f}%" y="100%" dy="20" text-anchor="middle">{point.k}</text>'
        )
    drawn = []
    for side, colour in (("first", "base"), ("second", "tuned")):
        estimates = [(x(point), getattr(point, side)) for point in points]
        upper = [f"{at:.1f} {y(one.high):.1f}" for at, one in estimates]
        lower = [f"{at:.1f} {y(one.low):.1f}" for at, one in reversed(estimates)]
        line = [f"{at:.1f} {y(one.value):.1f}" for at, one in estimates]
        drawn.append(f'<path class="band {colour}" d="M{"L".join(upper + lower)}Z"/>')
        drawn.append(f'<path class="line {colour}" d="M{"L".join(line)}"/>')
    parts.append(
        '<svg viewBox="0 0 1000 1000" preserveAspectRatio="none" width="100%" height="100%">'
        f"{''.join(drawn)}</svg>"
    )
    said = "; ".join(
        f"{name}: " + ", ".join(f"pass@{point.k} {percent(getattr(point, side).value)}" for point in points)
        for name, side in zip(names, ("first", "second"), strict=True)
    )
    return Markup(
        f'<div class="plot curve" role="img" aria-label="{escape(said)}">'
        f'<svg class="pass-curve" width="100%" height="240" aria-hidden="true">{"".join(parts)}</svg></div>'
        '<p class="axis-name">samples drawn, k</p>'
    )
