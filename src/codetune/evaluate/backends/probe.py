"""Which way of asking works for a model: tried on the first items, before anything else is spent.

A server may continue a begun assistant turn (as it is, or asked to by `continue_final_message`), open
a new turn behind it, know chats alone, or texts alone. None of this can be looked up, so the first
items are asked in each way until the answers read as programs. The answers are kept in the request
store: those of the way that is taken are not asked again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from codetune.code.parsing import is_parsed_language, parses
from codetune.errors import BackendError, RequestRefusedError, UsageError
from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.config import AskConfig
from codetune.evaluate.prompts.generate import requests_of
from codetune.evaluate.prompts.protocols import PROTOCOLS
from codetune.evaluate.prompts.styles import TEXT, style
from codetune.models.client.concurrent_requests import Outcome
from codetune.models.protocol import ChatReply, ChatRequest
from codetune.records import Problem

__all__ = ["REMOTE_STYLES", "Asking", "StyleChoice", "resolve_asking"]

_PROBES = 3
_ENOUGH = 2 / 3
"""Share of the probes that has to read as programs; a weak model breaks one now and then."""
_SHORTEST_CHAT = 1024
"""A whole program with words around it; the default of a chat where the benchmark asks for less."""


@dataclass(frozen=True, slots=True)
class StyleChoice:
    """A prompt style and how a begun turn is sent in it."""

    style: str
    continuation: str | None = None
    said: str = ""
    """What it says about the server, where it is the first that works."""


REMOTE_STYLES = (
    StyleChoice("chat-prefill", "plain", "the server continues a begun assistant turn"),
    StyleChoice(
        "chat-prefill",
        "continue_final_message",
        "the server continues a begun assistant turn if asked to by continue_final_message",
    ),
    StyleChoice("chat", None, "the server does not continue a begun assistant turn"),
    StyleChoice("completion", None, "the server completes text and answers no chat"),
)
"""What a server may do, the best way first."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Settings with nothing left open.

    Attributes:
        config: With prompt style, continuation and longest answer filled in.
        assumed: What was found out or guessed about the model, in a sentence; "" where all was given.
    """

    config: AskConfig
    assumed: str = ""


def resolve_asking(
    config: AskConfig,
    chosen: Benchmark,
    candidates: Sequence[StyleChoice],
    problems: Sequence[Problem],
    ask: Callable[[Sequence[ChatRequest]], Iterable[tuple[int, Outcome]]],
    *,
    seed: int,
    assumption: str | None = None,
    has_edit_tokens: bool = False,
) -> Asking:
    """Fill in what the settings leave open.

    Args:
        config: Settings as given.
        chosen: The benchmark.
        candidates: Ways of asking that may fit the model, the best first; a single one is taken as it is.
        problems: The items; the first few are asked to find out.
        ask: Asks the model: (index, reply or error) of each request.
        seed: The run's seed.
        assumption: What is said where a single candidate is a guess.
        has_edit_tokens: The model has the edit tokens.

    Raises:
        BackendError: Every way was refused; the first refusal.
        UsageError: Edits are asked for, and the benchmark has none.
    """
    if config.protocol is not None:
        protocol = PROTOCOLS[config.protocol]
        remote = protocol.remote_style if len(candidates) > 1 else None
        settled_config = config.model_copy(
            update={"prompt_style": remote or protocol.style, "continuation": None}
        )
        if len(candidates) > 1:
            _see_it_answered(settled_config, f"the protocol {config.protocol}", problems, ask, seed)
        return Asking(settled_config)
    if config.edit_format is not None:
        usual = "completion" if candidates[0].style == "completion" else "chat"
        return Asking(_editing(config, chosen, problems, "turns" if has_edit_tokens else usual))
    left = [
        one
        for one in candidates
        if config.prompt_style in (None, one.style)
        and (config.continuation in (None, one.continuation) or one.continuation is None)
    ]
    if not left:
        left = [StyleChoice(config.prompt_style or candidates[0].style, config.continuation)]
    if all(problem.programming_language == TEXT for problem in problems):
        # No turn is begun for an answer in words.
        left = [one for one in left if one.continuation is None] or left
    settled = [_filled(config, one, chosen) for one in left]
    if len(left) == 1:
        if len(candidates) > 1:
            _see_it_answered(settled[0], f"the prompt style {settled[0].prompt_style}", problems, ask, seed)
        return Asking(settled[0], (assumption or "") if config.prompt_style is None else "")
    best, most = 0, -1.0
    failure: BackendError | None = None
    for number, trial in enumerate(settled):
        share, refused = _share_read(trial, problems[:_PROBES], ask, seed)
        failure = failure or refused
        if share > most and not (share == 0 and refused is not None):
            best, most = number, share
        if share >= _ENOUGH:
            break
    if most < 0 and failure is not None:
        raise failure
    said = left[best].said
    if most < _ENOUGH:
        said = (
            f"no prompt style gave answers that read as programs; {settled[best].prompt_style} came nearest"
        )
    return Asking(settled[best], f"{said}: prompt style {settled[best].prompt_style}")


def _see_it_answered(
    config: AskConfig,
    named: str,
    problems: Sequence[Problem],
    ask: Callable[[Sequence[ChatRequest]], Iterable[tuple[int, Outcome]]],
    seed: int,
) -> None:
    """See that the server answers the first item asked so, before the others are sent."""
    first = next(request for _, _, request in requests_of(problems[:1], config, seed))
    for _, outcome in ask([first]):
        if isinstance(outcome, RequestRefusedError):
            kind = "completes a text" if first.prompt is not None else "asks in a chat"
            raise BackendError(
                f"{named} {kind}, and the server does not take that: {outcome.what}",
                where=outcome.where,
                next_step="choose another way of asking, or serve the model with that one; nothing else was asked",
            )


def _editing(config: AskConfig, chosen: Benchmark, problems: Sequence[Problem], usual: str) -> AskConfig:
    """The settings of asking for edits: nothing is tried out, since an edit needs no begun turn."""
    if any(problem.edit is None for problem in problems):
        raise UsageError(
            f"{chosen.name} asks for no edits", next_step="leave --edit-format out, or evaluate apeval"
        )
    return config.model_copy(
        update={
            "prompt_style": f"{config.prompt_style or usual}+{config.edit_format}",
            "max_new_tokens": config.max_new_tokens or max(chosen.max_new_tokens, _SHORTEST_CHAT),
        }
    )


def _filled(config: AskConfig, choice: StyleChoice, chosen: Benchmark) -> AskConfig:
    longest = chosen.max_new_tokens
    if choice.style == "chat":
        longest = max(longest, _SHORTEST_CHAT)
    return config.model_copy(
        update={
            "prompt_style": choice.style,
            "continuation": choice.continuation,
            "max_new_tokens": config.max_new_tokens or longest,
        }
    )


def _share_read(
    config: AskConfig,
    problems: Sequence[Problem],
    ask: Callable[[Sequence[ChatRequest]], Iterable[tuple[int, Outcome]]],
    seed: int,
) -> tuple[float, BackendError | None]:
    """The share of items whose answer reads as a program, and the first refusal."""
    asked = [(p, request) for p, sample, request in requests_of(problems, config, seed) if sample == 0]
    good = 0
    failure: BackendError | None = None
    for index, outcome in ask([request for _, request in asked]):
        if isinstance(outcome, BackendError):
            failure = failure or outcome
        else:
            good += _reads(asked[index][0], outcome, config)
    return good / len(asked), failure


def _reads(problem: Problem, reply: ChatReply, config: AskConfig) -> bool:
    """Whether an answer, read as the style reads it, is a program that defines its function once."""
    answer = reply.text
    if reply.finish_reason == "length":
        answer = answer.rpartition("\n")[0]  # the line that was cut says nothing
    if problem.programming_language == TEXT:
        return bool(reply.text.strip())
    if config.prompt_style != "chat" and answer.lstrip().startswith(("```", "~~~")):
        return False  # a new turn, which opens a block of its own
    code = style(str(config.prompt_style)).program(problem, answer, False).code
    if not code.strip():
        return False
    language = problem.programming_language
    if problem.entry_point and language == "python":
        found = re.findall(
            rf"^[ \t]*(?:async[ \t]+)?def[ \t]+{re.escape(problem.entry_point)}\b", code, re.MULTILINE
        )
        if len(found) != 1:
            return False
    return not is_parsed_language(language) or parses(code, language)
