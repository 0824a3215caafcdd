"""The head of the page: what changed, how sure that is, and what it took.

The order is fixed, not chosen by the result: tasks on held-out rows, the loss on held-out rows, and
then the benchmarks, which show whether the tuning did harm elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from codetune.evaluate.statistics.comparison import Comparison
from codetune.report.numbers import NOT_RUN, count, duration, number, p_value, percent, points, significant
from codetune.report.sections.evaluation_view import interval_rows
from codetune.report.sections.examples import Example
from codetune.report.sections.funnel import FunnelStep
from codetune.report.sections.scores import Evaluation
from codetune.report.sections.stages import Stages
from codetune.report.sections.training import Training

__all__ = ["Claim", "Outcome", "Tile", "describe_outcome"]

_ARROW = "\N{RIGHTWARDS ARROW}"
_METRICS = {
    "rouge_l": "ROUGE-L",
    "smoothed_bleu4": "smoothed BLEU-4",
    "bleu": "BLEU",
    "exact_match": "exact match",
}
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
    graded = [evaluation for evaluation in evaluations if evaluation.is_graded]
    executed = [evaluation for evaluation in evaluations if not evaluation.is_graded]
    claims = [_task_claim(evaluation) for evaluation in graded]
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
    named = "SmolLM2-135M-Instruct" if model == "embedded" else str(model) if model else None
    method = f"tuned with {training.config['method']}" if "method" in training.config else None
    return " \N{MIDDLE DOT} ".join(part for part in (named, method) if part) or "codetune"


def _not_compared() -> str:
    return "Base and tuned model were not compared, so nothing is said about a change."


def _headline(evaluation: Evaluation) -> str:
    before = percent(evaluation.base.leading.value if evaluation.base else None)
    after = percent(evaluation.tuned.leading.value if evaluation.tuned else None)
    return f"{_measure(evaluation)}: {before} {_ARROW} {after}"


def _measure(evaluation: Evaluation) -> str:
    """`HumanEval pass@1`, or `Say what code does, on held-out rows: ROUGE-L`."""
    metric = _METRICS.get(evaluation.metric, evaluation.metric)
    task = evaluation.benchmark.removeprefix("rows of your own: ")
    if task == evaluation.benchmark:
        return f"{task} {metric}"
    return f"{task[:1].upper()}{task[1:]}, {metric} on held-out rows"


def _change(comparison: Comparison, unit: str) -> str:
    interval = f"95% interval {points(comparison.low)} to {points(comparison.high)}"
    return (
        f"Over {count(comparison.problems)} {unit} the tuned model moved by {points(comparison.difference)} "
        f"points, {interval} ({comparison.test}, {p_value(comparison.p_value)})."
    )


def _task_claim(evaluation: Evaluation) -> Claim:
    comparison = evaluation.comparison
    if comparison is None:
        return Claim(_headline(evaluation), _not_compared())
    meaning = {
        "tie": "That is within chance.",
        "better": f"{count(comparison.second_only)} answers became better and {count(comparison.first_only)} worse.",
        "worse": f"{count(comparison.first_only)} answers became worse and {count(comparison.second_only)} better.",
    }[comparison.verdict]
    return Claim(
        _headline(evaluation),
        f"{_change(comparison, 'held-out rows')} {meaning} The metric says how close an answer is to the "
        "reference, not whether it is right.",
        comparison.verdict,
        interval_rows(evaluation),
        f"{_measure(evaluation)}; the bars are 95% intervals of each model alone.",
    )


def _benchmark_claim(evaluation: Evaluation) -> Claim:
    comparison = evaluation.comparison
    if comparison is None:
        return Claim(_headline(evaluation), _not_compared())
    seen = percent(comparison.smallest_detectable)
    meaning = {
        "tie": f"That is within chance: no harm and no gain was seen. A change of {seen.removesuffix('%')} points "
        "would have been seen in four of five such runs; a smaller one may be there.",
        "better": "That is more than chance explains.",
        "worse": "That is more than chance explains: the tuning did harm here.",
    }[comparison.verdict]
    return Claim(
        _headline(evaluation),
        f"{_change(comparison, 'problems')} {meaning}",
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
    headline = f"Loss on held-out rows: {significant(before)} {_ARROW} {significant(after)}"
    if value is None or low is None or high is None or rows is None:
        return Claim(headline, "No interval was kept, so nothing is said about chance.")
    word = "better" if high < 0 else "worse" if low > 0 else "tie"
    return Claim(
        f"Loss on {count(rows)} held-out rows: {significant(before)} {_ARROW} {significant(after)}",
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
