"""Instruction datasets in, one out: rows kept, and rows rejected with the reason.

First each row is checked alone (syntax, secrets, contamination), in parallel; then those that are
left are compared with one another (exact, near duplicates), in the order of the inputs. Part i of
the output is part i of the inputs laid end to end.
"""

from __future__ import annotations

import inspect
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from codetune.curate.comparison import Candidates, set_aside
from codetune.curate.config import CurateConfig
from codetune.curate.duplicates import exact_duplicates, near_duplicates
from codetune.curate.row_checks import RowCheck, check_row, named_checks
from codetune.errors import DataError
from codetune.records import Instruction, Problem
from codetune.rejection import Rejection
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset, DatasetWriter, RejectedRow, Shard, read_rows
from codetune.store.hashing import code_hash, file_hash, json_hash
from codetune.store.run_card import Plan, RunCard
from codetune.store.schema import schema_of
from codetune.store.stage_output import StageOutput
from codetune.text.benchmark_index import BenchmarkIndex

__all__ = ["ProblemLoader", "run"]

STAGE = "curate"
_ASIDE = ".compare"

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
    more = named_checks(config.checks)
    plan = Plan(
        stage=STAGE,
        config=config.model_dump(mode="json"),
        inputs={
            **{folder.name: data.card.output_hash for folder, data in zip(inputs, datasets, strict=True)},
            **{f"benchmark {name}": json_hash([p.id for p in items]) for name, items in guarded.items()},
            **{f"check {name}": _code_of(check) for name, check in zip(config.checks, more, strict=True)},
        },
        code=code_hash(__name__),
        seed=context.seed,
    )
    with StageOutput(output, plan) as stage:
        if stage.finished is not None:
            return stage.finished
        parts = [path for data in datasets for path in data.parts()]
        index = BenchmarkIndex.build(p for items in guarded.values() for p in items) if guarded else None
        aside = stage.folder / _ASIDE
        check = partial(_check_part, config, index, more, aside)
        context.progress.start("curate: check rows", len(parts))
        decisions: list[dict[int, Rejection]] = []
        for checked in context.engine.map(check, enumerate(parts)):
            decisions.append(checked)
            context.progress.advance()
        context.progress.finish()
        _compare(config, Candidates(sorted(aside.glob("*.arrow"))), decisions)
        context.progress.start("curate: write rows", len(parts))
        writer = DatasetWriter(stage, Instruction)
        for _ in writer.run(context.engine, _apply, zip(parts, decisions, strict=True)):
            context.progress.advance()
        context.progress.finish()
        shutil.rmtree(aside, ignore_errors=True)
        return writer.finish(
            title="Curated code instructions",
            description="Instructions that passed every check; the others are in `rejects/` with the reason.",
            counts={"checked": sum(len(data) for data in datasets)},
        )


def _code_of(check: RowCheck) -> str:
    """Hash of the file that a check of the user's own is written in; an edit there is another plan."""
    path = inspect.getsourcefile(check)
    return file_hash(Path(path)) if path is not None else ""


def _check_part(
    config: CurateConfig,
    index: BenchmarkIndex | None,
    more: Sequence[RowCheck],
    aside: Path,
    numbered: tuple[int, Path],
) -> dict[int, Rejection]:
    """Check each row of a part alone and set the others aside for comparison; runs in a worker."""
    number, path = numbered
    rejected: dict[int, Rejection] = {}
    left: list[tuple[int, Instruction]] = []
    for position, row in enumerate(read_rows(path, Instruction)):
        rejection = check_row(config, index, row, more)
        if rejection is not None:
            rejected[position] = rejection
        else:
            left.append((position, row))
    if config.exact or config.near_duplicate_jaccard is not None:
        set_aside(aside / f"part-{number:05d}.arrow", left, config.near_duplicate_jaccard)
    return rejected


def _compare(config: CurateConfig, rows: Candidates, decisions: Sequence[dict[int, Rejection]]) -> None:
    """Add the duplicates among the rows that were set aside to `decisions`."""
    everything = np.arange(len(rows.left))
    if config.exact:
        _add(rows, everything, exact_duplicates(rows.ids(everything), rows.exact_keys()), decisions)
    threshold = config.near_duplicate_jaccard
    if threshold is None:
        return
    for task, same in rows.by_task():
        text_of = partial(_text_of, rows, same)
        found = near_duplicates(rows.ids(same), text_of, rows.bands(same), threshold)
        _guard_against_wipe_out(config, task, rows.sources(same), found)
        _add(rows, same, found, decisions)


def _text_of(rows: Candidates, chosen: npt.NDArray[np.int64], index: int) -> str:
    return rows.text(chosen[index])


def _add(
    rows: Candidates,
    chosen: npt.NDArray[np.int64],
    found: Mapping[int, Rejection],
    decisions: Sequence[dict[int, Rejection]],
) -> None:
    for index, rejection in found.items():
        number = chosen[index]
        rows.left[number] = False
        decisions[rows.part[number]][int(rows.position[number])] = rejection


def _guard_against_wipe_out(
    config: CurateConfig, task: str, sources: Sequence[str], found: Mapping[int, Rejection]
) -> None:
    total = Counter(sources)
    rejected = Counter(sources[index] for index in found)
    for source, count in rejected.items():
        # A handful of equal rows is no boilerplate; only a real amount is worth stopping for.
        if count > 100 and count / total[source] > config.max_rejected_fraction:
            raise DataError(
                f"near-duplicates would reject {count:,} of {total[source]:,} {task} rows of {source}",
                where=f"near_duplicate_jaccard = {config.near_duplicate_jaccard}",
                next_step="raise the threshold, strip what the rows share, or raise max_rejected_fraction",
            )


def _apply(part: tuple[Path, _Decisions]) -> Shard[Instruction]:
    """Part a part's rows into kept and rejected ones, as columns; runs in a worker."""
    path, decisions = part
    table = pa.Table.from_arrays(pq.read_table(path).columns, schema=schema_of(Instruction))
    kept = np.ones(table.num_rows, dtype=np.bool_)
    positions = sorted(decisions)
    kept[positions] = False
    rejected = (
        [
            RejectedRow(
                row=row, stage=STAGE, reason=decisions[position].reason, detail=decisions[position].detail
            )
            for position, row in zip(positions, table.take(positions).to_pylist(), strict=True)
        ]
        if positions
        else []
    )
    return Shard((), rejected, table.filter(pa.array(kept)))
