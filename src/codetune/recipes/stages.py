"""The stages a recipe can name: settings that are light to load, and the function that runs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from codetune.config.settings import Settings
from codetune.errors import MissingExtraError
from codetune.lazy_registry import load
from codetune.store.cache import make_cache
from codetune.store.context import StageContext
from codetune.store.run_card import RunCard
from codetune.store.stage_output import replacing_other_runs

__all__ = ["STAGES", "StageKind"]


@dataclass(frozen=True)
class StageKind:
    """A kind of stage.

    Attributes:
        name: What recipes call it.
        place: `module:class` of its settings, loaded when they are needed.
        package: Package whose `stage` module holds `run`; loaded when the stage runs.
        given: Keyword of `run` -> `module:name` of what it is given. Stages never import one another;
            what one needs of another meets here.
        caches: Whether it keeps something in the cache folder.
        extra: The extra of codetune that these settings need, or None.
    """

    name: str
    place: str
    package: str
    given: Mapping[str, str] = field(default_factory=dict)
    caches: bool = False
    extra: Callable[[Any], str | None] = lambda settings: None

    @property
    def settings(self) -> type[Settings]:
        """Class of its settings."""
        found: type[Settings] = load(self.place)
        return found

    def check_installed(self, settings: Settings) -> None:
        """See that the packages that these settings need are installed.

        Raises:
            MissingExtraError: One is not; the message names the command that installs it.
        """
        extra = self.extra(settings)
        if extra is not None:
            MissingExtraError.check(f"the stage {self.name}", extra)

    def run(
        self,
        settings: Settings,
        inputs: Sequence[Path],
        output: Path,
        context: StageContext,
        *,
        overwrite: bool = False,
        **more: Any,
    ) -> RunCard:
        """Run the stage; a finished output of the same plan comes back as it is.

        Args:
            settings: Of this stage's class.
            inputs: Output folders of other stages.
            output: The stage's folder.
            context: Seed, cache, engine and progress.
            overwrite: Replace an output of other settings or inputs.
            more: Further keywords of this stage's `run`.
        """
        self.check_installed(settings)
        context.engine.check_folders([output.parent, context.cache])
        if self.caches:
            make_cache(context.cache)
        for keyword, place in self.given.items():
            more[keyword] = load(place)
        run: Callable[..., RunCard] = load(f"codetune.{self.package}.stage:run")
        work = partial(run, settings, inputs, output, context, **more)
        return replacing_other_runs(work, overwrite=overwrite, inputs=inputs)


def _asks_local_model(settings: Any) -> str | None:
    models = (settings.model, *settings.judges)
    if any(Path(name).expanduser().is_dir() for name in models):
        return "train"
    return "local" if any(name == "local" or name.endswith(".gguf") for name in models) else None


def _local_translator(settings: Any) -> str | None:
    name = settings.translator.model if settings.translator is not None else ""
    return "local" if name == "local" or name.endswith(".gguf") else None


STAGES: Mapping[str, StageKind] = {
    kind.name: kind
    for kind in (
        StageKind("collect", "codetune.sources.config:CollectConfig", "sources"),
        StageKind("dataset", "codetune.sources.finished.config:DatasetConfig", "sources.finished"),
        StageKind("tasks", "codetune.tasks.config:TasksConfig", "tasks"),
        StageKind("histories", "codetune.histories.config:HistoriesConfig", "histories"),
        StageKind("area", "codetune.edits.area:AreaSettings", "histories.areas"),
        StageKind(
            "synth", "codetune.synth.config:SynthConfig", "synth", caches=True, extra=_asks_local_model
        ),
        StageKind(
            "mix",
            "codetune.mix.config:MixConfig",
            "mix",
            given={"open_translator": "codetune.synth.runtime.model_translator:open_translator"},
            caches=True,
            extra=_local_translator,
        ),
        StageKind(
            "curate",
            "codetune.curate.config:CurateConfig",
            "curate",
            given={"problems": "codetune.evaluate.benchmarks.registry:load_problems"},
        ),
        StageKind(
            "train",
            "codetune.train.config:TrainConfig",
            "train",
            given={"problems": "codetune.evaluate.benchmarks.registry:load_problems"},
            caches=True,
            extra=lambda settings: "train",
        ),
        StageKind(
            "evaluate",
            "codetune.evaluate.config:EvaluateConfig",
            "evaluate",
            # A GGUF base is asked as a model folder where the tuned model is one, and the other way round.
            given={
                "plain_weights": "codetune.train.weights.dequantize:dequantized_folder",
                "gguf_file": "codetune.train.weights.served_gguf:served_gguf",
            },
            caches=True,
        ),
        StageKind("report", "codetune.report.config:ReportConfig", "report"),
    )
}
