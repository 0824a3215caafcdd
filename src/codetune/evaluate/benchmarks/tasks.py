"""The tasks a model is tuned on, as benchmarks: rows that were kept aside, graded by the task's grader.

`--data` is a dataset directory (the `test` part of a mix, an import of published rows) or an export
of one: JSON Lines or a JSON list with `instruction`, `input` and `output`, and `task` where a file
holds several. Nothing is compared with a checksum: the rows are the user's, and their hash is in the
score.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from codetune.errors import DataError
from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.benchmarks.data_file import DataEdition, json_rows
from codetune.records import Instruction, Problem
from codetune.store.dataset import Dataset
from codetune.store.hashing import file_hash, json_hash
from codetune.tasks.registry import TASKS

__all__ = ["TASK_BENCHMARKS", "GradedProblem", "TaskBenchmark"]

_KEPT = ("task", "instruction", "input", "output", "language", "programming_language", "tests", "candidates")

_ANSWER_TOKENS = {"code_summarization": 64}
"""Task -> longest answer, where 512 tokens would be far more than any reference has: the longest of 78
summaries of standard-library functions has 57 tokens, and an untuned model fills what it is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedProblem(Problem):
    """An item whose answer a task's grader holds against a row."""

    row: Instruction


@dataclass(frozen=True, kw_only=True)
class TaskBenchmark(Benchmark):
    """One task's rows.

    Attributes:
        task: Name of the task.
    """

    task: str

    def path(self, given: Path | None = None) -> Path:
        """The dataset directory or export.

        Raises:
            DataError: None was given, or it is not there.
        """
        if given is None or not given.exists():
            raise DataError(
                f"rows of the task {self.task} are needed",
                where=str(given) if given else None,
                next_step="name a dataset directory or an export with --data",
            )
        return given

    def load(self, given: Path | None = None) -> list[Problem]:
        """The task's rows as items.

        Raises:
            DataError: No such file, no rows of this task, or a row without its fields.
        """
        path = self.path(given)
        rows = list(_dataset(path) if path.is_dir() else _export(path, self.task))
        mine = [row for row in rows if row.task == self.task]
        if not mine:
            others = ", ".join(sorted({row.task for row in rows})) or "none at all"
            raise DataError(
                f"there are no rows of the task {self.task}; there are rows of: {others}",
                where=str(path),
                next_step="name the benchmark of one of these tasks",
            )
        return [self._problem(row, number) for number, row in enumerate(mine)]

    def _problem(self, row: Instruction, number: int) -> GradedProblem:
        asked = f"{row.instruction}\n\n{row.input}".strip()
        return GradedProblem(
            benchmark=self.name,
            task_id=f"{self.task}/{number}",
            prompt=f"{asked}\n\n",
            prefix="",
            instruction=asked,
            tests=row.tests or "",
            row=row,
            canonical_solution=row.output,
            programming_language="text",
            cluster=row.lineage.group or row.id,
            finer_group=_file_of(row),
            groups=tuple(_groups_of(row)),
        )

    def edition(self, given: Path | None = None) -> DataEdition:
        """The rows' hash, and where they came from."""
        path = self.path(given)
        parts = sorted((path / "data").glob("part-*.parquet")) if path.is_dir() else [path]
        return DataEdition(
            name=self.name,
            sha256=json_hash([file_hash(part) for part in parts]),
            edition=path.name,
            licence=self.licence,
            url=self.url,
        )


def _groups_of(row: Instruction) -> Iterator[str]:
    if row.programming_language:
        yield f"language={row.programming_language}"
    if row.lineage.repo:
        yield f"repository={row.lineage.repo}"
    if row.lineage.path:
        yield f"file={row.lineage.path}"


def _file_of(row: Instruction) -> str | None:
    """The file a row comes from, in its group: finer than a repository, coarser than a row."""
    return f"{row.lineage.group or ''}/{row.lineage.path}" if row.lineage.path else None


def _dataset(folder: Path) -> Iterator[Instruction]:
    yield from Dataset(folder, Instruction)


def _export(path: Path, task: str) -> Iterator[Instruction]:
    rows = json_rows(path.read_bytes())
    number = 0
    while True:
        number += 1
        try:
            row = next(rows, None)
            if row is None:
                return
            kept = {name: row[name] for name in _KEPT if row.get(name) is not None}
            kept["candidates"] = tuple(kept.get("candidates", ()))
            yield Instruction(**{"task": task, "source": path.name, **kept})
        except (ValueError, TypeError, AttributeError) as error:
            raise DataError(
                "the row has no `instruction` and `output`"
                if isinstance(error, TypeError | AttributeError)
                else "the row is not JSON in UTF-8",
                where=f"{path}, row {number}",
                next_step="give an export with the fields instruction, input and output",
            ) from error


TASK_BENCHMARKS = tuple(
    TaskBenchmark(
        name=f"task:{task.name}",
        title=f"rows of your own: {task.title}",
        licence="the rows' own",
        url="docs/tasks.md",
        read=lambda raw: iter(()),
        task=task.name,
        graded=task.name,
        language="text",
        max_new_tokens=_ANSWER_TOKENS.get(task.name, 512),
    )
    for task in TASKS.values()
)
