"""The CPU loop: optimizer steps, checkpoints, the time budget.

In: a model with its trainable parameters by name, encoded rows, settings. Out: the same model with
changed parameters, and `loss.jsonl`. A step does not depend on the clock, except that the learning
rate does where a time budget is set.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from codetune.engine.memory import give_back_memory
from codetune.engine.progress import Progress, phase
from codetune.errors import CodetuneError
from codetune.train.config import TrainConfig
from codetune.train.cpu.batching import micro_batches, plan_epoch
from codetune.train.cpu.checkpoint import Checkpoints, Position
from codetune.train.cpu.loss import token_loss
from codetune.train.cpu.schedule import learning_rate, progress_of
from codetune.train.cpu.stop_signal import StopSignal
from codetune.train.cpu.token_rows import head_rows
from codetune.train.encoding import IGNORE_INDEX, Encoded
from codetune.train.loss_log import LossLog, StepLine

__all__ = ["CpuLoop", "row_losses", "total_steps"]


def total_steps(config: TrainConfig, rows: int) -> int:
    """The most steps a run over so many rows takes, by `epochs` and `max_steps`."""
    by_epochs = math.ceil(config.epochs * math.ceil(rows / config.global_batch_size))
    return min(by_epochs, config.max_steps) if config.max_steps else by_epochs


def _collate(rows: Sequence[Encoded]) -> tuple[Tensor, Tensor]:
    # Padded on the right: causal attention never looks there, so no mask is needed.
    width = max(len(row) for row in rows)
    ids = torch.zeros(len(rows), width, dtype=torch.long)
    labels = torch.full((len(rows), width), IGNORE_INDEX, dtype=torch.long)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row.input_ids)
        labels[i, : len(row)] = torch.tensor(row.labels)
    return ids, labels


def _hidden(model: Any, rows: Sequence[Encoded]) -> tuple[Tensor, Tensor]:
    """The body's output (rows, length, width), and the labels (rows, length)."""
    ids, labels = _collate(rows)
    with _arithmetic(model):
        return model.get_decoder()(input_ids=ids, use_cache=False).last_hidden_state, labels


@torch.no_grad()
def row_losses(model: Any, rows: Sequence[Encoded], config: TrainConfig) -> list[float]:
    """Summed negative log-likelihood of each row's trained tokens, in nats; batch sizes don't change it."""
    training = model.training
    model.eval()
    lengths = [len(row) for row in rows]
    losses = [0.0] * len(rows)
    some = head_rows(model)
    for piece in micro_batches(range(len(rows)), lengths, config.micro_batch_size, config.micro_batch_tokens):
        hidden, labels = _hidden(model, [rows[i] for i in piece])
        for place, row in enumerate(piece):
            one = slice(place, place + 1)
            losses[row] = float(
                token_loss(hidden[one], model.get_output_embeddings().weight, labels[one], some)
            )
    model.train(training)
    return losses


def _arithmetic(model: Any) -> AbstractContextManager[Any]:
    """Autocast where float32 weights are tuned in another format; frozen weights are in that format."""
    wanted = getattr(model, "codetune_autocast", None)
    return torch.autocast("cpu", wanted) if wanted is not None else nullcontext()


