"""Parsers of answers that are text or code rather than JSON.

No schema is sent with these. Each parser also takes a JSON object with the same names, because some
models answer so whatever they are asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from codetune.code.languages import canonical_language
from codetune.code.parsing import is_parsed_language, parses
from codetune.synth.runtime.answer_parsers import first_json_object
from codetune.synth.runtime.raw_answers import InvalidAnswerError, no_answer
from codetune.text.fences import fenced_blocks

__all__ = ["CodeBlock", "PlainText", "Tagged", "whole_tags"]

_OUTER_FENCE = re.compile(r"\A```(?:markdown|md|text)?[ \t]*\n(.*)\n```[ \t]*\Z", re.DOTALL)


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
        fault = no_answer(text)
        if fault is not None:
            raise InvalidAnswerError(*fault)
        return text


def whole_tags(text: str, name: str) -> list[str]:
    """Contents of `<name>...</name>`, in order, with attributes or without; the last may be open where the text ends."""
    return [
        found.strip("\n")
        for found in re.findall(rf"<{name}(?: [^<>]*)?>(.*?)(?:</{name}>|\Z)", text, re.DOTALL)
    ]


@dataclass(frozen=True)
class Tagged:
    """Texts between tags, `<instruction>...</instruction>`: Markdown and code stand in them as they are.

    With a single name an answer without tags counts as a whole, without a fence around it.
    """

    names: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def schema(self) -> None:
        return None

    def parse(self, text: str) -> dict[str, str]:
        found = {name: parts[0].strip() for name in self.names if (parts := whole_tags(text, name))}
        if not found:
            found = self._from_json(text)
        if not found and len(self.names) == 1:
            outer = _OUTER_FENCE.match(text.strip())
            found = {self.names[0]: (outer.group(1) if outer else text).strip()}
        missing = [name for name in self.names if not found.get(name) and name not in self.optional]
        if missing and missing[0] in found:
            raise InvalidAnswerError("empty answer", f"nothing stands in <{missing[0]}>")
        if missing:
            raise InvalidAnswerError("not in the form asked for", f"<{missing[0]}> is missing")
        return {name: found.get(name, "") for name in self.names}

    def _from_json(self, text: str) -> dict[str, str]:
        try:
            plain = first_json_object(text) if text.lstrip()[:1] in "{`" else {}
        except InvalidAnswerError:
            return {}
        return {name: plain[name].strip() for name in self.names if isinstance(plain.get(name), str)}


@dataclass(frozen=True)
class CodeBlock:
    """A program: the fenced block that parses (and `holds`), or the whole answer where there is no fence.

    Several blocks of the language that parse only together are joined.
    """

    programming_language: str
    holds: Callable[[str], bool] | None = None
    """A condition on the block that is chosen first, e.g. that it defines a function."""

    @property
    def schema(self) -> None:
        return None

    def parse(self, text: str) -> str:
        blocks = fenced_blocks(text)
        language = canonical_language(self.programming_language)
        own = [
            block.code for block in blocks if canonical_language(block.label) == language or not block.label
        ]
        found = own or [block.code for block in blocks] or [text]
        found = [code.strip("\n") for code in found if code.strip()]
        if not found:
            raise InvalidAnswerError("no code", "the answer has to hold code")
        choices = [*found, "\n\n".join(found)] if len(found) > 1 else found
        parsed = [code for code in choices if self._parses(code)]
        if not parsed:
            raise InvalidAnswerError("does not parse", f"the code is not valid {self.programming_language}")
        held = [code for code in parsed if self.holds is None or self.holds(code)]
        return (held or parsed)[0] + "\n"

    def _parses(self, code: str) -> bool:
        return not is_parsed_language(self.programming_language) or parses(code, self.programming_language)
