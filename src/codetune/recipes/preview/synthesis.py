"""Expected requests, tokens and cost of a synth step: prompts of real rows are built, and none is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from codetune.errors import CodetuneError, RequestRefusedError, SafetyError
from codetune.execution.protocol import Executor
from codetune.models.model_map import Mix, load_model_map
from codetune.models.protocol import ChatReply, ChatRequest
from codetune.models.spec import Price
from codetune.recipes.preview.expected import Expected, StepPreview
from codetune.recipes.preview.rates import BYTES_PER_TOKEN, SYNTH_TOKENS_PER_SECOND, on_these_cores
from codetune.recipes.preview.rows import licenses_of, rows_in
from codetune.recipes.recipe import Step
from codetune.synth.config import SynthConfig
from codetune.synth.prompts.prompt_loading import load_prompts
from codetune.synth.registry import build_generator
from codetune.synth.runtime.generation_context import AskSettings, GenerationContext
from codetune.synth.runtime.program_runner import ProgramRunner
from codetune.synth.runtime.session import is_local

__all__ = ["preview_synth"]

_SAMPLED_ROWS = 24
_MEASURED = "measured in the quickstart"
_REQUESTS_A_ROW: Mapping[tuple[str, str], tuple[float, str]] = {
    ("instruct-from-code", "small"): (1.9, _MEASURED),
    ("instruct-from-code", "strong"): (3.0, "measured with a scripted teacher: statement, program, solution"),
}
_ASSUMED_REQUESTS = (2.0, "assumed; codetune synth --dry-run measures it")
_ANSWER_TOKENS = {
    "small": (50.0, _MEASURED),
    "strong": (300.0, "assumed; codetune synth --dry-run measures it"),
}
"""Profile -> mean tokens of an answer."""
_KEPT_SHARE = {"small": (0.375, _MEASURED), "strong": (0.8, "assumed")}
"""Profile -> share of the rows that pass all checks."""


@dataclass
class _Recorder:
    """A model that notes what it is asked, and refuses."""

    requests: list[ChatRequest] = field(default_factory=list)
    name: str = "preview"

    async def chat(self, request: ChatRequest) -> ChatReply:
        self.requests.append(request)
        raise RequestRefusedError("a preview sends no request")


def _no_box() -> Executor:
    raise SafetyError("a preview runs no program")


def preview_synth(step: Step, settings: SynthConfig, inputs: Sequence[StepPreview], seed: int) -> StepPreview:
    """Build the first question of sampled rows, and scale up.

    Args:
        step: The step.
        settings: Its settings.
        inputs: What it reads.
        seed: Of the run.
    """
    profile = settings.chosen_profile
    generator = build_generator(settings, seed=seed)
    read = rows_in(inputs)
    rows = read.value if settings.rows is None or read.value is None else min(read.value, settings.rows)
    taken = Expected(
        "rows worked on", rows, "at most `rows`" if settings.rows else "all rows", read.is_estimate
    )
    asked, basis = _REQUESTS_A_ROW.get((settings.generator, profile), _ASSUMED_REQUESTS)
    items = max(1, getattr(generator_options(generator), "snippets_per_request", 1))
    requests = None if rows is None else rows * asked / items
    sample = [row for one in inputs for row in one.sample if isinstance(row, generator.consumes)]
    question = _first_questions(settings, generator, sample[:_SAMPLED_ROWS], seed)
    numbers = [read, taken, Expected("requests", requests and round(requests), f"{asked:g} a row, {basis}")]
    mean = sum(question) / len(question) if question else None
    prompt = None if mean is None or requests is None else round(requests * mean)
    answer_mean, answer_basis = _ANSWER_TOKENS[profile]
    answer = None if requests is None else round(requests * answer_mean)
    numbers += [
        Expected("prompt tokens", prompt, f"the first questions of {len(question)} rows, {mean or 0:,.0f} tokens each"),
        Expected("answer tokens", answer, f"{answer_mean:g} an answer, {answer_basis}"),
        _cost(settings, prompt, answer),
        _hours(settings, answer),
    ]  # fmt: skip
    share, kept_basis = _KEPT_SHARE[profile]
    out = None if rows is None else round(rows * share)
    numbers.append(Expected("rows out", out, f"{share:.0%} pass the checks, {kept_basis}"))
    consumed = [row for row in sample if isinstance(row, generator.produces)]
    return StepPreview(
        name=step.name, stage=step.stage, expected=tuple(numbers), licenses=licenses_of(sample),
        kind=generator.produces, sample=consumed,
    )  # fmt: skip


def generator_options(generator: Any) -> Any:
    """Options of a generator, or None."""
    return getattr(generator, "options", None)


def _first_questions(settings: SynthConfig, generator: Any, sample: Sequence[Any], seed: int) -> list[float]:
    """Tokens of the first question about each row."""
    recorder = _Recorder()
    prompts = load_prompts(generator, settings.language, settings.prompts)
    asking = AskSettings(seed=seed, retries=0, shots=settings.shots)
    context = GenerationContext(
        recorder, prompts, ProgramRunner(_no_box), asking, (recorder,) * len(settings.judges)
    )
    found: list[float] = []

    async def ask() -> None:
        for item in generator.items(sample):
            before = len(recorder.requests)
            try:
                await generator.make(item, context)
            except CodetuneError:
                continue
            found.extend(_tokens(request) for request in recorder.requests[before : before + 1])

    if sample:
        asyncio.run(ask())
    return found


def _tokens(request: ChatRequest) -> float:
    text = request.prompt or "".join(message.content for message in request.messages)
    return len(text.encode("utf-8", "replace")) / BYTES_PER_TOKEN


def _cost(settings: SynthConfig, prompt: float | None, answer: float | None) -> Expected:
    if is_local(settings.model):
        return Expected("cost (USD)", 0.0, "the model answers on this machine", False)
    price = _price(settings)
    if price is None or prompt is None or answer is None:
        return Expected("cost (USD)", None, "no price is given; the model map takes one")
    return Expected(
        "cost (USD)", price.cost(prompt, answer), f"{price.input:g} and {price.output:g} USD a million tokens"
    )


def _price(settings: SynthConfig) -> Price | None:
    if "://" in settings.model or settings.model_map is None:
        return None
    entry = load_model_map(settings.model_map).get(settings.model)
    return None if entry is None or isinstance(entry, Mix) else entry.price


def _hours(settings: SynthConfig, answer: float | None) -> Expected:
    if settings.model != "local" or answer is None:
        return Expected("hours on this machine", None, "no rate is measured for this model")
    rate = on_these_cores(SYNTH_TOKENS_PER_SECOND)
    return Expected(
        "hours on this machine",
        answer / rate / 3600,
        f"{rate:.0f} answer tokens a second, prompts included, in proportion to cores",
    )
