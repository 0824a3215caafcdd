"""Samples made elsewhere, run and scored: `codetune score`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from codetune.errors import DataError, UsageError
from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.scoring.extend import reopen
from codetune.evaluate.scoring.external_samples import read_continuation, read_samples, read_solution
from codetune.evaluate.scoring.score import Conditions
from codetune.evaluate.scoring.score_run import ScoringContext, score_run, training_inputs
from codetune.store.hashing import code_hash, file_hash, json_hash
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput

__all__ = ["score_samples"]


def score_samples(
    chosen: Benchmark,
    samples: Path,
    output: Path,
    scoring: ScoringContext,
    *,
    k: tuple[int, ...] = (1,),
    data: Path | None = None,
    test_isolation: str = "strict",
    seed: int = 0,
) -> RunCard:
    """Run and score samples made elsewhere.

    Args:
        chosen: The benchmark.
        samples: Their file.
        output: Folder of the score.
        scoring: What runs and counts.
        k: The k of pass@k.
        data: The benchmark's data file; None takes the installed one.
        test_isolation: `standard` or `strict`, as the executor was opened; for the record.
        seed: Of the bootstrap.

    Raises:
        DataError: The samples' file, or a row of it, is wrong; nothing was written then.
        UsageError: A k exceeds the samples of a problem; nothing ran then.
    """
    problems = chosen.load(data)
    # All rows are read before anything runs or is written: a broken last row costs no hour.
    kind, rows = read_samples(samples, problems)
    counts = Counter(problem.task_id for problem, _ in rows)
    if not counts:
        raise DataError("the file has no samples", where=str(samples))
    task, fewest = min(counts.items(), key=lambda item: item[1])
    if max(k) > fewest or min(k) < 1:
        raise UsageError(
            f"pass@{max(k)} needs at least {max(k)} samples of each problem, and {task} has {fewest}",
            where=str(samples),
            next_step="draw more samples, or ask for a smaller k",
        )
    plan = Plan(
        stage="score",
        config={
            "benchmark": chosen.name,
            "k": list(k),
            "test_isolation": test_isolation,
            "reading": kind,
            "train": [str(folder) for folder in scoring.train],
        },
        inputs={
            "samples": file_hash(samples),
            "benchmark": json_hash([problem.id for problem in problems]),
            **training_inputs(scoring.train),
        },
        code=code_hash(__name__),
        seed=seed,
    )
    reopen(output, plan)
    with StageOutput(output, plan) as stage:
        if stage.finished is not None:
            return stage.finished
        return score_run(
            stage,
            chosen,
            problems,
            read_samples(samples, problems)[1],
            read_solution if kind == "solution" else read_continuation,
            scoring,
            k=k,
            data=data,
            model=samples.name,
            conditions=Conditions(
                items=json_hash([problem.id for problem in problems]),
                prompt_style=kind,
                samples_per_problem=max(counts.values()),
                test_isolation=test_isolation,
                cpu_seconds=chosen.limits.cpu_seconds,
                memory_bytes=chosen.limits.memory_bytes,
            ),
            sampled=counts,
        )
