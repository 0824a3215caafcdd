"""The CPU loop: steps, checkpoints, the clock.

What enters is a model whose trained parameters are known by name, rows as tokens, and settings;
what leaves is the same model, changed, and `loss.jsonl`. Nothing in a step depends on the clock
unless a time budget was given, and then only the learning rate does.
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

from codetune.engine.progress import Progress
from codetune.errors import CodetuneError
from codetune.train.config import TrainConfig
from codetune.train.cpu.batching import micro_batches, plan_epoch
from codetune.train.cpu.checkpoint import Checkpoints, Position
from codetune.train.cpu.loss import IGNORE_INDEX, token_loss
from codetune.train.cpu.schedule import learning_rate, progress_of
from codetune.train.encoding import Encoded
from codetune.train.hardware import give_back_memory
from codetune.train.loss_log import LossLog, StepLine

__all__ = ["CpuLoop", "mean_loss", "total_steps"]


def total_steps(config: TrainConfig, rows: int) -> int:
    """Steps at which a run over so many rows ends at the latest."""
    by_epochs = math.ceil(config.epochs * math.ceil(rows / config.global_batch_size))
    return min(by_epochs, config.max_steps) if config.max_steps else by_epochs


def _collate(rows: Sequence[Encoded]) -> tuple[Tensor, Tensor]:
    # Padded at the right: a causal model's real tokens never look there, so no mask is needed.
    width = max(len(row) for row in rows)
    ids = torch.zeros(len(rows), width, dtype=torch.long)
    labels = torch.full((len(rows), width), IGNORE_INDEX, dtype=torch.long)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row.input_ids)
        labels[i, : len(row)] = torch.tensor(row.labels)
    return ids, labels


def _loss_sum(model: Any, rows: Sequence[Encoded], compute: AbstractContextManager[Any]) -> Tensor:
    ids, labels = _collate(rows)
    with compute:
        hidden = model.get_decoder()(input_ids=ids, use_cache=False).last_hidden_state
    return token_loss(hidden, model.get_output_embeddings().weight, labels)


@torch.no_grad()
def mean_loss(model: Any, rows: Sequence[Encoded], config: TrainConfig) -> float:
    """Mean negative log-likelihood of the rows' trained tokens, in nats; batches don't change it."""
    training = model.training
    model.eval()
    lengths = [len(row) for row in rows]
    total = 0.0
    for piece in micro_batches(range(len(rows)), lengths, config.micro_batch_size, config.micro_batch_tokens):
        total += float(_loss_sum(model, [rows[i] for i in piece], _arithmetic(model)))
    model.train(training)
    return total / sum(row.trained_tokens for row in rows)


def _arithmetic(model: Any) -> AbstractContextManager[Any]:
    """Full tuning keeps float32 weights and multiplies in the wanted format; frozen weights have it."""
    wanted = getattr(model, "codetune_autocast", None)
    return torch.autocast("cpu", wanted) if wanted is not None else nullcontext()


@dataclass
class CpuLoop:
    """One run.

    Attributes:
        model: A causal language model of the Hugging Face library.
        parameters: What is trained, by name, in float32.
        rows: What is learned from.
        config: Settings.
        seed: The run's.
        checkpoints: Where the run is kept.
        optimizer: Over `parameters`.
        log: Where steps are told.
        progress: Who listens.
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
            position: Where to go on from, as `resume` gave it.

        Returns:
            What ended it: `steps`, `epochs` or `budget`.
        """
        config = self.config
        lengths = [len(row) for row in self.rows]
        last = total_steps(config, len(self.rows))
        began = time.monotonic() - position.seconds
        saved_at, saved_step = position.seconds, position.step
        step, step_seconds = position.step, 0.0
        epoch, plan = -1, list[list[int]]()
        told = self._begin_progress(last, position)
        self.model.train()
        while step < last:
            at = time.monotonic()
            # Half a step too much is as good as half a step too little; a whole one is neither.
            if config.budget_seconds and at - began + step_seconds / 2 >= config.budget_seconds:
                break
            per_epoch = math.ceil(len(self.rows) / config.global_batch_size)
            if step // per_epoch != epoch:
                epoch = step // per_epoch
                plan = plan_epoch(lengths, config.global_batch_size, self.seed, epoch)
            rate = learning_rate(config, step, progress_of(step, last, at - began, config.budget_seconds))
            line = self._step(plan[step % per_epoch], lengths, step, rate)
            step += 1
            now = time.monotonic()
            step_seconds = now - at
            self.log.append(replace(line, step=step, seconds=step_seconds, elapsed_seconds=now - began))
            told = self._tell(told, step, now - began, line.loss)
            if self._is_due(step - saved_step, now - began - saved_at) or step == last:
                self.checkpoints.save(replace(position, step=step, seconds=now - began))
                saved_at, saved_step = time.monotonic() - began, step
            give_back_memory()
            self.after_step(step)
        if saved_step != step:
            self.checkpoints.save(replace(position, step=step, seconds=time.monotonic() - began))
        self.progress.finish()
        if step < last:
            return "budget"
        return "steps" if config.max_steps == last else "epochs"

    def _begin_progress(self, last: int, position: Position) -> int:
        """Seconds are what is left under a budget, else steps."""
        budget = self.config.budget_seconds
        self.progress.start(
            "train (seconds)" if budget else "train (steps)", round(budget) if budget else last
        )
        told = int(position.seconds) if budget else position.step
        self.progress.advance(told)
        return told

    def _tell(self, told: int, step: int, seconds: float, loss: float) -> int:
        now = int(seconds) if self.config.budget_seconds else step
        self.progress.note(f"step {step}, loss {loss:.3f}")
        self.progress.advance(now - told)
        return now

    def _is_due(self, steps: int, seconds: float) -> bool:
        by_steps, by_seconds = self.config.checkpoint_every_steps, self.config.checkpoint_every_seconds
        return (by_steps is not None and steps >= by_steps) or (
            by_seconds is not None and seconds >= by_seconds
        )

    def _step(self, chosen: Sequence[int], lengths: Sequence[int], step: int, rate: float) -> StepLine:
        config = self.config
        rows = [self.rows[i] for i in chosen]
        trained = sum(row.trained_tokens for row in rows)
        torch.manual_seed(hash((self.seed, step)) & 0x7FFFFFFF)  # dropout, if any, by the step alone
        total = 0.0
        for piece in micro_batches(chosen, lengths, config.micro_batch_size, config.micro_batch_tokens):
            loss = _loss_sum(self.model, [self.rows[i] for i in piece], _arithmetic(self.model))
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
        """Go back to the last checkpoint, if there is one, and drop the steps after it.

        Time spent in dropped steps stays spent: a budget is what the user waits, not what was kept.

        Args:
            threads: CPU threads of a run that begins now; a resumed one keeps its own.
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
