"""Items in two steps: the model describes code, and then writes it from its own description.

The second question holds the first answer, cut to the length that was allowed and without lines of
the code itself, as HumanEvalExplain asks (Muennighoff et al. 2023, arXiv:2308.07124).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from codetune.evaluate.config import AskConfig
from codetune.evaluate.prompts.generate import Generated, generate, prompt_lines
from codetune.evaluate.prompts.styles import TEXT
from codetune.models.client.concurrent_requests import Outcome
from codetune.models.protocol import ChatRequest
from codetune.records import Problem
from codetune.store.atomic import write_text

__all__ = ["describe_then_code", "described"]

_QUOTED_LINE = 20
"""Lines of the code longer than this are taken out of a description."""

Ask = Callable[[Sequence[ChatRequest]], Iterable[tuple[int, Outcome]]]


def describe_then_code(
    ask: Ask, problems: Sequence[Problem], config: AskConfig, *, seed: int, name: str, folder: Path
) -> Generated:
    """Ask a model every problem: for a description, then for the code.

    Args:
        ask: Asks it.
        problems: Items with `describe`.
        config: How they are asked.
        seed: The run's seed.
        name: What the model is called where no answer says it.
        folder: Where `descriptions.jsonl` and `prompts.jsonl`, with both steps, are written to.

    Raises:
        BackendError: A request failed for good.
    """
    questions = [_question(problem) for problem in problems]
    first = generate(ask, questions, config, seed=seed, name=name)
    texts = {(c.task_id, c.sample): c.text for c in first.completions}
    found = {(p.task_id, n): described(p, texts[p.task_id, n]) for p in problems for n in range(config.n)}
    lines = [
        json.dumps({"task_id": task, "sample": sample, "description": text}, ensure_ascii=False)
        for (task, sample), text in found.items()
    ]
    write_text(folder / "descriptions.jsonl", "\n".join(lines) + "\n")
    prompts = prompt_lines(questions, config, seed, step="describe")
    once = config.model_copy(update={"n": 1, "k": (1,), "temperature": config.temperature})
    completions = []
    tokens = [first.prompt_tokens, first.completion_tokens, first.asked, first.asked_tokens]
    for sample in range(config.n):
        asked = [_filled(problem, found[problem.task_id, sample]) for problem in problems]
        prompts += prompt_lines(asked, once, seed + sample, step="write", sample=sample)
        made = generate(ask, asked, once, seed=seed + sample, name=first.model)
        completions += [replace(c, id="", sample=sample) for c in made.completions]
        tokens = [
            tokens[0] + made.prompt_tokens,
            tokens[1] + made.completion_tokens,
            tokens[2] + made.asked,
            tokens[3] + made.asked_tokens,
        ]
    write_text(folder / "prompts.jsonl", "\n".join(prompts) + "\n")
    place = {problem.task_id: number for number, problem in enumerate(problems)}
    completions.sort(key=lambda c: (place[c.task_id], c.sample))
    return Generated(completions, first.model, *tokens)


def _question(problem: Problem) -> Problem:
    asked = problem.describe
    return replace(
        problem,
        id="",
        prompt=f"{asked}\n\n",
        prefix="",
        instruction=asked,
        programming_language=TEXT,
        stop=(),
    )


def described(problem: Problem, answer: str) -> str:
    """A description as the second question shows it."""
    text = answer.strip()[: problem.describe_characters].rstrip()
    for line in (problem.canonical_solution or "").split("\n"):
        if len(line.strip()) > _QUOTED_LINE:
            text = text.replace(line.strip(), "")
    return text


def _filled(problem: Problem, description: str) -> Problem:
    return replace(
        problem,
        id="",
        prompt=problem.prompt.replace("{description}", description, 1),
        instruction=problem.instruction.replace("{description}", description, 1),
    )
