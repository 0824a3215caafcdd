"""Translating the natural language of rows, and never their code.

The translator is a plain callable, `(texts, language) -> texts`: a model, a service, a dictionary in a
test. It sees prose only, with marks like ⟦0⟧ where code stood. A text it can't translate comes back as
None, and the row goes to the rejects.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Generic, TypeVar

from codetune.errors import DataError
from codetune.records import Instruction, Record, Snippet
from codetune.rejection import Rejection
from codetune.seeding import fraction
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset, DatasetWriter, RejectedRow, Shard, read_rows
from codetune.store.hashing import code_hash
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput
from codetune.tasks.config import TasksConfig
from codetune.tasks.docstring import prose_of
from codetune.tasks.from_snippets import rows_of_snippet
from codetune.tasks.translation.masking import Masked, language_fault, mask
from codetune.tasks.translation.row_translation import translation_of

__all__ = ["Prose", "Translate", "Wanted", "instruction_prose", "snippet_prose", "translate_rows"]

Translate = Callable[[Sequence[str], str], Sequence[str | None]]
"""Texts and an ISO 639-1 code in, as many texts out, None where one could not be translated."""

R = TypeVar("R", bound=Record)

STAGE = "translate"
_BATCH = 32
"""Rows handed to a translator at a time; one that keeps its answers says more in `batch`."""


@dataclass(frozen=True, slots=True)
class Wanted(Generic[R]):
    """A row's texts on their way into another language."""

    masked: Mapping[str, Masked]
    """Field -> text, with marks in place of code; empty where a row has no prose of its own."""
    put: Callable[[Mapping[str, str]], R]
    """The row with its texts translated, marks as they were given."""


@dataclass(frozen=True, slots=True)
class Prose(Generic[R]):
    """Where the natural language of a record is."""

    kind: type[R]
    of: Callable[[R], Wanted[R] | None]
    """What of a row is translated; None for rows that are not worth it. Raises `Rejection`."""


def snippet_prose(tasks: TasksConfig, seed: int) -> Prose[Snippet]:
    """The docstring's prose, of snippets that would make a row of the task."""
    any_language = tasks.model_copy(update={"any_docstring_language": True})

    def put(snippet: Snippet, masked: Masked, texts: Mapping[str, str]) -> Snippet:
        docstring = masked.restored(texts["docstring"])
        if docstring is None:
            raise Rejection("code lost", texts["docstring"][:200])
        return replace(snippet, id="", docstring=docstring)

    def of(snippet: Snippet) -> Wanted[Snippet] | None:
        if "code_search" not in tasks.tasks and all(
            isinstance(row, RejectedRow) for row in rows_of_snippet(snippet, tasks.tasks, any_language, seed)
        ):
            return None
        prose = prose_of(snippet.docstring or "")
        if not prose:
            return None
        masked = mask(prose)
        return Wanted({"docstring": masked}, partial(put, snippet, masked))

    return Prose(Snippet, of)


def instruction_prose(language: str, seed: int, prompt_templates: str | None = None) -> Prose[Instruction]:
    """The prose among an instruction's fields; code, candidates and labels are no prose."""

    def of(row: Instruction) -> Wanted[Instruction]:
        found = translation_of(row, language, seed=seed, folder=prompt_templates)
        return Wanted(found.masked, found.put)

    return Prose(Instruction, of)


def translate_rows(
    folder: Path,
    output: Path,
    prose: Prose[R],
    *,
    language: str,
    count: int,
    context: StageContext,
    translate: Translate,
) -> RunCard:
    """Translate the prose of as many rows as are wanted.

    Only the first `count` by seed and id are sent; what comes back in the wrong language is refused.

    Args:
        folder: Dataset of rows.
        output: Dataset of the same rows with translated prose.
        prose: Where their natural language is.
        language: ISO 639-1 code to translate into.
        count: How many are wanted.
        context: Seed and progress.
        translate: The translator.
    """
    dataset = Dataset(folder, prose.kind)
    plan = Plan(
        stage=STAGE,
        config={"language": language, "count": count},
        inputs={"rows": dataset.card.output_hash},
        code=code_hash(__name__),
        seed=context.seed,
    )
    with StageOutput(output, plan) as stage:
        if stage.finished is not None:
            return stage.finished
        writer = DatasetWriter(stage, prose.kind)
        chosen = _chosen(dataset, prose, count, context.seed)
        context.progress.start(f"translating to {language}", len(chosen))
        for number, batch in enumerate(_batches(dataset, chosen, getattr(translate, "batch", _BATCH))):
            if not writer.is_done(number):  # a batch that was paid for is never asked again
                writer.write(number, _translated(batch, prose, language, translate))
            context.progress.advance(len(batch))
        context.progress.finish()
        return writer.finish(title="Translated rows", description="Prose translated, code untouched.")


def _chosen(dataset: Dataset[R], prose: Prose[R], count: int, seed: int) -> set[str]:
    def is_wanted(row: R) -> bool:
        try:
            return prose.of(row) is not None
        except Rejection:
            return False

    ranked = ((fraction(seed, row.id, "translate"), row.id) for row in dataset if is_wanted(row))
    return {identifier for _, identifier in heapq.nsmallest(count, ranked)}


def _batches(dataset: Dataset[R], chosen: set[str], size: int) -> Iterator[list[R]]:
    rows = (row for part in dataset.parts() for row in read_rows(part, dataset.kind) if row.id in chosen)
    while batch := list(islice(rows, size)):
        yield batch


def _translated(batch: Sequence[R], prose: Prose[R], language: str, translate: Translate) -> Shard[R]:
    wanted = [prose.of(row) for row in batch]
    texts = [text.text for one in wanted if one is not None for text in one.masked.values()]
    answers = translate(texts, language) if texts else []
    if len(answers) != len(texts):
        raise DataError(
            f"the translator was given {len(texts)} texts and gave back {len(answers)}",
            next_step="let it give one answer, or None, for each text",
        )
    kept: list[R] = []
    rejected: list[RejectedRow] = []
    coming = iter(answers)
    for row, one in zip(batch, wanted, strict=True):
        if one is None:
            continue
        said = {name: next(coming) for name in one.masked}
        try:
            kept.append(one.put({name: _sound(one.masked[name], said[name], language) for name in said}))
        except Rejection as rejection:
            rejected.append(
                RejectedRow(row=row, stage=STAGE, reason=rejection.reason, detail=rejection.detail)
            )
    return Shard(kept, rejected)


def _sound(masked: Masked, said: str | None, language: str) -> str:
    if said is None or not said.strip():
        raise Rejection("not translated", masked.text[:200])
    if language_fault(said, language) is not None:
        raise Rejection("translated into another language", said[:200])
    return said.strip()
