"""The head of the page: what changed, how sure that is, and what it took.

The order is fixed, not chosen by the result: tasks on held-out rows (overlap first, then whether the
answers are about the right code), the loss on held-out rows, and then the benchmarks, which show whether
the tuning did harm elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from codetune.evaluate.statistics.comparison import Comparison
from codetune.report.measures import measure_name, measure_title
from codetune.report.numbers import NOT_RUN, count, duration, number, p_value, percent, points, significant
from codetune.report.sections.evaluation_view import interval_rows
from codetune.report.sections.examples import Example
from codetune.report.sections.funnel import FunnelStep
from codetune.report.sections.panel import Change, changes_of
from codetune.report.sections.scores import Evaluation
from codetune.report.sections.stages import Stages
from codetune.report.sections.training import Training

__all__ = ["Claim", "Outcome", "Tile", "describe_outcome"]

_ARROW = "\N{RIGHTWARDS ARROW}"
_CONTENT = "found_among_ten"
"""The metric that tells what an answer says from how it says it."""
_ENOUGH = (
    "On Python's standard library the smoothed BLEU-4 of a row changed with a spread of 10 points; if that holds here, "
    "ten held-out rows show a gain of 9 points in four of five runs: some 50 short functions with a docstring in all."
)
"""Measured: 120 held-out rows, embedded model, 40 steps."""
_WORDS = {"better": "better", "worse": "worse", "tie": "a tie"}


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure with its name."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """One measure before and after, and what may be said of it."""

    headline: str
    explanation: str
    word: str | None = None
    """`better`, `worse`, `tie`, or None where nothing was compared."""
    intervals: list[tuple[str, str, float | None, float | None, float | None]] = field(default_factory=list)
    caption: str = ""

    @property
    def verdict(self) -> str:
        """The word as the page prints it."""
        return _WORDS.get(self.word or "", NOT_RUN)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the head of the page says."""

    subject: str
    lead: Claim
    others: list[Claim]
    tiles: list[Tile]
    examples: list[Example]
    """Answers of both models to held-out rows, for the leading claim."""


def describe_outcome(
    stages: Stages,
    funnel: Sequence[FunnelStep],
    training: Training | None,
    evaluations: Sequence[Evaluation],
    *,
    examples: Sequence[Example] = (),
    written_by_models: int | None = None,
) -> Outcome:
    """Describe the run's outcome in sentences.

    Args:
        stages: All finished stages.
        funnel: What was kept and rejected.
        training: The training; None where there was none.
        evaluations: Of one or more benchmarks.
        examples: Answers to show under the leading claim.
        written_by_models: Rows of the final dataset that a model helped to write; None where unknown.
    """
    graded = [evaluation for evaluation in evaluations if evaluation.is_task]
    executed = [evaluation for evaluation in evaluations if not evaluation.is_task]
    claims = [claim for evaluation in graded for claim in _task_claims(evaluation, training)]
    claims += [claim for claim in [_loss_claim(training)] if claim is not None]
    claims += [_benchmark_claim(evaluation) for evaluation in executed]
    if not claims:
        headline = (
            "The model was tuned, not evaluated" if training else "The data is ready; nothing was tuned yet"
        )
        claims = [Claim(headline, _not_compared())]
    return Outcome(
        subject=_subject(training),
        lead=claims[0],
        others=claims[1:],
        tiles=_tiles(stages, funnel, training, written_by_models),
        examples=list(examples),
    )


def _subject(training: Training | None) -> str:
    if training is None:
        return "codetune"
    model = training.config.get("model")
    named = "SmolLM2-135M-Instruct" if model == "embedded" else Path(str(model)).name if model else None
    method = f"tuned with {training.config['method']}" if "method" in training.config else None
    return " \N{MIDDLE DOT} ".join(part for part in (named, method) if part) or "codetune"


def _not_compared() -> str:
    return "Base and tuned model were not compared, so nothing is said about a change."


def _headline(evaluation: Evaluation) -> str:
    before = percent(evaluation.base.leading.value if evaluation.base else None)
    after = percent(evaluation.tuned.leading.value if evaluation.tuned else None)
    joint = " " if evaluation.is_graded else ": "
    return f"{_measure(evaluation)}{joint}{before} {_ARROW} {after}"


