"""Expected rows of the steps that make rows without a model: collect, tasks, curate, mix and the others.

Pieces of the real input are really parsed, and the rows scaled up; nothing is written.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from codetune.curate.config import CurateConfig
from codetune.curate.row_checks import check_row
from codetune.mix.config import MixConfig
from codetune.recipes.preview.expected import Expected, StepPreview
from codetune.recipes.recipe import Step
from codetune.records import Commit, Instruction, Record, Snippet, Submission
from codetune.sources.config import CollectConfig
from codetune.sources.files.remote import is_remote
from codetune.sources.registry import get_source
from codetune.store.dataset import Dataset, RejectedRow
from codetune.tasks.config import TasksConfig
from codetune.tasks.from_changes import rows_of_commit, rows_of_submission
from codetune.tasks.from_snippets import rows_of_snippet
from codetune.tasks.stage import tasks_for

__all__ = [
    "licenses_of",
    "preview_collect",
    "preview_curate",
    "preview_mix",
    "preview_tasks",
    "rows_in",
    "sampled",
]

_MOST_SECONDS = 3.0
_FEWEST_PIECES = 8
_MOST_ROWS = 400


def licenses_of(rows: Iterable[Record]) -> dict[str, int]:
    """Licence (or `unknown`) -> rows, the most frequent first."""
    return dict(Counter(getattr(row, "license", None) or "unknown" for row in rows).most_common())


def rows_in(inputs: Sequence[StepPreview]) -> Expected:
    """The rows that a step reads, from what its inputs are expected to make."""
    values = [step.number("rows out") for step in inputs]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return Expected("rows in", None, "an earlier step can't be told beforehand")
    is_estimate = any(one.is_estimate for step in inputs for one in step.expected if one.what == "rows out")
    return Expected("rows in", sum(known), "as the steps before it make them", is_estimate)


def sampled(folder: Path) -> list[Any]:
    """Some rows of a finished dataset, from its first, middle and last part."""
    data: Dataset[Any] = Dataset(folder)
    parts = data.parts()
    chosen = [parts[i] for i in sorted({0, len(parts) // 2, len(parts) - 1}) if i < len(parts)]
    each = _MOST_ROWS // max(len(chosen), 1)
    return [row for part in chosen for row in islice(data.read_part(part), each)]


def preview_collect(step: Step, settings: CollectConfig, seed: int) -> StepPreview:
    """Rows that a source gives: its pieces are parsed for at most three seconds."""
    source = get_source(settings.source)
    if settings.path is not None and is_remote(settings.path):
        basis = "the input is on a server, and nothing is read from it beforehand"
        return StepPreview(
            name=step.name, stage=step.stage, expected=(Expected("rows out", settings.limit, basis),),
            licenses={source.license: 0} if source.license else {}, kind=source.record,
        )  # fmt: skip
    opened = source.open(settings, seed)
    pieces = list(islice(opened.items(), 200_000))
    total = opened.total if opened.total is not None else len(pieces)
    order = _spread(len(pieces))
    kept: list[Record] = []
    found = tried = 0
    reasons: Counter[str] = Counter()
    began = time.monotonic()
    for place in order:
        shard = opened.work(pieces[place])
        found += shard.kept_rows
        reasons.update(row.reason for row in shard.rejected)
        kept += _records(shard, source.record, max(8, _MOST_ROWS // max(len(pieces), 1)))
        tried += 1
        if tried >= _FEWEST_PIECES and time.monotonic() - began > _MOST_SECONDS:
            break
    whole = tried == total
    rows = found if whole else round(found / max(tried, 1) * total)
    basis = (
        "the whole input was read" if whole
        else f"from {tried:,} of {total:,} pieces of the input"
    )  # fmt: skip
    numbers = [Expected("rows found", rows, basis, not whole)]
    out = min(rows, settings.limit) if settings.limit is not None else rows
    limit = "; at most `limit`" if settings.limit is not None and rows > settings.limit else ""
    numbers.append(Expected("rows out", out, basis + limit, not whole and not limit))
    files = opened.notes.get("files")
    if isinstance(files, int):
        numbers.insert(0, Expected("files", files, "counted", False))
    return StepPreview(
        name=step.name, stage=step.stage, expected=tuple(numbers), licenses=licenses_of(kept),
        kind=source.record, sample=kept[:_MOST_ROWS], faults=_finds_nothing(reasons) if whole and not found else (),
    )  # fmt: skip


def _finds_nothing(reasons: Counter[str]) -> tuple[str]:
    most = reasons.most_common(1)
    why = f"; of {reasons.total():,} rejected most are: {most[0][0]}" if most else ""
    return (f"it keeps no row of this input{why}.",)


def _records(shard: Any, kind: type[Record], most: int) -> list[Any]:
    """At most so many rows of a shard, from all over it."""
    count = shard.kept_rows
    places = (
        sorted({number * count // most for number in range(min(most, count))})
        if count > most
        else range(count)
    )
    if shard.table is None:
        return [shard.kept[place] for place in places]
    from codetune.store.schema import from_row

    return [from_row(kind, row) for row in shard.table.take(list(places)).to_pylist()]


def _spread(count: int) -> list[int]:
    """All places, neighbours far apart: the first few are spread over the whole."""
    step = next((s for s in (7919, 104_729, 1_299_709) if count and count % s), 1)
    return [(place * step) % count for place in range(count)]


def preview_tasks(step: Step, settings: TasksConfig, inputs: Sequence[StepPreview], seed: int) -> StepPreview:
    """Rows of tasks: the sampled rows of each input are really worded."""
    read = rows_in(inputs)
    made: list[Instruction] = []
    out: float | None = 0.0
    tried = 0
    reasons: Counter[str] = Counter()
    for one in inputs:
        rows = one.number("rows out")
        if one.kind is not None:
            tasks = tasks_for(one.kind, settings, Path(one.name))
        if one.kind is None or rows is None or not one.sample:
            out = None
            continue
        kept = [row for record in one.sample for row in _worded(record, tasks, settings, seed, reasons)]
        made += kept
        tried += len(one.sample)
        out = None if out is None else out + rows * len(kept) / len(one.sample)
    basis = f"{len(made):,} rows of {tried:,} sampled records" if tried else "no record could be sampled"
    notes = (
        (f"none of them makes a row; most are rejected as: {reasons.most_common(1)[0][0]}",)
        if reasons and not made
        else ()
    )
    return StepPreview(
        name=step.name, stage=step.stage, kind=Instruction, sample=made, licenses=licenses_of(made), notes=notes,
        expected=(read, Expected("rows out", None if out is None else round(out), basis)),
    )  # fmt: skip


def _worded(
    record: Any, tasks: tuple[str, ...], settings: TasksConfig, seed: int, reasons: Counter[str]
) -> Iterator[Instruction]:
    """Rows of one record, the others' reasons counted; code search has to see all rows at once, and counts as one row of each record."""
    searched = tuple(task for task in tasks if task != "code_search")
    rows: Iterable[Any] = ()
    if isinstance(record, Snippet):
        rows = rows_of_snippet(record, searched, settings, seed, None)
    elif isinstance(record, Commit):
        rows = rows_of_commit(record, searched, settings, seed)
    elif isinstance(record, Submission):
        rows = rows_of_submission(record, searched, settings, seed)
    for row in rows:
        if isinstance(row, RejectedRow):
            reasons[row.reason] += 1
        else:
            yield row


