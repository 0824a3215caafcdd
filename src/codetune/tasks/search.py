"""Code search: a query with several candidates, one of them right.

The wrong ones are BM25 neighbours of the right one in the same programming language, never the
same code under another layout; the place of the right one is uniform, drawn from seed and id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from codetune.seeding import draw
from codetune.text.bm25 import Bm25, code_terms

__all__ = ["Candidates", "Pair", "draw_candidates"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A query and the code that answers it."""

    id: str
    query: str
    code: str
    programming_language: str | None
    group: str | None = None
    """Right pieces of one group (one question) never stand against each other: both may be right."""
    is_answer: bool = True
    """False: the code is known to be no answer. It asks for nothing, and stands against its own group first."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a query is shown."""

    codes: tuple[str, ...]
    answer: int
    """Place of the right one, counted from 0."""


def draw_candidates(pairs: Iterable[Pair], *, count: int, seed: int) -> dict[str, Candidates]:
    """Give each pair its candidates.

    Args:
        pairs: All of them; a wrong candidate for one is the code of another.
        count: Candidates for each query, the right one included; at least 2.
        seed: The run's seed.

    Returns:
        Pair's id -> its candidates. A pair with too few others to stand against is left out.
    """
    by_language: defaultdict[str | None, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_language[pair.programming_language].append(pair)
    drawn: dict[str, Candidates] = {}
    for group in by_language.values():
        drawn.update(_draw(group, count, seed))
    return drawn


def _draw(pairs: Sequence[Pair], count: int, seed: int) -> Mapping[str, Candidates]:
    pool = _CandidatePool(pairs, count - 1)
    index = Bm25(pool.terms)
    asking = [number for number, pair in enumerate(pairs) if pair.is_answer]
    drawn: dict[str, Candidates] = {}
    for number, likely in zip(asking, index.neighbours(asking, 4 * count), strict=True):
        wrong = pool.wrong(number, likely)
        if len(wrong) < count - 1 and len(likely) < len(pairs) - 1:  # many of them were of no use
            wrong = pool.wrong(number, index.neighbours([number], len(pairs))[0])
        if len(wrong) == count - 1:
            drawn[pairs[number].id] = _placed(pairs[number], [pairs[other].code for other in wrong], seed)
    return drawn


class _CandidatePool:
    """Pieces of code of one language, and which of them may stand against which."""

    def __init__(self, pairs: Sequence[Pair], wanted: int) -> None:
        self.terms = [code_terms(pair.code) for pair in pairs]
        self._pairs = pairs
        self._wanted = wanted
        # Equal terms are equal code under another layout, and equal queries have equal answers: neither is wrong.
        self._looks = [" ".join(line) for line in self.terms]
        self._queries = [" ".join(pair.query.lower().split()) for pair in pairs]
        self._known_wrong: defaultdict[str, list[int]] = defaultdict(list)
        for number, pair in enumerate(pairs):
            if not pair.is_answer and pair.group is not None:
                self._known_wrong[pair.group].append(number)

    def wrong(self, number: int, near: Iterable[int]) -> list[int]:
        """The first wrong ones for a pair: its group's own, then the nearest of others; perhaps too few."""
        group = self._pairs[number].group
        found: list[int] = []
        shown = {self._looks[number]}

        def add(others: Iterable[int]) -> None:
            for other in others:
                if len(found) == self._wanted:
                    return
                if self._looks[other] not in shown:
                    shown.add(self._looks[other])
                    found.append(int(other))

        if group is not None:
            add(self._known_wrong.get(group, ()))
        query = self._queries[number]
        add(
            other
            for other in near
            if self._queries[other] != query and (group is None or self._pairs[other].group != group)
        )
        return found


def _placed(pair: Pair, wrong: list[str], seed: int) -> Candidates:
    order = draw(seed, pair.id, "candidates")
    order.shuffle(wrong)  # by likeness the order would give the right one away
    answer = order.randrange(len(wrong) + 1)
    return Candidates((*wrong[:answer], pair.code, *wrong[answer:]), answer)
