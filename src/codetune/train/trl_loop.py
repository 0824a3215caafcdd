"""The loop for GPUs: TRL's trainer under accelerate."""

from __future__ import annotations

from collections.abc import Sequence

from codetune.errors import UsageError
from codetune.records import Record
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset
from codetune.store.run_card import RunCard
from codetune.store.stage_output import StageOutput
from codetune.train.base_model import BaseModel
from codetune.train.config import TrainConfig

__all__ = ["train_with_trl"]


def train_with_trl(
    config: TrainConfig,
    base: BaseModel,
    datasets: Sequence[Dataset[Record]],
    stage: StageOutput,
    context: StageContext,
) -> RunCard:
    """Not available yet."""
    raise UsageError("the trl loop is not available yet", next_step="set loop to cpu")
