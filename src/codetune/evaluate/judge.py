"""Completions in, verdicts out: a program is read from each answer, run in a box, and written down."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.execution.protocol import Execution, Executor, Program
from codetune.records import Completion, Problem, Verdict
from codetune.store.atomic import replacing
from codetune.text.extract import Extraction

__all__ = ["VERDICT_SCHEMA", "Judged", "judge", "read_verdicts", "write_verdicts"]

VERDICT_SCHEMA = pa.schema(
    [
        ("task_id", pa.string()),
        ("sample", pa.int64()),
        ("completion", pa.string()),
        ("solution", pa.string()),
        ("extractor", pa.string()),
        ("verdict", pa.string()),
        ("lenient_verdict", pa.string()),
        ("cpu_seconds", pa.float64()),
        ("wall_seconds", pa.float64()),
        ("detail", pa.string()),
        ("tier", pa.string()),
        ("integrity", pa.string()),
        ("finish_reason", pa.string()),
    ]
)
"""One row a sample, in the order given."""

_PART_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Judged:
    """One sample with its verdict."""

    task_id: str
    sample: int
    completion: str
    solution: str
    extractor: str
    verdict: Verdict
    lenient_verdict: Verdict
    """The verdict under the lenient reading of the same answer; equal where the readings are."""
    cpu_seconds: float
    wall_seconds: float
    detail: str = ""
    tier: str = ""
    integrity: str = "standard"
    finish_reason: str | None = None


Reader = Callable[[Problem, str, bool], Extraction]
"""(item, answer, lenient) -> the program it holds."""


def judge(
    pairs: Iterable[tuple[Problem, Completion]], *, benchmark: Benchmark, reader: Reader, executor: Executor
) -> Iterator[Judged]:
    """Run each sample; results come in order, and memory doesn't grow with their number.

    Args:
        pairs: Item and answer.
        benchmark: Makes the program of item and solution.
        reader: Reads the solution out of an answer.
        executor: Runs it.
    """
    # The executor draws programs ahead of its results; `waiting` says what each result belongs to.
    waiting: deque[_Waiting] = deque()

    def programs() -> Iterator[Program]:
        for problem, completion in pairs:
            strict = reader(problem, completion.text, False)
            lenient = reader(problem, completion.text, True)
            codes = [strict.code] if strict.code == lenient.code else [strict.code, lenient.code]
            runs = [code for code in codes if code.strip()]
            waiting.append(_Waiting(completion, strict, len(runs)))
            for code in runs:
                yield benchmark.program(problem, code, benchmark.limits)

    for result in executor.run(programs()):
        while not waiting[0].programs:
            yield _row(waiting.popleft())
        waiting[0].results.append(result)
        if len(waiting[0].results) == waiting[0].programs:
            yield _row(waiting.popleft())
    while waiting:
        yield _row(waiting.popleft())


@dataclass(slots=True)
class _Waiting:
    completion: Completion
    strict: Extraction
    programs: int
    results: list[Execution] = field(default_factory=list)


def _row(sample: _Waiting) -> Judged:
    completion, read = sample.completion, sample.strict
    run = sample.results[0] if sample.results else None
    empty = not read.code.strip()
    return Judged(
        task_id=completion.task_id,
        sample=completion.sample,
        completion=completion.text,
        solution=read.code,
        extractor=read.extractor,
        verdict=Verdict.NO_CODE if run is None or empty else run.verdict,
        lenient_verdict=Verdict.NO_CODE if run is None else sample.results[-1].verdict,
        cpu_seconds=run.cpu_seconds if run else 0.0,
        wall_seconds=run.wall_seconds if run else 0.0,
        detail="no code was found in the answer" if run is None or empty else run.detail,
        tier=run.tier if run else "",
        integrity=run.integrity if run else "standard",
        finish_reason=completion.finish_reason,
    )


def write_verdicts(folder: Path, rows: Iterable[Judged]) -> Iterator[Judged]:
    """Write rows to `folder/verdicts/part-*.parquet` as they pass, and hand them on."""
    batch: list[Judged] = []
    number = 0
    for row in rows:
        batch.append(row)
        yield row
        if len(batch) >= _PART_ROWS:
            _write(folder, number, batch)
            batch, number = [], number + 1
    if batch or number == 0:
        _write(folder, number, batch)


def _write(folder: Path, number: int, rows: Sequence[Judged]) -> None:
    columns = {name: [getattr(row, name) for row in rows] for name in VERDICT_SCHEMA.names}
    with replacing(folder / "verdicts" / f"part-{number:05d}.parquet") as temporary:
        pq.write_table(pa.table(columns, schema=VERDICT_SCHEMA), temporary, compression="zstd")


def read_verdicts(folder: Path) -> Iterator[Judged]:
    """Rows that `write_verdicts` wrote, in order."""
    for path in sorted((folder / "verdicts").glob("part-*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches(batch_size=2048):
            for row in batch.to_pylist():
                row["verdict"] = Verdict(row["verdict"])
                row["lenient_verdict"] = Verdict(row["lenient_verdict"])
                yield Judged(**row)
