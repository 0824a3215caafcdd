"""codetune from Python: a function for each stage, and one for a whole recipe.

Paths and settings go in, datasets and results come out. Each function does what the command of that
stage does: a finished output is returned as it is, an interrupted one continues, and every setting that
`codetune STAGE --settings` lists is a keyword. Import these names from `codetune` itself.

Arguments that all functions share:
    output: Folder to write.
    seed: Every random choice follows from it.
    workers: Worker processes; None takes one for each core.
    cache: Folder of what later runs use again; None takes `$CODETUNE_CACHE` or `.codetune`.
    overwrite: Replace an output that was made with other settings or inputs.
    progress: True shows progress (a bar on a terminal, lines in a notebook), False shows nothing, and an
        object with the methods of `codetune.engine.progress.Progress` is called.
    settings: Further settings of the stage.

All raise `codetune.errors.ConfigError` for a wrong setting, `DataError` for a wrong input and `OutputError`
for an output that can't be used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codetune.config.faults import build_settings
from codetune.engine.console_progress import ConsoleProgress
from codetune.engine.local import LocalEngine
from codetune.engine.progress import Progress, SilentProgress
from codetune.recipes.recipe import load_recipe, shipped_recipe
from codetune.recipes.runner import StepResult
from codetune.recipes.runner import run_recipe as _run_recipe
from codetune.recipes.stages import STAGES
from codetune.records import Instruction
from codetune.store.cache import cache_folder, make_cache
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset
from codetune.store.run_card import RunCard
from codetune.store.stage_output import replacing_other_runs

if TYPE_CHECKING:
    from codetune.evaluate.scoring.score import Score
    from codetune.evaluate.statistics.comparison import ComparisonSet

__all__ = [
    "Run",
    "TrainedModel",
    "collect",
    "compare_scores",
    "curate_rows",
    "evaluate_model",
    "open_dataset",
    "run_recipe",
    "synthesize",
    "train_model",
    "word_tasks",
]

Input = str | Path | Dataset[Any]
"""A dataset directory, or the dataset that was read from it."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """How a stage is run, whatever it does; the keywords that all functions share."""

    output: str | Path
    seed: int = 0
    workers: int | None = None
    cache: str | Path | None = None
    overwrite: bool = False
    progress: bool | Progress = True

    @contextmanager
    def context(self) -> Iterator[StageContext]:
        """Engine, cache, seed and progress; the engine is closed at the end."""
        shown = _progress(self.progress)
        with LocalEngine(self.workers) as engine:
            try:
                yield StageContext(seed=self.seed, cache=_cache(self.cache), engine=engine, progress=shown)
            finally:
                shown.finish()


@dataclass(frozen=True)
class TrainedModel:
    """A finished training.

    Attributes:
        folder: Its output, with the adapter or the weights; `evaluate_model(adapter=...)` takes it.
        card: Settings, counts and losses: `card.results`.
    """

    folder: Path
    card: RunCard


def open_dataset(folder: str | Path) -> Dataset[Any]:
    """Open a finished dataset directory; rows are read when it is iterated.

    >>> data = codetune.collect("code", "project", output="snippets", progress=False)
    >>> codetune.open_dataset("snippets")
    Dataset('snippets', 20 rows of Snippet)
    >>> sum(1 for reject in data.rejects())
    0
    """
    return Dataset(Path(folder))


def collect(source: str, path: str | Path | None = None, *, output: str | Path, seed: int = 0,
            workers: int | None = None, cache: str | Path | None = None, overwrite: bool = False,
            progress: bool | Progress = True, **settings: Any) -> Dataset[Any]:  # fmt: skip
    """Read one source and write its records as a dataset directory.

    Args:
        source: Name of the source; `codetune sources` lists them.
        path: File, folder, URL or `hf://` address; None with the source `code` is Python's library.
        output, seed, workers, cache, overwrite, progress, settings: See `codetune.api`.

    >>> data = codetune.collect("code", "project", output="long", min_lines=9, progress=False)
    >>> data.kind.__name__, len(data)
    ('Snippet', 4)
    """
    run = Run(output=output, seed=seed, workers=workers, cache=cache, overwrite=overwrite, progress=progress)
    given = {"source": source, "path": None if path is None else str(path), **settings}
    return _dataset("collect", given, [], run)


def word_tasks(snippets: Input | Sequence[Input], *, output: str | Path, seed: int = 0,
               workers: int | None = None, cache: str | Path | None = None, overwrite: bool = False,
               progress: bool | Progress = True, **settings: Any) -> Dataset[Instruction]:  # fmt: skip
    """Make instructions from snippets and their documentation; no model is asked.

    Args:
        snippets: Datasets of snippets.
        output, seed, workers, cache, overwrite, progress, settings: See `codetune.api`.

    >>> data = codetune.collect("code", "project", output="snippets", progress=False)
    >>> rows = codetune.word_tasks(data, output="tasks", tasks=["code_generation"], progress=False)
    >>> sorted({row.task for row in rows})
    ['code_generation']
    """
    run = Run(output=output, seed=seed, workers=workers, cache=cache, overwrite=overwrite, progress=progress)
    return _dataset("tasks", settings, _folders(snippets), run)


def synthesize(generator: str, inputs: Input | Sequence[Input], *, output: str | Path, model: str = "local",
               seed: int = 0, workers: int = 1, cache: str | Path | None = None, overwrite: bool = False,
               progress: bool | Progress = True, **settings: Any) -> Dataset[Instruction]:  # fmt: skip
    """Have a model write instructions; a row that fails a check is rejected with the reason.

    Args:
        generator: What to make; `codetune generators` lists them.
        inputs: Datasets to work on.
        model: `local` (the embedded model), a .gguf file, a URL ending in /v1, or a name in `model_map`.
        output, seed, workers, cache, overwrite, progress, settings: See `codetune.api`; options of the
            generator are settings too.

    >>> data = codetune.collect("code", "project", output="snippets", progress=False)
    >>> rows = codetune.synthesize("instruct-from-code", data, output="written", rows=2,
    ...                            model="http://127.0.0.1:8000/v1", progress=False)
    >>> len(rows) + rows.card.counts["rejected"]
    2
    """
    run = Run(output=output, seed=seed, workers=workers, cache=cache, overwrite=overwrite, progress=progress)
    return _dataset("synth", {"generator": generator, "model": model, **settings}, _folders(inputs), run)


def curate_rows(inputs: Input | Sequence[Input], *, output: str | Path, seed: int = 0,
                workers: int | None = None, cache: str | Path | None = None, overwrite: bool = False,
                progress: bool | Progress = True, **settings: Any) -> Dataset[Instruction]:  # fmt: skip
    """Keep or reject rows: syntax, secrets, benchmark overlap, exact and near duplicates.

    Args:
        inputs: Datasets of instructions; of duplicates, the first is kept.
        output, seed, workers, cache, overwrite, progress, settings: See `codetune.api`.

    >>> data = codetune.collect("code", "project", output="snippets", progress=False)
    >>> rows = codetune.word_tasks(data, output="all tasks", progress=False)
    >>> kept = codetune.curate_rows([rows, rows], output="clean", progress=False)
    >>> kept.card.rejects["exact duplicate"] == len(rows)
    True
    """
    run = Run(output=output, seed=seed, workers=workers, cache=cache, overwrite=overwrite, progress=progress)
    return _dataset("curate", settings, _folders(inputs), run)


def train_model(data: Input | Sequence[Input], *, output: str | Path, model: str = "embedded", seed: int = 0,
                cache: str | Path | None = None, overwrite: bool = False, progress: bool | Progress = True,
                **settings: Any) -> TrainedModel:  # fmt: skip
    """Tune a model on instructions; an interrupted training continues from its last checkpoint.

    Args:
        data: Datasets of instructions.
        model: `embedded` (SmolLM2-135M-Instruct), a Hugging Face folder, or a .gguf file.
        output, seed, cache, overwrite, progress, settings: See `codetune.api`.

    Raises:
        MissingExtraError: The extra `train` is not installed.

    >>> data = codetune.collect("code", "project", output="snippets", progress=False)
    >>> rows = codetune.word_tasks(data, output="all tasks", progress=False)
    >>> tuned = codetune.train_model(rows, output="tuned", model="tiny-llama", max_steps=2, progress=False)
    >>> tuned.card.results["steps"]
    2
    """
    run = Run(output=output, seed=seed, workers=1, cache=cache, overwrite=overwrite, progress=progress)
    card = _run("train", {"model": model, **settings}, _folders(data), run)
    return TrainedModel(Path(output), card)


def evaluate_model(benchmark: str = "humaneval", *, output: str | Path, model: str = "local",
                   adapter: str | Path | TrainedModel | None = None, data: str | Path | None = None,
                   served_name: str | None = None, model_map: str | Path | None = None, seed: int = 0,
                   workers: int | None = None, cache: str | Path | None = None, overwrite: bool = False,
                   progress: bool | Progress = True, **settings: Any) -> Score:  # fmt: skip
    """Ask a model every problem of a benchmark, run its programs in the sandbox, and score it.

    Args:
        benchmark: Its name; `codetune eval --list` names all.
        model: `local`, a .gguf file, a model folder, a URL ending in /v1, or a name in `model_map`.
        adapter: A LoRA adapter on the model, or the training that made it.
        data: The benchmark's data file; None takes the installed one.
        served_name: Which of a server's models.
        model_map: JSON or YAML file of models by name.
        output, seed, workers, cache, overwrite, progress, settings: See `codetune.api`.

    Raises:
        SafetyError: Programs can't be isolated on this machine.

    >>> score = codetune.evaluate_model("humaneval", model="http://127.0.0.1:8000/v1", limit=2,
    ...                                 prompt_style="chat", output="base", progress=False)
    >>> score.problems
    2
    """
    from codetune.evaluate.backends.backend import find_backend
    from codetune.evaluate.benchmarks.registry import benchmark as find
    from codetune.evaluate.config import AskConfig
    from codetune.evaluate.evaluate_model import evaluate_model as evaluate
    from codetune.evaluate.prompts.protocols import check_covers
    from codetune.evaluate.scoring.open_scoring import open_scoring
    from codetune.evaluate.scoring.score import Score

    chosen = find(benchmark)
    config = build_settings(AskConfig, settings)
    check_covers(config.protocol, chosen.name)
    tuned = adapter.folder if isinstance(adapter, TrainedModel) else adapter
    backend = find_backend(
        model,
        adapter=None if tuned is None else Path(tuned),
        served_name=served_name,
        model_map=None if model_map is None else Path(model_map),
    )
    run = Run(output=output, seed=seed, workers=workers, cache=cache, overwrite=overwrite, progress=progress)
    with (
        run.context() as context,
        open_scoring(
            context.engine,
            sandbox=config.sandbox,
            test_isolation=config.test_isolation,
            cache=make_cache(context.cache) / "verdicts.sqlite",
            progress=context.progress,
        ) as scoring,
    ):

        def work() -> RunCard | None:
            found = None if data is None else Path(data)
            return evaluate(chosen, backend, config, Path(output), scoring, data=found, seed=seed)

        card = replacing_other_runs(work, overwrite=overwrite)
    assert card is not None
    return Score.from_json(card.results)


def compare_scores(first: str | Path, second: str | Path, *, metric: str | None = None) -> ComparisonSet:
    """Say whether the second run is better, worse, or a tie, paired by problem, with intervals.

    Args:
        first: Output folder of an evaluation, or of several.
        second: Another, of the same benchmarks.
        metric: `pass@K`, `pass^K`, or a metric of a task; None takes pass@1.

    >>> _ = codetune.evaluate_model("humaneval", model="http://127.0.0.1:8000/v1", limit=2,
    ...                             prompt_style="chat", output="base", progress=False)
    >>> found = codetune.compare_scores("base", "base")
    >>> found.comparisons[0].verdict
    'tie'
    """
    from codetune.evaluate.statistics.compare import compare_folders

    return compare_folders(Path(first), Path(second), metric=metric)


def run_recipe(recipe: str | Path, *, output: str | Path, overrides: Mapping[str, Any] | None = None,
               variant: str | None = None, seed: int | None = None, workers: int | None = None,
               cache: str | Path | None = None, overwrite: bool = False,
               progress: bool | Progress = True) -> list[StepResult]:  # fmt: skip
    """Run a recipe's stages in order; finished ones are skipped.

    Args:
        recipe: A YAML file, or the name of a recipe that comes with codetune, e.g. `quickstart`.
        overrides: `STAGE.KEY` -> value.
        variant: One of the recipe's variants.
        seed: Replaces the recipe's seed.
        output, workers, cache, overwrite, progress: See `codetune.api`.

    >>> steps = codetune.run_recipe("recipe.yaml", output="run", overrides={"snippets.limit": 5},
    ...                             progress=False)
    >>> [(step.name, step.card.counts["kept"]) for step in steps]
    [('snippets', 5)]
    """
    path = Path(recipe)
    if not path.suffix and not path.exists() and shipped_recipe(str(recipe)).exists():
        path = shipped_recipe(str(recipe))
    kinds = {name: kind.settings for name, kind in STAGES.items()}
    loaded = load_recipe(path, kinds, overrides=dict(overrides or {}), variant=variant, seed=seed)
    shown = _progress(progress)
    with LocalEngine(workers) as engine:
        try:
            return _run_recipe(
                loaded,
                Path(output),
                engine=engine,
                progress=shown,
                cache=_cache(cache),
                overwrite=overwrite,
            )
        finally:
            shown.finish()


def _run(stage: str, given: Mapping[str, Any], inputs: Sequence[Path], run: Run) -> RunCard:
    kind = STAGES[stage]
    settings = build_settings(kind.settings, given)
    with run.context() as context:
        return kind.run(settings, inputs, Path(run.output), context, overwrite=run.overwrite)


def _dataset(stage: str, given: Mapping[str, Any], inputs: Sequence[Path], run: Run) -> Dataset[Any]:
    _run(stage, given, inputs, run)
    return Dataset(Path(run.output))


def _folders(inputs: Input | Sequence[Input]) -> list[Path]:
    several = [inputs] if isinstance(inputs, str | Path | Dataset) else inputs
    return [one.folder if isinstance(one, Dataset) else Path(one) for one in several]


def _progress(wanted: bool | Progress) -> Progress:
    if isinstance(wanted, bool):
        return ConsoleProgress() if wanted else SilentProgress()
    return wanted


def _cache(given: str | Path | None) -> Path:
    return cache_folder(None if given is None else Path(given))