def preview_curate(step: Step, settings: CurateConfig, inputs: Sequence[StepPreview]) -> StepPreview:
    """Rows that pass the checks of each row alone; duplicates are found only when all rows are there."""
    read = rows_in(inputs)
    alone = settings.model_copy(update={"decontaminate": ()})
    rows = [row for one in inputs for row in one.sample if isinstance(row, Instruction)]
    kept = [row for row in rows if check_row(alone, None, row, ()) is None]
    share = len(kept) / len(rows) if rows else 1.0
    out = None if read.value is None else round(read.value * share)
    passed = (
        f"{len(kept):,} of {len(rows):,} sampled rows pass" if rows else "no row can be looked at beforehand"
    )
    basis = f"at most: {passed}; duplicates are found in the run"
    return StepPreview(
        name=step.name, stage=step.stage, kind=Instruction, sample=kept, licenses=licenses_of(kept),
        expected=(read, Expected("rows out", out, basis)),
    )  # fmt: skip


def preview_mix(
    step: Step, settings: MixConfig, inputs: Sequence[StepPreview], sources: Callable[[str], str | None]
) -> StepPreview:
    """Rows of a mixture: the target of each part, or what its dataset has where that is less."""
    held = settings.splits.valid + settings.splits.test
    total = sum(settings.wanted(part) for part in settings.parts)
    licenses = {
        name: settings.wanted(part)
        for part in settings.parts
        if (name := part.license or (sources(part.source) if part.source else None))
    }
    rows = [row for one in inputs for row in one.sample if isinstance(row, Instruction)]
    basis = f"the parts' targets{f', without {held:.0%} held out' if held else ''}; parts may fall short"
    return StepPreview(
        name=step.name, stage=step.stage, kind=Instruction, sample=rows, licenses={**licenses, **licenses_of(rows)},
        expected=(
            *([rows_in(inputs)] if inputs else []),
            Expected("rows out", round(total * (1 - held)), basis),
        ),
    )  # fmt: skip
