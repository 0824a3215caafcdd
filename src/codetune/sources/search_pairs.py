"""Questions with the code that answers them, made into choices among hard candidates."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from codetune.records import Instruction, Record, content_id
from codetune.sources.bm25 import neighbours
from codetune.sources.config import CollectConfig
from codetune.sources.row import Row
from codetune.sources.source import refuse
from codetune.store.dataset import Reject, Shard

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
    url: str | None = None
    upstream_id: str | None = None
    tags: tuple[str, ...] = ()


def choices(pairs: Sequence[SearchPair], config: CollectConfig, seed: int) -> Shard[Record]:
    """One row for each right pair: its code among others, at a place drawn by its content and the seed."""
    kept: list[Record] = []
    rejected: list[Reject] = []
    for start in range(0, len(pairs), _POOL):
        _pool(pairs[start : start + _POOL], config, seed, kept, rejected)
    return Shard(kept, rejected)


def _pool(
    pairs: Sequence[SearchPair], config: CollectConfig, seed: int, kept: list[Record], rejected: list[Reject]
) -> None:
    near = neighbours([pair.code for pair in pairs], [pair.group for pair in pairs], config.candidates - 1)
    own_wrong: dict[str, list[str]] = {}
    for pair in pairs:
        if not pair.answers:
            own_wrong.setdefault(pair.group, []).append(pair.code)
    for pair, others in zip(pairs, near, strict=True):
        if not pair.answers:
            known = {"source": pair.row.source, "lineage": {"upstream_id": pair.row.place}}
            rejected.append(refuse(known, "labelled as no answer", f"{pair.row.file}, row {pair.row.number}"))
            continue
        wrong = [code for code in dict.fromkeys(own_wrong.get(pair.group, ())) if code != pair.code]
        wrong += [pairs[other].code for other in others]
        wrong = wrong[: config.candidates - 1]
        if len(wrong) < config.candidates - 1:
            known = {"source": pair.row.source, "lineage": {"upstream_id": pair.row.place}}
            rejected.append(refuse(known, "too few candidates", f"{len(wrong) + 1} of {config.candidates}"))
            continue
        kept.append(_choice(pair, wrong, seed))


def _choice(pair: SearchPair, wrong: Sequence[str], seed: int) -> Instruction:
    key = content_id("search", pair.query, pair.code)
    draw = random.Random(f"{seed}:{key}:candidates")
    candidates = list(wrong)
    draw.shuffle(candidates)
    position = draw.randrange(len(candidates) + 1)
    candidates.insert(position, pair.code)
    return pair.row.worded(
        "code_search",
        {"query": pair.query, "candidates": tuple(candidates), "answer": position},
        programming_language=pair.programming_language,
        candidates=tuple(candidates),
        lineage=pair.row.lineage(
            upstream_id=pair.upstream_id or pair.row.place,
            group=f"{pair.row.source}:{pair.group}",
            url=pair.url,
        ),
        tags=pair.tags,
    )
