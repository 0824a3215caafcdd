"""The GPU loop's settings, and the loop itself on a CPU with a tiny model."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.waiting import wait_until

from codetune.errors import CodetuneError, ConfigError, MissingExtraError
from codetune.models.folder import load_model
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput
from codetune.train.config import TrainConfig
from codetune.train.gpu.trl_arguments import (
    accelerate_config,
    accumulation_steps,
    lora_arguments,
    quantization_arguments,
    sft_arguments,
)
from codetune.train.weights.base_model import BaseModel

pytest.importorskip("trl")


def test_a_step_has_the_same_rows_on_any_number_of_gpus() -> None:
    config = TrainConfig(global_batch_size=64, micro_batch_size=4)
    for processes in (1, 2, 8, 16):
        arguments = sft_arguments(config, processes=processes, steps=10, seed=1, bf16=True, gpu=True)
        rows = arguments["per_device_train_batch_size"] * arguments["gradient_accumulation_steps"] * processes
        assert rows == 64
    with pytest.raises(ConfigError, match="set it to 72"):
        accumulation_steps(config, 6)


def test_settings_become_the_libraries_own() -> None:
    import transformers
    from peft import LoraConfig

    config = TrainConfig(method="qlora", lora_r=8, use_rslora=True, learning_rate=3e-4)
    four_bit = transformers.BitsAndBytesConfig(**quantization_arguments(config) or {})
    assert four_bit.load_in_4bit
    assert four_bit.bnb_4bit_use_double_quant
    assert four_bit.bnb_4bit_compute_dtype == torch.bfloat16
    assert quantization_arguments(TrainConfig()) is None
    lora = LoraConfig(**lora_arguments(config))
    assert (lora.r, lora.use_rslora) == (8, True)


def test_accelerate_is_told_the_truth() -> None:
    config = TrainConfig(method="full", loop="trl", fsdp=True)
    sharded = accelerate_config(config, 8, bf16=True, gpu=True)
    assert sharded["distributed_type"] == "FSDP"
    assert sharded["fsdp_config"]["fsdp_version"] == 2
    with pytest.raises(ConfigError, match="without sharding"):
        accelerate_config(config, 2, bf16=False, gpu=False)
    plain = accelerate_config(TrainConfig(), 2, bf16=False, gpu=False)
    assert plain["use_cpu"] is True
    assert plain["distributed_type"] == "MULTI_CPU"


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_qlora_without_its_package_says_what_to_install(
    tiny_model: Path, rows_folder: Path, tmp_path: Path, context: StageContext
) -> None:
    from importlib.util import find_spec

    from codetune.train.stage import run

    if find_spec("bitsandbytes") is not None:
        pytest.skip("bitsandbytes is installed")
    config = TrainConfig(model=str(tiny_model), method="qlora")
    with pytest.raises(MissingExtraError, match=r"run: .*pip install .*\[gpu\]"):
        run(config, [rows_folder], tmp_path / "out", context)


Train = Callable[..., RunCard]


@pytest.fixture
def train(tiny_model: Path, rows_folder: Path, tmp_path: Path, context: StageContext) -> Train:
    from codetune.train.gpu.trl_loop import train_with_trl

    def start(name: str, *, processes: int = 1, **changes: Any) -> RunCard:
        values = {
            "model": str(tiny_model), "loop": "trl", "lora_r": 4, "learning_rate": 5e-3, "max_steps": 4,
            "global_batch_size": 4, "micro_batch_size": 2, "dtype": "float32", "budget_seconds": None,
        }  # fmt: skip
        config = TrainConfig(**{**values, **changes})
        with StageOutput(tmp_path / name, Plan(stage="train", config={}, inputs={}, code="")) as stage:
            base = BaseModel.find(config.model)
            return train_with_trl(config, base, [Dataset(rows_folder)], stage, context, processes=processes)

    return start


@pytest.mark.slow
def test_trl_trains_a_few_steps_and_leaves_what_the_cpu_loop_leaves(train: Train, tmp_path: Path) -> None:
    card = train("out", max_steps=12, epochs=5)
    assert card.results["steps"] == 12
    assert card.results["loss_last"] < card.results["loss_first"]
    out = tmp_path / "out"
    assert (out / "adapter.gguf").exists()
    from peft import PeftModel

    model = load_model(Path(json.loads((out / "work" / "spec.json").read_text())["folder"]), torch.float32)
    PeftModel.from_pretrained(model, str(out / "adapter"))
    rates = [json.loads(line)["learning_rate"] for line in (out / "loss.jsonl").read_text().splitlines()]
    assert max(rates) > 1.5 * rates[-1]


@pytest.mark.slow
def test_held_out_rows_are_measured_as_the_cpu_loop_measures_them(
    train: Train, tiny_model: Path, rows_folder: Path, tmp_path: Path, context: StageContext
) -> None:
    from codetune.train.stage import run

    held = {"held_out_fraction": 0.4, "held_out_rows": 4}
    ours = {
        "model": str(tiny_model), "loop": "cpu", "max_steps": 1, "dtype": "float32", "budget_seconds": None, "threads": 1,
    }  # fmt: skip
    cpu = run(TrainConfig(**ours, **held), [rows_folder], tmp_path / "cpu", context)
    trl = train("trl", **held)
    assert cpu.counts["held_out"] == trl.counts["held_out"] > 0
    assert trl.results["held_out_loss_before"] == pytest.approx(cpu.results["held_out_loss_before"], rel=1e-4)
    change = trl.results["held_out_loss_change"]
    assert trl.results["held_out_loss_after"] != trl.results["held_out_loss_before"]
    assert change["low"] <= change["value"] <= change["high"] and change["rows"] == trl.counts["held_out"]


@pytest.mark.slow
def test_ctrl_c_writes_a_checkpoint_and_the_same_command_goes_on(
    tiny_model: Path, rows_folder: Path, tmp_path: Path
) -> None:
    steps = 60
    settings = {
        "model": str(tiny_model), "loop": "trl", "max_steps": steps, "epochs": 10_000, "global_batch_size": 2,
        "micro_batch_size": 2, "dtype": "float32", "budget_seconds": "null", "checkpoint_every_steps": 100_000,
        "checkpoint_every_seconds": "null",
    }  # fmt: skip
    out = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "codetune.cli.main",
        "train",
        "-d",
        str(rows_folder),
        "-o",
        str(out),
        "-q",
    ]
    command += [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    log, checkpoints = out / "loss.jsonl", out / "work" / "checkpoints"
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    wait_until(lambda: process.poll() is not None or (log.exists() and log.read_text().count("\n") >= 2))
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130 and "run the same command again" in said
    [checkpoint] = checkpoints.glob("checkpoint-*")
    reached = int(checkpoint.name.rpartition("-")[2])
    assert 2 <= reached < steps
    before = log.read_text().splitlines()
    assert len(before) == reached, "nothing after the checkpoint was done"
    subprocess.run(command, check=True, capture_output=True)
    after = [json.loads(line)["step"] for line in log.read_text().splitlines()]
    assert after == list(range(1, steps + 1))
    assert log.read_text().splitlines()[:reached] == before


@pytest.mark.slow
def test_new_tokens_are_trained_with_embedding_and_head(
    train: Train, tiny_model: Path, tmp_path: Path
) -> None:
    from codetune.train.weights.edit_tokens import add_edit_tokens
    from codetune.train.weights.merge import merge_adapter

    editor = tmp_path / "editor"
    add_edit_tokens(BaseModel.find(str(tiny_model)), editor, cache=tmp_path)
    train("out", model=str(editor))
    merge_adapter(tmp_path / "out" / "adapter", tmp_path / "merged", cache=tmp_path, base=str(editor))
    bare, merged = load_model(editor, torch.float32), load_model(tmp_path / "merged", torch.float32)
    assert merged.get_input_embeddings().weight is merged.get_output_embeddings().weight
    assert not torch.equal(merged.get_input_embeddings().weight, bare.get_input_embeddings().weight)
    assert not (tmp_path / "out" / "adapter.gguf").exists()


@pytest.mark.slow
def test_two_processes_take_the_steps_of_one(train: Train, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    train("one", processes=1)
    train("two", processes=2)
    one, two = (
        load_file(tmp_path / name / "adapter" / "adapter_model.safetensors") for name in ("one", "two")
    )
    for key, values in one.items():
        assert (values - two[key]).norm() <= 1e-3 * values.norm(), key


@pytest.mark.slow
def test_a_training_that_breaks_names_its_log(train: Train, monkeypatch: Any) -> None:
    from codetune.train.gpu import trl_loop

    monkeypatch.setattr(trl_loop, "_write_rows", lambda path, rows: path.write_bytes(b"no rows"))
    with pytest.raises(CodetuneError, match="ended with code 1"):
        train("broken")


@pytest.mark.slow
def test_qlora_trains_on_four_bits(train: Train, tmp_path: Path) -> None:
    pytest.importorskip("bitsandbytes")
    card = train("out", method="qlora", max_steps=12, epochs=5)
    assert card.results["loss_last"] < card.results["loss_first"]
    assert (tmp_path / "out" / "adapter.gguf").exists()
