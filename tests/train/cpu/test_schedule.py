from __future__ import annotations

import pytest

from codetune.train.config import TrainConfig
from codetune.train.cpu.schedule import learning_rate, progress_of


def test_progress_is_the_nearer_end() -> None:
    assert progress_of(5, 10, 0.0, None) == 0.5
    assert progress_of(5, 10, 90.0, 100.0) == 0.9
    assert progress_of(5, 10, 20.0, 100.0) == 0.5
    assert progress_of(5, 10, 200.0, 100.0) == 1.0


@pytest.mark.parametrize(("schedule", "half"), [("constant", 1.0), ("linear", 0.55), ("cosine", 0.55)])
def test_rates_by_hand(schedule: str, half: float) -> None:
    config = TrainConfig(lr_schedule=schedule, learning_rate=1e-3, lr_warmup_steps=3, lr_final_fraction=0.1)
    assert learning_rate(config, 0, 0.0) == pytest.approx(1e-3 / 4)
    assert learning_rate(config, 2, 0.0) == pytest.approx(1e-3 * 3 / 4)
    assert learning_rate(config, 3, 0.0) == pytest.approx(1e-3)
    assert learning_rate(config, 50, 0.5) == pytest.approx(1e-3 * half)
    end = 1e-3 if schedule == "constant" else 1e-4
    assert learning_rate(config, 99, 1.0) == pytest.approx(end)
