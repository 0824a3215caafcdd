"""Expected requests and tokens of an evaluate step: items of each benchmark, times samples, times two models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from codetune.evaluate.backends.choice import choose_serving
from codetune.evaluate.benchmarks.registry import benchmark
from codetune.evaluate.config import EvaluateConfig
from codetune.evaluate.stage import FEWEST_ROWS, MODELS
from codetune.models.embedded.smollm2 import smollm2_path
from codetune.recipes.preview.expected import Expected, StepPreview
from codetune.recipes.preview.rates import (
    BATCH_TOKENS_PER_SECOND,
    BYTES_PER_TOKEN,
    SERVER_TOKENS_PER_SECOND,
    on_these_cores,
)
from codetune.recipes.preview.training import held_out_rows, row_tokens
from codetune.recipes.recipe import Step
from codetune.records import Instruction
from codetune.text.conversation import user_text
from codetune.train.config import TrainConfig

__all__ = ["preview_evaluate"]

_USED_SHARE = 0.29
"""Of the longest answer allowed, what the embedded model's answers come to: measured in the quickstart."""
_TEMPLATE_TOKENS = 40
_HELD_OUT = "at most: the rows of this task that the training holds out"


def preview_evaluate(
    step: Step,
    settings: EvaluateConfig,
    inputs: Sequence[StepPreview],
    trained: tuple[TrainConfig, Sequence[StepPreview]] | None,
) -> StepPreview:
    """Count items, requests and tokens.

    Args:
        step: The step.
        settings: Its settings.
        inputs: What it reads.
        trained: Settings of the training it evaluates, and what that reads; None where there is none.
    """
    requests = prompts = answers = 0.0
    numbers, untold, notes = [], [], []
    for name in settings.benchmarks:
        items, prompt, basis = _items(name, settings, inputs, trained)
        if items is None:
            numbers.append(Expected(f"items of {name}", None, basis))
            untold.append(name)
            continue
        if settings.limit is not None:
            items = min(items, settings.limit)
        counted = basis.startswith("counted")
        if basis.startswith(_HELD_OUT) and items < FEWEST_ROWS:
            notes.append(
                f"{name} is left out where training holds out fewer than {FEWEST_ROWS} rows of it; more rows, or a "
                "larger held_out_fraction, are needed to see what changed"
            )
        numbers.append(Expected(f"items of {name}", items, basis, not counted))
        asked = items * settings.n * len(MODELS)
        longest = settings.max_new_tokens or benchmark(name).max_new_tokens
        requests, prompts = requests + asked, prompts + asked * (prompt + _TEMPLATE_TOKENS)
        answers += asked * longest * _USED_SHARE
    basis = f"items, {settings.n} sample{'s' if settings.n > 1 else ''} each, base and tuned model"
    if untold:
        basis = f"{basis}; those of {', '.join(untold)} come on top"
    numbers += [
        Expected("requests", round(requests), basis),
        Expected("prompt tokens", round(prompts), "from the lengths of the items"),
        Expected(
            "answer tokens",
            round(answers),
            f"{_USED_SHARE:.0%} of the longest answer allowed, measured in the quickstart",
        ),
    ]
    if trained is not None and trained[0].model == "embedded" and not settings.is_served_elsewhere:
        weights = smollm2_path()
        kind = choose_serving(settings.serve, weights, no_llama="").kind if weights else "embedded"
        rate = on_these_cores(BATCH_TOKENS_PER_SECOND if kind == "folder" else SERVER_TOKENS_PER_SECOND)
        numbers.append(
            Expected(
                "hours on this machine",
                answers / rate / 3600,
                f"{rate:.0f} answer tokens a second, prompts included",
            )
        )
    else:
        numbers.append(Expected("hours on this machine", None, "no rate is measured for this model"))
    return StepPreview(name=step.name, stage=step.stage, expected=tuple(numbers), notes=tuple(notes))


def _items(
    name: str,
    settings: EvaluateConfig,
    inputs: Sequence[StepPreview],
    trained: tuple[TrainConfig, Sequence[StepPreview]] | None,
) -> tuple[float | None, float, str]:
    """Items (None where they can't be told), mean tokens of a prompt, and where that is from."""
    given = settings.data.get(name)
    if not name.startswith("task:") or given is not None:
        problems = benchmark(name).load(Path(given) if given is not None else None)
        size = sum(len((p.instruction or p.prompt).encode("utf-8", "replace")) for p in problems)
        return len(problems), size / max(len(problems), 1) / BYTES_PER_TOKEN, "counted in its data"
    task = name.removeprefix("task:")
    datasets = [one for one in inputs if one.kind is Instruction]
    if not any(one.sample for one in (datasets or (trained[1] if trained is not None else ()))):
        return None, 0.0, "the rows can't be looked at beforehand"
    if datasets:
        items, prompt = _of_task(task, datasets, datasets[0].number("rows out"))
        return items, prompt, "the rows of this task in the dataset beside the training"
    if trained is None:
        return 0, 0.0, "no training and no dataset is among the inputs"
    config, rows = trained
    rows = [_fitting(one, config.max_seq_length) for one in rows]
    known = [value for one in rows if (value := one.number("rows out")) is not None]
    items, prompt = _of_task(task, rows, held_out_rows(config, sum(known)))
    return items, prompt, f"{_HELD_OUT}, in whole groups"


def _fitting(rows: StepPreview, longest: int) -> StepPreview:
    """The same rows without those that are too long to be trained on."""
    sample = [row for row in rows.sample if not isinstance(row, Instruction) or row_tokens(row) <= longest]
    out = rows.number("rows out")
    if out is None or not rows.sample:
        return rows
    number = Expected("rows out", out * len(sample) / len(rows.sample), "")
    return replace(rows, sample=sample, expected=(number,))


def _of_task(task: str, inputs: Sequence[StepPreview], total: float | None) -> tuple[float, float]:
    """Rows of a task among so many, weighed by what each input is expected to make; and tokens of a prompt."""
    weights: Mapping[str, float] = {one.name: one.number("rows out") or 0.0 for one in inputs}
    whole = sum(weights.values()) or 1.0
    share, sizes = 0.0, []
    for one in inputs:
        mine = [row for row in one.sample if isinstance(row, Instruction) and row.task == task]
        if one.sample:
            share += weights[one.name] / whole * len(mine) / len(one.sample)
        sizes += [len(user_text(row.instruction, row.input).encode("utf-8", "replace")) for row in mine]
    prompt = sum(sizes) / len(sizes) / BYTES_PER_TOKEN if sizes else 0.0
    return round((total or 0.0) * share), prompt
