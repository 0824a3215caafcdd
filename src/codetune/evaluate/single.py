"""One model, or one file of samples, scored on a benchmark: `codetune eval` and `codetune score`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from codetune.engine.progress import Progress
from codetune.errors import UsageError
from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.config import EvaluateConfig
from codetune.evaluate.foreign import read_continuation, read_samples, read_solution
from codetune.evaluate.generate import generate
from codetune.evaluate.judge import Judged, Reader, judge, write_verdicts
from codetune.evaluate.prompting import style
from codetune.evaluate.scoring import score_of, write_score
from codetune.evaluate.stage import draw_problems, write_prompts
from codetune.execution.protocol import Executor
from codetune.models.embedded import EmbeddedServer
from codetune.records import Completion, Problem
from codetune.store.hashing import code_hash, file_hash, hash_files, json_hash
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput

__all__ = ["evaluate_model", "score_samples"]


def evaluate_model(
    chosen: Benchmark,
    model: str,
    config: EvaluateConfig,
    output: Path,
    *,
    executor: Executor,
    progress: Progress,
    seed: int = 0,
    adapter: Path | None = None,
    model_map: Path | None = None,
) -> RunCard:
    """Ask a model every item, run what it wrote, and score it.

    Args:
        chosen: The benchmark.
        model: `local`, a .gguf file, a URL up to `/v1`, or a name in the model map.
        config: How it is asked.
        output: Folder of the score.
        executor: Runs the programs.
        progress: Told what is done.
        seed: Of sampling and of the drawn problems.
        adapter: GGUF LoRA adapter for the embedded server.
        model_map: File of models by name.

    Raises:
        UsageError: Something given is wrong.
        BackendError: A request failed for good; run again to go on.
    """
    data = Path(config.data) if config.data else None
    problems = draw_problems(chosen.load(data), config, seed)
    inputs = {"benchmark": json_hash([problem.id for problem in problems]), "model": model}
    if adapter is not None:
        inputs["adapter"] = file_hash(adapter)
    plan = Plan(
        stage="eval",
        config=config.model_dump(mode="json"),
        inputs=inputs,
        code=code_hash(__name__),
        seed=seed,
    )
    with StageOutput(output, plan) as stage:
        if stage.finished is not None:
            return stage.finished
        write_prompts(output / "prompts.jsonl", problems, config, seed)
        progress.start("answers", len(problems) * config.n)
        where: str | EmbeddedServer = model
        if adapter is not None:
            weights = None if model == "local" else Path(model)
            where = EmbeddedServer(weights, [adapter], slots=config.in_flight)
        store = output / "requests.sqlite"
        if isinstance(where, EmbeddedServer):
            with where:
                made = generate(where, problems, config, seed=seed, store=store, told=progress.advance)
        else:
            made = generate(
                where, problems, config, seed=seed, store=store, model_map=model_map, told=progress.advance
            )
        by_id = {problem.task_id: problem for problem in problems}
        pairs = ((by_id[completion.task_id], completion) for completion in made.completions)
        extra = {
            "model": made.model,
            "prompt_style": config.prompt_style,
            "prompt_tokens": made.prompt_tokens,
            "completion_tokens": made.completion_tokens,
        }
        reader = style(config.prompt_style).program
        return _finish(
            stage, chosen, data, problems, pairs, reader, config.k, executor, progress, extra, seed
        )


def score_samples(
    chosen: Benchmark,
    samples: Path,
    output: Path,
    *,
    executor: Executor,
    progress: Progress,
    k: tuple[int, ...] = (1,),
    data: Path | None = None,
    judged_by: str = "standard",
    seed: int = 0,
) -> RunCard:
    """Run and score samples that someone else generated.

    Args:
        chosen: The benchmark.
        samples: Their file.
        output: Folder of the score.
        executor: Runs the programs.
        progress: Told what is done.
        k: The k of pass@k.
        data: The benchmark's data file; None takes the installed one.
        judged_by: Which judge the executor has, for the record.
        seed: Of the bootstrap.

    Raises:
        DataError: The samples' file, or a row of it, is wrong; nothing was written then.
        UsageError: A k exceeds the samples of a problem; nothing ran then.
    """
    problems = chosen.load(data)
    # All rows are read before anything runs or is written: a broken last row costs no hour.
    kind, rows = read_samples(samples, problems)
    counts = Counter(problem.task_id for problem, _ in rows)
    task, fewest = min(counts.items(), key=lambda item: item[1])
    if max(k) > fewest or min(k) < 1:
        raise UsageError(
            f"pass@{max(k)} needs at least {max(k)} samples of each problem, and {task} has {fewest}",
            where=str(samples),
            next_step="draw more samples, or ask for a smaller k",
        )
    config = {"benchmark": chosen.name, "k": list(k), "judge": judged_by, "reading": kind}
    plan = Plan(
        stage="score",
        config=config,
        inputs={
            "samples": file_hash(samples),
            "benchmark": json_hash([problem.id for problem in problems]),
        },
        code=code_hash(__name__),
        seed=seed,
    )
    with StageOutput(output, plan) as stage:
        if stage.finished is not None:
            return stage.finished
        reader = read_solution if kind == "solution" else read_continuation
        pairs = read_samples(samples, problems)[1]
        extra = {"model": samples.name, "prompt_style": kind}
        return _finish(stage, chosen, data, problems, pairs, reader, k, executor, progress, extra, seed)


def _finish(
    stage: StageOutput,
    chosen: Benchmark,
    data: Path | None,
    problems: list[Problem],
    pairs: Iterable[tuple[Problem, Completion]],
    reader: Reader,
    k: tuple[int, ...],
    executor: Executor,
    progress: Progress,
    extra: Mapping[str, Any],
    seed: int,
) -> RunCard:
    judged = judge(pairs, benchmark=chosen, reader=reader, executor=executor)
    progress.start("programs run")

    def told() -> Iterable[Judged]:
        for row in write_verdicts(stage.folder, judged):
            progress.advance()
            yield row

    score = {"benchmark": chosen.edition(data), **extra, **score_of(told(), problems, k=k, seed=seed)}
    write_score(stage.folder, score)
    progress.finish()
    files = sorted((stage.folder / "verdicts").glob("part-*.parquet"))
    return stage.finish(
        output_hash=hash_files(stage.folder, files),
        counts={"problems": score["problems"], "samples": score["samples"]},
        results=score,
    )
