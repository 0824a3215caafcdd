"""The stage `tasks`: datasets of snippets in, one dataset of instructions out, no model asked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from codetune.errors import DataError
from codetune.records import Instruction, Snippet
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset, DatasetWriter, RejectedRow, Shard, read_rows
from codetune.store.hashing import code_hash
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput
from codetune.tasks.config import TasksConfig
from codetune.tasks.from_snippets import STAGE, rows_of, search_pair
from codetune.tasks.prompt_templates import prompt_templates_hash
from codetune.tasks.search import Candidates, Pair, draw_candidates

__all__ = ["run"]


def run(config: TasksConfig, inputs: Sequence[Path], output: Path, context: StageContext) -> RunCard:
    """Make instructions of snippets.

    Args:
        config: Which tasks, in which language, and what is rejected.
        inputs: Finished datasets of `Snippet` rows.
        output: Folder of the dataset of `Instruction` rows; part i comes from input part i alone.
        context: Seed, engine, progress.

    Returns:
        The run card; its count `read` is the number of snippets.

    Raises:
        DataError: No input, or one that holds other rows.
        OutputError: The folder holds another run's output or can't be written.
    """
    if not inputs:
        raise DataError("the stage tasks has no input", next_step="give a dataset of snippets")
    datasets = [Dataset(folder, Snippet) for folder in inputs]
    plan = Plan(
        stage=STAGE,
        config=config.model_dump(mode="json"),
        inputs={
            **{f"input {number}": data.card.output_hash for number, data in enumerate(datasets, 1)},
            "prompt template set": prompt_templates_hash(config.tasks, config.language),
        },
        code=code_hash(__name__),
        seed=context.seed,
    )
    with StageOutput(output, plan) as stage:
        if stage.finished is not None:
            return stage.finished
        writer = DatasetWriter(stage, Instruction)
        parts = [part for data in datasets for part in data.parts()]
        items = (
            _with_candidates(parts, config, context)
            if "code_search" in config.tasks
            else [(p, {}) for p in parts]
        )
        context.progress.start("tasks (parts)", len(parts))
        for _ in writer.run(context.engine, partial(rows_of_part, config=config, seed=context.seed), items):
            context.progress.advance()
        context.progress.finish()
        return writer.finish(
            title="Instructions from code",
            description=f"Rows of {', '.join(config.tasks)}, made from code and its docstrings.",
            counts={"read": sum(len(data) for data in datasets)},
        )


_Item = tuple[Path, dict[str, Candidates]]
"""A part, and the candidates of its snippets by id."""


def _with_candidates(parts: Sequence[Path], config: TasksConfig, context: StageContext) -> list[_Item]:
    """Draw the candidates of code search: the one task that has to see all snippets at once."""
    in_part: list[list[str]] = []
    pairs: dict[str, Pair] = {}
    context.progress.start("code search: reading", len(parts))
    for part in parts:
        found = [pair for row in read_rows(part, Snippet) if (pair := search_pair(row, config)) is not None]
        in_part.append([pair.id for pair in found])
        pairs.update((pair.id, pair) for pair in found)
        context.progress.advance()
    context.progress.finish()
    drawn = draw_candidates(pairs.values(), count=config.candidates, seed=context.seed)
    return [
        (part, {identifier: drawn[identifier] for identifier in ids if identifier in drawn})
        for part, ids in zip(parts, in_part, strict=True)
    ]


def rows_of_part(item: _Item, *, config: TasksConfig, seed: int) -> Shard[Instruction]:
    """Rows and rejections of one part; runs in a worker."""
    part, candidates = item
    kept: list[Instruction] = []
    rejected: list[RejectedRow] = []
    for snippet in read_rows(part, Snippet):
        for row in rows_of(snippet, config, seed, candidates.get(snippet.id)):
            if isinstance(row, RejectedRow):
                rejected.append(row)
            else:
                kept.append(row)
    return Shard(kept, rejected)
