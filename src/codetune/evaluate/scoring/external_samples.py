"""Samples made elsewhere: human-eval's, EvalPlus's, bigcode's; read with row numbers.

- JSON Lines of `{"task_id", "completion"}` (human-eval): the prompt goes in front of the text;
- JSON Lines of `{"task_id", "solution"}` (EvalPlus): the text is the whole program;
- a JSON list of lists of whole programs (bigcode-evaluation-harness), in the benchmark's order.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from codetune.errors import DataError
from codetune.records import Completion, Problem
from codetune.text.extract import Extraction, extract

__all__ = ["read_continuation", "read_samples", "read_solution"]


def read_continuation(problem: Problem, text: str, lenient: bool) -> Extraction:
    """human-eval's reading: the prompt and the text after it, as they are."""
    if not text.strip():
        return Extraction("", "none")
    if lenient and "```" in text:
        return extract(text, language=problem.programming_language, lenient=True)
    begun = problem.prompt if problem.prefix is None else problem.prefix
    return Extraction(f"{begun}{text}", "continuation")


def read_solution(problem: Problem, text: str, lenient: bool) -> Extraction:
    """EvalPlus's and bigcode's: a whole program; with fences only under the lenient reading."""
    if not text.strip():
        return Extraction("", "none")
    if lenient and "```" in text:
        return extract(text, language=problem.programming_language, lenient=True)
    return Extraction(text, "whole-text")


def read_samples(path: Path, problems: Sequence[Problem]) -> tuple[str, Iterator[tuple[Problem, Completion]]]:
    """Open a file of samples.

    Args:
        path: `.jsonl`, `.json`, either gzipped.
        problems: The benchmark's items.

    Returns:
        `continuation` or `solution`, and the samples in the file's order, numbered by problem. A
        null text is kept as an empty one, and counted as NO_CODE.

    Raises:
        DataError: Not such a file, or a row that is wrong; with its number. The iterator raises
            for rows it comes to.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"the samples can't be read: {(error.strerror or 'error').lower()}",
            where=str(path),
            next_step="check the path",
        ) from error
    if raw[:2] == b"\x1f\x8b":
        try:
            raw = gzip.decompress(raw)
        except (EOFError, OSError, ValueError) as error:
            raise DataError("the gzip file is cut short or broken", where=str(path)) from error
    if raw.lstrip()[:1] == b"[":
        return "solution", _from_lists(raw, path, problems)
    first = next((line for line in raw.splitlines() if line.strip()), None)
    if first is None:
        raise DataError("the file of samples is empty", where=str(path))
    row = _row(first, path, 1)
    kind = "solution" if "solution" in row else "continuation"
    field = "solution" if kind == "solution" else "completion"
    if field not in row:
        raise DataError(
            "rows need a `completion` or a `solution`",
            where=f"{path}, row 1",
            next_step="see docs/evaluation.md",
        )
    return kind, _from_rows(raw, path, problems, field)


def _row(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        why = "not valid JSON" if _is_utf8(line) else "not UTF-8"
        raise DataError(
            f"the row is {why}", where=f"{path}, row {number}", next_step="fix or remove that row"
        ) from error
    if not isinstance(row, dict):
        raise DataError("the row is no JSON object", where=f"{path}, row {number}")
    return row


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _from_rows(
    raw: bytes, path: Path, problems: Sequence[Problem], field: str
) -> Iterator[tuple[Problem, Completion]]:
    by_id = {problem.task_id: problem for problem in problems}
    counts: dict[str, int] = defaultdict(int)
    for number, line in enumerate(raw.split(b"\n"), 1):
        if not line.strip():
            continue
        row = _row(line, path, number)
        task = row.get("task_id")
        if not isinstance(task, str) or task not in by_id:
            raise DataError(
                f"the benchmark has no task {task!r}",
                where=f"{path}, row {number}",
                next_step="check that the samples are of this benchmark",
            )
        text = row.get(field)
        if text is not None and not isinstance(text, str):
            raise DataError(f"`{field}` has to be text", where=f"{path}, row {number}")
        yield by_id[task], Completion(task_id=task, sample=counts[task], text=text or "")
        counts[task] += 1


def _from_lists(raw: bytes, path: Path, problems: Sequence[Problem]) -> Iterator[tuple[Problem, Completion]]:
    try:
        lists = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise DataError("the file is not valid JSON", where=str(path)) from error
    if len(lists) != len(problems) or not all(isinstance(entry, list) for entry in lists):
        raise DataError(
            f"the file holds {len(lists)} lists of samples for {len(problems)} problems",
            where=str(path),
            next_step="give one list a problem, in the benchmark's order",
        )
    for number, (problem, texts) in enumerate(zip(problems, lists, strict=True), 1):
        for sample, text in enumerate(texts):
            if text is not None and not isinstance(text, str):
                raise DataError("a sample has to be text", where=f"{path}, list {number}")
            yield problem, Completion(task_id=problem.task_id, sample=sample, text=text or "")
