"""Items in, completions out: asked several at a time, each answer stored before it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from codetune.errors import BackendError, UsageError
from codetune.evaluate.config import EvaluateConfig
from codetune.evaluate.prompting import style
from codetune.models.embedded import EmbeddedServer
from codetune.models.open import run_requests
from codetune.models.protocol import ChatRequest
from codetune.records import Completion, Problem

__all__ = ["Generated", "generate", "requests_of"]


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


def _seed(problem: Problem, seed: int) -> int:
    """A seed of the problem's own, so that neither order nor number of samples matter."""
    digest = blake2b(f"{seed}:{problem.task_id}:sample".encode(), digest_size=4).digest()
    return int.from_bytes(digest) >> 1


def requests_of(
    problems: Sequence[Problem], config: EvaluateConfig, seed: int
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
    chosen = style(config.prompt_style)
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
            yield problem, sample, chosen.request(problem, settings)


def generate(
    where: str | EmbeddedServer,
    problems: Sequence[Problem],
    config: EvaluateConfig,
    *,
    seed: int,
    store: Path,
    model: str | None = None,
    model_map: Path | None = None,
    told: Callable[[], None] = lambda: None,
) -> Generated:
    """Ask a model every problem.

    Args:
        where: `local`, a URL, a name in the model map, a .gguf file, or a running server.
        problems: The items.
        config: How they are asked.
        seed: The run's seed.
        store: Request store; what it holds is not asked again.
        model: Which of the server's models.
        model_map: File of models by name.
        told: Called once an answer.

    Raises:
        BackendError: A request failed for good; what was answered is kept in the store.
    """
    asked = list(requests_of(problems, config, seed))
    completions: dict[int, Completion] = {}
    sent = prompt_tokens = completion_tokens = 0
    name = model or str(where)
    failures: list[BackendError] = []
    outcomes = run_requests(
        where,
        (request for _, _, request in asked),
        store=store,
        in_flight=config.in_flight,
        model=model,
        model_map=model_map,
    )
    for index, outcome in outcomes:
        told()
        problem, sample, _ = asked[index]
        if isinstance(outcome, BackendError):
            failures.append(outcome)
            continue
        name = outcome.model
        sent += not outcome.stored
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
            next_step="mend the cause and run the same command again: answered requests are not asked twice",
        )
    return Generated(
        [completions[i] for i in range(len(asked))], name, prompt_tokens, completion_tokens, sent
    )
