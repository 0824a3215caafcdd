"""Rows that a model is graded on and was trained on: found before either is done, as soon as both are there.

Only an `evaluate` step that is given rows (a dataset beside the training, or a file) is looked at: rows that
a training or a mixture holds out are apart by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from codetune.errors import CodetuneError
from codetune.evaluate.benchmarks.registry import benchmark
from codetune.evaluate.benchmarks.tasks import GradedProblem
from codetune.evaluate.config import EvaluateConfig
from codetune.mix.config import MixConfig
from codetune.recipes.preview.checks import training_of
from codetune.recipes.recipe import Recipe, Step
from codetune.records import Instruction, Record
from codetune.sources.files.remote import is_remote
from codetune.store.dataset import Dataset
from codetune.store.run_card import read_card

__all__ = ["seen_rows"]

_NAMED = 3
_PASS_ON = ("curate", "mix")
"""Stages whose rows are rows of their inputs."""


def seen_rows(step: Step, recipe: Recipe, folder: Path) -> list[str]:
    """Why the rows of an evaluate step are no test, a sentence for each benchmark; none where nothing is wrong.

    Args:
        step: The step; others than evaluate steps have no such rows.
        recipe: The recipe it is of.
        folder: The run, with the steps that are finished.
    """
    training = training_of(step, recipe)
    if not isinstance(step.settings, EvaluateConfig) or training is None:
        return []
    steps = {one.name: one for one in recipe.steps}
    found = []
    for name in step.settings.benchmarks:
        if not name.startswith("task:"):
            continue
        beside = [source for source in step.sources if source != training.name]
        given = step.settings.data.get(name)
        if given is None and len(beside) != 1:
            continue
        test = Path(given) if given is not None else folder / beside[0]
        if given is None and read_card(test / "test") is not None:
            test = test / "test"
        said = _said(name, test, training, folder) if given is None or not is_remote(given) else None
        if said is None and given is None:
            said = _flows(name, beside[0], training, steps)
        if said:
            found.append(said)
    return found


def _said(name: str, test: Path, training: Step, folder: Path) -> str | None:
    """A sentence where rows are in both; "" where both are there and share none; None where one is not."""
    inputs = [folder / source for source in training.sources]
    if any(read_card(path) is None for path in inputs) or not test.exists():
        return None
    try:
        asked = benchmark(name).load(test)
    except CodetuneError:
        return None  # what is wrong with the rows is said by the checks of the step
    rows: dict[str, Instruction] = {p.row.id: p.row for p in asked if isinstance(p, GradedProblem)}
    trained = {row.id for path in inputs for row in Dataset[Record](path)}
    shared: list[Instruction] = [row for row_id, row in rows.items() if row_id in trained]
    if not shared:
        return ""
    named = ", ".join(f"{row.id} ({row.lineage.path or row.source})" for row in shared[:_NAMED])
    more = f" and {len(shared) - _NAMED:,} more" if len(shared) > _NAMED else ""
    return (
        f"{len(shared):,} of {len(rows):,} rows that {name} would be graded on are among the rows that "
        f"{training.name} learns from: {named}{more}; keep rows apart first, with valid and test fractions in "
        "a mix step, or leave the dataset out of `from` to use the rows that the training holds out."
    )


def _flows(name: str, dataset: str, training: Step, steps: Mapping[str, Step]) -> str | None:
    """A sentence where the rows of a step, not made yet, would go into the training as they are."""
    step = steps[dataset]
    if isinstance(step.settings, MixConfig) and step.settings.splits.test > 0:
        return None
    way = next((way for way in _ways(dataset, training, steps)), None)
    if way is None:
        return None
    through = f" through {' and '.join(way)}" if way else ""
    return (
        f"{name} would be graded on the rows of {dataset}, and {training.name} learns from them{through}; "
        "keep rows apart first, with valid and test fractions in a mix step, or leave the dataset out of `from` "
        "to use the rows that the training holds out."
    )


def _ways(dataset: str, step: Step, steps: Mapping[str, Step]) -> Iterator[list[str]]:
    """The steps that rows of a dataset pass on their way into a step."""
    for source in step.sources:
        if source == dataset:
            yield []
        elif steps[source].stage in _PASS_ON:
            for way in _ways(dataset, steps[source], steps):
                yield [*way, source]
