"""What each process of the TRL loop runs: `python -m codetune.train.gpu.trl_worker SPEC.json`.

The stage locks the folder, encodes the rows and starts this program once, or once for each GPU under
`accelerate launch`. It trains, writes the adapter or the model, and resumes from TRL's own
checkpoints. The first process writes each step to `loss.jsonl`.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers.trainer_utils import get_last_checkpoint

from codetune.train.config import TrainConfig
from codetune.train.cpu.schedule import learning_rate, progress_of
from codetune.train.gpu.trl_arguments import lora_arguments, quantization_arguments, sft_arguments
from codetune.train.gpu.trl_held_out import HeldOutLosses, row_losses
from codetune.train.loss_log import LossLog, StepLine
from codetune.train.weights.edit_tokens import new_tokens

__all__ = ["main"]

_INTERRUPTED = 130


class _Clock:
    """Seconds of training and whether to stop: the same in all processes."""

    def __init__(self, spent: float) -> None:
        self._began = time.monotonic() - spent
        self._noted = False
        self.seconds = spent
        self.is_stopped = False

    def tick(self) -> None:
        here = torch.tensor([time.monotonic() - self._began, float(self._noted)], dtype=torch.float64)
        if torch.distributed.is_initialized():
            if torch.cuda.is_available():
                here = here.cuda()
            times = here.clone()
            torch.distributed.broadcast(times, 0)
            torch.distributed.all_reduce(
                here, torch.distributed.ReduceOp.MAX
            )  # any process may hear of a stop
            here[0] = times[0]
        self.seconds, self.is_stopped = float(here[0].item()), bool(here[1].item())

    def listen(self) -> None:
        """Note SIGINT and SIGTERM instead of ending at once, so that a checkpoint is written first."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: object) -> None:
        self._noted = True


class _Keeper(transformers.TrainerCallback):
    """Keeps the time, ends the run at its budget, writes the loss curve."""

    def __init__(self, config: TrainConfig, clock: _Clock, log: LossLog, tokens: int, trained: int) -> None:
        self._config, self._clock, self._log = config, clock, log
        self._per_row = (tokens, trained)
        self._at = clock.seconds
        self._tokens = 0.0

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:
        self._clock.tick()
        budget = self._config.budget_seconds
        if self._clock.is_stopped or (budget and self._clock.seconds >= budget):
            control.should_training_stop = True
            control.should_save = True
        return control

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> Any:
        if not logs or "loss" not in logs or not state.is_world_process_zero:
            return control
        rows = self._config.global_batch_size
        # TRL does not count trained tokens, so the rows' mean is used.
        tokens = float(logs.get("num_tokens", self._tokens + self._per_row[0] * rows))
        self._log.append(
            StepLine(
                step=int(state.global_step),
                loss=float(logs["loss"]),
                learning_rate=float(logs["learning_rate"]),
                grad_norm=float(logs.get("grad_norm", float("nan"))),
                rows=rows,
                tokens=round(tokens - self._tokens),
                trained_tokens=self._per_row[1] * rows,
                seconds=self._clock.seconds - self._at,
                elapsed_seconds=self._clock.seconds,
            )
        )
        self._at, self._tokens = self._clock.seconds, tokens
        return control


def _model(config: TrainConfig, folder: str, dtype: torch.dtype) -> Any:
    quantized = quantization_arguments(config)
    four_bit: Any = transformers.BitsAndBytesConfig
    return transformers.AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=torch.float32 if config.method == "full" else dtype,
        local_files_only=True,
        quantization_config=four_bit(**quantized) if quantized else None,
    )


def _measure(when: str, trainer: Any, path: str, measured: HeldOutLosses) -> None:
    """Measure the held-out rows; every process does, as the model may wait for all, and the first one writes."""
    from datasets import Dataset

    model = trainer.accelerator.unwrap_model(trainer.model)
    losses = row_losses(model, list(Dataset.from_parquet(path)), trainer.accelerator.autocast)
    if trainer.accelerator.is_main_process:
        measured.add(when, losses)
    trainer.accelerator.wait_for_everyone()


def main(spec_path: Path) -> None:
    """Train as the specification says."""
    from datasets import Dataset
    from peft import LoraConfig, prepare_model_for_kbit_training
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    spec = json.loads(spec_path.read_text("utf-8"))
    config = TrainConfig(**spec["config"])
    work, steps = Path(spec["work"]), int(spec["steps"])
    gpu = torch.cuda.is_available()
    dtype = getattr(torch, spec["dtype"])
    rows = Dataset.from_parquet(spec["rows"])
    count = max(1, len(rows))
    tokens = round(sum(len(ids) for ids in rows["input_ids"]) / count)
    trained = round(sum(sum(label >= 0 for label in labels) for labels in rows["labels"]) / count)

    log = LossLog(Path(spec["log"]))
    clock = _Clock(max([0.0, *(line.elapsed_seconds for line in log.read())]))
    clock.listen()
    arguments = sft_arguments(
        config, processes=int(spec["processes"]), steps=steps, seed=int(spec["seed"]),
        bf16=dtype == torch.bfloat16, gpu=gpu,
    )  # fmt: skip
    model = _model(config, spec["folder"], dtype)
    if config.method == "qlora":
        prepare: Any = prepare_model_for_kbit_training
        model = prepare(model, use_gradient_checkpointing=config.gradient_checkpointing)
    tokenizer = transformers.AutoTokenizer.from_pretrained(spec["folder"], local_files_only=True)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token

    class Trainer(SFTTrainer):
        """TRL's trainer with our schedule; see `train.cpu.schedule`."""

        def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
            def factor(step: int) -> float:
                progress = progress_of(step, steps, clock.seconds, config.budget_seconds)
                return learning_rate(config, step, progress) / config.learning_rate

            optimizer = self.optimizer if optimizer is None else optimizer
            self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
            return self.lr_scheduler

    lora = lora_arguments(
        config,
        has_new_tokens=bool(new_tokens(Path(spec["folder"]))),
        is_tied=bool(getattr(model.config, "tie_word_embeddings", False)),
    )
    with log:
        trainer = Trainer(
            model=model,
            args=SFTConfig(output_dir=str(work / "checkpoints"), **arguments),
            train_dataset=rows,
            processing_class=tokenizer,
            peft_config=None if config.method == "full" else LoraConfig(**lora),
            callbacks=[_Keeper(config, clock, log, tokens, trained)],
        )
        if trainer.accelerator.num_processes != int(spec["processes"]):
            raise RuntimeError(
                f"{spec['processes']} processes were started, but only {trainer.accelerator.num_processes} "
                "are connected"
            )
        find_last: Any = get_last_checkpoint
        last = find_last(str(work / "checkpoints")) if (work / "checkpoints").is_dir() else None
        measured = HeldOutLosses(work / "held_out.json")
        if spec["held_out"] and "before" not in measured.read():
            _measure("before", trainer, spec["held_out"], measured)
        trainer.train(resume_from_checkpoint=last)
        if clock.is_stopped:
            sys.exit(_INTERRUPTED)  # the checkpoint is written; a result is not
        if spec["held_out"]:
            _measure("after", trainer, spec["held_out"], measured)
        if trainer.is_fsdp_enabled:
            trainer.accelerator.state.fsdp_plugin.set_state_dict_type("FULL_STATE_DICT")
        trainer.save_model(str(work / "result"))
        if trainer.accelerator.is_main_process:
            last_step = {"step": int(trainer.state.global_step), "dtype": spec["dtype"]}
            (work / "last_step.json").write_text(json.dumps(last_step), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
