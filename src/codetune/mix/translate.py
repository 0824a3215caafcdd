"""Translating the natural language of rows, and never their code.

The translator is a plain callable, `(texts, language) -> texts`: a model behind an endpoint, a
service, a dictionary in a test. It sees prose only: the docstrings of snippets, the queries of code
search. A text it can't translate comes back as None, and the row goes to the rejects.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Generic, TypeVar

from codetune.errors import DataError
from codetune.records import Instruction, Record, Snippet
from codetune.seeding import fraction
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset, DatasetWriter, RejectedRow, Shard, read_rows
from codetune.store.hashing import code_hash
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput
from codetune.tasks.config import TasksConfig
from codetune.tasks.docstring import is_in_language, prose_of
from codetune.tasks.from_snippets import rows_of_snippet
from codetune.tasks.registry import get_task

__all__ = ["Prose", "Translate", "query_prose", "snippet_prose", "translate_rows"]

Translate = Callable[[Sequence[str], str], Sequence[str | None]]
"""Texts and an ISO 639-1 code in, as many texts out, None where one could not be translated."""

R = TypeVar("R", bound=Record)

STAGE = "translate"
_BATCH = 32


@dataclass(frozen=True, slots=True)
class Prose(Generic[R]):
    """Where the natural language of a record is."""

    kind: type[R]
    of: Callable[[R], str | None]
    """The prose of a row; None for rows that are not worth translating."""
    put: Callable[[R, str], R]
    """The row with other prose in its place."""


def snippet_prose(tasks: TasksConfig, seed: int) -> Prose[Snippet]:
    """The docstring's prose, of snippets that would make a row of the task."""
    any_language = tasks.model_copy(update={"any_docstring_language": True})

    def of(snippet: Snippet) -> str | None:
        if "code_search" not in tasks.tasks and all(
            isinstance(row, RejectedRow) for row in rows_of_snippet(snippet, tasks.tasks, any_language, seed)
        ):
            return None
        return prose_of(snippet.docstring or "") or None

    return Prose(Snippet, of, lambda snippet, text: replace(snippet, id="", docstring=text))


def query_prose(language: str, seed: int, prompt_templates: str | None = None) -> Prose[Instruction]:
    """The query of a code search row; its candidates stay as they are."""

    def shown(row: Instruction) -> str:
        return "".join(f"\n\n[{number}]\n{code}" for number, code in enumerate(row.candidates, 1))

    def of(row: Instruction) -> str | None:
        fits = row.task == "code_search" and row.candidates and row.input.endswith(shown(row))
        return row.input.removesuffix(shown(row)) if fits else None

    def put(row: Instruction, text: str) -> Instruction:
        rendered = get_task("code_search").render(
            {
                "query": text,
                "candidates": row.candidates,
                "answer": int(row.output) - 1,
                "programming_language": row.programming_language,
            },
            record_id=row.id,
            seed=seed,
            language=language,
            folder=prompt_templates,
        )
        return replace(
            row,
            id="",
            instruction=rendered.instruction,
            input=rendered.input,
            output=rendered.output,
            language=language,
            lineage=replace(
                row.lineage, parents=(*row.lineage.parents, row.id), prompt_template=rendered.prompt_template
            ),
        )

    return Prose(Instruction, of, put)


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
        for number, batch in enumerate(_batches(dataset, chosen)):
            if not writer.is_done(number):  # a batch that was paid for is never asked again
                writer.write(number, _translated(batch, prose, language, translate))
            context.progress.advance(len(batch))
        context.progress.finish()
        return writer.finish(title="Translated rows", description="Prose translated, code untouched.")


def _chosen(dataset: Dataset[R], prose: Prose[R], count: int, seed: int) -> set[str]:
    ranked = ((fraction(seed, row.id, "translate"), row.id) for row in dataset if prose.of(row) is not None)
    return {identifier for _, identifier in heapq.nsmallest(count, ranked)}


def _batches(dataset: Dataset[R], chosen: set[str]) -> Iterator[list[R]]:
    rows = (row for part in dataset.parts() for row in read_rows(part, dataset.kind) if row.id in chosen)
    while batch := list(islice(rows, _BATCH)):
        yield batch


def _translated(batch: Sequence[R], prose: Prose[R], language: str, translate: Translate) -> Shard[R]:
    texts = [prose.of(row) or "" for row in batch]
    answers = translate(texts, language)
    if len(answers) != len(texts):
        raise DataError(
            f"the translator was given {len(texts)} texts and gave back {len(answers)}",
            next_step="let it give one answer, or None, for each text",
        )
    kept: list[R] = []
    rejected: list[RejectedRow] = []
    for row, text in zip(batch, answers, strict=True):
        if text is None or not text.strip():
            rejected.append(RejectedRow(row=row, stage=STAGE, reason="not translated"))
        elif not is_in_language(text, language):
            reason = "translated into another language"
            rejected.append(RejectedRow(row=row, stage=STAGE, reason=reason, detail=text[:200]))
        else:
            kept.append(prose.put(row, text.strip()))
    return Shard(kept, rejected)
