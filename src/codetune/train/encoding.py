"""Rows as tokens, and which of them are learned.

The text is the chat template's; its pieces are turned into tokens one by one, because a server
also reads the prompt apart from what it then writes. Nothing is cut: a row that is too long, or
that would lose its stop token, leaves with a reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from codetune.errors import DataError
from codetune.records import Message
from codetune.text.chat_template import ChatTemplate
from codetune.train.cpu.loss import IGNORE_INDEX

__all__ = ["Encoded", "Encoder", "Refused"]


class _Tokenizer(Protocol):
    def encode(self, sequence: str, *, add_special_tokens: bool) -> Any: ...
    def token_to_id(self, token: str) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Encoded:
    """One row."""

    row_id: str
    input_ids: tuple[int, ...]
    labels: tuple[int, ...]
    """The token where it is learned, IGNORE_INDEX elsewhere; as long as `input_ids`."""

    def __len__(self) -> int:
        return len(self.input_ids)

    @property
    def trained_tokens(self) -> int:
        return sum(label != IGNORE_INDEX for label in self.labels[1:])


class Refused(Exception):
    """A row that can't be learned from.

    Attributes:
        reason: A few fixed words.
        detail: What is particular to the row.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}" if detail else reason)


class Encoder:
    """Turns of a chat to tokens and labels.

    Args:
        template: The model's chat template.
        tokenizer: A `tokenizers.Tokenizer`.
        max_seq_length: Longest row in tokens.
    """

    def __init__(self, template: ChatTemplate, tokenizer: _Tokenizer, max_seq_length: int) -> None:
        self.template = template
        self.max_seq_length = max_seq_length
        self._tokenizer = tokenizer
        eos = tokenizer.token_to_id(template.eos_token)
        if eos is None:
            raise DataError(
                f"the tokenizer has no token {template.eos_token!r}, which ends the assistant's turn",
                where=template.name,
                next_step="give a model folder whose tokenizer and chat template belong together",
            )
        self.eos_id: int = eos

    def tokens(self, text: str) -> list[int]:
        """Tokens of a text, with the special tokens it spells and none besides."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def encode(self, row_id: str, messages: Sequence[Message]) -> Encoded:
        """One conversation.

        Raises:
            Refused: `too-long`, `nothing-to-learn`, `special-token` (the text spells a token that
                ends turns, so its end could not be told from the turn's).
        """
        for message in messages:
            if self.template.eos_token in message.content:
                raise Refused("special-token", f"{message.role} says {self.template.eos_token}")
        if not any(message.role == "assistant" and message.content.strip() for message in messages):
            raise Refused("nothing-to-learn", "the assistant says nothing")
        ids: list[int] = []
        labels: list[int] = []
        for piece in self.template.pieces(messages):
            tokens = self.tokens(piece.text)
            ids += tokens
            labels += tokens if piece.trained else [IGNORE_INDEX] * len(tokens)
            if piece.trained and tokens[-1] != self.eos_id:
                raise Refused("no-stop-token", f"the turn ends in token {tokens[-1]}")
        # What follows the last stop token is neither learned nor read by anything that is.
        while labels[-1] == IGNORE_INDEX:
            labels.pop()
            ids.pop()
        if len(ids) > self.max_seq_length:
            raise Refused("too-long", f"{len(ids)} tokens, at most {self.max_seq_length}")
        return Encoded(row_id, tuple(ids), tuple(labels))
