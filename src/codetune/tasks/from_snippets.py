"""One snippet in, a row for each task out, or the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from codetune.code.comments import strip_leading_comments
from codetune.code.definition import Definition, split_definition
from codetune.records import Instruction, Lineage, Snippet
from codetune.rejection import Rejection
from codetune.seeding import draw
from codetune.store.dataset import RejectedRow
from codetune.store.schema import to_row
from codetune.tasks.config import TasksConfig
from codetune.tasks.docstring import count_words, is_in_language, leaks, prose_of, summary_of
from codetune.tasks.registry import get_task
from codetune.tasks.search import Candidates, Pair
from codetune.tasks.tags import tags_of
from codetune.tasks.task import FieldValue
from codetune.text.fences import fence

__all__ = ["STAGE", "rows_of", "search_pair"]

STAGE = "tasks"
_COMMENT = re.compile(r"\s*(?:#|//|/\*|\*|--)")


def rows_of(
    snippet: Snippet, config: TasksConfig, seed: int, candidates: Candidates | None = None
) -> Iterator[Instruction | RejectedRow]:
    """One row or one rejection for each task of the config, in the config's order.

    Args:
        snippet: The code.
        config: Which tasks, and what is rejected.
        seed: The run's seed.
        candidates: What code search shows for this snippet; None where there are too few others.
    """
    for task in config.tasks:
        try:
            fields = _FIELDS[task](snippet, config, seed, candidates)
        except Rejection as rejection:
            yield _rejected(snippet, task, rejection)
            continue
        yield _instruction(snippet, task, fields, config, seed, candidates)


def _docstring(snippet: Snippet, config: TasksConfig) -> str:
    """The docstring's prose, if it is fit to be asked by or answered with."""
    if snippet.docstring is None or not snippet.docstring.strip():
        raise Rejection("no docstring")
    prose = prose_of(snippet.docstring)
    if not prose:
        raise Rejection("docstring is only a list of tags")
    words = count_words(prose)
    if words < config.min_docstring_words:
        raise Rejection("docstring too short", f"{words} words")
    if len(snippet.docstring) > config.max_docstring_chars:
        raise Rejection("docstring too long", f"{len(snippet.docstring)} characters")
    if not config.any_docstring_language and not is_in_language(prose, config.language):
        raise Rejection("docstring in another language", f"asked for {config.language}")
    return prose


def _definition(snippet: Snippet, config: TasksConfig) -> Definition:
    definition = split_definition(snippet.code, snippet.programming_language)
    if definition is None:
        raise Rejection("code does not parse", snippet.programming_language)
    if definition.is_empty:
        raise Rejection("code has no body")
    lines = definition.body_lines + 1
    if lines < config.min_code_lines:
        raise Rejection("code too short", f"{lines} lines")
    if len(definition.code) > config.max_code_chars:
        raise Rejection("code too long", f"{len(definition.code)} characters")
    return definition


def _summarization(
    snippet: Snippet, config: TasksConfig, seed: int, candidates: Candidates | None
) -> dict[str, FieldValue]:
    prose = _docstring(snippet, config)
    definition = _definition(snippet, config)
    assert snippet.docstring is not None
    summary = summary_of(snippet.docstring)
    if count_words(summary) < config.min_docstring_words:
        raise Rejection("docstring too short", "its first paragraph is")
    answer = summary if config.answer == "summary" else snippet.docstring.strip()
    if leaks(summary, definition.code) or leaks(prose, definition.code):
        raise Rejection("docstring stands in the code")
    return {"code": definition.code, "docstring": answer}


def _generation(
    snippet: Snippet, config: TasksConfig, seed: int, candidates: Candidates | None
) -> dict[str, FieldValue]:
    _docstring(snippet, config)
    definition = _definition(snippet, config)
    assert snippet.docstring is not None
    code = definition.code
    if config.fence_code:
        code = fence(code, snippet.programming_language)
    return {"description": snippet.docstring.strip(), "signature": definition.signature, "code": code}


