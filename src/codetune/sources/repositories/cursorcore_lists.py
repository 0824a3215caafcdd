"""The files of Programming-Instruct (CursorCore) whose rows are no objects.

    "code", "code", ...                          code_snippets.json      -> Snippet
    [{"role": ..., "content": ...}, ...], ...    what is trained on      -> Conversation

Source: Jiang et al. 2024, arXiv:2410.07002.
"""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from codetune.code.guessed_language import guessed_language
from codetune.records import Conversation, Message, Record, Role, Snippet
from codetune.rejection import Rejection
from codetune.sources.rows.row import Row
from codetune.sources.rows.row_source import RowSource

__all__ = ["CursorCoreSnippetSource", "CursorCoreTurnsSource"]

_CODE, _TURNS = "code of the list", "turns of the list"
"""Names that no file's own fields have."""
_ROLES = frozenset(typing.get_args(Role))


class CursorCoreSnippetSource(RowSource):
    """Code in any language; the language is the one whose grammar reads it."""

    name = "cursorcore-snippets"
    holds = "pieces of code, from which a model plays a programmer"
    reads = "code_snippets.json of Programming-Instruct: a list of texts"
    record: ClassVar[type[Record]] = Snippet
    url = "https://github.com/TechxGenus/CursorCore"

    def fields_of(self, value: Any) -> Any:
        return {_CODE: value} if isinstance(value, str) else value

    def fits(self, row: Mapping[str, Any]) -> bool:
        return _CODE in row

    def convert(self, row: Row) -> Iterable[Snippet]:
        if _CODE not in row.fields:
            raise Rejection("wrong type", "a row is no text")
        code = row.full_text(_CODE)
        language = guessed_language(code)
        if language is None:
            raise Rejection("language not known", "no grammar reads the code")
        yield Snippet(
            code=code,
            programming_language=language,
            path=row.upstream_id,
            license=row.license,
            source=row.source,
        )


class CursorCoreTurnsSource(RowSource):
    """Conversations with turns of their own for the history and the current file."""

    name = "cursorcore-turns"
    holds = "edits as turns with the roles history, current, user, assistant"
    reads = "the formatted conversations of CursorCore: a list of lists of turns"
    record: ClassVar[type[Record]] = Conversation
    url = "https://github.com/TechxGenus/CursorCore"

    def fields_of(self, value: Any) -> Any:
        return {_TURNS: value} if isinstance(value, list) else value

    def fits(self, row: Mapping[str, Any]) -> bool:
        return _TURNS in row

    def convert(self, row: Row) -> Iterable[Conversation]:
        turns = row.fields.get(_TURNS)
        if not turns:
            raise Rejection("wrong type", "a row is no list of turns")
        messages = []
        for turn in turns:
            if not isinstance(turn, dict) or not isinstance(turn.get("content"), str):
                raise Rejection("wrong type", "a turn is no object with role and content")
            if turn.get("role") not in _ROLES:
                raise Rejection("unknown role", str(turn.get("role"))[:80])
            messages.append(Message(role=turn["role"], content=turn["content"]))
        if messages[-1].role != "assistant":
            raise Rejection("no answer", f"the last turn is the {messages[-1].role}'s")
        yield Conversation(
            messages=tuple(messages), row_id=row.upstream_id, source=row.source, license=row.license
        )
