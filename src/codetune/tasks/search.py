"""Code search: a query with several candidates, one of them right.

The wrong ones are BM25 neighbours of the right one in the same programming language, never the
same code under another layout; the place of the right one is uniform, drawn from seed and id.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from codetune.tasks.bm25 import Bm25, code_words

__all__ = ["Candidates", "Pair", "draw_candidates"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A query and the code that answers it."""

    id: str
    query: str
    code: str
    programming_language: str
    group: str | None = None
    """Pairs of one group (one question) never stand against each other: both may be right."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a query is shown."""

    codes: tuple[str, ...]
    answer: int
    """Place of the right one, counted from 0."""


def draw_candidates(pairs: Iterable[Pair], *, count: int, seed: int) -> dict[str, Candidates]:
    """Give each pair its candidates.

    Args:
        pairs: All of them; a wrong candidate for one is the right one of another.
        count: Candidates for each query, the right one included; at least 2.
        seed: The run's seed.

    Returns:
        Pair's id -> its candidates. A pair with too few others to stand against is left out.
    """
    by_language: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_language[pair.programming_language].append(pair)
    drawn: dict[str, Candidates] = {}
    for group in by_language.values():
        drawn.update(_draw(group, count, seed))
    return drawn


def _draw(pairs: Sequence[Pair], count: int, seed: int) -> Mapping[str, Candidates]:
    words = [code_words(pair.code) for pair in pairs]
    # Equal words are equal code under another layout, and equal queries have equal answers: neither is wrong.
    looks = [" ".join(line) for line in words]
    queries = [" ".join(pair.query.lower().split()) for pair in pairs]
    drawn: dict[str, Candidates] = {}
    near = Bm25(words).neighbours(range(len(pairs)), 4 * count)
    for number, pair in enumerate(pairs):
        wrong: list[int] = []
        shown = {looks[number]}
        for other in near[number]:
            same_group = pair.group is not None and pairs[other].group == pair.group
            if looks[other] in shown or queries[other] == queries[number] or same_group:
                continue
            shown.add(looks[other])
            wrong.append(int(other))
            if len(wrong) == count - 1:
                break
        if len(wrong) < count - 1:
            continue
        drawn[pair.id] = _placed(pair, [pairs[other].code for other in wrong], seed)
    return drawn


def _placed(pair: Pair, wrong: list[str], seed: int) -> Candidates:
    draw = random.Random(f"{seed}:{pair.id}:candidates")
    draw.shuffle(wrong)  # by likeness the order would give the right one away
    answer = draw.randrange(len(wrong) + 1)
    return Candidates((*wrong[:answer], pair.code, *wrong[answer:]), answer)
