"""Build instruction rows: new rows from snippets or rows, rows with more fields, joined results."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

from codetune.records import Check, Generated, Instruction, Lineage, Record, Snippet
from codetune.store.dataset import Shard

__all__ = ["child_lineage", "extended", "joined", "row_of_instruction", "row_of_snippet", "snippet_lineage"]

R = TypeVar("R", bound=Record)


def extended(
    row: Instruction,
    *,
    instruction: str | None = None,
    input: str | None = None,
    output: str | None = None,
    tests: str | None = None,
    language: str | None = None,
    generated: tuple[Generated, ...] = (),
    checks: tuple[Check, ...] = (),
) -> Instruction:
    """A row with new text, more entries in its lineage, and the id that goes with them."""
    lineage = replace(
        row.lineage,
        generated=(*row.lineage.generated, *generated),
        checks=(*row.lineage.checks, *checks),
    )
    return replace(
        row,
        id="",
        instruction=row.instruction if instruction is None else instruction,
        input=row.input if input is None else input,
        output=row.output if output is None else output,
        tests=row.tests if tests is None else tests,
        language=row.language if language is None else language,
        lineage=lineage,
    )


def row_of_snippet(
    snippet: Snippet,
    *,
    task: str,
    language: str,
    tag: str,
    instruction: str = "",
    input: str = "",
    output: str = "",
) -> Instruction:
    """A new row about a snippet, with its licence, source and lineage.

    Args:
        snippet: What it is about.
        task: Of the row.
        language: Natural language of its texts.
        tag: The generator's name.
        instruction: As far as it is known yet, like the other two texts.
        input: Likewise.
        output: Likewise.
    """
    return Instruction(
        task=task,
        instruction=instruction,
        input=input,
        output=output,
        language=language,
        programming_language=snippet.programming_language,
        source=snippet.source,
        license=snippet.license,
        tags=(*snippet.tags, tag),
        lineage=snippet_lineage(snippet),
    )


def row_of_instruction(given: Instruction, *, tags: tuple[str, ...], **changed: Any) -> Instruction:
    """A new row made from another one: its texts, licence and source, a lineage of its own.

    Args:
        given: The row.
        tags: Of the new row; upstream's split stays among them.
        changed: Fields that differ.
    """
    splits = [tag for tag in given.tags if tag.startswith("split:")]
    tags = tuple(dict.fromkeys((*splits, *tags)))
    return replace(
        given, id="", tests=None, candidates=(), tags=tags, lineage=child_lineage(given), **changed
    )


def snippet_lineage(snippet: Snippet) -> Lineage:
    """Lineage of a row made from a snippet; rows of one repository (or file) are one group."""
    return Lineage(
        upstream_id=snippet.id,
        repo=snippet.repo,
        path=snippet.path,
        commit=snippet.commit,
        group=snippet.repo or snippet.path,
        parents=(snippet.id,),
    )


def child_lineage(row: Instruction) -> Lineage:
    """Lineage of a new row made from another one: its origin stays, its history does not."""
    return Lineage(
        upstream_id=row.lineage.upstream_id,
        url=row.lineage.url,
        repo=row.lineage.repo,
        path=row.lineage.path,
        commit=row.lineage.commit,
        group=row.lineage.group or row.id,
        parents=(row.id,),
    )


def joined(made: Iterable[Shard[R]]) -> Shard[R]:
    """Join the results of several items, in order. Duplicates stay: curation removes them."""
    shards = list(made)
    return Shard(
        tuple(row for shard in shards for row in shard.kept),
        tuple(reject for shard in shards for reject in shard.rejected),
    )
