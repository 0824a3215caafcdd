"""The stage `mix`: prepared parts in, one training set out, with its held-out splits beside it.

OUTPUT/            the rows to train on: a dataset directory
OUTPUT/valid/      held out, if asked for: dataset directories too
OUTPUT/test/
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from codetune.errors import DataError
from codetune.mix.config import MixConfig, MixPart
from codetune.mix.prepare import Missing, Prepared, prepare, translator_name
from codetune.mix.select import Choice, Wanted, choose, split_of
from codetune.mix.summary import MixSummary, PartSummary, describe
from codetune.mix.translate import Translate
from codetune.records import Generated, Instruction
from codetune.store.context import StageContext
from codetune.store.dataset import DatasetWriter, RejectedRow, Shard
from codetune.store.hashing import code_hash
from codetune.store.run_card import Plan, RunCard
from codetune.store.schema import from_row
from codetune.store.stage_output import StageOutput
from codetune.tasks.registry import get_task
from codetune.tasks.tagging.row_tags import row_tags
from codetune.tasks.template_folder import check_template_folder

__all__ = ["run"]

STAGE = "mix"


OpenTranslator = Callable[[dict[str, Any], StageContext], contextlib.AbstractContextManager[Translate]]
"""A translator's settings in, the open translator out; recipes hand in the one that asks models."""


@dataclass(frozen=True, slots=True)
class _Pick:
    """Rows of one file that go into the mixture."""

    path: Path
    rows: tuple[tuple[int, int], ...]
    part: str
    license: str | None
    translator: str | None
    as_task: str | None


def run(
    config: MixConfig,
    inputs: Sequence[Path],
    output: Path,
    context: StageContext,
    *,
    translate: Translate | None = None,
    open_translator: OpenTranslator | None = None,
) -> RunCard:
    """Make a mixture.

    Args:
        config: The parts and their counts.
        inputs: Datasets for the parts that name neither dataset nor source, in the parts' order.
        output: Folder of the mixture.
        context: Cache, engine, seed, progress.
        translate: Translator of natural language for parts that ask for one.
        open_translator: Opens the model that the settings name as translator; `translate` goes before it.

    Returns:
        The run card of the training rows; `results["mixture"]` tells of every part.

    Raises:
        DataError: A part is missing or too small, and the settings say to stop.
    """
    with contextlib.ExitStack() as stack:
        if translate is None and config.translator is not None and open_translator is not None:
            settings = config.translator.model_dump(exclude_none=True)
            translate = stack.enter_context(open_translator(settings, context))
        return _mix(config, inputs, output, context, translate)


def _mix(
    config: MixConfig,
    inputs: Sequence[Path],
    output: Path,
    context: StageContext,
    translate: Translate | None,
) -> RunCard:
    check_template_folder(config.prompt_templates)
    ready = _prepare_all(config, inputs, context, translate)
    prepared = [part for part in ready if isinstance(part, Prepared)]
    missing = [part for part in ready if isinstance(part, Missing)]
    plan = Plan(
        stage=STAGE,
        config=config.model_dump(mode="json", exclude={"data", "prompt_templates", "translator"}),
        inputs={part.part.name: part.dataset.card.output_hash for part in prepared},
        code=code_hash(__name__),
        seed=context.seed,
    )
    with StageOutput(output, plan) as stage:
        if stage.finished is not None:
            return stage.finished
        taken: set[bytes] = set()
        choices = [_choose(config, part, context, taken) for part in prepared]
        picks = [
            _Pick(
                path=path,
                rows=tuple(rows),
                part=part.part.name,
                license=part.license,
                translator=_translator(part.part, translate),
                as_task=part.part.as_task,
            )
            for part, choice in zip(prepared, choices, strict=True)
            for path, rows in choice.rows.items()
        ]
        summary = _summary(config, prepared, missing, choices)
        held_out: dict[str, int] = {}
        for split, fraction in (("valid", config.splits.valid), ("test", config.splits.test)):
            if fraction:
                inner = replace(plan, config={**plan.config, "split": split})
                with StageOutput(output / split, inner) as part_of:
                    card = part_of.finished or _write(config, part_of, picks, split, context, summary)
                held_out[split] = card.counts["kept"]
        return _write(config, stage, picks, "train", context, replace(summary, splits=held_out))


def _prepare_all(
    config: MixConfig, inputs: Sequence[Path], context: StageContext, translate: Translate | None
) -> list[Prepared | Missing]:
    given = iter(inputs)
    ready: list[Prepared | Missing] = []
    for part in config.parts:
        for task in (part.task, part.as_task):
            if task is not None:
                get_task(task)
        needs_input = part.dataset is None and part.source is None
        ready.append(prepare(part, config, next(given, None) if needs_input else None, context, translate))
    if next(given, None) is not None:
        raise DataError("more input datasets were given than the mixture has open parts")
    missing = [part for part in ready if isinstance(part, Missing)]
    if missing and (config.missing == "refuse" or len(missing) == len(ready)):
        named = "; ".join(f"{absent.part.name}: {absent.reason}" for absent in missing)
        raise DataError(
            f"{len(missing)} of {len(ready)} parts can't be had ({named})",
            next_step="give their paths (--data FOLDER, --set PART.path=...)"
            + (", or --skip-missing" if len(missing) < len(ready) else ""),
        )
    return ready


