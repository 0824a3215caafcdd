"""The stage `tasks`: snippets, commits or submissions in, one dataset of instructions out; no model is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from codetune.errors import DataError
from codetune.records import Commit, Instruction, Record, Snippet, Submission
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset, DatasetWriter, RejectedRow, Shard, read_rows
from codetune.store.hashing import code_hash
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput
from codetune.tasks.config import TasksConfig
from codetune.tasks.from_changes import COMMIT_TASKS, SUBMISSION_TASKS, rows_of_commit, rows_of_submission
from codetune.tasks.from_snippets import SNIPPET_TASKS, rows_of_snippet, search_pair
from codetune.tasks.rows import STAGE
from codetune.tasks.search import Candidates, Pair, draw_candidates
from codetune.tasks.template_folder import check_template_folder, prompt_templates_hash

__all__ = ["run", "tasks_for"]

_TASKS_OF: Mapping[type[Record], tuple[str, ...]] = {
    Snippet: SNIPPET_TASKS,
    Commit: COMMIT_TASKS,
    Submission: SUBMISSION_TASKS,
}
_USUAL: Mapping[type[Record], tuple[str, ...]] = {
    Snippet: SNIPPET_TASKS[:2],
    Commit: COMMIT_TASKS[:1],
    Submission: SUBMISSION_TASKS[:1],
}
"""Tasks where the settings name none."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A part of an input, and what its rows become."""

    part: Path
    kind: type[Record]
    tasks: tuple[str, ...]
    candidates: Mapping[str, Candidates] = field(default_factory=dict)
    """For code search: snippet's id -> what is shown for it."""


def run(config: TasksConfig, inputs: Sequence[Path], output: Path, context: StageContext) -> RunCard:
    """Make instructions of found code.

    Args:
        config: Which tasks, in which language, and what is rejected.
        inputs: Finished datasets of `Snippet`, `Commit` or `Submission` rows.
        output: Folder of the dataset of `Instruction` rows; part i comes from input part i alone.
        context: Seed, engine, progress.

    Returns:
        The run card; its count `read` is the number of records.

    Raises:
        DataError: No input, or one that holds rows no task of the settings can be made of.
        ConfigError: The folder of prompt templates is faulty.
        OutputError: The folder holds another run's output or can't be written.
    """
    if not inputs:
        raise DataError(
            "the stage tasks has no input", next_step="give a dataset of snippets, commits or submissions"
        )
    check_template_folder(config.prompt_templates)
    datasets: list[Dataset[Any]] = [Dataset(folder) for folder in inputs]
    tasks_of = [tasks_for(data.kind, config, folder) for data, folder in zip(datasets, inputs, strict=True)]
    used = sorted({task for tasks in tasks_of for task in tasks})
    plan = Plan(
        stage=STAGE,
        config=config.model_dump(mode="json", exclude={"prompt_templates"}),  # their content counts
        inputs={
            **{f"input {number}": data.card.output_hash for number, data in enumerate(datasets, 1)},
            "prompt template set": prompt_templates_hash(used, config.language, config.prompt_templates),
        },
        code=code_hash(__name__),
        seed=context.seed,
    )
    with StageOutput(output, plan) as stage:
        if stage.finished is not None:
            return stage.finished
        writer = DatasetWriter(stage, Instruction)
        items = [
            _Item(part, data.kind, tasks)
            for data, tasks in zip(datasets, tasks_of, strict=True)
            for part in data.parts()
        ]
        if "code_search" in used:
            items = _with_candidates(items, config, context)
        context.progress.start("tasks (parts)", len(items))
        for _ in writer.run(context.engine, partial(rows_of_part, config=config, seed=context.seed), items):
            context.progress.advance()
        context.progress.finish()
        return writer.finish(
            title="Instructions from code",
            description=f"Rows of {', '.join(used)}, made from found code without a model.",
            counts={"read": sum(len(data) for data in datasets)},
        )


def tasks_for(kind: type[Record], config: TasksConfig, folder: Path) -> tuple[str, ...]:
    """The tasks that the settings make of rows of one type.

    Raises:
        DataError: None; `folder` is where the rows are, for the message.
    """
    possible = _TASKS_OF.get(kind)
    if possible is None:
        raise DataError(
            f"no task can be made of {kind.__name__} rows",
            where=str(folder),
            next_step="give a dataset of snippets, commits or submissions, as codetune collect makes them",
        )
    found = tuple(task for task in config.tasks if task in possible) if config.tasks else _USUAL[kind]
    if not found:
        raise DataError(
            f"{' and '.join(config.tasks)} can't be made of {kind.__name__} rows",
            where=str(folder),
            next_step=f"choose from: {', '.join(possible)}",
        )
    return found


def _with_candidates(items: Sequence[_Item], config: TasksConfig, context: StageContext) -> list[_Item]:
    """Draw the candidates of code search: the one task that has to see all snippets at once."""
    in_part: list[list[str]] = []
    pairs: dict[str, Pair] = {}
    context.progress.start("code search: reading", len(items))
    for item in items:
        snippets = read_rows(item.part, Snippet) if "code_search" in item.tasks else ()
        found = [pair for row in snippets if (pair := search_pair(row, config)) is not None]
        in_part.append([pair.id for pair in found])
        pairs.update((pair.id, pair) for pair in found)
        context.progress.advance()
    context.progress.finish()
    drawn = draw_candidates(pairs.values(), count=config.candidates, seed=context.seed)
    return [
        _Item(item.part, item.kind, item.tasks, {own: drawn[own] for own in ids if own in drawn})
        for item, ids in zip(items, in_part, strict=True)
    ]


def rows_of_part(item: _Item, *, config: TasksConfig, seed: int) -> Shard[Instruction]:
    """Rows and rejected rows of one part; runs in a worker."""
    kept: list[Instruction] = []
    rejected: list[RejectedRow] = []
    for record in read_rows(item.part, item.kind):
        if isinstance(record, Snippet):
            rows = rows_of_snippet(record, item.tasks, config, seed, item.candidates.get(record.id))
        elif isinstance(record, Commit):
            rows = rows_of_commit(record, item.tasks, config, seed)
        else:
            assert isinstance(record, Submission)
            rows = rows_of_submission(record, item.tasks, config, seed)
        for row in rows:
            if isinstance(row, RejectedRow):
                rejected.append(row)
            else:
                kept.append(row)
    return Shard(kept, rejected)
