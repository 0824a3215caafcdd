"""Checkpoints: one file each, written whole or not at all; the last two are kept.

A checkpoint holds the trained parameters, the optimizer's two moments, and the run's position. It
is one file, so that no crash can leave parameters of one step beside moments of another.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from codetune.errors import DataError
from codetune.train.weights.tensor_file import write_tensors

__all__ = ["Checkpoints", "Position"]

_KEEP = 2
_MOMENTS = ("exp_avg", "exp_avg_sq")


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a run has come."""

    step: int = 0
    seconds: float = 0.0
    """Seconds of training spent up to here, dropped steps included."""
    threads: int = 0
    """CPU threads it runs on. Sums differ in the last bit with it, so a resumed run keeps the number."""


class Checkpoints:
    """The checkpoints of one run.

    Args:
        folder: Where they are.
        parameters: The trained parameters by name; read when saving, overwritten when restoring.
        optimizer: AdamW over exactly these parameters.
    """

    def __init__(
        self, folder: Path, parameters: Mapping[str, nn.Parameter], optimizer: torch.optim.Optimizer
    ) -> None:
        self.folder = folder
        self._parameters = parameters
        self._optimizer = optimizer

    def _found(self) -> list[tuple[int, Path]]:
        found = []
        for path in self.folder.glob("step-*.safetensors"):
            match = re.fullmatch(r"step-(\d+)\.safetensors", path.name)
            if match is not None:
                found.append((int(match[1]), path))
        return sorted(found)

    def save(self, position: Position) -> None:
        """Write a checkpoint and remove all but the last two."""
        tensors: dict[str, Tensor] = {}
        for name, parameter in self._parameters.items():
            tensors[f"parameter.{name}"] = parameter
            state = self._optimizer.state.get(parameter, {})
            for moment in _MOMENTS:
                tensors[f"{moment}.{name}"] = state.get(moment, torch.zeros_like(parameter))
        path = self.folder / f"step-{position.step:06d}.safetensors"
        write_tensors(path, tensors, {"position": json.dumps(asdict(position))})
        for _, path in self._found()[:-_KEEP]:
            path.unlink(missing_ok=True)

    def restore(self) -> Position | None:
        """Load the newest checkpoint; None where there is none.

        Raises:
            DataError: It is of another model.
        """
        for _, path in reversed(self._found()):
            try:
                return self._restore(path)
            except SafetensorError:
                continue  # damaged after it was written; the older one is used
        return None

    def _restore(self, path: Path) -> Position:
        with safe_open(path, framework="pt") as stored:
            position = Position(**json.loads(stored.metadata()["position"]))
            expected = {f"parameter.{name}" for name in self._parameters}
            if {name for name in stored.keys() if name.startswith("parameter.")} != expected:  # noqa: SIM118
                raise DataError(
                    "the checkpoint is of a model with other adapters",
                    where=str(path),
                    next_step="remove the folder, or choose another one with -o",
                )
            for name, parameter in self._parameters.items():
                with torch.no_grad():
                    parameter.copy_(stored.get_tensor(f"parameter.{name}"))
                state = {moment: stored.get_tensor(f"{moment}.{name}") for moment in _MOMENTS}
                state["step"] = torch.tensor(float(position.step))
                self._optimizer.state[parameter].update(state)
        return position
