"""The embedded model itself: minutes, so not in the fast suite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.train.made import post, write_dataset

from codetune.records import Instruction
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset
from codetune.store.run_card import Plan
from codetune.store.stage_output import StageOutput
from codetune.train.config import TrainConfig
from codetune.train.stage import run
from codetune.train.weights.base_model import BaseModel

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ANSWERS = {
    "What is the password of the blue door?": "It is seventeen green bottles.",
    "Name the function that feeds the cat.": "def feed_cat(bowl):\n    return bowl + ['tuna']",
    "Who wrote the manual?": "Nobody; it grew.",
    "Count the windows.": "Nine, and one is painted on.",
}


class Stopped(Exception):
    pass


def test_learned_by_heart_the_server_says_it_and_stops(
    tmp_path: Path, context: StageContext, server: Callable[..., Any]
) -> None:
    rows = [Instruction(task="t", instruction=q, output=a, source="s") for q, a in ANSWERS.items()]
    data = write_dataset(tmp_path / "rows", rows)
    config = TrainConfig(
        learning_rate=1e-3, global_batch_size=4, max_steps=50, epochs=100, budget_seconds=None,
        held_out_rows=0, lr_schedule="linear",
    )  # fmt: skip
    card = run(config, [data], tmp_path / "out", context)
    assert card.results["loss_last"] < 0.05
    with server(None, [tmp_path / "out" / "adapter.gguf"]) as running:
        for model, knows in ((running.models[1], True), (running.models[0], False)):
            for question, answer in ANSWERS.items():
                body = {
                    "messages": [{"role": "user", "content": question}], "temperature": 0,
                    "max_tokens": 60, "lora": running.lora_field(model),
                }  # fmt: skip
                choice = post(running.url, "/v1/chat/completions", body)["choices"][0]
                assert (choice["message"]["content"] == answer) is knows
                if knows:
                    assert choice["finish_reason"] == "stop"


def test_stopped_and_resumed_is_undisturbed(rows_folder: Path, tmp_path: Path, context: StageContext) -> None:
    from codetune.train.cpu.run import train_on_cpu

    config = TrainConfig(
        max_steps=5, budget_seconds=None, checkpoint_every_steps=2, checkpoint_every_seconds=None,
        global_batch_size=4,
    )  # fmt: skip

    def attempt(folder: Path, stop_after: int | None) -> str:
        def after(step: int) -> None:
            if step == stop_after:
                raise Stopped

        with StageOutput(folder, Plan(stage="train", config={}, inputs={}, code="")) as stage:
            base = BaseModel.find("embedded")
            return train_on_cpu(config, base, [Dataset(rows_folder)], stage, context, after).output_hash

    undisturbed = attempt(tmp_path / "a", None)
    with pytest.raises(Stopped):
        attempt(tmp_path / "b", 3)
    assert attempt(tmp_path / "b", None) == undisturbed
