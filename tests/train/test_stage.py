"""The stage on a tiny model: the same seed makes the same bytes, killed or not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.train.made import code_rows, write_dataset

from codetune.errors import ConfigError, DataError, OutputError
from codetune.models.folder import load_tokenizer
from codetune.records import Instruction, Snippet
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset
from codetune.store.run_card import read_card
from codetune.text.chat_template import ChatTemplate
from codetune.train.config import TrainConfig
from codetune.train.encoding import Encoder
from codetune.train.rows import encode_datasets
from codetune.train.stage import run
from codetune.train.weights.base_model import BaseModel


@pytest.fixture(autouse=True)
def _threads_as_they_were() -> object:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def settings(model: Path, **changes: object) -> TrainConfig:
    values = {
        "model": str(model), "lora_r": 4, "lora_alpha": 8, "learning_rate": 5e-3, "global_batch_size": 4,
        "max_steps": 9, "budget_seconds": None, "checkpoint_every_seconds": None,
        "checkpoint_every_steps": 2, "held_out_fraction": 0.2, "dtype": "float32", "threads": 1,
    }  # fmt: skip
    return TrainConfig(**{**values, **changes})


def curve(folder: Path) -> list[tuple[int, float]]:
    lines = [json.loads(line) for line in (folder / "loss.jsonl").read_text().splitlines()]
    return [(line["step"], line["loss"]) for line in lines]


class Stopped(Exception):
    pass


def test_what_a_run_leaves_and_that_it_learned(
    tiny_model: Path, rows_folder: Path, tmp_path: Path, context: StageContext
) -> None:
    config = settings(tiny_model, max_steps=25, epochs=10)
    card = run(config, [rows_folder], tmp_path / "out", context)
    out = tmp_path / "out"
    assert {p.name for p in out.iterdir()} >= {
        "adapter",
        "adapter.gguf",
        "loss.jsonl",
        "checkpoints",
        "run.json",
    }
    assert [step for step, _ in curve(out)] == list(range(1, 26))
    assert len(list((out / "checkpoints").iterdir())) == 2
    results = card.results
    assert results["stopped_by"] == "steps"
    assert results["loss_last"] < results["loss_first"] - 0.5
    assert results["held_out_loss_after"] < results["held_out_loss_before"] - 0.2
    change = results["held_out_loss_change"]
    assert change["value"] == pytest.approx(results["held_out_loss_after"] - results["held_out_loss_before"])
    assert change["low"] < change["value"] < change["high"] < 0 and change["rows"] == card.counts["held_out"]
    assert card.counts["rows"] + card.counts["held_out"] == 30
    assert 0 < card.counts["held_out"] <= 6
    assert results["tokens"] > results["trained_tokens"] > 0
    assert results["trainable_parameters"] < results["total_parameters"] / 10
    assert card.licenses == {"PSF-2.0": card.counts["rows"]}
    held_out = [row.id for row in Dataset(out / "held_out", Instruction)]
    assert len(held_out) == card.counts["held_out"]
    assert set(held_out) < {row.id for row in Dataset(rows_folder, Instruction)}
    assert read_card(out / "held_out").output_hash != read_card(rows_folder).output_hash


class _OnlyFound(BaseModel):
    """A model that can be named and not loaded."""

    def folder(self, cache: Path) -> Path:
        raise AssertionError("the model was loaded again")


def test_same_seed_same_bytes_and_a_second_run_does_nothing(
    tiny_model: Path,
    rows_folder: Path,
    tmp_path: Path,
    context: StageContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = settings(tiny_model)
    first = run(config, [rows_folder], tmp_path / "a", context)
    again = run(config, [rows_folder], tmp_path / "b", context)
    other = run(config, [rows_folder], tmp_path / "c", replace(context, seed=8))
    assert first.output_hash == again.output_hash != other.output_hash
    assert curve(tmp_path / "a") == curve(tmp_path / "b") != curve(tmp_path / "c")
    with monkeypatch.context() as patched:
        patched.setattr("codetune.train.stage.BaseModel", _OnlyFound)  # a finished run loads no model
        assert run(config, [rows_folder], tmp_path / "a", context) == first
    with pytest.raises(OutputError, match="lora_r = 4, not 8"):
        run(settings(tiny_model, lora_r=8), [rows_folder], tmp_path / "a", context)


def test_pieces_of_a_step_do_not_change_it(
    tiny_model: Path, rows_folder: Path, tmp_path: Path, context: StageContext
) -> None:
    from safetensors.torch import load_file

    found = []
    for name, rows, tokens in (("whole", 8, 10_000), ("four", 4, 500), ("one", 1, 64)):
        config = settings(
            tiny_model, global_batch_size=8, micro_batch_size=rows, micro_batch_tokens=tokens, max_steps=3
        )
        run(config, [rows_folder], tmp_path / name, context)
        found.append(load_file(tmp_path / name / "adapter" / "adapter_model.safetensors"))
    for other in found[1:]:
        for key, values in found[0].items():
            difference = (values - other[key]).norm() / values.norm()
            assert difference < 1e-4, key


def test_stopped_between_checkpoints_and_resumed_is_undisturbed(
    tiny_model: Path, rows_folder: Path, tmp_path: Path, context: StageContext
) -> None:
    """Stops in the second epoch, one step after a checkpoint; lora_dropout draws random numbers too."""
    from codetune.store.run_card import Plan
    from codetune.store.stage_output import StageOutput
    from codetune.train.cpu.run import train_on_cpu

    config = settings(tiny_model, lora_dropout=0.1)

    def attempt(folder: Path, stop_after: int | None) -> str:
        def after(step: int) -> None:
            if step == stop_after:
                raise Stopped

        with StageOutput(folder, Plan(stage="train", config={}, inputs={}, code="")) as stage:
            datasets = [Dataset(rows_folder)]
            base = BaseModel.find(config.model)
            return train_on_cpu(config, base, datasets, stage, context, after).output_hash

    undisturbed = attempt(tmp_path / "a", None)
    for stop in (1, 7):  # before any checkpoint; after the one of step 6
        with pytest.raises(Stopped):
            attempt(tmp_path / "b", stop)
    assert attempt(tmp_path / "b", None) == undisturbed
    assert curve(tmp_path / "b") == curve(tmp_path / "a")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_step_and_keeps_it(
    tiny_model: Path, rows_folder: Path, tmp_path: Path, context: StageContext, number: signal.Signals
) -> None:
    """No checkpoint would be due for a hundred steps; the bar is closed and the seconds are kept."""
    from codetune.store.run_card import Plan
    from codetune.store.stage_output import StageOutput
    from codetune.train.cpu.run import train_on_cpu

    config = settings(tiny_model, checkpoint_every_steps=100)
    shown = Shown()

    def attempt(folder: Path, stop_after: int | None) -> str:
        def after(step: int) -> None:
            if step == stop_after:
                os.kill(os.getpid(), number)

        with StageOutput(folder, Plan(stage="train", config={}, inputs={}, code="")) as stage:
            told = replace(context, progress=shown)
            return train_on_cpu(
                config, BaseModel.find(config.model), [Dataset(rows_folder)], stage, told, after
            ).output_hash

    handlers = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    undisturbed = attempt(tmp_path / "a", None)
    with pytest.raises(KeyboardInterrupt):
        attempt(tmp_path / "b", 3)
    assert [path.name for path in (tmp_path / "b" / "checkpoints").iterdir()] == ["step-000003.safetensors"]
    assert shown.open == 0, "every piece of work that was started was finished"
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert attempt(tmp_path / "b", None) == undisturbed
    assert curve(tmp_path / "b") == curve(tmp_path / "a")
    assert shown.totals["train"] == 6, "a resumed run counts only the steps that are left"


class Shown:
    """A display that counts."""

    def __init__(self) -> None:
        self.open = 0
        self.totals: dict[str, int | None] = {}

    def start(self, label: str, total: int | None = None) -> None:
        self.open += 1
        self.totals[label] = total

    def advance(self, amount: int = 1) -> None:
        pass

    def note(self, text: str) -> None:
        pass

    def finish(self) -> None:
        self.open -= 1


_CHILD = """
import json, sys
from pathlib import Path
from codetune.store.context import StageContext
from codetune.train.config import TrainConfig
from codetune.train.stage import run
config, rows, out, cache = sys.argv[1:]
run(TrainConfig(**json.loads(config)), [Path(rows)], Path(out), StageContext(seed=7, cache=Path(cache)))
"""


def test_killed_and_resumed_is_undisturbed(
    tiny_model: Path, rows_folder: Path, tmp_path: Path, context: StageContext
) -> None:
    config = settings(tiny_model, max_steps=60, epochs=100)
    undisturbed = run(config, [rows_folder], tmp_path / "a", context)
    out = tmp_path / "b"
    arguments = [json.dumps(config.model_dump()), str(rows_folder), str(out), str(context.cache)]
    child = subprocess.Popen([sys.executable, "-c", _CHILD, *arguments])
    log = out / "loss.jsonl"
    while child.poll() is None and not (log.exists() and log.read_text().count("\n") >= 5):
        time.sleep(0.005)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL, "the child ended before it was killed"
    assert not (out / "run.json").exists()
    resumed = run(config, [rows_folder], out, context)
    assert resumed.output_hash == undisturbed.output_hash
    assert curve(out) == curve(tmp_path / "a")
    assert not list(out.rglob("*.tmp"))


def test_a_budget_ends_the_run_and_the_rate_falls_to_its_end(
    tiny_model: Path,
    rows_folder: Path,
    tmp_path: Path,
    context: StageContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from types import SimpleNamespace

    from codetune.train.cpu import loop

    ticks = iter(range(10_000))  # a clock of its own: each look at it is a quarter of a second later
    monkeypatch.setattr(loop, "time", SimpleNamespace(monotonic=lambda: next(ticks) / 4))
    config = settings(
        tiny_model, max_steps=None, epochs=10_000, budget_seconds=10.0, lr_warmup_steps=0, held_out_rows=0
    )
    card = run(config, [rows_folder], tmp_path / "out", context)
    assert card.results["stopped_by"] == "budget"
    assert 9.5 < card.results["seconds"] < 10.5
    lines = [json.loads(line) for line in (tmp_path / "out" / "loss.jsonl").read_text().splitlines()]
    rates = [line["learning_rate"] for line in lines]
    assert rates[0] == pytest.approx(5e-3, rel=0.01)
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] < 0.15 * rates[0]


def test_seconds_of_steps_that_a_stop_threw_away_stay_spent(
    tiny_model: Path, rows_folder: Path, tmp_path: Path, context: StageContext
) -> None:
    from codetune.store.run_card import Plan
    from codetune.store.stage_output import StageOutput
    from codetune.train.cpu.run import train_on_cpu

    config = settings(tiny_model, checkpoint_every_steps=100, max_steps=4)

    def after(step: int) -> None:
        if step == 3:
            raise Stopped

    spent = 0.0
    for stop in (after, lambda step: None):
        with StageOutput(tmp_path / "out", Plan(stage="train", config={}, inputs={}, code="")) as stage:
            base, datasets = BaseModel.find(config.model), [Dataset(rows_folder)]
            try:
                card = train_on_cpu(config, base, datasets, stage, context, stop)
            except Stopped:
                lines = (tmp_path / "out" / "loss.jsonl").read_text().splitlines()
                spent = json.loads(lines[-1])["elapsed_seconds"]
                assert len(lines) == 3
    assert spent > 0
    first = json.loads((tmp_path / "out" / "loss.jsonl").read_text().splitlines()[0])
    assert first["elapsed_seconds"] > spent
    assert card.results["seconds"] > spent


def test_what_cannot_be_learned_from_is_kept_with_its_reason(
    tiny_model: Path, tmp_path: Path, context: StageContext
) -> None:
    import pyarrow.parquet as pq

    rows = code_rows(8)
    bad = [
        Instruction(task="t", instruction="Long", output="word " * 2000, source="s"),
        Instruction(task="t", instruction="Empty", output=" ", source="s"),
        Instruction(task="t", instruction="Odd", output="<|im_end|>", source="s"),
    ]
    folder = write_dataset(tmp_path / "rows", [*rows, *bad])
    card = run(settings(tiny_model, max_steps=1), [folder], tmp_path / "out", context)
    assert card.rejects == {"nothing-to-learn": 1, "special-token": 1, "too-long": 1}
    table = pq.read_table(tmp_path / "out" / "rejects" / "part-00000.parquet").to_pylist()
    assert {row["reason"] for row in table} == set(card.rejects)
    assert {row["stage"] for row in table} == {"train"}

    only_bad = write_dataset(tmp_path / "bad", bad)
    with pytest.raises(DataError, match="all 3 rows were rejected"):
        run(settings(tiny_model), [only_bad], tmp_path / "none", context)


def tiny_encoder(model: Path) -> Encoder:
    return Encoder(ChatTemplate.from_folder(model), load_tokenizer(model), 1024)


def test_held_out_groups_do_not_straddle(tiny_model: Path, tmp_path: Path) -> None:
    rows = [
        replace(row, lineage=replace(row.lineage, group=f"g{i // 3}")) for i, row in enumerate(code_rows(30))
    ]
    group_of = {row.id: row.lineage.group for row in rows}
    encoder = tiny_encoder(tiny_model)
    config = settings(tiny_model)
    split = encode_datasets([Dataset(write_dataset(tmp_path / "a", rows))], encoder, config, 1)
    held = {group_of[row.row_id] for row in split.held_out}
    assert len(split.held_out) == 6
    assert not held & {group_of[row.row_id] for row in split.train}
    backwards = encode_datasets([Dataset(write_dataset(tmp_path / "b", rows[::-1]))], encoder, config, 1)
    assert {row.row_id for row in backwards.held_out} == {row.row_id for row in split.held_out}


def test_rows_of_one_repository_are_held_out_by_file(tiny_model: Path, tmp_path: Path) -> None:
    rows = [
        replace(row, lineage=replace(row.lineage, group="a/repository", path=f"file_{i // 3}.py"))
        for i, row in enumerate(code_rows(30))
    ]
    folder = write_dataset(tmp_path / "rows", rows)
    file_of = {row.id: row.lineage.path for row in rows}
    split = encode_datasets([Dataset(folder)], tiny_encoder(tiny_model), settings(tiny_model), seed=3)
    held = {file_of[row.row_id] for row in split.held_out}
    assert len(split.held_out) == 6 and len(held) == 2
    assert not held & {file_of[row.row_id] for row in split.train}


def test_rows_of_one_file_are_held_out_one_by_one(tiny_model: Path, tmp_path: Path) -> None:
    rows = [
        replace(row, lineage=replace(row.lineage, group="mine.py", path="mine.py")) for row in code_rows(30)
    ]
    folder = write_dataset(tmp_path / "rows", rows)
    split = encode_datasets([Dataset(folder)], tiny_encoder(tiny_model), settings(tiny_model), seed=3)
    assert (len(split.held_out), len(split.train), split.held_out_by) == (6, 24, "row")


def test_full_tuning_writes_a_model(
    tiny_model: Path, rows_folder: Path, tmp_path: Path, context: StageContext
) -> None:
    from codetune.models.folder import load_model

    config = settings(tiny_model, method="full", learning_rate=1e-3, max_steps=12, dtype="bfloat16")
    card = run(config, [rows_folder], tmp_path / "out", context)
    assert card.results["loss_last"] < card.results["loss_first"]
    assert card.results["trainable_parameters"] == card.results["total_parameters"]
    model = load_model(tmp_path / "out" / "model", torch.float32)
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert (tmp_path / "out" / "model" / "tokenizer.json").exists()


def test_settings_that_contradict_each_other() -> None:
    with pytest.raises(ValueError, match="qlora needs loop trl"):
        TrainConfig(method="qlora", loop="cpu")
    with pytest.raises(ValueError, match="fsdp needs loop trl"):
        TrainConfig(fsdp=True, loop="cpu")
    assert TrainConfig(global_batch_size=2).micro_batch_size == 2


def test_settings_for_a_gpu_are_refused_without_one(
    rows_folder: Path, tmp_path: Path, context: StageContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codetune.train.stage.has_gpu", lambda: False)
    with pytest.raises(ConfigError, match="no GPU, and the CPU loop does not know use_liger and report_to"):
        run(TrainConfig(use_liger=True, report_to=("wandb",)), [rows_folder], tmp_path / "out", context)
    with pytest.raises(ValueError, match="report_to need loop trl"):
        TrainConfig(loop="cpu", report_to=("wandb",))


def test_rows_of_another_type_are_refused_before_anything_is_read(
    tmp_path: Path, context: StageContext
) -> None:
    folder = write_dataset(
        tmp_path / "snippets", [Snippet(code="x = 1", programming_language="python", source="s")]
    )
    with pytest.raises(DataError, match=r"Snippet can't be trained on.*codetune tasks"):
        run(TrainConfig(), [folder], tmp_path / "out", context)
    assert not (tmp_path / "out").exists()


def test_a_model_that_is_not_there(rows_folder: Path, tmp_path: Path, context: StageContext) -> None:
    with pytest.raises(ConfigError, match="no model called"):
        run(TrainConfig(model="./nowhere"), [rows_folder], tmp_path / "out", context)
    assert not (tmp_path / "out").exists()
