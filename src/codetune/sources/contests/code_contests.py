"""CodeContests: problems of programming contests with their tests, and solutions in several languages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from codetune.code.languages import canonical_language
from codetune.records import Instruction
from codetune.rejection import Rejection
from codetune.seeding import draw
from codetune.sources.rows.row import Row
from codetune.sources.rows.row_source import RowSource

__all__ = ["CodeContestsSource"]

_LANGUAGES = {2: "cpp", 3: "python", 4: "java"}
"""Upstream's numbers; 0 is unknown and 1 Python 2, which nothing here can run."""
_NAMED = {"CPP": "cpp", "PYTHON3": "python", "JAVA": "java"}
_DIFFICULTIES = ("unknown", "easy", "medium", "hard", "harder", "hardest", "external")
_TESTS = ("public_tests", "private_tests", "generated_tests")


class CodeContestsSource(RowSource):
    """Problems; one row for each language there is a right solution in, chosen by the seed, or as `solutions` says.

    The tests, as JSON `[{"input": ..., "output": ...}]`, go with the row, for verification. Problems
    without a solution are refused.
    """

    name = "code-contests"
    holds = "13,000 contest problems with tests, and solutions in C++, Python and Java"
    reads = "Parquet or JSON Lines with description, solutions and tests"
    license = "CC-BY-4.0"
    license_url = "https://github.com/google-deepmind/code_contests/blob/main/README.md"
    url = "https://github.com/google-deepmind/code_contests"
    has_splits = True

    def fits(self, row: Mapping[str, Any]) -> bool:
        return ("description" in row and "solutions" in row) or ("content" in row and "test" in row)

    def convert(self, row: Row) -> Iterable[Instruction]:
        if "description" in row.fields:
            return self._upstream(row)
        return self._repackaged(row)

    def _upstream(self, row: Row) -> list[Instruction]:
        description = row.full_text("description")
        if "<image>" in description:
            raise Rejection("needs an image", "the description has <image> where a picture was")
        tests = [test for name in _TESTS for test in _tests(row, name)]
        by_language: dict[str, list[str]] = {}
        for language, solution in _solutions(row):
            if language is not None and solution.strip():
                by_language.setdefault(language, []).append(solution)
        if not by_language:
            raise Rejection("no solution", "in C++, Python 3 or Java")
        name = row.optional("name") or row.upstream_id
        level = row.fields.get("difficulty")
        tags = [f"contest:{tag}" for tag in row.fields.get("cf_tags") or () if isinstance(tag, str) and tag]
        if isinstance(level, int) and 0 < level < len(_DIFFICULTIES):
            tags.append(f"difficulty:{_DIFFICULTIES[level]}")
        return [
            self._instruction(row, description, language, solution, tests, name, tags)
            for language, solution in _wanted(row, name, by_language)
        ]

    def _repackaged(self, row: Row) -> list[Instruction]:
        """Rows of evaluation harnesses: `content`, and labels and tests as JSON in text."""
        description = row.full_text("content")
        try:
            labels = orjson.loads(row.text("labels", default="{}") or "{}")
            cases = orjson.loads(row.text("test"))
            tests = [{"input": c["input"]["stdin"], "output": c["output"]["stdout"]} for c in cases]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise Rejection("wrong type", f"labels or test: {error}") from error
        solution = row.optional("canonical_solution") or row.optional("solution")
        if solution is None:
            raise Rejection("no solution", f"{len(tests)} tests, but no program")
        language = canonical_language(labels.get("programming_language")) or "python"
        name = str(labels.get("name") or row.upstream_id)
        level = str(labels.get("difficulty") or "").lower()
        tags = [f"difficulty:{level}"] if level in _DIFFICULTIES[1:] else []
        return [self._instruction(row, description, language, solution, tests, name, tags)]

    def _instruction(
        self,
        row: Row,
        description: str,
        language: str,
        solution: str,
        tests: Sequence[Mapping[str, str]],
        name: str,
        tags: Sequence[str],
    ) -> Instruction:
        return row.to_instruction(
            "code_generation",
            {"description": description.strip(), "code": solution.strip()},
            programming_language=language,
            tests=json.dumps(list(tests), ensure_ascii=False) if tests else None,
            lineage=row.lineage(upstream_id=name, group=name),
            tags=tuple(tags),
        )


def _tests(row: Row, name: str) -> list[dict[str, str]]:
    """Tests as one struct of two lists (Parquet) or a list of structs (JSON)."""
    plain = row.fields.get(name)
    if not plain:
        return []
    try:
        if isinstance(plain, dict):
            return [{"input": i, "output": o} for i, o in zip(plain["input"], plain["output"], strict=True)]
        return [{"input": test["input"], "output": test["output"]} for test in plain]
    except (KeyError, TypeError, ValueError) as error:
        raise Rejection("wrong type", f"{name}: {error}") from error


def _solutions(row: Row) -> list[tuple[str | None, str]]:
    plain = row.fields.get("solutions")
    try:
        if isinstance(plain, dict):
            pairs = list(zip(plain["language"], plain["solution"], strict=True))
        else:
            pairs = [(one["language"], one["solution"]) for one in plain or ()]
        return [(_LANGUAGES.get(n) if isinstance(n, int) else _NAMED.get(n), text) for n, text in pairs]
    except (KeyError, TypeError, ValueError) as error:
        raise Rejection("wrong type", f"solutions: {error}") from error


def _wanted(row: Row, name: str, by_language: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Language and solution of each row of a problem; which ones the seed says."""
    if row.solutions == "all":
        return [
            (language, text) for language, texts in sorted(by_language.items()) for text in sorted(set(texts))
        ]
    languages = sorted(by_language)
    if row.solutions == "problem":
        fitting = [one for one in languages if one in row.wanted_languages] or languages
        languages = [draw(row.seed, name, "language").choice(fitting)]
    return [
        (one, draw(row.seed, name, one, "solution").choice(sorted(by_language[one]))) for one in languages
    ]
