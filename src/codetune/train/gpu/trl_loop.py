"""The loop for GPUs: encoded rows are handed to TRL's trainer in a child process.

There is one process for one GPU, or one for each GPU under `accelerate launch`. A step has the same
rows in both cases. Only answers are trained on, because the rows come with their labels.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch
import yaml

from codetune.engine.progress import phase
from codetune.errors import CodetuneError, MissingExtraError
from codetune.models.folder import copy_tokenizer, load_tokenizer, model_config
from codetune.records import Record
from codetune.store.atomic import replacing, write_text
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset
from codetune.store.run_card import RunCard
from codetune.store.stage_output import StageOutput
from codetune.text.chat_template import ChatTemplate
from codetune.text.marked_text import MarkedTokenizer
from codetune.train.config import TrainConfig
from codetune.train.cpu.loop import total_steps
from codetune.train.encoding import Encoded, Encoder
from codetune.train.evaluation_rows import write_trained_ids
from codetune.train.gpu.trl_arguments import accelerate_config, accumulation_steps
from codetune.train.gpu.trl_held_out import HeldOutLosses
from codetune.train.hardware import resolve_dtype
from codetune.train.held_out import write_held_out
from codetune.train.loss_log import LossLog
from codetune.train.rows import encode_datasets, write_rejects
from codetune.train.summary import finish_training, held_out_results
from codetune.train.weights.adapter import write_adapter_gguf
from codetune.train.weights.base_model import BaseModel
from codetune.train.weights.edit_tokens import new_tokens
from codetune.train.weights.model_card import write_model_card

__all__ = ["train_with_trl"]


def train_with_trl(
    config: TrainConfig,
    base: BaseModel,
    datasets: Sequence[Dataset[Record]],
    stage: StageOutput,
    context: StageContext,
    *,
    processes: int | None = None,
) -> RunCard:
    """Train with TRL, write the result, finish the stage.

    Args:
        config: Settings.
        base: The model.
        datasets: Rows.
        stage: The folder, not finished yet.
        context: Seed, cache, progress.
        processes: How many share a step; None takes one for each GPU, or one.

    Raises:
        MissingExtraError: A package that the settings need is not installed.
        ConfigError: The batch can't be split over the processes.
        CodetuneError: The training failed; the message quotes the end of its log.
    """
    _require(config)
    gpus = torch.cuda.device_count()
    processes = processes or max(1, gpus)
    accumulation_steps(config, processes)
    dtype = resolve_dtype(config.dtype)
    launch = accelerate_config(config, processes, bf16=dtype == torch.bfloat16, gpu=gpus > 0)
    folder = base.folder(context.cache)
    encoder = Encoder(
        ChatTemplate.from_folder(folder), MarkedTokenizer(load_tokenizer(folder)), config.max_seq_length
    )
    rows = encode_datasets(datasets, encoder, config, context.seed)
    rejects = write_rejects(stage.folder, rows.rejected)
    write_held_out(stage, datasets, {row.row_id for row in rows.held_out})
    write_trained_ids(stage.folder, (row.row_id for row in rows.train))
    steps = total_steps(config, len(rows.train))
    work = stage.folder / "work"
    _write_rows(work / "rows.parquet", rows.train)
    measures = bool(rows.held_out) and not config.fsdp
    if measures:
        _write_rows(work / "held_out.parquet", rows.held_out)
    spec = {
        "config": config.model_dump(mode="json"),
        "folder": str(folder.absolute()),
        "rows": str((work / "rows.parquet").absolute()),
        "held_out": str((work / "held_out.parquet").absolute()) if measures else None,
        "work": str(work.absolute()),
        "log": str((stage.folder / "loss.jsonl").absolute()),
        "steps": steps,
        "seed": context.seed,
        "processes": processes,
        "dtype": str(dtype).removeprefix("torch."),
    }
    write_text(work / "spec.json", json.dumps(spec, indent=2) + "\n")
    write_text(work / "accelerate.yaml", yaml.safe_dump(launch, sort_keys=False))
    with phase(context.progress, f"train with TRL, {processes} process(es)", steps):
        _launch(work, processes)

    files = _take_result(config, base, folder, work, rows.licenses, stage.folder)
    lines = _last_of_each(stage.folder / "loss.jsonl")
    stopped_by = "steps" if config.max_steps == steps else "epochs"
    return finish_training(
        stage, config, base, rows, rejects, lines, files,
        loop="trl",
        dtype=spec["dtype"],
        processes=processes,
        stopped_by=stopped_by if len(lines) == steps else "budget",
        **held_out_results(rows.held_out if measures else (), *_measured(work), context.seed),
    )  # fmt: skip


def _measured(work: Path) -> tuple[list[float], list[float]]:
    """Losses of the held-out rows before and after."""
    found = HeldOutLosses(work / "held_out.json").read()
    return found.get("before", []), found.get("after", [])


def _require(config: TrainConfig) -> None:
    for name in ("trl", "peft", "accelerate", "datasets"):
        if find_spec(name) is None:
            raise MissingExtraError.of("training with TRL", "train")
    if config.method == "qlora" and find_spec("bitsandbytes") is None:
        raise MissingExtraError.of("QLoRA (bitsandbytes)", "gpu")
    if config.use_liger and find_spec("liger_kernel") is None:
        raise MissingExtraError.of("use_liger (liger-kernel)", "gpu")


def _write_rows(path: Path, rows: Sequence[Encoded]) -> None:
    table = pa.table(
        {"input_ids": [list(row.input_ids) for row in rows], "labels": [list(row.labels) for row in rows]}
    )
    with replacing(path) as temporary:
        pq.write_table(table, temporary)


def _launch(work: Path, processes: int) -> None:
    worker = ["-m", "codetune.train.gpu.trl_worker", str(work / "spec.json")]
    if processes == 1:
        launch = []
    elif torch.cuda.is_available():
        launch = ["-m", "accelerate.commands.launch", "--config_file", str(work / "accelerate.yaml")]
    else:  # accelerate starts several processes on a CPU through MPI alone
        launch = ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"]
    command = [sys.executable, *launch, *worker]
    log = work / "train.log"
    with log.open("wb") as stream:
        child = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT)
        try:
            code = child.wait()
        except BaseException:
            child.terminate()  # it writes a checkpoint after the step it is at
            try:
                child.wait()
            except BaseException:  # asked twice: at once
                child.kill()
                child.wait()
                raise
            raise
    if code:
        said = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
        raise CodetuneError(
            f"TRL's training ended with code {code}: {said[-1] if said else 'it printed nothing'}",
            where=str(log),
            next_step="read the log, then run the same command again to continue from the last checkpoint",
        )


def _last_of_each(path: Path) -> list[Any]:
    """One line a step: a resumed run repeats the steps after its checkpoint, and the later line counts."""
    log = LossLog(path)
    lines = list({line.step: line for line in log.read()}.values())
    lines.sort(key=lambda line: int(asdict(line)["step"]))
    log.rewrite(lines)
    return lines


def _take_result(
    config: TrainConfig, base: BaseModel, folder: Path, work: Path, licenses: dict[str, int], output: Path
) -> list[Path]:
    target = output / ("model" if config.method == "full" else "adapter")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(work / "result", target)
    if config.method == "full":
        copy_tokenizer(folder, target)
        write_model_card(target, base, config.model_dump(mode="json"), licenses)
        return sorted(target.glob("*.safetensors"))
    named = json.loads((target / "adapter_config.json").read_text("utf-8"))
    named["base_model_name_or_path"] = base.name  # not the path of this machine's cache
    write_text(target / "adapter_config.json", json.dumps(named, indent=2) + "\n")
    files = sorted(target.glob("adapter_*"))
    shape = model_config(folder)
    if new_tokens(folder):
        copy_tokenizer(folder, target)
    elif shape.get("model_type") == "llama":
        write_adapter_gguf(target, shape, output / "adapter.gguf")
        files.append(output / "adapter.gguf")
    return files
