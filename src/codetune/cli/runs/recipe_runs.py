"""What `run` and `quickstart` share: they run a recipe and print its results."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from codetune.cli.console import console, print_result, progress
from codetune.cli.stage_options import StageOptions
from codetune.config.faults import nearest
from codetune.engine.open import open_engine
from codetune.errors import ConfigError
from codetune.recipes.recipe import Recipe, shipped_recipe

if TYPE_CHECKING:
    from codetune.evaluate.statistics.comparison import Comparison, MeasureChange
    from codetune.recipes.runner import StepResult

__all__ = ["recipe_path", "run_and_print", "score_lines"]


def recipe_path(name: str) -> Path:
    """A file as given, or a recipe that comes with codetune by its name.

    Raises:
        ConfigError: Neither.
    """
    path = Path(name)
    if path.exists():
        return path
    shipped = shipped_recipe(name)
    if not path.suffix and shipped.exists():
        return shipped
    if path.suffix or "/" in name:
        raise ConfigError("there is no such file", where=name, next_step="check the path")
    known = [recipe.stem for recipe in shipped.parent.glob("*.yaml")]
    raise ConfigError(f"there is no recipe {name!r}{nearest(name, known)}")


def run_and_print(recipe: Recipe, options: StageOptions) -> None:
    """Run the recipe into the folder, and print the small table at the end."""
    from codetune.recipes.runner import run_recipe

    clock = time.monotonic()
    with open_engine(options.engine, workers=options.workers) as engine:
        results = run_recipe(
            recipe,
            options.folder,
            engine=engine,
            progress=progress(is_quiet=options.is_quiet),
            cache=options.cache,
            overwrite=options.overwrite,
        )
    seconds = time.monotonic() - clock
    summary = _summary(results)
    if options.as_json:
        print_result({**summary, "seconds": round(seconds, 2), "folder": str(options.folder)}, as_json=True)
        return
    if options.is_quiet:
        return
    if not any(result.worked for result in results):
        console().print(f"Nothing to do: this run was finished before ({seconds:.1f} s to check it).")
    console().print(_table(summary))
    if summary["page"]:
        console().print(f"Open the report: {summary['page']}", soft_wrap=True)


def _summary(results: Sequence[StepResult]) -> dict[str, Any]:
    by_stage = {result.card.plan.stage: result for result in results}

    def card(stage: str) -> Any:
        return by_stage[stage].card if stage in by_stage else None

    made = [card(stage).counts.get("kept", 0) for stage in ("tasks", "synth") if card(stage)]
    curated, trained, evaluated = card("curate"), card("train"), card("evaluate")
    page = by_stage["report"].folder / "report.html" if "report" in by_stage else None
    return {
        "collected": card("collect").counts.get("kept") if card("collect") else None,
        "made": sum(made) if made else None,
        "kept": curated.counts.get("kept") if curated else None,
        "steps": trained.results.get("steps") if trained else None,
        "evaluation": evaluated.results if evaluated else None,
        "minutes": round(sum(result.card.seconds for result in results) / 60, 1),
        "page": str(page) if page else None,
        "stages": {r.name: {"seconds": r.card.seconds, "worked": r.worked} for r in results},
    }


def _table(summary: Mapping[str, Any]) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column(style="bold")
    table.add_column()
    for label, key in (
        ("snippets collected", "collected"),
        ("records made", "made"),
        ("records kept", "kept"),
        ("training steps", "steps"),
    ):
        if summary[key] is not None:
            table.add_row(label, f"{summary[key]:,}")
    for label, text in score_lines(summary["evaluation"] or {}):
        table.add_row(label, text)
    table.add_row("minutes", f"{summary['minutes']}")
    return table


def score_lines(evaluation: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The leading rate of each model on each benchmark with its interval, and the word that may be said."""
    from codetune.evaluate.scoring.score import Score
    from codetune.evaluate.statistics.comparison import Comparison

    scores = evaluation.get("scores", {})
    found = [Comparison.from_json(one) for one in evaluation.get("comparisons", ())]
    by_benchmark = {comparison.benchmark: comparison for comparison in found}
    rows: list[tuple[str, str]] = []
    for plain in zip(scores.get("base", ()), scores.get("tuned", ()), strict=True):
        pair = [Score.from_json(one) for one in plain]
        name = pair[0].benchmark.name
        comparison = by_benchmark.get(name)
        if comparison is None:
            continue
        for score, label in zip(pair, ("before", "after"), strict=True):
            rate = score.pass_at_k.get(1) or score.metrics.get(comparison.metric)
            if rate is None or rate.value is None or rate.low is None or rate.high is None:
                continue
            count = f"  ({score.passed} of {score.problems})" if score.pass_at_k else ""
            text = f"{rate.value:.1%}  [{rate.low:.1%}, {rate.high:.1%}]{count}"
            rows.append((f"{name} {comparison.metric} {label}", text))
            rows += [("  warning", warning.text) for warning in score.warnings]
        rows += _change_lines(name, comparison)
    return rows


def _change_lines(name: str, comparison: Comparison) -> list[tuple[str, str]]:
    """The difference with its interval and the word that may be said; other measures; what could have been seen."""
    from codetune.cli.measure.comparison_tables import needed_words

    def said(one: Comparison | MeasureChange) -> str:
        p_value = one.p_value if one.adjusted_p_value is None else one.adjusted_p_value
        word = "a tie" if one.verdict == "tie" else one.verdict
        interval = f"[{100 * one.low:+.1f}, {100 * one.high:+.1f}]"
        return (
            f"{word}: {100 * one.difference:+.1f} points  {interval}  "
            f"{'p < 0.001' if p_value < 0.001 else f'p = {p_value:.3f}'}"
        )

    rows = [(f"{name} change", said(comparison))]
    rows += [
        (f"  {other.metric}", f"{other.first:.1%} to {other.second:.1%}, {said(other)}")
        for other in comparison.others
    ]
    if comparison.verdict == "tie":
        seen = f"{100 * comparison.smallest_detectable:.1f} points could have been seen with 80 % power"
        needed = needed_words(comparison)
        rows.append(("  power", f"{seen}; {needed}" if needed and comparison.both is None else seen))
    return rows
