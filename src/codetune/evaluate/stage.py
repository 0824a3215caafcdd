"""A finished training in; scores of the base and the tuned model on every benchmark, and their comparison out.

    base/BENCHMARK/score.json    with verdicts/ (or answers.jsonl), prompts.jsonl, run.json
    tuned/BENCHMARK/...          the same
    comparison.json              paired, benchmark by benchmark

Each score is made by `evaluate_model`, as `codetune eval` makes it. Answers go through the request store
and verdicts through the verdict cache, so a killed run neither asks nor executes anything twice.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from codetune.engine.local import LocalEngine
from codetune.errors import ConfigError, DataError
from codetune.evaluate.backends.trained import GgufFile, PlainWeights, Served, base_and_tuned, find_training
from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.benchmarks.registry import benchmark
from codetune.evaluate.config import AskConfig, EvaluateConfig
from codetune.evaluate.evaluate_model import draw_problems, evaluate_model
from codetune.evaluate.prompts.protocols import check_covers
from codetune.evaluate.scoring.item_needs import check_toolchains
from codetune.evaluate.scoring.open_scoring import open_scoring
from codetune.evaluate.scoring.score import Score
from codetune.evaluate.scoring.trained_rows import refuse_trained_rows
from codetune.evaluate.statistics.compare import compare_folders
from codetune.evaluate.statistics.comparison import Comparison
from codetune.records import Instruction
from codetune.store.atomic import write_text
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset
from codetune.store.hashing import code_hash, hash_files, json_hash
from codetune.store.run_card import Plan, RunCard, read_card
from codetune.store.stage_output import StageOutput

__all__ = ["COMPARISON_NAME", "FEWEST_ROWS", "MODELS", "folder_of", "run"]

STAGE = "evaluate"
HELD_OUT = "held_out"
"""Folder of the rows inside a training that it measured on and did not learn."""
FEWEST_ROWS = 10
"""Held-out rows of a task; with fewer only a very large difference could be seen."""
COMPARISON_NAME = "comparison.json"
MODELS = ("base", "tuned")


def folder_of(benchmark_name: str) -> str:
    """The name of a benchmark's folder: `task:code_summarization` is `task-code_summarization`."""
    return benchmark_name.replace(":", "-")


def run(
    config: EvaluateConfig,
    inputs: Sequence[Path],
    output: Path,
    context: StageContext,
    *,
    plain_weights: PlainWeights | None = None,
    gguf_file: GgufFile | None = None,
) -> RunCard:
    """Score the base model and the tuned one on each benchmark.

    Args:
        config: Benchmarks, serving, asking.
        inputs: The folder of a finished training; datasets among them are the rows of `task:NAME`.
        output: Where scores go.
        context: Seed, caches, progress.
        plain_weights: Turns a GGUF base into a model folder, where both models are loaded as folders.
        gguf_file: Turns a model folder into a GGUF file, where llama.cpp serves both.

    Raises:
        DataError: No training there, or a benchmark's data is missing.
        ConfigError: `serve` asks for what can't be had.
        SafetyError: No sandbox on this machine.
        BackendError: A request failed for good; run again to go on.
    """
    folder, card = find_training(inputs)
    asked = [
        (benchmark(name), _data_of(name, config, inputs, folder))
        for name in _with_rows(config, inputs, folder, context)
    ]
    for chosen, _ in asked:
        check_covers(config.protocol, chosen.name)
    problems = {}
    for chosen, data in asked:
        items = chosen.load(data)
        refuse_trained_rows(items, folder, where=str(data))
        problems[chosen.name] = draw_problems(items, config.limit, context.seed)
        if chosen.graded is None and isinstance(context.engine, LocalEngine):
            check_toolchains(problems[chosen.name])
    # All that can be wrong is found before anything is asked.
    served = base_and_tuned(
        config,
        folder,
        card,
        cache=context.cache,
        plain_weights=plain_weights,
        gguf_file=gguf_file,
        logs=output,
        on_progress=context.progress.note,
    )
    plan = Plan(
        stage=STAGE,
        config=config.model_dump(mode="json"),
        inputs={
            folder.name: card.output_hash,
            **{name: json_hash([problem.id for problem in items]) for name, items in problems.items()},
        },
        code=code_hash(__name__),
        seed=context.seed,
    )
    with closing(served), StageOutput(output, plan) as stage:
        if stage.finished is not None:
            return stage.finished
        if served.said:
            context.progress.note(served.said)
        scores = _scores(config, asked, served, stage, context)
        found = compare_folders(stage.folder / "base", stage.folder / "tuned").comparisons
        compared = [_relative(comparison, stage.folder).to_json() for comparison in found]
        write_text(stage.folder / COMPARISON_NAME, json.dumps({"comparisons": compared}, indent=2) + "\n")
        context.progress.finish()
        files = [p for p in stage.folder.rglob("*") if p.suffix in (".parquet", ".jsonl")]
        return stage.finish(
            output_hash=hash_files(stage.folder, files),
            counts={
                "problems": sum(map(len, problems.values())),
                "samples": sum(score.samples for score in scores["tuned"]),
            },
            results={
                "scores": {name: [score.to_json() for score in made] for name, made in scores.items()},
                "comparisons": compared,
                "served": served.said or config.serve,
            },
        )


