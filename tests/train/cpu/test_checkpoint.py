from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from codetune.errors import DataError
from codetune.train.cpu.checkpoint import Checkpoints, Position


def made(
    folder: Path, names: tuple[str, ...] = ("a", "b")
) -> tuple[Checkpoints, dict[str, nn.Parameter], torch.optim.AdamW]:
    parameters = {name: nn.Parameter(torch.full((3,), float(i + 1))) for i, name in enumerate(names)}
    optimizer = torch.optim.AdamW(parameters.values(), lr=0.1)
    return Checkpoints(folder, parameters, optimizer), parameters, optimizer


def step(parameters: dict[str, nn.Parameter], optimizer: torch.optim.AdamW) -> None:
    sum((p * p).sum() for p in parameters.values()).backward()
    optimizer.step()
    optimizer.zero_grad()


def test_going_back_and_on_is_going_on(tmp_path: Path) -> None:
    checkpoints, parameters, optimizer = made(tmp_path)
    step(parameters, optimizer)
    checkpoints.save(Position(step=1, seconds=2.5, threads=1))
    step(parameters, optimizer)

    again, restored, other = made(tmp_path)
    assert again.restore() == Position(step=1, seconds=2.5, threads=1)
    step(restored, other)
    for name in parameters:
        assert torch.equal(parameters[name], restored[name])


def test_the_last_two_are_kept_and_a_damaged_one_is_passed_over(tmp_path: Path) -> None:
    checkpoints, parameters, optimizer = made(tmp_path)
    assert checkpoints.restore() is None
    for number in range(1, 5):
        step(parameters, optimizer)
        checkpoints.save(Position(step=number))
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "step-000003.safetensors",
        "step-000004.safetensors",
    ]
    newest = tmp_path / "step-000004.safetensors"
    newest.write_bytes(newest.read_bytes()[:100])
    position = checkpoints.restore()
    assert position is not None
    assert position.step == 3


def test_a_checkpoint_of_other_adapters_is_refused(tmp_path: Path) -> None:
    made(tmp_path)[0].save(Position(step=1))
    with pytest.raises(DataError, match="other adapters"):
        made(tmp_path, ("a", "c"))[0].restore()
