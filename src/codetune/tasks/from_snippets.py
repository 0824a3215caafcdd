"""One snippet in, a row for each task out, or the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property

from codetune.code.comments import strip_leading_comments
from codetune.code.definition import Definition, split_definition
from codetune.code.doc_markup import without_markup
from codetune.records import Instruction, Lineage, Snippet
from codetune.rejection import Rejection
from codetune.seeding import draw
from codetune.store.dataset import RejectedRow
from codetune.tasks.config import TasksConfig
from codetune.tasks.docstring import count_words, is_in_language, leaks, prose_of, summary_of
from codetune.tasks.rows import RowMaker
from codetune.tasks.search import Candidates, Pair
from codetune.tasks.tagging.tags import tags_of
from codetune.tasks.task import FieldValue
from codetune.tasks.tests_of_code import is_test
from codetune.text.fences import fence

__all__ = ["SNIPPET_TASKS", "rows_of_snippet", "search_pair"]

_COMMENT = re.compile(r"\s*(?:#|//|/\*|\*|--)")
_CLOSING = re.compile(r"\W*(?:end|else|begin|done|fi|ensure|try|finally|endif|pass)\W*$")
_ALPHANUMERIC = re.compile(r"[^\W_]")

Fields = dict[str, FieldValue]


def rows_of_snippet(
    snippet: Snippet,
    tasks: tuple[str, ...],
    config: TasksConfig,
    seed: int,
    candidates: Candidates | None = None,
) -> Iterator[Instruction | RejectedRow]:
    """One row or one rejection for each task, in the tasks' order.

    Args:
        snippet: The code.
        tasks: Names in `SNIPPET_TASKS`.
        config: What is rejected, and how rows are asked.
        seed: The run's seed.
        candidates: What code search shows for this snippet; None where there are too few others.
    """
    parts = _Parts(snippet, config, seed, candidates)
    make = RowMaker(
        record=snippet,
        programming_language=snippet.programming_language,
        language=config.language,
        lineage=_lineage(snippet),
        seed=seed,
        shown=(snippet.code, snippet.docstring),
        prompt_templates=config.prompt_templates,
    )
    for task in tasks:
        try:
            fields = _FIELDS[task](parts)
        except Rejection as rejection:
            yield make.rejected(task, rejection)
            continue
        yield make.row(
            task,
            fields,
            tags=(
                *snippet.tags,
                *(
                    tags_of(snippet.code, snippet.programming_language, snippet.name, snippet.scopes or ())
                    if config.tags
                    else ()
                ),
            ),
            candidates=candidates.codes if candidates is not None and task == "code_search" else (),
        )


class _Parts:
    """What the tasks read off a snippet, each part once.

    Raises:
        Rejection: From the properties, where the snippet lacks the part or it is not fit.
    """

    def __init__(
        self, snippet: Snippet, config: TasksConfig, seed: int, candidates: Candidates | None
    ) -> None:
        self.snippet, self.config, self.seed, self.candidates = snippet, config, seed, candidates

    @cached_property
    def prose(self) -> str:
        """The docstring's prose, if it is fit to be asked by or answered with."""
        docstring, config = self.snippet.docstring, self.config
        if docstring is None or not docstring.strip():
            raise Rejection("no docstring")
        prose = prose_of(docstring)
        if not prose:
            raise Rejection("docstring is only a list of tags")
        words = count_words(prose)
        if words < config.min_docstring_words:
            raise Rejection("docstring too short", f"{words} words")
        if len(docstring) > config.max_docstring_chars:
            raise Rejection("docstring too long", f"{len(docstring)} characters")
        if not config.any_docstring_language and not is_in_language(prose, config.language):
            raise Rejection(
                "docstring in another language", f"not {config.language}, which the setting language asks for"
            )
        return prose

    @cached_property
    def docstring(self) -> str:
        """All of a docstring that has such prose, without its markup."""
        return without_markup(self.snippet.docstring or "").strip() if self.prose else ""

    @cached_property
    def any_definition(self) -> Definition | None:
        """The definition, of whatever length; None where the code holds none or does not parse."""
        return split_definition(self.snippet.code, self.snippet.programming_language)

    @cached_property
    def definition(self) -> Definition:
        """The definition, if there is something to learn from it."""
        definition, config = self.any_definition, self.config
        if definition is None:
            raise Rejection("code does not parse", self.snippet.programming_language)
        if definition.is_empty:
            raise Rejection("code has no body")
        lines = definition.body_lines + 1
        if lines < config.min_code_lines:
            raise Rejection("code too short", f"{lines} lines")
        if len(definition.code) > config.max_code_chars:
            raise Rejection("code too long", f"{len(definition.code)} characters")
        return definition


