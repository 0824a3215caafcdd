"""Items in, completions out: asked several at a time, each answer stored before it is used."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from codetune.errors import BackendError, UsageError
from codetune.evaluate.config import AskConfig
from codetune.evaluate.prompts.styles import style
from codetune.models.client.concurrent_requests import Outcome
from codetune.models.protocol import ChatRequest
from codetune.records import Completion, Problem
from codetune.seeding import model_seed
from codetune.store.hashing import json_hash

__all__ = ["Generated", "generate", "prompt_lines", "prompts_hash", "requests_of"]


@dataclass(frozen=True, slots=True)
class Generated:
    """What one pass over a benchmark brought."""

    completions: list[Completion]
    """One a problem and sample, in the order of the problems."""
    model: str
    prompt_tokens: int
    completion_tokens: int
    asked: int
    """Requests sent; the others were answered by the store."""
    asked_tokens: int = 0
    """Tokens of the answers that were sent for."""


_CONTINUATIONS: Mapping[str, Mapping[str, bool]] = {
    "plain": {},
    "continue_final_message": {"continue_final_message": True, "add_generation_prompt": False},
}
"""How a server is made to go on from a begun assistant turn; the fields are vLLM's and SGLang's."""


def prompts_hash(problems: Sequence[Problem], config: AskConfig, seed: int) -> str:
    """Hash of what is asked of each item: the turns or the text, and the stops."""
    return json_hash(
        [
            [problem.task_id, [[m.role, m.content] for m in request.messages], request.prompt, request.stop]
            for problem, sample, request in requests_of(problems, config, seed)
            if sample == 0
        ]
    )


def _seed(problem: Problem, seed: int) -> int:
    """A seed of the problem's own; each sample adds its number to it before it is sent. So neither the
    order nor the number of samples matters, and more samples leave the first ones as they were."""
    return model_seed(seed, problem.task_id, "sample")


def requests_of(
    problems: Sequence[Problem], config: AskConfig, seed: int
) -> Iterator[tuple[Problem, int, ChatRequest]]:
    """The exact request of each problem and sample, in order.

    Raises:
        UsageError: Several greedy samples were asked for; they would all be the same.
    """
    if config.temperature == 0 and config.n > 1:
        raise UsageError(
            f"{config.n} greedy samples of a problem would all be the same",
            next_step="set a temperature above 0, or n = 1",
        )
    if config.prompt_style is None or config.max_new_tokens is None:
        raise ValueError("the settings leave prompt style or length open")
    chosen = style(config.prompt_style)
    extra = _CONTINUATIONS[config.continuation or "plain"]
    for problem in problems:
        for sample in range(config.n):
            settings = {
                "max_new_tokens": config.max_new_tokens,
                "temperature": config.temperature,
                "top_p": config.top_p,
                "top_k": config.top_k,
                "seed": _seed(problem, seed) if config.temperature > 0 else None,
                "sample": sample,
            }
            request = chosen.request(problem, settings)
            if extra and request.messages and request.messages[-1].role == "assistant":
                request = replace(request, extra={**request.extra, **extra})
            yield problem, sample, request


def prompt_lines(problems: Sequence[Problem], config: AskConfig, seed: int, **extra: object) -> list[str]:
    """The exact prompt of each item as JSON: task id, messages or text, the settings sent, and `extra`."""
    return [
        json.dumps({"task_id": problem.task_id, **asdict(request), **extra}, ensure_ascii=False)
        for problem, sample, request in requests_of(problems, config, seed)
        if sample == 0
    ]


def generate(
    answers: Callable[[Sequence[ChatRequest]], Iterable[tuple[int, Outcome]]],
    problems: Sequence[Problem],
    config: AskConfig,
    *,
    seed: int,
    name: str,
    expected: bool = True,
) -> Generated:
    """Ask a model every problem.

    Args:
        answers: Asks it: (index, reply or error) of each request, in any order.
        problems: The items.
        config: How they are asked.
        seed: The run's seed.
        name: What the model is called where no answer says it.
        expected: False where another process gets the answers.

    Raises:
        BackendError: A request failed for good; what was answered is kept in the store.
    """
    asked = list(requests_of(problems, config, seed))
    completions: dict[int, Completion] = {}
    sent = sent_tokens = prompt_tokens = completion_tokens = 0
    failures: list[BackendError] = []
    for index, outcome in answers([request for _, _, request in asked]):
        problem, sample, _ = asked[index]
        if isinstance(outcome, BackendError):
            failures.append(outcome)
            continue
        name = outcome.model
        sent += not outcome.stored
        sent_tokens += 0 if outcome.stored else outcome.completion_tokens or 0
        prompt_tokens += outcome.prompt_tokens or 0
        completion_tokens += outcome.completion_tokens or 0
        completions[index] = Completion(
            task_id=problem.task_id,
            sample=sample,
            text=outcome.text,
            finish_reason=outcome.finish_reason,
            completion_tokens=outcome.completion_tokens,
            request_key=outcome.key,
        )
    if failures:
        raise BackendError(
            f"{len(failures)} of {len(asked)} requests failed; the first: {failures[0].what}",
            where=failures[0].where,
            next_step="fix the cause and run the same command again: answered requests are not asked twice",
        )
    return Generated(
        [completions[i] for i in range(len(asked) if expected else 0)],
        name,
        prompt_tokens,
        completion_tokens,
        sent,
        sent_tokens,
    )