def _task(evaluation: Evaluation) -> str:
    """`Say what code does`; a benchmark's own title where it is no task."""
    name = evaluation.benchmark.removeprefix("rows of your own: ")
    return f"{name[:1].upper()}{name[1:]}"


def _measure(evaluation: Evaluation) -> str:
    """`HumanEval pass@1`, or `Say what code does: overlap with the authors' own words`."""
    if evaluation.is_graded:
        return f"{_task(evaluation)}: {measure_title(evaluation.metric)}"
    return f"{evaluation.benchmark} {measure_name(evaluation.metric)}"


def _change(comparison: Comparison, unit: str) -> str:
    adjusted = comparison.adjusted_p_value
    p_said = p_value(comparison.p_value if adjusted is None else adjusted)
    corrected = "" if adjusted is None else ", adjusted for all that was compared"
    return (
        f"{points(comparison.difference)} points over {count(comparison.problems)} {unit}, 95% interval "
        f"{points(comparison.low)} to {points(comparison.high)} ({p_said}{corrected})."
    )


def _needed(comparison: Comparison, training: Training | None) -> str:
    """How many rows would show the gain; "" where there is one, or where it can't be said."""
    if comparison.needed is None:
        return ""
    gain, rows = comparison.needed
    assumed = "as large as measured" if gain == comparison.difference else "5 points"
    said = (
        f"If the true gain is {assumed} and rows vary as these do, {count(rows)} held-out rows show it in four "
        "of five runs"
    )
    counts = training.counts if training else {}
    held, learned = counts.get("held_out", 0), counts.get("rows", 0)
    if not held or not learned:
        return f"{said}."
    in_all = rows * (held + learned) / held
    return f"{said}: some {significant(in_all, 2)} rows in all, where {count(held + learned)} were there."


def _task_claims(evaluation: Evaluation, training: Training | None) -> list[Claim]:
    """The leading metric, then the measure that tells content from manner, where there is one."""
    comparison = evaluation.comparison
    if comparison is None:
        return [_not_measured(evaluation, training)]
    meaning = {
        "tie": f"That is within chance. {_needed(comparison, training)}",
        "better": f"{count(comparison.second_only)} answers became better and {count(comparison.first_only)} worse.",
        "worse": f"{count(comparison.first_only)} answers became worse and {count(comparison.second_only)} better.",
    }[comparison.verdict]
    lead = Claim(
        _headline(evaluation),
        f"{_change(comparison, 'held-out rows')} {_apart(training)} {meaning} Such overlap rewards the "
        "authors' manner as much as what an answer says.",
        comparison.verdict,
        interval_rows(evaluation),
        f"{measure_name(evaluation.metric)} on held-out rows; the bars are 95% intervals of each model alone.",
    )
    return [
        lead,
        *(
            _content_claim(evaluation, change)
            for change in changes_of(comparison)
            if change.metric == _CONTENT
        ),
    ]


def _apart(training: Training | None) -> str:
    """How held-out rows are kept apart from those that training saw."""
    by = training.results.get("held_out_by") if training else None
    return {
        "file": "Training did not see their files.",
        "row": "Training did not see these rows; all are of one file.",
    }.get(str(by), "Training did not see them.")


def _content_claim(evaluation: Evaluation, change: Change) -> Claim:
    metrics = evaluation.tuned.score.metrics if evaluation.tuned else {}
    note = metrics[_CONTENT].note if _CONTENT in metrics else ""
    meaning = {
        "tie": "That is within chance: what the answers say about their code did not measurably change. A change of "
        f"{_bare_points(change.detectable)} points would have been seen in four of five such runs.",
        "better": "So the answers also say more about their own code.",
        "worse": "So the answers say less about their own code than before.",
    }[change.verdict]
    return Claim(
        f"Is it about the right code? {percent(change.first)} {_ARROW} {percent(change.second)}",
        f"How often the answer alone, without the function's name and repeated code, picks its own function among ten "
        f"held-out ones ({note or 'chance is 10%'}). {points(change.difference)} points, 95% interval "
        f"{points(change.low)} to {points(change.high)} ({p_value(change.p_value)}). {meaning} Whether every word is "
        "right is not measured.",
        change.verdict,
    )


