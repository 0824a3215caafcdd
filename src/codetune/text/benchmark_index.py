"""Which benchmark items a text repeats: verbatim, or with the names changed.

Two measures, because contamination comes in two forms:

- verbatim: a run of 10 words of the item (its statement or its solution) stands in the text, and
  that run occurs in one problem of its benchmark only, so that a benchmark's own boilerplate says
  nothing. What other benchmarks hold takes nothing away: MBPP-sanitized repeats half of MBPP, and both
  are still found;
- renamed: most of the solution's shape (token 6-grams with identifiers, strings and numbers
  replaced by their kind) stands in the text, and the shape is long enough to be a fingerprint.

Source: n-gram overlap as in Brown et al. 2020, arXiv:2005.14165, app. C, with their window cut
from 13 to 10 words as functions are short; the second measure is a type-2 clone test.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from codetune.code.parsing import is_parsed_language, tokens
from codetune.records import Problem
from codetune.text.fences import fenced_blocks

__all__ = ["BenchmarkIndex", "Overlap"]

_WORDS = 10
_SHAPE = 6
_MIN_SHAPES = 18
"""A solution with fewer distinct shape n-grams (a one-liner) is too common to be recognised by."""
_MIN_SHARED = 0.8
"""Fraction of a solution's shape that has to be there."""
_MIN_DISTINCT = 3
"""A run of words with fewer different ones, numbers left out, stands in any table of numbers."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Overlap:
    """One item that a text repeats."""

    benchmark: str
    task_id: str
    kind: str
    """`verbatim` or `renamed`."""
    share: float
    """Fraction of the item's n-grams that stand in the text, 0 to 1."""

    def describe(self) -> str:
        """For a rejection's detail."""
        return f"{self.task_id} {self.kind}, {self.share:.0%} of its n-grams"


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _shape(code: str, language: str | None) -> list[str]:
    if not code.strip() or language is None or not is_parsed_language(language):
        return []
    return tokens(code, language, normalise=True)


class BenchmarkIndex:
    """The n-grams of benchmark items, ready to be looked for. Picklable within one run.

    Args:
        items: (benchmark, task id) of each item.
        words: Word n-gram -> items it occurs in, of those benchmarks in which it is one problem's own.
        word_counts: Distinct word n-grams of each item.
        shapes: Shape n-gram -> items it occurs in.
        shape_counts: Distinct shape n-grams of each item, 0 where it is too short to tell.
    """

    def __init__(
        self,
        items: list[tuple[str, str]],
        words: Mapping[str, list[int]],
        word_counts: list[int],
        shapes: Mapping[str, list[int]],
        shape_counts: list[int],
    ) -> None:
        self._items = items
        self._words = words
        self._word_counts = word_counts
        self._shapes = shapes
        self._shape_counts = shape_counts

    @classmethod
    def build(cls, problems: Iterable[Problem]) -> BenchmarkIndex:
        """Index items by their statement and their solution."""
        problems = list(problems)
        problem_of = _same_problems(problems)
        items: list[tuple[str, str]] = []
        words: dict[str, list[int]] = defaultdict(list)
        word_counts: list[int] = []
        shapes: dict[str, list[int]] = defaultdict(list)
        shape_counts: list[int] = []
        for number, problem in enumerate(problems):
            items.append((problem.benchmark, problem.task_id))
            text = f"{problem.prompt}\n{problem.canonical_solution or ''}"
            grams = {gram for gram in _joined(_words(text), _WORDS) if _says_something(gram)}
            word_counts.append(len(grams))
            for gram in grams:
                words[gram].append(number)
            solution = f"{problem.prompt}{problem.canonical_solution or ''}"
            outline = set(_joined(_shape(solution, problem.programming_language), _SHAPE))
            outline = outline if len(outline) >= _MIN_SHAPES and problem.canonical_solution else set()
            shape_counts.append(len(outline))
            for gram in outline:
                shapes[gram].append(number)
        own = {
            gram: kept
            for gram, where in words.items()
            if (kept := where if len(where) == 1 else _of_one_problem(where, items, problem_of))
        }
        return cls(items, own, word_counts, dict(shapes), shape_counts)

    def overlap(self, text: str, programming_language: str | None = "python") -> list[Overlap]:
        """Items that the text repeats, the most repeated first.

        Args:
            text: Anything a model would be trained on: statement, code, or both with fences.
            programming_language: Of the code in it; None looks for words alone.
        """
        found: dict[int, Overlap] = {}
        shared = Counter(
            number for gram in set(_joined(_words(text), _WORDS)) for number in self._words.get(gram, ())
        )
        for number, count in shared.items():
            found[number] = self._make(number, "verbatim", count / self._word_counts[number])
        for number, share in self._renamed(text, programming_language):
            if number not in found:
                found[number] = self._make(number, "renamed", share)
        return sorted(found.values(), key=lambda o: (-o.share, o.task_id))

    def _renamed(self, text: str, language: str | None) -> Iterator[tuple[int, float]]:
        blocks = [block.code for block in fenced_blocks(text)] or [text]
        outline = {gram for block in blocks for gram in _joined(_shape(block, language), _SHAPE)}
        shared = Counter(number for gram in outline for number in self._shapes.get(gram, ()))
        for number, count in shared.items():
            share = count / self._shape_counts[number]
            if share >= _MIN_SHARED:
                yield number, share

    def _make(self, number: int, kind: str, share: float) -> Overlap:
        benchmark, task_id = self._items[number]
        return Overlap(benchmark, task_id, kind, share)


def _same_problems(problems: Sequence[Problem]) -> list[int]:
    """A number for each item; items of one benchmark that ask or solve word for word the same share it."""
    numbers = list(range(len(problems)))

    def first(number: int) -> int:
        while numbers[number] != number:
            number = numbers[number]
        return number

    seen: dict[tuple[str, str, str], int] = {}
    for number, problem in enumerate(problems):
        for part, text in (("prompt", problem.prompt), ("solution", problem.canonical_solution or "")):
            words = _words(text)
            if len(words) >= _WORDS:
                same = seen.setdefault((problem.benchmark, part, " ".join(words)), number)
                numbers[first(number)] = first(same)
    return [first(number) for number in range(len(problems))]


def _of_one_problem(where: list[int], items: list[tuple[str, str]], problem_of: list[int]) -> list[int]:
    """Those of the items whose benchmark has one problem among them."""
    problems: dict[str, set[int]] = defaultdict(set)
    for number in where:
        problems[items[number][0]].add(problem_of[number])
    return [number for number in where if len(problems[items[number][0]]) == 1]


def _says_something(gram: str) -> bool:
    """Whether a run of words is more than numbers and the same few words again, as in a table."""
    return sum(not word.isdigit() for word in set(gram.split(" "))) >= _MIN_DISTINCT


def _joined(parts: list[str], size: int) -> Iterator[str]:
    for start in range(len(parts) - size + 1):
        yield " ".join(parts[start : start + size])
