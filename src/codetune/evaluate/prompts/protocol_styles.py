"""The prompts and readings of published protocols, character for character.

What each harness sends and cuts was read in its source; tests hold our strings against strings written
down from it. Stops are sent, and answers are cut at them again, as the harnesses do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from codetune.evaluate.prompts.bigcode_style import bigcode_program, bigcode_request
from codetune.evaluate.prompts.evalplus_reading import evalplus_program
from codetune.evaluate.prompts.prompt_style import PromptStyle, chat_request, cut_at_stop, text_request
from codetune.models.protocol import ChatRequest
from codetune.records import Message, Problem
from codetune.text.extract import Extraction

__all__ = ["PROTOCOL_STYLES"]

_CODEX_STOPS = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
"""Chen et al. 2021, section 3.2; CoMA's generate_code.py has the same."""
_CAPYBARA_STOPS = ("\n\n", "def ")
_EVALPLUS_ENDS = ("<|endoftext|>", "<|endofmask|>", "</s>", "\nif __name__", "\ndef main(", "\nprint(")
_EVALPLUS_HUMANEVAL = ("\ndef ", "\nclass ", "\nimport ", "\nfrom ", "\nassert ")
_EVALPLUS_MBPP = ('\n"""', "\nassert")
_EVALPLUS_BLOCK = "\n```\n"
_EVALPLUS_ASKED = "Please provide a self-contained Python script that solves the following problem in a markdown code block:"
_EVALPLUS_BEGUN = (
    "Below is a Python script with a self-contained function that solves the problem and passes "
    "corresponding tests:"
)
_COMA = (
    "Below is an instruction that describes a task. Write a response that appropriately completes the request."
    "\n\n\n### Instruction:\nCreate a Python script for this problem:\n{}\n\n### Response:"
)


def _continued(before: str, answer: str, stops: tuple[str, ...]) -> Extraction:
    return Extraction(f"{before}{cut_at_stop(answer, stops)}", "continuation")


def _codex(problem: Problem, settings: Mapping[str, object]) -> ChatRequest:
    return text_request(problem.prompt, settings, _CODEX_STOPS)


def _multipl_e(problem: Problem, settings: Mapping[str, object]) -> ChatRequest:
    return text_request(problem.prompt.strip(), settings, problem.stop)


def _capybara(problem: Problem, settings: Mapping[str, object]) -> ChatRequest:
    return text_request(problem.prompt, settings, _CAPYBARA_STOPS)


def _coma(problem: Problem, settings: Mapping[str, object]) -> ChatRequest:
    return text_request(_COMA.format(_coma_statement(problem.prompt)), settings, _CODEX_STOPS)


def _coma_statement(prompt: str) -> str:
    """What CoMA takes for the statement: from the first triple quote to the first doctest.

    Where there is no doctest, the last character is lost; where there is no triple quote, the first two.
    Both are CoMA's, and stay, since the published scores have them.
    """
    tabbed = prompt.replace("    ", "\t")
    found = tabbed[tabbed.find('"""') + 3 : tabbed.find(">>>")]
    return re.sub(r"\s+", " ", found.replace("\n", " ")).strip()


def _coma_program(problem: Problem, answer: str, lenient: bool) -> Extraction:
    return _continued(problem.prompt, cut_at_stop(answer, _CODEX_STOPS).replace("\t", "    "), ())


def _evalplus_prompt(problem: Problem) -> str:
    return problem.prompt.strip() + "\n"


def _evalplus_chat(problem: Problem, settings: Mapping[str, object]) -> ChatRequest:
    asked = f"{_EVALPLUS_ASKED}\n```\n{problem.prompt.strip()}\n```\n"
    begun = f"{_EVALPLUS_BEGUN}\n```python\n"
    return chat_request(
        (Message(role="user", content=asked), Message(role="assistant", content=begun)),
        settings,
        (*_EVALPLUS_ENDS, _EVALPLUS_BLOCK),
    )


def _evalplus_api(problem: Problem, settings: Mapping[str, object]) -> ChatRequest:
    asked = f"{_EVALPLUS_ASKED}\n```python\n{problem.prompt.strip()}\n```"
    return chat_request((Message(role="user", content=asked),), {**settings, "top_p": 0.95})


def _evalplus_base_stops(problem: Problem) -> tuple[str, ...]:
    mbpp = problem.benchmark.startswith("mbpp")
    return (*_EVALPLUS_ENDS, *(_EVALPLUS_MBPP if mbpp else _EVALPLUS_HUMANEVAL))


def _evalplus_base(problem: Problem, settings: Mapping[str, object]) -> ChatRequest:
    return text_request(_evalplus_prompt(problem), settings, _evalplus_base_stops(problem))


def _evalplus_chat_program(problem: Problem, answer: str, lenient: bool) -> Extraction:
    text = cut_at_stop(answer, (*_EVALPLUS_ENDS, _EVALPLUS_BLOCK)).replace("\t", "    ")
    return evalplus_program(text, problem)


def _evalplus_api_program(problem: Problem, answer: str, lenient: bool) -> Extraction:
    return evalplus_program(answer, problem)


def _evalplus_base_program(problem: Problem, answer: str, lenient: bool) -> Extraction:
    text = cut_at_stop(answer, _evalplus_base_stops(problem)).replace("\t", "    ")
    return evalplus_program(_evalplus_prompt(problem) + text, problem)


PROTOCOL_STYLES = tuple(
    PromptStyle(name, request, program)
    for name, request, program in (
        ("codex", _codex, lambda p, answer, lenient: _continued(p.prompt, answer, _CODEX_STOPS)),
        ("bigcode", bigcode_request, bigcode_program),
        ("multipl-e", _multipl_e, lambda p, answer, lenient: _continued(p.prompt.strip(), answer, p.stop)),
        ("codecapybara", _capybara, lambda p, answer, lenient: _continued(p.prompt, answer, _CAPYBARA_STOPS)),
        ("coma", _coma, _coma_program),
        ("evalplus-chat", _evalplus_chat, _evalplus_chat_program),
        ("evalplus-chat-api", _evalplus_api, _evalplus_api_program),
        ("evalplus-base", _evalplus_base, _evalplus_base_program),
    )
)
"""All of them; `styles.style` finds them by name."""