def _not_measured(evaluation: Evaluation, training: Training | None) -> Claim:
    if not evaluation.is_task or evaluation.tuned is not None:
        return Claim(_headline(evaluation), _not_compared())
    held = training.counts.get("held_out", 0) if training else 0
    return Claim(
        f"{_task(evaluation)}: too few rows to measure",
        f"Training held out {count(held)} rows, and ten are the fewest that are graded. {_ENOUGH}",
    )


def _bare_points(value: float) -> str:
    return f"{100 * value:.1f}"


def _benchmark_claim(evaluation: Evaluation) -> Claim:
    comparison = evaluation.comparison
    if comparison is None:
        return Claim(_headline(evaluation), _not_compared())
    seen = _bare_points(comparison.smallest_detectable)
    meaning = {
        "tie": f"That is within chance: neither harm nor gain was seen. A change of {seen} points or more is "
        "seen in four of five such runs; a smaller harm may be there.",
        "better": "That is more than chance explains.",
        "worse": "That is more than chance explains: the tuning did harm here.",
    }[comparison.verdict]
    return Claim(
        _headline(evaluation),
        f"Training was not about this; it is asked to see harm. {_change(comparison, 'problems')} {meaning}",
        comparison.verdict,
        interval_rows(evaluation),
        f"{_measure(evaluation)}; the bars are 95% intervals of each model alone.",
    )


def _loss_claim(training: Training | None) -> Claim | None:
    results = training.results if training else {}
    before, after = (number(results, f"held_out_loss_{when}") for when in ("before", "after"))
    if before is None or after is None:
        return None
    value, low, high, rows = (
        number(results, "held_out_loss_change", k) for k in ("value", "low", "high", "rows")
    )
    change = f"{before:.2f} {_ARROW} {after:.2f}"
    if value is None or low is None or high is None or rows is None:
        return Claim(
            f"Loss on held-out rows: {change}", "No interval was kept, so nothing is said about chance."
        )
    word = "better" if high < 0 else "worse" if low > 0 else "tie"
    return Claim(
        f"Loss on {count(rows)} held-out rows: {change}",
        f"Per trained token it changed by {significant(value)}, 95% interval {significant(low)} to "
        f"{significant(high)} (paired bootstrap over the rows). The model predicts such answers "
        f"{'better' if value < 0 else 'no better'}; whether its own answers are right is another question.",
        word,
    )


def _tiles(
    stages: Stages, funnel: Sequence[FunnelStep], training: Training | None, written: int | None
) -> list[Tile]:
    collected = next((step for step in funnel if step.stage == "collect"), None)
    curated = next((step for step in reversed(funnel) if step.stage in ("mix", "curate")), None)
    steps = training.steps if training else None
    return [
        Tile("Collected", count(collected.kept if collected else None), collected.unit if collected else ""),
        Tile("Records kept", count(curated.kept if curated else None), _kept_note(funnel, written)),
        Tile("Training steps", count(steps), _steps_note(training)),
        Tile(
            "Time",
            duration(stages.seconds),
            f"{len(stages.all)} stages" if stages.seconds is not None else "",
        ),
    ]


def _kept_note(funnel: Sequence[FunnelStep], written: int | None) -> str:
    """Rows rejected by all stages that make or check records, not by the last one alone."""
    after_collect = [step for step in funnel if step.stage in ("tasks", "synth", "curate", "mix")]
    if not after_collect:
        return ""
    rejected = sum(step.rejected or 0 for step in after_collect)
    note = f"{count(rejected)} rejected in {', '.join(step.stage for step in after_collect)}"
    return note if written is None else f"{note}; {count(written)} written in part by a model"


def _steps_note(training: Training | None) -> str:
    if training is None:
        return ""
    epochs = number(training.results, "epochs")
    passes = "" if epochs is None else f"{significant(epochs)} passes over the rows, "
    return f"{passes}in {duration(training.seconds)}"
