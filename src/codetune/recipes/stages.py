"""The stages a recipe can name: settings that are light to load, and the function that runs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from codetune.config.settings import Settings
from codetune.curate.config import CurateConfig
from codetune.evaluate.config import EvaluateConfig
from codetune.mix.config import MixConfig
from codetune.report.config import ReportConfig
from codetune.sources.config import CollectConfig
from codetune.store.context import StageContext
from codetune.store.run_card import RunCard
from codetune.synth.config import SynthConfig
from codetune.tasks.config import TasksConfig
from codetune.train.config import TrainConfig

__all__ = ["STAGES", "StageKind"]

StageRun = Callable[[Any, Sequence[Path], Path, StageContext], RunCard]


@dataclass(frozen=True)
class StageKind:
    """A kind of stage.

    Attributes:
        name: What recipes call it.
        settings: Class of its settings.
        room: Package whose `stage` module holds `run`; loaded when the stage runs.
    """

    name: str
    settings: type[Settings]
    room: str

    def run(self, settings: Settings, inputs: Sequence[Path], output: Path, context: StageContext) -> RunCard:
        """Run the stage; a finished output of the same plan comes back as it is."""
        run: StageRun = import_module(f"codetune.{self.room}.stage").run
        if self.name == "curate":
            # Curation guards benchmarks it knows nothing of; evaluation knows them. They meet here.
            problems = import_module("codetune.evaluate.benchmarks.registry").load_problems
            return run(settings, inputs, output, context, problems=problems)  # type: ignore[call-arg]
        return run(settings, inputs, output, context)


STAGES: Mapping[str, StageKind] = {
    kind.name: kind
    for kind in (
        StageKind("collect", CollectConfig, "sources"),
        StageKind("tasks", TasksConfig, "tasks"),
        StageKind("synth", SynthConfig, "synth"),
        StageKind("mix", MixConfig, "mix"),
        StageKind("curate", CurateConfig, "curate"),
        StageKind("train", TrainConfig, "train"),
        StageKind("evaluate", EvaluateConfig, "evaluate"),
        StageKind("report", ReportConfig, "report"),
    )
}
