"""Conversations between a person and an assistant: ShareGPT's format and the messages of chat APIs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from codetune.records import Instruction
from codetune.rejection import Rejection
from codetune.sources.instruction_sets.alpaca import fenced
from codetune.sources.rows.row import Row, natural_language
from codetune.sources.rows.row_source import RowSource

__all__ = ["MessagesSource", "ShareGptSource"]

_ROLES = {
    "human": "user", "user": "user", "prompter": "user",
    "gpt": "assistant", "assistant": "assistant", "chatgpt": "assistant", "bing": "assistant", "bard": "assistant",
    "model": "assistant", "system": "system",
}  # fmt: skip
_SPEAKERS = {"user": "User", "assistant": "Assistant"}

_Turns = Sequence[tuple[str, str]]


class _ConversationSource(RowSource):
    turns_field = ""
    role_field = ""
    text_field = ""

    def fits(self, row: Mapping[str, Any]) -> bool:
        return self.turns_field in row

    def convert(self, row: Row) -> Iterable[Instruction]:
        turns = self._turns(row)
        system = row.optional("system") or "\n".join(text for role, text in turns if role == "system")
        spoken = [turn for turn in turns if turn[0] != "system"]
        while spoken and spoken[-1][0] == "user":
            spoken.pop()  # a question nobody answered
        if len(spoken) < 2:
            raise Rejection("no answer", "no turn of the assistant follows one of the user")
        for (role, _), (following, _) in itertools.pairwise(spoken):
            if role == following:
                raise Rejection("turns do not alternate", f"two turns of the {role} in a row")
        (_, asked), (_, answer) = spoken[-2:]
        if not asked.strip() or not answer.strip():
            raise Rejection("empty field", "the last turn of the user or the assistant")
        earlier = "\n\n".join(f"{_SPEAKERS[role]}: {text}" for role, text in spoken[:-2])
        yield Instruction(
            task="instruction_following",
            instruction=asked,
            input="\n\n".join(part for part in (system, earlier) if part),
            output=answer,
            language=natural_language(asked),
            programming_language=fenced(answer),
            source=row.source,
            license=row.license,
            lineage=row.lineage(upstream_id=_own_id(row) or row.upstream_id),
        )

    def _turns(self, row: Row) -> _Turns:
        plain = row.fields.get(self.turns_field)
        if plain is None:
            raise Rejection("missing field", self.turns_field)
        if not isinstance(plain, list) or not all(isinstance(turn, dict) for turn in plain):
            raise Rejection("wrong type", f"{self.turns_field} is not a list of turns")
        found = []
        for number, turn in enumerate(plain, 1):
            role, text = turn.get(self.role_field), turn.get(self.text_field)
            if not isinstance(role, str) or role.lower() not in _ROLES:
                raise Rejection("unknown role", f"{role!r} in turn {number}")
            if not isinstance(text, str):
                raise Rejection("wrong type", f"{self.text_field} of turn {number} is not text")
            if "\0" in text:
                raise Rejection("NUL bytes", f"in turn {number}")
            found.append((_ROLES[role.lower()], text))
        return found


def _own_id(row: Row) -> str | None:
    own = row.fields.get("id")
    return str(own) if isinstance(own, str | int) and str(own) else None


class ShareGptSource(_ConversationSource):
    """Rows of `conversations` with `from` and `value`; the last exchange is the row's, the earlier its input."""

    name = "sharegpt"
    holds = "conversations in ShareGPT's fields"
    reads = "JSON, JSON Lines or Parquet with conversations of from and value"
    turns_field, role_field, text_field = "conversations", "from", "value"


class MessagesSource(_ConversationSource):
    """Rows of `messages` with `role` and `content`; the last exchange is the row's, the earlier its input."""

    name = "messages"
    holds = "conversations in the fields of chat APIs"
    reads = "JSON, JSON Lines or Parquet with messages of role and content"
    turns_field, role_field, text_field = "messages", "role", "content"
