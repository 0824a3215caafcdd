"""How a benchmark's item is put to a model, by name; the exact prompt of each item is kept.

A style says what is asked, where the model goes on from, where it stops, and how its answer
becomes a program.

- `chat-prefill`: a chat turn asks for the function; the assistant's turn is begun for the model
  with an open code block that holds the item's code, and it goes on from there. Nothing but code
  is written, and it ends with the block. For chat models on servers that continue a last
  assistant turn (llama.cpp, vLLM, SGLang).
- `chat`: a chat turn asks for the whole program in a code block. For any chat model.
- `completion`: the item's code alone, as text. For base models.

How edits are asked for is in `edit_styles`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from codetune.code.parsing import parses
from codetune.config.faults import nearest
from codetune.errors import ConfigError
from codetune.evaluate.prompts.edit_styles import EDIT_STYLES
from codetune.evaluate.prompts.prompt_style import PromptStyle, chat_request, text_request
from codetune.evaluate.prompts.protocol_styles import PROTOCOL_STYLES
from codetune.models.protocol import ChatRequest
from codetune.records import Message, Problem
from codetune.text.extract import Extraction, extract

__all__ = ["STYLES", "TEXT", "style"]

_STOP_PYTHON = ("\n```", "\ndef ", "\nclass ", "\nif __name__", "\nprint", "\nassert ", "\n#", "\n@")
"""Where a continued function is over: the block's end, or the next statement at the left margin."""
_INDENT = "   "
"""A continued Python body begins with three of its four spaces: the fourth is the first token's own
in the usual vocabularies. Without it a small model takes the docstring for the whole function and
closes the block (of HumanEval's 164 items SmolLM2-135M closed 51 at once and broke 112)."""


TEXT = "text"
"""The programming language of items whose answer is no program: no code block is begun for them."""


def _asked(problem: Problem) -> str:
    language = problem.programming_language
    return f"Complete this {language.capitalize()} code:\n\n```{language}\n{problem.prompt.strip()}\n```"


def _begun(problem: Problem) -> str:
    """The item's code, up to where the model goes on; of an item without any, nothing."""
    code = _given_code(problem).rstrip()
    if not code:
        return ""
    if problem.programming_language != "python" or not _is_open_function(code):
        return f"{code}\n"
    return f"{code}\n{_INDENT}"


def _given_code(problem: Problem) -> str:
    """The end of the prompt that is part of the program."""
    return problem.prompt if problem.prefix is None else problem.prefix


def _shown(problem: Problem) -> str:
    """The item as text that a base model goes on from."""
    begun = _begun(problem)
    code = _given_code(problem)
    before = problem.prompt.removesuffix(code) if code else problem.prompt
    return f"{before}{begun}" if begun else f"{before.rstrip()}\n\n"


def _is_open_function(prompt: str) -> bool:
    """Whether the prompt ends inside a function, as HumanEval's do (MBPP's end at the margin)."""
    last = prompt.rstrip().rpartition("\n")[2]
    return last[:1].isspace() or last.startswith(("def ", "async def "))


def _prefill(problem: Problem, settings: Mapping[str, object]) -> ChatRequest:
    language = problem.programming_language
    if language == TEXT:
        return _chat(problem, settings)
    begun = f"```{language}\n{_begun(problem)}"
    python = language == "python" and _is_open_function(_given_code(problem))
    return chat_request(
        # The item stands in the prompt once, as the code that is gone on from: saying it twice costs
        # half again as much time on a CPU.
        (
            Message(
                role="user",
                content=problem.instruction or f"Write the body of this {language.capitalize()} function.",
            ),
            Message(role="assistant", content=begun),
        ),
        settings,
        _stops(problem, _STOP_PYTHON if python else ("\n```",)),
    )


def _chat(problem: Problem, settings: Mapping[str, object]) -> ChatRequest:
    asked = problem.instruction or f"{_asked(problem)}\n\nAnswer with the whole code in one code block."
    return chat_request((Message(role="user", content=asked),), settings)


def _completion(problem: Problem, settings: Mapping[str, object]) -> ChatRequest:
    return text_request(_shown(problem), settings, _stops(problem, _STOP_PYTHON))


def _stops(problem: Problem, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    """The benchmark's own stops, and the end of a code block; the style's where it has none.

    An item that gives no code asks for a whole program, which may hold anything.
    """
    if problem.prefix == "":
        return ("\n```",)
    return ("\n```", *problem.stop) if problem.stop else otherwise


def _continued(problem: Problem, answer: str, lenient: bool) -> Extraction:
    """The item's code with the answer after it, up to the end of the block."""
    body = answer.split("\n```", 1)[0]
    if not body.strip():
        return Extraction("", "none")
    code = f"{_begun(problem)}{body}\n"
    if problem.programming_language == "python" and not parses(code, "python"):
        # A first line that came with its whole indentation stands too far to the right.
        shifted = f"{_begun(problem).removesuffix(_INDENT)}{body.lstrip(chr(10))}\n"
        if parses(shifted, "python"):
            return Extraction(shifted, "continuation-reindented")
    return Extraction(code, "continuation")


def _whole(problem: Problem, answer: str, lenient: bool) -> Extraction:
    entry = problem.entry_point
    defines = re.compile(rf"\b{re.escape(entry)}\b") if entry else None

    def holds(code: str) -> bool:
        return defines is None or defines.search(code) is not None

    found = extract(answer, language=problem.programming_language, lenient=lenient, holds=holds)
    if found.code and problem.programming_language == "python":
        # What stands before the function in the prompt (imports) belongs to the program.
        return Extraction(f"{_before(problem)}{found.code}", found.extractor)
    return found


def _before(problem: Problem) -> str:
    """The prompt's code before its last top-level definition: imports and given helpers."""
    code = _given_code(problem)
    starts = [match.start() for match in re.finditer(r"^(?:@|def |class )", code, re.MULTILINE)]
    return code[: starts[-1]] if starts else ""


STYLES: Mapping[str, PromptStyle] = {
    chosen.name: chosen
    for chosen in (
        PromptStyle("chat-prefill", _prefill, _continued),
        PromptStyle("chat", _chat, _whole),
        PromptStyle("completion", _completion, _continued),
        *PROTOCOL_STYLES,
        *EDIT_STYLES,
    )
}


def style(name: str) -> PromptStyle:
    """A prompt style by its name.

    Raises:
        ConfigError: There is none of that name.
    """
    if name not in STYLES:
        # The others belong to a protocol or an edit format, which choose them.
        plain = [known for known in STYLES if known in ("chat-prefill", "chat", "completion", "turns")]
        raise ConfigError(f"there is no prompt style {name!r}{nearest(name, plain)}")
    return STYLES[name]