def _relative(found: Comparison, folder: Path) -> Comparison:
    """With places inside the stage's folder, so that the file says the same wherever the run lies."""
    places = (Path(place).relative_to(folder).as_posix() for place in (found.first, found.second))
    return replace(found, first=next(places), second=next(places))


def _scores(
    config: EvaluateConfig,
    asked: Sequence[tuple[Benchmark, Path | None]],
    served: Served,
    stage: StageOutput,
    context: StageContext,
) -> dict[str, list[Score]]:
    scores: dict[str, list[Score]] = {name: [] for name in MODELS}
    with open_scoring(
        context.engine,
        sandbox=config.sandbox,
        test_isolation=config.test_isolation,
        cache=context.cache / "verdicts.sqlite",
        progress=context.progress,
    ) as scoring:
        for name, backend in zip(MODELS, (served.base, served.tuned), strict=True):
            for chosen, data in asked:
                made = evaluate_model(
                    chosen,
                    backend,
                    _as_asked(config.asking(chosen.name), scores[MODELS[0]], chosen, name),
                    stage.folder / name / folder_of(chosen.name),
                    scoring,
                    data=data,
                    # A server may load other weights under the same name: such answers stay with this run.
                    store=None if config.is_served_elsewhere else context.cache / "requests.sqlite",
                    seed=context.seed,
                    label=f"evaluate: {name},",
                )
                assert made is not None
                scores[name].append(Score.from_json(made.results))
                stage.checkpoint_time()
            backend.close()
    return scores


def _as_asked(config: AskConfig, scores: Sequence[Score], chosen: Benchmark, model: str) -> AskConfig:
    """For the tuned model the settings with the style that the base model took: both are asked in the same way."""
    if model == MODELS[0] or config.protocol is not None or config.edit_format is not None:
        return config
    asked = next(score.conditions for score in scores if score.benchmark.name == chosen.name)
    return config.model_copy(
        update={"prompt_style": asked.prompt_style, "continuation": asked.continuation or None}
    )


def _with_rows(
    config: EvaluateConfig, inputs: Sequence[Path], training: Path, context: StageContext
) -> list[str]:
    """The benchmarks, without tasks of which a training on few rows held too few out; that is noted."""
    held_out = read_card(training / HELD_OUT)
    given = [folder for folder in inputs if folder != training and read_card(folder) is not None]
    counted = (
        Counter(row.task for row in Dataset(training / HELD_OUT, Instruction)) if held_out else Counter()
    )
    kept = []
    for name in config.benchmarks:
        task = name.removeprefix("task:")
        if task == name or name in config.data or given or counted[task] >= FEWEST_ROWS:
            kept.append(name)
        else:
            context.progress.note(
                f"{name} is left out: the training held out {counted[task]} of its rows, fewer than {FEWEST_ROWS}"
            )
    if not kept:
        raise DataError(
            f"there is nothing to evaluate on: the training held out fewer than {FEWEST_ROWS} rows of these tasks",
            where=str(training),
            next_step="train on more rows, raise held_out_fraction, or name a dataset beside the training under `from`",
        )
    return kept


def _data_of(name: str, config: EvaluateConfig, inputs: Sequence[Path], training: Path) -> Path | None:
    """A benchmark's data: as the settings say, or for rows of your own the dataset among the inputs."""
    unknown = sorted(set(config.data) - set(config.benchmarks))
    if unknown:
        raise ConfigError(
            f"data is given for {unknown[0]!r}, which is no benchmark of this step", where="data"
        )
    if name in config.data:
        return Path(config.data[name])
    if not name.startswith("task:"):
        return None
    datasets = [folder for folder in inputs if folder != training and read_card(folder) is not None]
    if not datasets and read_card(training / HELD_OUT) is not None:
        return training / HELD_OUT
    if len(datasets) != 1:
        raise DataError(
            f"{name} needs rows that training did not see, and {len(datasets)} datasets are among the inputs",
            next_step=f"name one dataset beside the training under `from`, or give it as data: {{{name}: FOLDER}}",
        )
    held_out = datasets[0] / "test"
    return held_out if read_card(held_out) is not None else datasets[0]
