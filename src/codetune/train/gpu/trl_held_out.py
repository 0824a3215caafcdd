"""Loss of held-out rows in the TRL loop, before and after training; one row at a time, on whatever device.

Not available for a model that FSDP shards: it can't be asked outside of a training step.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from codetune.store.atomic import write_text
from codetune.train.encoding import IGNORE_INDEX

__all__ = ["HeldOutLosses", "row_losses"]


def row_losses(model: Any, rows: Sequence[Mapping[str, Sequence[int]]], autocast: Any) -> list[float]:
    """Summed negative log-likelihood of each row's trained tokens, in nats.

    Args:
        model: A causal language model.
        rows: Each with `input_ids` and `labels`, of the same length.
        autocast: Gives the context that the training's arithmetic runs in.
    """
    training = model.training
    model.eval()
    device = next(model.parameters()).device
    found = []
    with torch.no_grad(), autocast():
        for row in rows:
            ids = torch.tensor([row["input_ids"]], device=device)
            labels = torch.tensor(row["labels"], device=device)
            logits = model(input_ids=ids).logits[0, :-1].float()
            loss = cross_entropy(logits, labels[1:], ignore_index=IGNORE_INDEX, reduction="sum")
            found.append(float(loss))
    model.train(training)
    return found


class HeldOutLosses:
    """The two measurements, in a file: a training that is resumed does not measure its start again.

    Args:
        path: The file, which need not be there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, list[float]]:
        """`before` and `after`, as far as they were measured."""
        if not self._path.is_file():
            return {}
        found: dict[str, list[float]] = json.loads(self._path.read_text("utf-8"))
        return found

    def add(self, when: str, losses: Sequence[float]) -> None:
        """Keep a measurement."""
        write_text(self._path, json.dumps({**self.read(), when: list(losses)}) + "\n")
