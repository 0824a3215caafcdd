"""Round two for a strong model: it writes the program around the code, which it does not copy.

    def area(r): ...    ─▶  import math                    ─▶ the line is replaced by the code,
                            # THE GIVEN CODE                  at the line's own indentation
                            assert area(0) == 0
                            print(area(2.5))

A copy would cost as many tokens as the code has and would not always be faithful. An answer that holds
the code unchanged all the same is taken too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from textwrap import indent
from typing import Any

from codetune.code.languages import canonical_language, display_name
from codetune.synth.checks.code_preserved import CompletedProgram, completed
from codetune.synth.checks.program_layout import place_of
from codetune.synth.checks.snippet_text import SnippetView, shortened
from codetune.synth.options import InstructFromCodeOptions
from codetune.synth.python.program import indented
from codetune.synth.runtime.generation_context import CheckedAnswer, GenerationContext
from codetune.synth.runtime.raw_answers import InvalidAnswerError
from codetune.text.fences import fenced_blocks

__all__ = ["MARK", "ProgramAround", "comment", "write_program"]

MARK = "THE GIVEN CODE"
"""What the line says that stands for the code."""

_MARKED = re.compile(rf"^([ \t]*)[^\w\n]*{MARK}\b[^\n]*$", re.MULTILINE)
_HASH_COMMENTS = frozenset({"python", "ruby"})


@dataclass(frozen=True)
class ProgramAround:
    """A program that holds the given code where the marked line stood."""

    view: SnippetView

    @property
    def schema(self) -> None:
        return None

    def parse(self, text: str) -> CompletedProgram:
        """The whole program.

        Raises:
            InvalidAnswerError: No code, no marked line, it does not parse, or the code is not in it unchanged.
        """
        language = canonical_language(self.view.language)
        blocks = [
            b.code for b in fenced_blocks(text) if canonical_language(b.label) == language or not b.label
        ]
        candidates = [code for code in blocks if code.strip()] or [text]
        chosen = next((code for code in candidates if _MARKED.search(code)), max(candidates, key=len))
        if not _MARKED.search(chosen) and self.view.code.strip().split("\n")[0] not in chosen:
            raise InvalidAnswerError(
                "given code missing",
                f"one line of the program has to be the comment {comment(language or '')}",
            )
        program = _MARKED.sub(lambda match: self._code(match[1]), chosen, count=1)
        return completed(_MARKED.sub("", program).strip("\n") + "\n", self.view)

    def _code(self, prefix: str) -> str:
        code = self.view.code.removeprefix("<?php").strip("\n")
        return indented(code, prefix) if self.view.language == "python" else indent(code, prefix)


def comment(language: str) -> str:
    """The line that stands for the code, as a comment of the language."""
    return f"# {MARK}" if language in _HASH_COMMENTS else f"// {MARK}"


async def write_program(
    view: SnippetView, statement: str, context: GenerationContext, options: InstructFromCodeOptions
) -> tuple[CompletedProgram, CheckedAnswer[Any]]:
    """Ask for the program around the code.

    Returns:
        The program, and the answer it came from.

    Raises:
        Rejection: No valid answer came.
    """
    asked = await context.ask(
        "complete_program",
        ProgramAround(view),
        {
            "programming_language": display_name(view.language),
            "kind": view.kind,
            "name": view.snippet.name,
            "owner": view.owner,
            "place": place_of(view),
            "path": view.snippet.path,
            "task": statement,
            "code": shortened(view.code, options.code_chars),
            "mark": comment(view.language),
        },
        row=view.snippet.id,
        max_new_tokens=1024 + len(view.code) // 2,
    )
    return asked.value, asked