def _choose(config: MixConfig, part: Prepared, context: StageContext, taken: set[bytes]) -> Choice:
    shortage = part.part.shortage or config.shortage
    wanted = Wanted(
        count=config.wanted(part.part),
        task=part.part.task,
        language=part.part.language,
        programming_languages=part.part.programming_languages,
        upstream_splits=config.splits_of(part.part),
    )
    choice = choose(
        part.dataset.parts(), wanted, seed=context.seed, taken=taken, upsample=shortage == "upsample"
    )
    if choice.taken < wanted.count and shortage == "refuse":
        raise DataError(
            f"the part {part.part.name} has {choice.eligible:,} fitting rows where {wanted.count:,} are wanted",
            where=str(part.dataset.folder),
            next_step="give more data, a smaller --scale, or shortage: short or upsample",
        )
    return choice


def _translator(part: MixPart, translate: Translate | None) -> str | None:
    return translator_name(translate) if part.translate and translate is not None else None


def _summary(
    config: MixConfig, prepared: Sequence[Prepared], missing: Sequence[Missing], choices: Sequence[Choice]
) -> MixSummary:
    parts = [
        PartSummary.of(
            part.part.name,
            part.source,
            part.url,
            part.license,
            config.wanted(part.part),
            choice,
            part.dataset.card.rejects,
        )
        for part, choice in zip(prepared, choices, strict=True)
    ]
    return MixSummary(
        name=config.name,
        description=config.description,
        scale=config.scale,
        parts=parts,
        missing={absent.part.name: (config.wanted(absent.part), absent.reason) for absent in missing},
    )


def _write(
    config: MixConfig,
    stage: StageOutput,
    picks: Sequence[_Pick],
    split: str,
    context: StageContext,
    summary: MixSummary,
) -> RunCard:
    writer = DatasetWriter(stage, Instruction)
    work = partial(
        pick_rows, split=split, seed=context.seed, valid=config.splits.valid, test=config.splits.test
    )
    context.progress.start(f"mix {split} (files)", len(picks))
    for _ in writer.run(context.engine, work, picks):
        context.progress.advance()
    context.progress.finish()
    title, description, results = describe(summary, split)
    return writer.finish(title=title, description=description, results=results)


def pick_rows(pick: _Pick, *, split: str, seed: int, valid: float, test: float) -> Shard[Instruction]:
    """The picked rows of one file that fall into one split; runs in a worker."""
    parted: list[RejectedRow] = []
    return Shard(list(_picked(pick, split, seed, valid, test, parted)), parted)


def _picked(
    pick: _Pick, split: str, seed: int, valid: float, test: float, parted: list[RejectedRow]
) -> Iterator[Instruction]:
    wanted = dict(pick.rows)
    index = 0
    for batch in pq.ParquetFile(pick.path).iter_batches(batch_size=2_048):
        hits = [i for i in range(batch.num_rows) if index + i in wanted]
        for i, row in zip(hits, batch.take(hits).to_pylist(), strict=True) if hits else ():
            record = _labelled(from_row(Instruction, row), pick)
            found = split_of(seed, record.lineage.group or record.id, valid, test)
            if found is None and split == "train":  # told once
                parted.append(_refused(record))
            if found != split:
                continue
            record = replace(record, tags=(*record.tags, *row_tags(record)))
            for copy in range(wanted[index + i]):
                yield record if copy == 0 else replace(record, tags=(*record.tags, f"copy:{copy + 1}"))
        index += batch.num_rows


def _refused(record: Instruction) -> RejectedRow:
    return RejectedRow(
        row=record, stage=STAGE, reason="its halves fall into two splits", detail=record.lineage.group or ""
    )


def _labelled(record: Instruction, pick: _Pick) -> Instruction:
    lineage = record.lineage
    if pick.translator is not None:
        made = Generated(
            field="prose", model=pick.translator, prompt="translate", prompt_hash="", request_key=""
        )
        lineage = replace(lineage, generated=(*lineage.generated, made))
    if pick.as_task is not None and pick.as_task != record.task:
        record = replace(
            record, id="", task=pick.as_task
        )  # the id is the content's, and the task is part of it
    return replace(
        record,
        license=record.license or pick.license,
        tags=(*record.tags, f"part:{pick.part}"),
        lineage=lineage,
    )
