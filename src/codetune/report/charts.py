"""Charts as inline SVG: small, sharp in print, readable without a script.

Positions along the data axis are percentages, so a chart fits its place on the page while text and
strokes keep their size. Each chart describes what it shows in its `aria-label`, and the numbers are
on the page as text too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from html import escape

from markupsafe import Markup

from codetune.report.highlight import visible, visible_attribute
from codetune.report.numbers import count, percent, significant

__all__ = ["bars", "histogram", "intervals", "loss_curve", "nice_ticks", "smoothed"]


def nice_ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """About `wanted` round numbers that cover [low, high].

    Returns:
        Ascending, equally spaced; the first is <= low, the last is >= high.
    """
    span = (high - low) or abs(high) or 1.0
    raw = span / max(wanted - 1, 1)
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next(m * magnitude for m in (1, 2, 2.5, 5, 10) if m * magnitude >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, max(last, first + 1) + 1)]


def smoothed(values: Sequence[float], half_life: float) -> list[float]:
    """Moving average over the values before and after alike, so that it does not lag.

    Args:
        values: In order.
        half_life: Steps at which a neighbour's weight has halved; > 0.
    """
    keep = 0.5 ** (1 / half_life)
    ahead, behind = _decayed(values, keep), _decayed(values[::-1], keep)[::-1]
    # Each of the two sums contains the value itself once.
    return [
        (a_total + b_total - value) / (a_weight + b_weight - 1)
        for value, (a_total, a_weight), (b_total, b_weight) in zip(values, ahead, behind, strict=True)
    ]


def _decayed(values: Sequence[float], keep: float) -> list[tuple[float, float]]:
    total = weight = 0.0
    sums = []
    for value in values:
        total, weight = keep * total + value, keep * weight + 1
        sums.append((total, weight))
    return sums


def intervals(rows: Sequence[tuple[str, str, float | None, float | None, float | None]]) -> Markup:
    """Estimates with their intervals on one axis of fractions.

    Args:
        rows: (label, class of the colour, value, low, high); fractions in [0, 1]; a row without a
            value is drawn as `not run`.
    """
    highest = max(
        [h for *_, h in rows if h is not None] + [v for _, _, v, _, _ in rows if v is not None] + [0.05]
    )
    ticks = [tick for tick in nice_ticks(0.0, min(highest * 1.08, 1.0)) if tick <= 1.0]
    top = ticks[-1]
    step = ticks[1] - ticks[0]
    digits = 0 if abs(step * 100 - round(step * 100)) < 1e-9 else 1
    height = 46 * len(rows) + 6

    def x(value: float) -> str:
        return f"{100 * value / top:.3f}%"

    parts, said = [], []
    for tick in ticks:
        anchor = "start" if tick == 0 else "end" if tick == top else "middle"
        parts.append(f'<line class="grid" x1="{x(tick)}" x2="{x(tick)}" y1="0" y2="{height}"/>')
        parts.append(
            f'<text class="tick" x="{x(tick)}" y="{height + 18}" text-anchor="{anchor}">'
            f"{percent(tick, digits)}</text>"
        )
    for number, (label, colour, value, low, high) in enumerate(rows):
        y = 46 * number + 34
        if value is None:
            parts.append(f'<text class="name" x="0" y="{y - 16}">{visible(label)}: not run</text>')
            said.append(f"{label}: not run")
            continue
        interval = "" if low is None or high is None else f" ({percent(low)} to {percent(high)})"
        parts.append(
            f'<text class="name" x="0" y="{y - 14}">{_label(label)} '
            f'<tspan class="value">{percent(value)}</tspan><tspan class="soft">{interval}</tspan></text>'
        )
        if low is not None and high is not None:
            parts.append(f'<line class="whisker {colour}" x1="{x(low)}" x2="{x(high)}" y1="{y}" y2="{y}"/>')
            for end in (low, high):
                parts.append(
                    f'<line class="whisker-end {colour}" x1="{x(end)}" x2="{x(end)}" y1="{y - 5}" y2="{y + 5}"/>'
                )
        parts.append(f'<circle class="dot {colour}" cx="{x(value)}" cy="{y}" r="6"/>')
        said.append(f"{label}: {percent(value)}{interval}")
    return _svg("intervals", height + 26, "; ".join(said), parts)


_NARROW = 28
"""Characters of a label that stand beside a value and its interval on a phone."""
_WIDE = 84


def _label(label: str) -> str:
    """A label; a long one in two forms, of which the style sheet shows one."""
    if len(label) <= _NARROW:
        return visible(label)
    wide, narrow = visible(_shortened(label, _WIDE)), visible(_shortened(label, _NARROW))
    return f'<tspan class="wide">{wide}</tspan><tspan class="narrow">{narrow}</tspan>'


def _shortened(label: str, most: int) -> str:
    """Without its middle: what tells settings apart is at the end."""
    head = (most - 1) * 2 // 5
    return label if len(label) <= most else f"{label[:head]}…{label[head + 1 - most :]}"


def bars(rows: Sequence[tuple[str, int]], *, unit: str, colour: str = "accent") -> Markup:
    """Counts as horizontal bars in a table, each with its number.

    Args:
        rows: (label, count), in the order shown.
        unit: What is counted, in the plural, for the column's heading.
        colour: Class of the colour.
    """
    highest = max((value for _, value in rows), default=0) or 1
    total = sum(value for _, value in rows)
    cells = "".join(
        f'<tr><th scope="row">{visible(label)}</th><td class="bar-cell" aria-hidden="true">'
        f'<svg height="14" width="100%" aria-hidden="true"><rect class="{colour}" height="14" rx="2" '
        f'width="{100 * value / highest:.3f}%"/></svg></td>'
        f'<td class="count">{count(value)}</td><td class="share">{percent(value / total if total else None)}</td></tr>'
        for label, value in rows
    )
    return Markup(
        f'<table class="bars"><thead class="sr-only"><tr><th scope="col">name</th><td></td>'
        f'<th scope="col">{escape(unit)}</th><th scope="col">share</th></tr></thead>'
        f"<tbody>{cells}</tbody></table>"
    )


def histogram(bins: Sequence[tuple[str, int]], *, axis: str, unit: str) -> Markup:
    """Counts in adjoining bins.

    Args:
        bins: (label, count), ascending.
        axis: What the bins are of, e.g. `lines of code`.
        unit: What is counted, in the plural.
    """
    highest = max((value for _, value in bins), default=0) or 1
    width, height = 100 / max(len(bins), 1), 150
    parts = [f'<line class="axis" x1="0" x2="100%" y1="{height + 18}" y2="{height + 18}"/>']
    for number, (label, value) in enumerate(bins):
        tall = height * value / highest
        middle = f"{(number + 0.5) * width:.3f}%"
        parts.append(
            f'<rect class="accent" x="{(number + 0.04) * width:.3f}%" width="{0.92 * width:.3f}%" '
            f'y="{height + 18 - tall:.1f}" height="{tall:.1f}"><title>{escape(label)}: {count(value)}</title></rect>'
            f'<text class="tick" x="{middle}" y="{height + 12 - tall:.1f}" text-anchor="middle">{count(value)}</text>'
            f'<text class="tick" x="{middle}" y="{height + 34}" text-anchor="middle">{escape(label)}</text>'
        )
    parts.append(f'<text class="tick" x="50%" y="{height + 54}" text-anchor="middle">{escape(axis)}</text>')
    said = f"{unit} by {axis}: " + ", ".join(f"{label}: {count(value)}" for label, value in bins)
    return _svg("histogram", height + 60, said, parts)


def loss_curve(points: Sequence[Mapping[str, float]]) -> Markup:
    """Training loss by step: each measurement, and their moving average.

    Args:
        points: At least two of {"step", "loss"} with perhaps "lr" and "seconds", by step.
    """
    steps, losses = [p["step"] for p in points], [p["loss"] for p in points]
    average = smoothed(losses, max(len(points) / 30, 1.0))
    x_low, x_high = min(steps), max(steps)
    ticks = nice_ticks(min(losses), max(losses))
    y_low, y_high = ticks[0], ticks[-1]

    def x(step: float) -> float:
        return 1000 * (step - x_low) / ((x_high - x_low) or 1)

    def y(loss: float) -> float:
        return 1000 * (y_high - loss) / ((y_high - y_low) or 1)

    def path(values: Sequence[float]) -> str:
        return "M" + "L".join(f"{x(s):.1f} {y(v):.1f}" for s, v in zip(steps, values, strict=True))

    parts = []
    for tick in ticks:
        at = f"{y(tick) / 10:.2f}%"
        parts.append(f'<line class="grid" x1="0" x2="100%" y1="{at}" y2="{at}"/>')
        parts.append(
            f'<text class="tick" x="-10" y="{at}" dy="4" text-anchor="end">{significant(tick)}</text>'
        )
    for tick in nice_ticks(x_low, x_high, 6):
        if x_low <= tick <= x_high and tick == int(tick):
            parts.append(
                f'<text class="tick" x="{x(tick) / 10:.2f}%" y="100%" dy="20" text-anchor="middle">{count(tick)}</text>'
            )
    parts.append(
        '<svg viewBox="0 0 1000 1000" preserveAspectRatio="none" width="100%" height="100%">'
        f'<path class="measured" d="{path(losses)}"/><path class="averaged" d="{path(average)}"/></svg>'
        '<line class="cursor" y1="0" y2="100%" visibility="hidden"/>'
        '<circle class="cursor" r="5" visibility="hidden"/>'
    )
    keys = ("step", "loss", "lr", "seconds")
    kept = [[p.get(key) for key in keys] for p in points]
    data = {
        "x": [x_low, x_high],
        "y": [y_low, y_high],
        "points": kept,
        "average": [round(a, 5) for a in average],
    }
    said = (
        f"training loss over {count(len(points))} measurements, "
        f"from {significant(losses[0])} at step {count(steps[0])} to {significant(losses[-1])} "
        f"at step {count(steps[-1])}; moving average ends at {significant(average[-1])}"
    )
    return Markup(
        f'<div class="plot" tabindex="0" role="img" aria-label="{escape(said)}" '
        f'data-loss="{escape(json.dumps(data, separators=(",", ":")))}">'
        f'<svg class="loss" width="100%" height="280" aria-hidden="true">{"".join(parts)}</svg></div>'
        '<p class="axis-name">step</p>'
    )


def _svg(kind: str, height: float, said: str, parts: Sequence[str]) -> Markup:
    return Markup(
        f'<svg class="{kind}" width="100%" height="{height:.0f}" role="img" '
        f'aria-label="{visible_attribute(said)}">{"".join(parts)}</svg>'
    )
