"""Turns a conversation into token ids and labels.

The text is the chat template's. Prompt and answer are tokenized separately, because a server
tokenizes the prompt before it generates the answer. Rows are never truncated: a row that is too
long, or whose answer would not end in the stop token, is rejected with a reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from codetune.edits.formats.special_tokens import EDIT_TOKENS
from codetune.errors import DataError
from codetune.records import Message
from codetune.rejection import Rejection
from codetune.text.chat_template import ChatTemplate
from codetune.text.marked_text import MarkedTokenizer, PlainText

__all__ = ["IGNORE_INDEX", "Encoded", "Encoder"]

IGNORE_INDEX = -100
"""Label of a token that is not trained on."""


class _Tokenizer(Protocol):
    def encode(self, sequence: str, *, add_special_tokens: bool) -> Any: ...
    def token_to_id(self, token: str) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Encoded:
    """One row."""

    row_id: str
    input_ids: tuple[int, ...]
    labels: tuple[int, ...]
    """The token id where it is trained on, IGNORE_INDEX elsewhere; as long as `input_ids`."""

    def __len__(self) -> int:
        return len(self.input_ids)

    @property
    def trained_tokens(self) -> int:
        return sum(label != IGNORE_INDEX for label in self.labels[1:])


class Encoder:
    """Encodes conversations for one model.

    Args:
        template: The model's chat template.
        tokenizer: A `tokenizers.Tokenizer`, or a `MarkedTokenizer` of one.
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
        self.plain_text: PlainText | None = None
        """Escapes text for a tokenizer that has all edit tokens; None for one that lacks some."""
        if isinstance(tokenizer, MarkedTokenizer) and set(EDIT_TOKENS) <= set(tokenizer.tokens):
            self.plain_text = tokenizer.plain_text

    def tokens(self, text: str) -> list[int]:
        """Token ids of a text; no special tokens are added."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def encode(self, row_id: str, messages: Sequence[Message]) -> Encoded:
        """One conversation.

        Raises:
            Rejection: `too-long`, `nothing-to-learn`, `no-stop-token`, or `special-token` (the text
                contains the token that ends turns, so the real end would be ambiguous).
        """
        for message in messages:
            if self.template.eos_token in message.content:
                raise Rejection("special-token", f"{message.role} says {self.template.eos_token}")
        if not any(message.role == "assistant" and message.content.strip() for message in messages):
            raise Rejection("nothing-to-learn", "the assistant says nothing")
        ids: list[int] = []
        labels: list[int] = []
        for span in self.template.spans(messages):
            tokens = self.tokens(span.text)
            ids += tokens
            labels += tokens if span.trained else [IGNORE_INDEX] * len(tokens)
            if span.trained and tokens[-1] != self.eos_id:
                raise Rejection("no-stop-token", f"the turn ends in token {tokens[-1]}")
        # Nothing after the last stop token is trained on, so it would only cost time.
        while labels[-1] == IGNORE_INDEX:
            labels.pop()
            ids.pop()
        if len(ids) > self.max_seq_length:
            raise Rejection("too-long", f"{len(ids)} tokens, at most {self.max_seq_length}")
        return Encoded(row_id, tuple(ids), tuple(labels))