def _completion(
    snippet: Snippet, config: TasksConfig, seed: int, candidates: Candidates | None
) -> dict[str, FieldValue]:
    definition = split_definition(snippet.code, snippet.programming_language)
    code = definition.code if definition is not None else snippet.code  # prose is not what is to be completed
    lines = code.splitlines(keepends=True)
    if len(code) > config.max_code_chars:
        raise Rejection("code too long", f"{len(code)} characters")
    # Two lines to go on from, and a line that says something: no lone bracket, no comment.
    cuts = [
        number
        for number, line in enumerate(lines)
        if number >= 2 and sum(char.isalnum() for char in line) >= 3 and not _COMMENT.match(line)
    ]
    if len(lines) < config.min_code_lines or not cuts:
        raise Rejection("no line to complete")
    cut = draw(seed, snippet.id, "completion").choice(cuts)
    line = lines[cut].rstrip()
    indent = line[: len(line) - len(line.lstrip())]
    return {"prefix": "".join(lines[:cut]) + indent, "completion": line.lstrip()}


def search_pair(snippet: Snippet, config: TasksConfig) -> Pair | None:
    """The snippet as query and code, or None where it can't be one."""
    try:
        _docstring(snippet, config)
    except Rejection:
        return None
    definition = split_definition(snippet.code, snippet.programming_language)
    code = (definition.code if definition else strip_leading_comments(snippet.code)).strip("\n")
    query = summary_of(snippet.docstring or "")
    if not code.strip() or len(code) > config.max_code_chars or leaks(query, code):
        return None
    return Pair(snippet.id, query, code, snippet.programming_language)


def _search(
    snippet: Snippet, config: TasksConfig, seed: int, candidates: Candidates | None
) -> dict[str, FieldValue]:
    _docstring(snippet, config)
    pair = search_pair(snippet, config)
    if pair is None:
        raise Rejection("no code to search for", "too long, empty, or the query stands in it")
    if candidates is None:
        raise Rejection("too few candidates", f"{config.candidates} asked for")
    return {"query": pair.query, "candidates": candidates.codes, "answer": candidates.answer}


_FIELDS: dict[str, Callable[[Snippet, TasksConfig, int, Candidates | None], dict[str, FieldValue]]] = {
    "code_summarization": _summarization,
    "code_generation": _generation,
    "code_completion": _completion,
    "code_search": _search,
}


def _lineage(snippet: Snippet, prompt_template: str | None) -> Lineage:
    place = f"{snippet.path}:{snippet.start_line}" if snippet.start_line is not None else snippet.path
    return Lineage(
        upstream_id=place,
        repo=snippet.repo,
        path=snippet.path,
        commit=snippet.commit,
        # A folder without a repository's name is split by file: two functions of one file may be duplicates.
        group=snippet.repo or snippet.path,
        parents=(snippet.id,),
        prompt_template=prompt_template,
    )


def _instruction(
    snippet: Snippet,
    task: str,
    fields: Mapping[str, FieldValue],
    config: TasksConfig,
    seed: int,
    candidates: Candidates | None,
) -> Instruction:
    rendered = get_task(task).render(
        {**fields, "programming_language": snippet.programming_language},
        record_id=snippet.id,
        seed=seed,
        language=config.language,
    )
    return Instruction(
        task=task,
        instruction=rendered.instruction,
        input=rendered.input,
        output=rendered.output,
        language=config.language,
        programming_language=snippet.programming_language,
        source=snippet.source,
        license=snippet.license,
        candidates=candidates.codes if candidates is not None and task == "code_search" else (),
        tags=tags_of(snippet.code, snippet.programming_language) if config.tags else (),
        lineage=_lineage(snippet, rendered.prompt_template),
    )


def _rejected(snippet: Snippet, task: str, rejection: Rejection) -> RejectedRow:
    row: dict[str, Any] = {
        "id": snippet.id,
        "task": task,
        "input": snippet.code,
        "output": snippet.docstring,
        "programming_language": snippet.programming_language,
        "source": snippet.source,
        "license": snippet.license,
        "lineage": to_row_of_lineage(_lineage(snippet, None)),
    }
    return RejectedRow(row=row, stage=STAGE, reason=rejection.reason, detail=rejection.detail)


def to_row_of_lineage(lineage: Lineage) -> dict[str, Any]:
    """A lineage as plain data, for rows that never became records."""
    carrier = Instruction(task="", instruction="", output="", source="", lineage=lineage)
    plain = to_row(carrier)["lineage"]
    assert isinstance(plain, dict)
    return plain