@dataclass
class CpuLoop:
    """One run.

    Attributes:
        model: A causal language model of the Hugging Face library.
        parameters: What is trained, by name, in float32.
        rows: What is trained on.
        config: Settings.
        seed: The run's.
        checkpoints: Where checkpoints are kept.
        optimizer: Over `parameters`.
        log: Where each step is written.
        progress: Gets the run's progress.
        after_step: Called after each step with its number; tests stop a run here.
    """

    model: Any
    parameters: Mapping[str, nn.Parameter]
    rows: Sequence[Encoded]
    config: TrainConfig
    seed: int
    checkpoints: Checkpoints
    optimizer: torch.optim.Optimizer
    log: LossLog
    progress: Progress
    after_step: Callable[[int], None] = lambda step: None

    def run(self, position: Position) -> str:
        """Train to the end.

        Args:
            position: Where to continue, as `resume` gave it.

        Returns:
            What ended it: `steps`, `epochs` or `budget`.

        Raises:
            KeyboardInterrupt: Ctrl-C or SIGTERM, after the step was finished and a checkpoint written.
        """
        last = total_steps(self.config, len(self.rows))
        units = self._progress_units(last, position.seconds, position.step)
        with phase(self.progress, "train", self._progress_total(last) - units), StopSignal() as stop:
            step = self._take_steps(position, last, stop)
        if step < last:
            return "budget"
        return "steps" if self.config.max_steps == last else "epochs"

    def _take_steps(self, position: Position, last: int, stop: StopSignal) -> int:
        """Step until the end, the budget or a signal; returns the last step taken."""
        config = self.config
        lengths = [len(row) for row in self.rows]
        per_epoch = math.ceil(len(self.rows) / config.global_batch_size)
        began = time.monotonic() - position.seconds
        saved_at, saved_step = position.seconds, position.step
        step, step_seconds = position.step, 0.0
        epoch, plan = -1, list[list[int]]()
        shown = self._progress_units(last, position.seconds, step)
        self.model.train()
        while step < last and not stop.received:
            at = time.monotonic()
            # Overshooting by up to half a step is as good as stopping short by half a step.
            if config.budget_seconds and at - began + step_seconds / 2 >= config.budget_seconds:
                break
            if step // per_epoch != epoch:
                epoch = step // per_epoch
                plan = plan_epoch(lengths, config.global_batch_size, self.seed, epoch)
            rate = learning_rate(config, step, progress_of(step, last, at - began, config.budget_seconds))
            line = self._step(plan[step % per_epoch], lengths, step, rate)
            step += 1
            now = time.monotonic()
            step_seconds = now - at
            self.log.append(replace(line, step=step, seconds=step_seconds, elapsed_seconds=now - began))
            self.progress.note(f"step {step} of at most {last}, loss {line.loss:.3f}")
            units = self._progress_units(last, now - began, step)
            self.progress.advance(units - shown)
            shown = units
            if self._is_due(step - saved_step, now - began - saved_at) or step == last:
                self.checkpoints.save(replace(position, step=step, seconds=now - began))
                saved_at, saved_step = time.monotonic() - began, step
            give_back_memory()
            self.after_step(step)
        if saved_step != step:
            self.checkpoints.save(replace(position, step=step, seconds=time.monotonic() - began))
        if stop.received:
            raise KeyboardInterrupt
        return step

    def _progress_total(self, last: int) -> int:
        """Seconds under a budget, else steps."""
        return round(self.config.budget_seconds or last)

    def _progress_units(self, last: int, seconds: float, step: int) -> int:
        """How much of the total is done: the run ends by seconds or by steps, whichever comes first."""
        done = progress_of(step, last, seconds, self.config.budget_seconds)
        return int(done * self._progress_total(last))

    def _is_due(self, steps: int, seconds: float) -> bool:
        by_steps, by_seconds = self.config.checkpoint_every_steps, self.config.checkpoint_every_seconds
        return (by_steps is not None and steps >= by_steps) or (
            by_seconds is not None and seconds >= by_seconds
        )

    def _step(self, chosen: Sequence[int], lengths: Sequence[int], step: int, rate: float) -> StepLine:
        config = self.config
        rows = [self.rows[i] for i in chosen]
        trained = sum(row.trained_tokens for row in rows)
        torch.manual_seed(hash((self.seed, step)) & 0x7FFFFFFF)  # dropout depends on the step alone
        total = 0.0
        some = head_rows(self.model)
        for piece in micro_batches(chosen, lengths, config.micro_batch_size, config.micro_batch_tokens):
            hidden, labels = _hidden(self.model, [self.rows[i] for i in piece])
            loss = token_loss(hidden, self.model.get_output_embeddings().weight, labels, some)
            (loss / trained).backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
        if not math.isfinite(total):
            raise CodetuneError(
                f"the loss is not a number at step {step + 1}",
                where=str(self.log.path),
                next_step="lower learning_rate, or set dtype to float32",
            )
        norm = nn.utils.clip_grad_norm_(list(self.parameters.values()), config.max_grad_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return StepLine(
            step=step + 1,
            loss=total / trained,
            learning_rate=rate,
            grad_norm=float(norm),
            rows=len(rows),
            tokens=sum(len(row) for row in rows),
            trained_tokens=trained,
            seconds=0.0,
            elapsed_seconds=0.0,
        )

    def resume(self, threads: int) -> Position:
        """Load the last checkpoint, if there is one, and drop the steps after it.

        The seconds of dropped steps still count: a budget limits how long the user waits.

        Args:
            threads: CPU threads of a new run; a resumed one keeps its own number.
        """
        position = self.checkpoints.restore() or Position(threads=threads)
        lines = self.log.read()
        kept = [line for line in lines if line.step <= position.step]
        spent = max([position.seconds, *(line.elapsed_seconds for line in lines)])
        if spent > position.seconds:
            position = replace(position, seconds=spent)
            self.checkpoints.save(position)
        self.log.rewrite(kept)
        torch.set_num_threads(position.threads)
        return position
