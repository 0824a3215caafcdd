"""Answers that are text or code rather than JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from codetune.code.parsing import is_parsed_language, parses
from codetune.synth.runtime.answer_parsers import InvalidAnswerError
from codetune.text.fences import first_block

__all__ = ["CodeBlock", "PlainText", "is_refusal"]

_REFUSALS = re.compile(
    r"^\W*(i'?m sorry|sorry|i (can'?t|cannot|am unable)|as an ai|很抱歉|抱歉|对不起|作为一个)", re.IGNORECASE
)


def is_refusal(text: str) -> bool:
    """Whether a model declines instead of answering."""
    return bool(_REFUSALS.match(text))


@dataclass(frozen=True)
class PlainText:
    """Plain text of at least so many characters."""

    min_chars: int = 1

    @property
    def schema(self) -> None:
        return None

    def parse(self, text: str) -> str:
        text = text.strip()
        if len(text) < self.min_chars:
            raise InvalidAnswerError("length", f"the answer has {len(text)} characters, not {self.min_chars}")
        if is_refusal(text):
            raise InvalidAnswerError("model declined", "the answer has to do what was asked")
        return text


@dataclass(frozen=True)
class CodeBlock:
    """A program: the first fenced block, or the whole answer where there is no fence; it must parse."""

    programming_language: str

    @property
    def schema(self) -> Any:
        return None

    def parse(self, text: str) -> str:
        code = first_block(text).strip("\n")
        if not code.strip():
            raise InvalidAnswerError("no code", "the answer has to hold code")
        if is_parsed_language(self.programming_language) and not parses(code, self.programming_language):
            raise InvalidAnswerError("does not parse", f"the code is not valid {self.programming_language}")
        return code + "\n"