def _summarization(parts: _Parts) -> Fields:
    if is_test(parts.snippet):
        raise Rejection("a test", "what it checks is no summary of a function")
    prose, code, config = parts.prose, parts.definition.code, parts.config
    summary = summary_of(parts.docstring)
    if count_words(summary) < config.min_docstring_words:
        raise Rejection("docstring too short", "its first paragraph is")
    if leaks(summary, code) or leaks(prose, code):
        raise Rejection("docstring stands in the code")
    return {"code": code, "docstring": summary if config.answer == "summary" else parts.docstring}


def _generation(parts: _Parts) -> Fields:
    description, definition = parts.docstring, parts.definition
    code = definition.code
    if parts.config.fence_code:
        code = fence(code, parts.snippet.programming_language)
    return {"description": description, "signature": definition.signature, "code": code}


def _completion(parts: _Parts) -> Fields:
    definition, config = parts.any_definition, parts.config
    # The docstring is prose, and not what is to be completed.
    code = definition.code if definition is not None else parts.snippet.code
    lines = code.splitlines(keepends=True)
    if len(code) > config.max_code_chars:
        raise Rejection("code too long", f"{len(code)} characters")
    # Two lines to go on from, and a line that says something: no lone bracket or `end`, no comment.
    cuts = [
        number
        for number, line in enumerate(lines)
        if number >= 2
        and len(_ALPHANUMERIC.findall(line)) >= 3
        and not _COMMENT.match(line)
        and not _CLOSING.match(line)
    ]
    if len(lines) < config.min_code_lines or not cuts:
        raise Rejection("no line to complete")
    cut = draw(parts.seed, parts.snippet.id, "completion").choice(cuts)
    line = lines[cut].rstrip()
    indent = line[: len(line) - len(line.lstrip())]
    return {"prefix": "".join(lines[:cut]) + indent, "completion": line.lstrip()}


def search_pair(snippet: Snippet, config: TasksConfig) -> Pair | None:
    """The snippet as query and code, or None where it can't be one."""
    parts = _Parts(snippet, config, 0, None)
    try:
        query = summary_of(parts.docstring)
    except Rejection:
        return None
    definition = parts.any_definition
    code = (definition.code if definition else strip_leading_comments(snippet.code)).strip("\n")
    if not code.strip() or len(code) > config.max_code_chars or leaks(query, code):
        return None
    return Pair(snippet.id, query, code, snippet.programming_language)


def _search(parts: _Parts) -> Fields:
    query, shown = summary_of(parts.docstring), parts.candidates
    if search_pair(parts.snippet, parts.config) is None:
        raise Rejection("no code to search for", "too long, empty, or the query stands in it")
    if shown is None:
        raise Rejection("too few candidates", f"{parts.config.candidates} asked for")
    answer: Fields = {"answer": shown.answer}
    if parts.config.search_answer == "code":
        answer = {"code": shown.codes[shown.answer]}
    return {"query": query, "candidates": shown.codes, **answer}


_FIELDS: dict[str, Callable[[_Parts], Fields]] = {
    "code_summarization": _summarization,
    "code_generation": _generation,
    "code_completion": _completion,
    "code_search": _search,
}
SNIPPET_TASKS = tuple(_FIELDS)
"""Tasks that rows can be made for, from a snippet."""


def _lineage(snippet: Snippet) -> Lineage:
    place = f"{snippet.path}:{snippet.start_line}" if snippet.start_line is not None else snippet.path
    return Lineage(
        upstream_id=place,
        repo=snippet.repo,
        path=snippet.path,
        commit=snippet.commit,
        # A folder without a repository's name is split by file: two functions of one file may be duplicates.
        group=snippet.repo or snippet.path,
        parents=(snippet.id,),
    )
