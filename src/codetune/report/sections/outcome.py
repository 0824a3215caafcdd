"""The head of the page: what changed, how sure that is, and what it took, in one look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codetune.report.numbers import NOT_RUN, count, duration, p_value, percent, points
from codetune.report.sections.evaluation_view import interval_rows
from codetune.report.sections.funnel import FunnelStep
from codetune.report.sections.scores import Evaluation
from codetune.report.sections.stages import Stages
from codetune.report.sections.training import Training

__all__ = ["Outcome", "Tile", "tell_outcome"]

_VERDICTS = {"better": "better", "worse": "worse", "tie": "a tie"}


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the head of the page says."""

    subject: str
    headline: str
    word: str | None
    """`better`, `worse`, `tie`, or None where nothing was compared."""
    verdict: str
    explanation: str
    intervals: list[tuple[str, str, float | None, float | None, float | None]]
    intervals_caption: str
    tiles: list[Tile]


def _explanation(evaluation: Evaluation | None) -> str:
    comparison = evaluation.comparison if evaluation else None
    if evaluation is None or comparison is None:
        return "Base and tuned model were not compared, so nothing is said about a change."
    moved = f"{points(comparison.difference)} points"
    moved += f", 95% interval {points(comparison.low)} to {points(comparison.high)}"
    found = f"Over {count(comparison.problems)} problems the tuned model moved by {moved}"
    tested = f" ({comparison.test}, {p_value(comparison.p_value)})"
    meaning = {
        "tie": "That can't be told from chance.",
        "better": "That is more than chance explains.",
        "worse": "That is more than chance explains, in the wrong direction.",
    }[comparison.verdict]
    return f"{found}{tested}. {meaning}"


def _headline(evaluation: Evaluation | None, training: Training | None) -> str:
    if evaluation is None:
        return "The model was tuned, not evaluated" if training else "The data is made; nothing was tuned yet"
    before = percent(evaluation.base.leading.value if evaluation.base else None)
    after = percent(evaluation.tuned.leading.value if evaluation.tuned else None)
    arrow = "\N{RIGHTWARDS ARROW}"
    return f"{evaluation.benchmark} {evaluation.metric}: {before} {arrow} {after}"


def _tiles(stages: Stages, funnel: Sequence[FunnelStep], training: Training | None) -> list[Tile]:
    made = [s.kept for s in funnel if s.stage in ("tasks", "synth") and s.kept is not None]
    curated = next((s for s in reversed(funnel) if s.stage == "curate"), None)
    collected = next((s for s in funnel if s.stage == "collect"), None)
    kept = curated.kept if curated else None
    kept_note = "" if not made else f"of {count(sum(made))} made"
    steps = training.steps if training else None
    return [
        Tile(
            "Collected",
            count(collected.kept if collected else None),
            collected.unit if collected else "",
        ),
        Tile("Records kept", count(kept), kept_note),
        Tile("Training steps", count(steps), f"in {duration(training.seconds)}" if training else ""),
        Tile(
            "Time",
            duration(stages.seconds),
            f"{len(stages.all)} stages" if stages.seconds is not None else "",
        ),
    ]


def tell_outcome(
    stages: Stages,
    funnel: Sequence[FunnelStep],
    training: Training | None,
    evaluations: Sequence[Evaluation],
) -> Outcome:
    """Put the run's outcome into words.

    Args:
        stages: All finished stages.
        funnel: What was kept and rejected.
        training: The training, None where there was none.
        evaluations: The first one leads.
    """
    first = evaluations[0] if evaluations else None
    word = first.comparison.verdict if first and first.comparison else None
    model = training.config.get("model") if training else None
    named = "SmolLM2-135M-Instruct" if model == "embedded" else str(model) if model else None
    subject = " \N{MIDDLE DOT} ".join(
        part
        for part in (
            named,
            f"tuned with {training.config['method']}" if training and "method" in training.config else None,
        )
        if part
    )
    return Outcome(
        subject=subject or "codetune",
        headline=_headline(first, training),
        word=word,
        verdict=_VERDICTS.get(word or "", NOT_RUN),
        explanation=_explanation(first),
        intervals=interval_rows(first) if first else [],
        intervals_caption=f"{first.metric} on {first.benchmark}; the bars are 95% intervals of each model alone."
        if first
        else "",
        tiles=_tiles(stages, funnel, training),
    )
