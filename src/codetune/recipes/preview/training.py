"""Expected steps, tokens and time of a training."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from statistics import fmean

from codetune.models.embedded.smollm2 import smollm2_path
from codetune.models.hub import is_hub_name
from codetune.recipes.preview.expected import Expected, StepPreview
from codetune.recipes.preview.rates import (
    BYTES_PER_TOKEN,
    TRAIN_TOKENS_PER_SECOND,
    TRAINED_PARAMETERS,
    on_these_cores,
    parameters,
)
from codetune.recipes.preview.rows import rows_in
from codetune.recipes.recipe import Step
from codetune.records import Instruction
from codetune.text.conversation import user_text
from codetune.train.config import TrainConfig
from codetune.train.weights.base_model import BaseModel

__all__ = ["has_graphics_card", "held_out_rows", "preview_train", "row_tokens"]

_TEMPLATE_TOKENS = 30
"""Of a chat template: roles, marks, and a system turn."""
_FORWARD_SHARE = 1 / 3
"""A loss without gradients takes about a third of a training step's time."""


def has_graphics_card() -> bool:
    """Whether this machine shows a GPU, without loading torch."""
    return Path("/dev/nvidiactl").exists() or Path("/dev/kfd").exists()


def held_out_rows(settings: TrainConfig, rows: float) -> int:
    """Rows that a training of so many keeps out."""
    return min(settings.held_out_rows, int(settings.held_out_fraction * rows))


def preview_train(step: Step, settings: TrainConfig, inputs: Sequence[StepPreview]) -> StepPreview:
    """Steps, tokens and time, from the lengths of sampled rows."""
    read = rows_in(inputs)
    lengths = [row_tokens(row) for one in inputs for row in one.sample if isinstance(row, Instruction)]
    fitting = [length for length in lengths if length <= settings.max_seq_length]
    numbers = [read]
    notes: list[str] = []
    if read.value is None or not fitting:
        limit = settings.budget_seconds
        untold = "the rows can't be looked at beforehand"
        numbers += [
            Expected("training steps", settings.max_steps, f"at most `max_steps`; {untold}"),
            Expected("hours on this machine", None, untold)
            if limit is None
            else Expected("hours on this machine", limit / 3600, f"at most `budget_seconds`; {untold}"),
        ]
        return StepPreview(name=step.name, stage=step.stage, expected=tuple(numbers))
    usable = read.value * len(fitting) / len(lengths)
    rows = max(1.0, usable - held_out_rows(settings, usable))
    mean = fmean(fitting)
    steps_an_epoch = ceil(rows / settings.global_batch_size)
    wanted = ceil(steps_an_epoch * settings.epochs)
    steps = min(wanted, settings.max_steps or wanted)
    basis = f"from the lengths of {len(lengths):,} sampled rows"
    numbers += [
        Expected("rows trained on", round(rows), f"{len(fitting) / len(lengths):.0%} fit max_seq_length, {basis}"),
        Expected("tokens a row", round(mean), basis),
    ]  # fmt: skip
    seconds, rate_basis = _seconds(settings, steps / steps_an_epoch * rows * mean)
    limit = settings.budget_seconds
    if seconds is not None and limit is not None and seconds > limit:
        steps, seconds = max(1, int(steps * limit / seconds)), limit
        notes.append(f"budget_seconds ({limit:g}) ends it before the rows do")
    held = held_out_rows(settings, usable) * mean * 2 * _FORWARD_SHARE
    more, _ = _seconds(settings, held)
    hours = None if seconds is None or more is None else (seconds + more) / 3600
    numbers += [
        Expected("training steps", steps, f"{min(settings.global_batch_size, round(rows))} rows each"),
        Expected("epochs", round(steps / steps_an_epoch, 2), f"of at most {settings.epochs:g}"),
        Expected("hours on this machine", hours, rate_basis),
    ]  # fmt: skip
    licenses = {name: count for one in inputs for name, count in one.licenses.items()}
    return StepPreview(
        name=step.name, stage=step.stage, expected=tuple(numbers), licenses=licenses, notes=tuple(notes)
    )


def row_tokens(row: Instruction) -> float:
    """About how many tokens a row has in training."""
    text = user_text(row.instruction, row.input) + row.output
    return len(text.encode("utf-8", "replace")) / BYTES_PER_TOKEN + _TEMPLATE_TOKENS


def _seconds(settings: TrainConfig, tokens: float) -> tuple[float | None, str]:
    if (
        settings.loop == "trl"
        or settings.method == "qlora"
        or (settings.loop == "auto" and has_graphics_card())
    ):
        return None, "no rate is measured for this GPU"
    if is_hub_name(settings.model):
        return None, "the model is fetched from the hub when the run starts"
    size = TRAINED_PARAMETERS
    if settings.model != "embedded":
        size = parameters(BaseModel.find(settings.model).config()) or 0
    elif smollm2_path() is None:
        return None, "the embedded model is not installed"
    if not size:
        return None, "the size of the model can't be told"
    rate = on_these_cores(TRAIN_TOKENS_PER_SECOND) * TRAINED_PARAMETERS / size
    return tokens / rate, f"{rate:,.0f} tokens a second, in proportion to parameters and cores"
