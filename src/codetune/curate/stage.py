"""Instruction datasets in, one out: rows kept, and rows rejected with the reason.

First each row is checked alone (syntax, secrets, contamination), in parallel; then those that are
left are compared with one another (exact, near duplicates), in the order of the inputs. Part i of
the output is part i of the inputs laid end to end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from codetune.curate.config import CurateConfig
from codetune.curate.duplicates import exact_duplicates, near_duplicates
from codetune.curate.row_checks import check_row, full_text
from codetune.errors import DataError
from codetune.records import Instruction, Problem
from codetune.rejection import Rejection
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset, DatasetWriter, RejectedRow, Shard, read_rows
from codetune.store.hashing import code_hash, json_hash
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput
from codetune.text.benchmark_index import BenchmarkIndex

__all__ = ["ProblemLoader", "run"]

STAGE = "curate"

ProblemLoader = Callable[[str], Sequence[Problem]]
"""Name of a benchmark -> its items. The recipe hands it in: curation knows no benchmark itself."""

_Decisions = Mapping[int, Rejection]
"""Position of a row in its part -> why it goes."""


def run(
    config: CurateConfig,
    inputs: Sequence[Path],
    output: Path,
    context: StageContext,
    *,
    problems: ProblemLoader,
) -> RunCard:
    """Curate instruction datasets.

    Args:
        config: Which rows are rejected, and at which threshold.
        inputs: Dataset directories of `Instruction` rows; earlier ones win over later duplicates.
        output: Where the dataset directory goes.
        context: Engine, seed, progress.
        problems: Loads the benchmarks that `config.decontaminate` names.

    Raises:
        DataError: An input is no instruction dataset; or near-duplicates would be more
            than `config.max_rejected_fraction` of a source.
    """
    datasets = [Dataset(folder, Instruction) for folder in inputs]
    guarded = {name: problems(name) for name in config.decontaminate}
    plan = Plan(
        stage=STAGE,
        config=config.model_dump(mode="json"),
        inputs={
            **{folder.name: data.card.output_hash for folder, data in zip(inputs, datasets, strict=True)},
            **{f"benchmark {name}": json_hash([p.id for p in items]) for name, items in guarded.items()},
        },
        code=code_hash(__name__),
        seed=context.seed,
    )
    with StageOutput(output, plan) as stage:
        if stage.finished is not None:
            return stage.finished
        parts = [path for data in datasets for path in data.parts()]
        index = BenchmarkIndex.build(p for items in guarded.values() for p in items) if guarded else None
        context.progress.start("curate: check rows", len(parts))
        decisions: list[dict[int, Rejection]] = []
        for checked in context.engine.map(partial(_check_part, config, index), parts):
            decisions.append(checked)
            context.progress.advance()
        context.progress.start("curate: compare rows", len(parts))
        _compare(config, parts, decisions)
        writer = DatasetWriter(stage, Instruction)
        for _ in writer.run(context.engine, _apply, zip(parts, decisions, strict=True)):
            context.progress.advance()
        context.progress.finish()
        return writer.finish(
            title="Curated code instructions",
            description="Instructions that passed every check; the others are in `rejects/` with the reason.",
            counts={"checked": sum(len(data) for data in datasets)},
        )


def _check_part(config: CurateConfig, index: BenchmarkIndex | None, path: Path) -> dict[int, Rejection]:
    rejected: dict[int, Rejection] = {}
    for position, row in enumerate(read_rows(path, Instruction)):
        rejection = check_row(config, index, row)
        if rejection is not None:
            rejected[position] = rejection
    return rejected


def _compare(config: CurateConfig, parts: Sequence[Path], decisions: Sequence[dict[int, Rejection]]) -> None:
    """Add the duplicates among the rows that are left to `decisions`."""
    if config.exact:
        rows = _left(parts, decisions)
        found = exact_duplicates([row.id for _, _, row in rows], [full_text(row) for _, _, row in rows])
        _add(rows, found, decisions)
    if config.near_duplicate_jaccard is None:
        return
    rows = _left(parts, decisions)
    for task in sorted({row.task for _, _, row in rows}):
        same = [entry for entry in rows if entry[2].task == task]
        found = near_duplicates(
            [row.id for _, _, row in same],
            [full_text(row) for _, _, row in same],
            config.near_duplicate_jaccard,
        )
        _guard_against_wipe_out(config, task, same, found)
        _add(same, found, decisions)


_Placed = tuple[int, int, Instruction]
"""Part, position in the part, row."""


def _left(parts: Iterable[Path], decisions: Sequence[_Decisions]) -> list[_Placed]:
    return [
        (number, position, row)
        for number, path in enumerate(parts)
        for position, row in enumerate(read_rows(path, Instruction))
        if position not in decisions[number]
    ]


def _add(
    rows: Sequence[_Placed], found: Mapping[int, Rejection], decisions: Sequence[dict[int, Rejection]]
) -> None:
    for index, rejection in found.items():
        number, position, _ = rows[index]
        decisions[number][position] = rejection


def _guard_against_wipe_out(
    config: CurateConfig, task: str, rows: Sequence[_Placed], found: Mapping[int, Rejection]
) -> None:
    total = Counter(row.source for _, _, row in rows)
    gone = Counter(rows[index][2].source for index in found)
    for source, count in gone.items():
        # A handful of equal rows is no boilerplate; only a real amount is worth stopping for.
        if count > 100 and count / total[source] > config.max_rejected_fraction:
            raise DataError(
                f"near-duplicates would reject {count:,} of {total[source]:,} {task} rows of {source}",
                where=f"near_duplicate_jaccard = {config.near_duplicate_jaccard}",
                next_step="raise the threshold, strip what the rows share, or raise max_rejected_fraction",
            )


def _apply(part: tuple[Path, _Decisions]) -> Shard[Instruction]:
    path, decisions = part
    kept: list[Instruction] = []
    rejected: list[RejectedRow] = []
    for position, row in enumerate(read_rows(path, Instruction)):
        rejection = decisions.get(position)
        if rejection is None:
            kept.append(row)
        else:
            rejected.append(
                RejectedRow(row=row, stage=STAGE, reason=rejection.reason, detail=rejection.detail)
            )
    return Shard(kept, rejected)
