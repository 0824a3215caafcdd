"""What bigcode-evaluation-harness asks, and the program it reads, for each benchmark that we share with it.

An item and an answer go in, a request and a program come out. Source: bigcode-project/
bigcode-evaluation-harness, `tasks/humaneval.py`, `mbpp.py`, `humanevalpack.py` (`--prompt instruct`) and
`multiple.py`. Its `--max_length_generation` counts the prompt too; ours is the length of the answer.
"""

from __future__ import annotations

from collections.abc import Mapping

from codetune.evaluate.prompts.prompt_style import cut_at_stop, text_request
from codetune.models.protocol import ChatRequest
from codetune.records import Problem
from codetune.text.extract import Extraction

__all__ = ["bigcode_program", "bigcode_request"]

_HUMANEVAL = ("\nclass", "\ndef", "\n#", "\n@", "\nprint", "\nif", "\n```", "<file_sep>")
_MBPP = ("\nclass", "\nassert", '\n"""', "\nprint", "\nif", "\n<|/", "\n```")
_PACK = {
    "python": ("\nclass", "\ndef", "\n#", "\n@", "\nprint", "\nif", "\nassert"),
    "go": ("\n//", "\nfunc main(", "struct", "\nfunc"),
}
_END = "<|endoftext|>"


def _stops(problem: Problem) -> tuple[str, ...]:
    if problem.benchmark == "mbpp":
        return _MBPP
    if problem.harness_prompt is not None:
        return (*_PACK.get(problem.programming_language, ()), _END)
    return (*problem.stop, "<file_sep>") if problem.stop else _HUMANEVAL


def bigcode_request(problem: Problem, settings: Mapping[str, object]) -> ChatRequest:
    """The text that is sent to be continued."""
    shown = problem.prompt.strip() if problem.harness_prompt is None else problem.harness_prompt
    return text_request(shown, settings, _stops(problem))


def bigcode_program(problem: Problem, answer: str, lenient: bool) -> Extraction:
    """The program that the harness runs for an answer."""
    if problem.harness_prompt is None:
        return Extraction(f"{problem.prompt.strip()}{cut_at_stop(answer, _stops(problem))}", "continuation")
    if problem.benchmark == "mbpp":
        return Extraction(f"{problem.harness_prefix}{cut_at_stop(answer, _MBPP)}", "continuation")
    body = _first_block(cut_at_stop(answer.rstrip(), _stops(problem)), problem.programming_language)
    return Extraction(f"{problem.harness_prefix}{body}", "continuation")


def _first_block(code: str, language: str) -> str:
    """The answer up to the end of the function that was begun."""
    if language == "python":
        lines = code.split("\n")
        ends = (i for i, line in enumerate(lines) if line.strip() and line[0] not in " \t")
        return "\n".join(lines[: next(ends, len(lines))])
    depth = begun = 2 if language == "java" else 1
    for place, letter in enumerate(code):
        depth += (letter == "{") - (letter == "}")
        if depth == 0:
            return code[: place + 1]
    if begun == 1:
        return code[: code.rfind("}")] + "}" if "}" in code else code
    return _closed_java(code)


def _closed_java(code: str) -> str:
    """What the harness makes of a Java answer whose class is never closed."""
    main = code.find("public static void main")
    if main != -1:
        code = code[:main] + "}"
    if "}" in code:
        code = code[: code.rfind("}")] + "}"
    return code + "\n}" if code.count("{") - 1 == code.count("}") else code
