"""Counts the collected rows by language, length, licence and source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from codetune.report.numbers import plural
from codetune.report.sections.stages import StageFolder

__all__ = ["LENGTH_BINS", "Corpus", "read_corpus"]

LENGTH_BINS = (2, 5, 10, 20, 40, 80, 160, 320)
"""Upper bounds of the histogram's bins in lines, inclusive; the last bin is open."""

_BATCH_ROWS = 4_096
_SHOWN_ROWS = 12


@dataclass(frozen=True, slots=True)
class Corpus:
    """Counts of the collected rows."""

    rows: int
    unit: str
    """What a row is, in the plural."""
    sources: list[tuple[str, int]]
    languages: list[tuple[str, int]]
    licenses: list[tuple[str, int]]
    lengths: list[tuple[str, int]]
    """Histogram of lines; empty where the rows have no code."""
    median_lines: int | None
    code_characters: int | None
    """Characters of all code together; None where the rows have no code."""
    tags: list[tuple[str, list[tuple[str, int]]]] = field(default_factory=list)
    """Kinds of tags (paradigm, level) of the rows that were made of it, each value with its rows."""


def _code(batch: pa.RecordBatch) -> pa.Array | None:
    """The column a row's length is measured by; None for records without one piece of code."""
    names = batch.schema.names
    if "code" in names:
        return batch.column("code")
    if "after" in names:
        return batch.column("after")
    if "next" in names:
        return batch.column("next")
    return batch.column("output") if "output" in names else None


def _batches(paths: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    wanted = {"code", "after", "next", "output", "programming_language", "source", "license"}
    for path in paths:
        file = pq.ParquetFile(path)
        columns = [name for name in file.schema_arrow.names if name in wanted]
        yield from file.iter_batches(batch_size=_BATCH_ROWS, columns=columns)


def _counted(found: Counter[str]) -> list[tuple[str, int]]:
    """Most frequent first; the tail is one row, so that the sum is complete."""
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    if len(ranked) <= _SHOWN_ROWS:
        return ranked
    tail = ranked[_SHOWN_ROWS - 1 :]
    return [*ranked[: _SHOWN_ROWS - 1], (f"{len(tail)} others", sum(value for _, value in tail))]


def _bin_labels() -> list[str]:
    return [*(f"\N{LESS-THAN OR EQUAL TO}{bound}" for bound in LENGTH_BINS), f">{LENGTH_BINS[-1]}"]


def _median(lines: Counter[int]) -> int | None:
    half, seen = sum(lines.values()) / 2, 0
    for length, count in sorted(lines.items()):
        seen += count
        if seen >= half:
            return length
    return None


def read_corpus(stages: Sequence[StageFolder], made: Sequence[StageFolder] = ()) -> Corpus | None:
    """Count the rows of the collect stages; a batch is in memory at a time.

    Args:
        stages: The collect stages.
        made: All stages in order; the last of them that has tagged rows tells the tags.

    Returns:
        None where nothing was collected by a stage.
    """
    if not stages:
        return None
    counted: dict[str, Counter[str]] = {
        name: Counter() for name in ("programming_language", "source", "license")
    }
    lines: Counter[int] = Counter()
    rows = characters = 0
    for stage in stages:
        for batch in _batches(stage.parts("data")):
            rows += batch.num_rows
            for name, counter in counted.items():
                _add(counter, batch, name)
            code = _code(batch)
            if code is not None:
                held = pc.add(pc.count_substring(pc.utf8_rtrim(code, "\n"), "\n"), 1)
                lines.update(
                    {e["values"]: e["counts"] for e in pc.value_counts(held.drop_null()).to_pylist()}
                )
                characters += pc.sum(pc.utf8_length(code)).as_py() or 0
    binned = [0] * (len(LENGTH_BINS) + 1)
    for length, count in lines.items():
        binned[next((i for i, bound in enumerate(LENGTH_BINS) if length <= bound), -1)] += count
    return Corpus(
        rows=rows,
        unit=plural(stages[-1].card.record),
        sources=_counted(counted["source"]),
        languages=_counted(counted["programming_language"]),
        licenses=_counted(counted["license"]),
        lengths=list(zip(_bin_labels(), binned, strict=True)) if lines else [],
        median_lines=_median(lines),
        code_characters=characters if lines else None,
        tags=_tags(made),
    )


def _tags(stages: Sequence[StageFolder]) -> list[tuple[str, list[tuple[str, int]]]]:
    told = [tags for stage in stages if isinstance(tags := stage.card.results.get("tags"), dict)]
    return [(kind.capitalize(), list(counts.items())) for kind, counts in (told[-1] if told else {}).items()]


def _add(counter: Counter[str], batch: pa.RecordBatch, name: str) -> None:
    if name not in batch.schema.names:
        return
    for entry in pc.value_counts(batch.column(name)).to_pylist():
        counter[entry["values"] if entry["values"] is not None else "unknown"] += entry["counts"]
