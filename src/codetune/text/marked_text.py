"""Text of a user inside text with marks: what only looks like a special token stays text.

`as_plain` puts a sign into each such place, so that templates and edit formats can be applied to the
text. `MarkedTokenizer` takes the signs out again and encodes the text there as any other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["MarkedTokenizer", "PlainText"]

_SIGN = "\ufdd0"
"""A code point that no character will ever have; a text that has it anyway survives."""
_SIGNED = re.compile(f"{_SIGN}([te])")


@dataclass(frozen=True)
class PlainText:
    """Escapes the tokens of one tokenizer.

    Attributes:
        tokens: Texts that the tokenizer takes for tokens of their own.
    """

    tokens: Sequence[str]

    @property
    def _pattern(self) -> re.Pattern[str]:
        longest = sorted(self.tokens, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, (*longest, _SIGN))))

    def __call__(self, text: str) -> str:
        """The text with a sign inside each token."""
        return self._pattern.sub(lambda match: match[0][0] + self._inserted(match[0]) + match[0][1:], text)

    def offset(self, text: str, offset: int) -> int:
        """Where a place in a text is in the escaped text."""
        return offset + sum(
            len(self._inserted(match[0])) for match in self._pattern.finditer(text) if match.start() < offset
        )

    @staticmethod
    def _inserted(found: str) -> str:
        return "e" if found == _SIGN else f"{_SIGN}t"


@dataclass(frozen=True)
class _Ids:
    ids: list[int]


class MarkedTokenizer:
    """A `tokenizers.Tokenizer` that reads escaped text.

    Text without escaped places is encoded by the tokenizer itself, as servers do it.

    Args:
        tokenizer: The model's.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.tokens = tuple(token.content for token in tokenizer.get_added_tokens_decoder().values())
        self.plain_text = PlainText(self.tokens)
        self._plain: Any = None
        longest = sorted(self.tokens, key=len, reverse=True)
        self._marks = re.compile(f"({'|'.join(map(re.escape, longest))})") if longest else None

    def token_to_id(self, token: str) -> int | None:
        """The number of a token, or None."""
        number: int | None = self._tokenizer.token_to_id(token)
        return number

    def encode(self, sequence: str, *, add_special_tokens: bool = False) -> Any:
        """Ids of a text, which may hold marks and escaped text."""
        if _SIGN not in sequence or self._marks is None:
            return self._tokenizer.encode(sequence, add_special_tokens=add_special_tokens)
        ids: list[int] = []
        for number, piece in enumerate(self._marks.split(sequence)):
            if number % 2:
                ids.append(self._tokenizer.token_to_id(piece))
            elif piece:
                text = _SIGNED.sub(lambda match: "" if match[1] == "t" else _SIGN, piece)
                ids += self._without_tokens().encode(text, add_special_tokens=False).ids
        return _Ids(ids)

    def _without_tokens(self) -> Any:
        """The same tokenizer without tokens that are taken out of a text as a whole."""
        if self._plain is None:
            from tokenizers import Tokenizer

            content = json.loads(self._tokenizer.to_str())
            content["added_tokens"], content["post_processor"] = [], None
            self._plain = Tokenizer.from_str(json.dumps(content))
        return self._plain
