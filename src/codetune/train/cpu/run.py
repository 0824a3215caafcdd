"""A whole training on the CPU, from dataset directories to the run card."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from codetune.engine.local import available_cores
from codetune.engine.progress import phase
from codetune.errors import ConfigError
from codetune.models.folder import copy_tokenizer, load_model, load_tokenizer, model_config
from codetune.records import Record
from codetune.store.atomic import disk_errors, write_text
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset
from codetune.store.run_card import RunCard
from codetune.store.stage_output import StageOutput
from codetune.text.chat_template import ChatTemplate
from codetune.text.marked_text import MarkedTokenizer
from codetune.train.config import TrainConfig
from codetune.train.cpu.checkpoint import Checkpoints
from codetune.train.cpu.loop import CpuLoop, row_losses
from codetune.train.cpu.lora import add_adapters, named_adapters
from codetune.train.cpu.token_rows import add_token_rows
from codetune.train.encoding import Encoder
from codetune.train.evaluation_rows import write_trained_ids
from codetune.train.hardware import peak_rss_bytes, resolve_dtype
from codetune.train.held_out import write_held_out
from codetune.train.loss_log import LossLog
from codetune.train.rows import TrainingRows, encode_datasets, write_rejects
from codetune.train.summary import finish_training, held_out_results
from codetune.train.weights.adapter import write_adapter, write_adapter_gguf
from codetune.train.weights.base_model import BaseModel
from codetune.train.weights.edit_tokens import new_tokens
from codetune.train.weights.model_card import write_model_card

__all__ = ["train_on_cpu"]


def train_on_cpu(
    config: TrainConfig,
    base: BaseModel,
    datasets: Sequence[Dataset[Record]],
    stage: StageOutput,
    context: StageContext,
    after_step: Callable[[int], None] = lambda step: None,
) -> RunCard:
    """Train, write the result, finish the stage; arguments as in `codetune.train.stage.run`."""
    with phase(context.progress, "train: read the rows"):
        folder = base.folder(context.cache)
        encoder = Encoder(
            ChatTemplate.from_folder(folder), MarkedTokenizer(load_tokenizer(folder)), config.max_seq_length
        )
        rows = encode_datasets(datasets, encoder, config, context.seed)
        rejects = write_rejects(stage.folder, rows.rejected)
        write_held_out(stage, datasets, {row.row_id for row in rows.held_out})
        write_trained_ids(stage.folder, (row.row_id for row in rows.train))
    dtype = resolve_dtype(config.dtype)
    with phase(context.progress, "train: load the model"):
        model, parameters = _trainable(config, folder, dtype, context.seed)
    optimizer = torch.optim.AdamW(
        list(parameters.values()), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    with LossLog(stage.folder / "loss.jsonl") as log:
        checkpoints = Checkpoints(stage.folder / "checkpoints", parameters, optimizer)
        threads = config.threads or available_cores()
        torch.set_num_threads(threads)
        with phase(context.progress, "train: held-out loss before"):
            before = _losses_before(stage.folder / "held_out.json", model, rows, config)
        loop = CpuLoop(
            model, parameters, rows.train, config, context.seed, checkpoints, optimizer, log,
            context.progress, after_step,
        )  # fmt: skip
        position = loop.resume(threads)
        stopped_by = loop.run(position)
        lines = log.read()
    with phase(context.progress, "train: held-out loss after"):
        after = row_losses(model, rows.held_out, config)
    files = _write_result(config, base, folder, model, parameters, rows.licenses, stage.folder)
    return finish_training(
        stage, config, base, rows, rejects, lines, files,
        loop="cpu",
        dtype=str(dtype).removeprefix("torch."),
        threads=position.threads,
        total_parameters=sum(p.numel() for p in model.parameters()),
        trainable_parameters=sum(p.numel() for p in parameters.values()),
        stopped_by=stopped_by,
        **held_out_results(rows.held_out, before, after, context.seed),
        peak_rss_bytes=peak_rss_bytes(),
    )  # fmt: skip


def _trainable(
    config: TrainConfig, folder: Path, dtype: torch.dtype, seed: int
) -> tuple[Any, Mapping[str, nn.Parameter]]:
    lora = config.method == "lora"
    model = load_model(folder, dtype if lora else torch.float32)
    for unknown in ("final_logit_softcapping", "logits_scaling", "logit_scale"):
        if getattr(model.config, unknown, None) not in (None, 1, 1.0):
            raise ConfigError(
                f"the cpu loop does not compute this model's {unknown}",
                where="model",
                next_step="set loop to trl",
            )
    if config.gradient_checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    if lora:
        adapters = add_adapters(
            model,
            config.target_modules,
            r=config.lora_r,
            scale=config.lora_scale,
            dropout=config.lora_dropout,
            seed=seed,
        )
        named = named_adapters(adapters)
        added = new_tokens(folder)
        return model, {**named, **add_token_rows(model, sorted(added.values()))} if added else named
    if dtype != torch.float32:
        model.codetune_autocast = dtype
    return model, dict(model.named_parameters())


def _losses_before(path: Path, model: Any, rows: TrainingRows, config: TrainConfig) -> list[float]:
    """Held-out loss sums of the untuned model; measured once, before the first step of the first run."""
    if not path.exists():
        write_text(path, json.dumps({"losses_before": row_losses(model, rows.held_out, config)}) + "\n")
    return [float(loss) for loss in json.loads(path.read_text("utf-8"))["losses_before"]]


def _write_result(
    config: TrainConfig,
    base: BaseModel,
    folder: Path,
    model: Any,
    parameters: Mapping[str, nn.Parameter],
    licenses: Mapping[str, int],
    output: Path,
) -> list[Path]:
    if config.method == "full":
        target = output / "model"
        with disk_errors(target):
            model.save_pretrained(target)
            copy_tokenizer(folder, target)
        write_model_card(target, base, config.model_dump(mode="json"), licenses)
        return sorted(target.glob("*.safetensors"))
    added = sorted(new_tokens(folder).values())
    write_adapter(output / "adapter", parameters, config, base.name, token_numbers=added)
    if added:
        copy_tokenizer(folder, output / "adapter")
    files = sorted(path for path in (output / "adapter").rglob("*") if path.is_file())
    shape = model_config(folder)
    # llama.cpp's adapters can't change rows of the embedding; a merged model can be written as GGUF.
    if shape.get("model_type") == "llama" and not added:
        write_adapter_gguf(output / "adapter", shape, output / "adapter.gguf")
        files.append(output / "adapter.gguf")
    return files
