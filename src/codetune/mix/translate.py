"""Translating the natural language of snippets, and never their code.

The translator is a plain callable, `(texts, language) -> texts`: a model behind an endpoint, a
service, a dictionary in a test. It sees docstrings only. A text it can't translate comes back as
None, and the snippet goes to the rejects.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from codetune.errors import DataError
from codetune.mix.select import fraction_of
from codetune.records import Snippet
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset, DatasetWriter, Reject, Shard, read_rows
from codetune.store.hashing import code_hash
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput
from codetune.tasks.config import TasksConfig
from codetune.tasks.docstring import is_in_language, prose_of
from codetune.tasks.from_snippets import rows_of

__all__ = ["Translate", "translate_snippets"]

Translate = Callable[[Sequence[str], str], Sequence[str | None]]
"""Texts and an ISO 639-1 code in, as many texts out, None where one could not be translated."""

STAGE = "translate"
_BATCH = 32


def translate_snippets(
    folder: Path, output: Path, tasks: TasksConfig, count: int, context: StageContext, translate: Translate
) -> RunCard:
    """Translate the docstrings of as many snippets as are wanted.

    Only snippets that make a row of the task are sent, the first `count` by seed and id; what comes
    back in the wrong language is refused.

    Args:
        folder: Dataset of snippets.
        output: Dataset of snippets with translated docstrings.
        tasks: Language to translate into, and what a docstring has to be.
        count: How many are wanted.
        context: Seed and progress.
        translate: The translator.
    """
    dataset = Dataset(folder, Snippet)
    chosen = _chosen(dataset, tasks, count, context.seed)
    plan = Plan(
        stage=STAGE,
        config={"language": tasks.language, "count": count, "tasks": tasks.model_dump(mode="json")},
        inputs={"snippets": dataset.card.output_hash},
        code=code_hash(__name__),
        seed=context.seed,
    )
    with StageOutput(output, plan) as stage:
        if stage.finished is not None:
            return stage.finished
        writer = DatasetWriter(stage, Snippet)
        context.progress.start(f"translating to {tasks.language}", len(chosen))
        for number, batch in enumerate(_batches(dataset, chosen)):
            if not writer.is_done(number):  # a batch that was paid for is never asked again
                writer.write(number, _translated(batch, tasks.language, translate))
            context.progress.advance(len(batch))
        context.progress.finish()
        return writer.finish(
            title="Translated snippets", description="Docstrings translated, code untouched."
        )


def _chosen(dataset: Dataset[Snippet], tasks: TasksConfig, count: int, seed: int) -> set[str]:
    any_language = tasks.model_copy(update={"any_docstring_language": True})

    def ranked() -> Iterator[tuple[float, str]]:
        for snippet in dataset:
            if not all(isinstance(row, Reject) for row in rows_of(snippet, any_language, seed)):
                yield fraction_of(seed, snippet.id, "translate"), snippet.id

    return {identifier for _, identifier in heapq.nsmallest(count, ranked())}


def _batches(dataset: Dataset[Snippet], chosen: set[str]) -> Iterator[list[Snippet]]:
    rows = (row for part in dataset.parts() for row in read_rows(part, Snippet) if row.id in chosen)
    while batch := list(islice(rows, _BATCH)):
        yield batch


def _translated(batch: Sequence[Snippet], language: str, translate: Translate) -> Shard[Snippet]:
    texts = [prose_of(snippet.docstring or "") for snippet in batch]
    answers = translate(texts, language)
    if len(answers) != len(texts):
        raise DataError(
            f"the translator was given {len(texts)} texts and gave back {len(answers)}",
            next_step="let it give one answer, or None, for each text",
        )
    kept: list[Snippet] = []
    rejected: list[Reject] = []
    for snippet, text in zip(batch, answers, strict=True):
        if text is None or not text.strip():
            rejected.append(Reject(row=snippet, stage=STAGE, reason="not translated"))
        elif not is_in_language(text, language):
            rejected.append(
                Reject(row=snippet, stage=STAGE, reason="translated into another language", detail=text[:200])
            )
        else:
            kept.append(replace(snippet, id="", docstring=text.strip()))
    return Shard(kept, rejected)
