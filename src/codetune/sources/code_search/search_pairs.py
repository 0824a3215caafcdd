"""Questions with the code that answers them, made into choices among hard candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from codetune.records import Instruction, Record, content_id
from codetune.sources.config import CollectConfig
from codetune.sources.rows.row import Row
from codetune.sources.source import rejected_row
from codetune.store.dataset import RejectedRow, Shard
from codetune.tasks.search import Candidates, Pair, draw_candidates

__all__ = ["SearchPair", "choices"]

_POOL = 2_000
"""Pairs whose code makes up one pool of candidates; a pool never reaches over a unit of work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPair:
    """A query and a piece of code."""

    row: Row
    query: str
    code: str
    group: str
    """The question: pieces of code of one question never stand against each other, but for wrong ones."""
    answers: bool = True
    """False: the code is labelled as no answer; it serves as a candidate of its own question."""
    programming_language: str | None = None
    language: str | None = None
    """Natural language of the query; None is that of the run."""
    url: str | None = None
    upstream_id: str | None = None
    tags: tuple[str, ...] = ()


def choices(pairs: Sequence[SearchPair], config: CollectConfig, seed: int) -> Shard[Record]:
    """One row for each right pair: its code among others, at a place drawn by its content and the seed."""
    kept: list[Record] = []
    rejected: list[RejectedRow] = []
    for start in range(0, len(pairs), _POOL):
        _pool(pairs[start : start + _POOL], config, seed, kept, rejected)
    return Shard(kept, rejected)


def _pool(
    pairs: Sequence[SearchPair],
    config: CollectConfig,
    seed: int,
    kept: list[Record],
    rejected: list[RejectedRow],
) -> None:
    ids = [content_id("search", pair.query, pair.code) for pair in pairs]
    asked = [
        Pair(
            id=own,
            query=pair.query,
            code=pair.code,
            programming_language=pair.programming_language,
            group=pair.group,
            is_answer=pair.answers,
        )
        for own, pair in zip(ids, pairs, strict=True)
    ]
    drawn = draw_candidates(asked, count=config.candidates, seed=seed)
    for own, pair in zip(ids, pairs, strict=True):
        known = {"source": pair.row.source, "lineage": {"upstream_id": pair.row.upstream_id}}
        where = f"{pair.row.file}, row {pair.row.number}"
        if not pair.answers:
            rejected.append(rejected_row(known, "labelled as no answer", where))
        elif own not in drawn:
            rejected.append(
                rejected_row(known, "too few candidates", f"{where}: fewer than {config.candidates}")
            )
        else:
            kept.append(_choice(pair, drawn[own]))


def _choice(pair: SearchPair, shown: Candidates) -> Instruction:
    row = pair.row.to_instruction(
        "code_search",
        {"query": pair.query, "candidates": shown.codes, "answer": shown.answer},
        programming_language=pair.programming_language,
        candidates=shown.codes,
        lineage=pair.row.lineage(
            upstream_id=pair.upstream_id or pair.row.upstream_id,
            group=f"{pair.row.source}:{pair.group}",
            url=pair.url,
        ),
        tags=pair.tags,
    )
    return row if pair.language is None else replace(row, language=pair.language)
