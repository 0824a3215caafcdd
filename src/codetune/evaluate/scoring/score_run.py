"""The last steps of every score: run the programs, write their verdicts, count, and write the run card."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codetune.engine.progress import Progress, SilentProgress
from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.scoring.count_samples import count_samples
from codetune.evaluate.scoring.extend import TRAINING_SET
from codetune.evaluate.scoring.reference_runs import run_references
from codetune.evaluate.scoring.run_samples import Reader, SampleResult, run_samples
from codetune.evaluate.scoring.score import Conditions, Usage, write_score
from codetune.evaluate.scoring.verdict_table import write_verdicts
from codetune.execution.protocol import Executor
from codetune.records import Completion, Problem, Record
from codetune.store.dataset import Dataset
from codetune.store.hashing import hash_files
from codetune.store.run_card import RunCard
from codetune.store.stage_output import StageOutput

if TYPE_CHECKING:
    from codetune.evaluate.scoring.contamination import TrainingOverlap

__all__ = ["ScoringContext", "score_run", "training_inputs"]

Overlaps = Callable[[Sequence[Problem], Sequence[Path]], "TrainingOverlap"]
"""(items, training sets) -> what they repeat."""


@dataclass(frozen=True, kw_only=True)
class ScoringContext:
    """What scoring is given besides what is scored.

    Attributes:
        executor: Runs the programs.
        progress: Told what is done.
        train: Training sets whose overlap is reported.
        overlaps: Looks for it.
        runs_here: Whether programs run on this machine, with its toolchains.
    """

    executor: Executor
    progress: Progress = field(default_factory=SilentProgress)
    train: tuple[Path, ...] = ()
    overlaps: Overlaps | None = None
    runs_here: bool = True


def training_inputs(train: Sequence[Path]) -> dict[str, str]:
    """Training sets as inputs of a plan, before anything is asked or run.

    Raises:
        DataError: One is no finished dataset directory.
    """
    return {f"{TRAINING_SET}{folder}": Dataset[Record](folder).card.output_hash for folder in train}


def score_run(
    stage: StageOutput,
    chosen: Benchmark,
    problems: Sequence[Problem],
    pairs: Iterable[tuple[Problem, Completion]],
    reader: Reader,
    scoring: ScoringContext,
    *,
    k: tuple[int, ...],
    data: Path | None,
    model: str,
    conditions: Conditions,
    assumed: str = "",
    usage: Usage | None = None,
    sampled: Collection[str] | None = None,
) -> RunCard:
    """Run (or grade) every sample and write verdicts or answers, `score.json` and the run card.

    Args:
        stage: The open folder.
        chosen: The benchmark.
        problems: The items asked.
        pairs: Item and answer, in the order rows are written.
        reader: Reads the program out of an answer.
        scoring: What runs them.
        k: The k of pass@k.
        data: The benchmark's data file.
        model: What the score calls the model.
        conditions: What else the score depends on.
        assumed: What was found out or guessed about the model.
        usage: What asking took.
        sampled: Task ids of the items that have samples; None if all may have.
    """
    overlap = None
    if scoring.train:
        assert scoring.overlaps is not None
        scoring.progress.start("training set")
        overlap = scoring.overlaps(problems, scoring.train)
    about: dict[str, Any] = {
        "benchmark": chosen.edition(data),
        "model": model,
        "conditions": conditions,
        "assumed": assumed,
        "usage": usage,
        "seed": stage.plan.seed,
    }
    if chosen.graded is not None:
        from codetune.evaluate.scoring.graded import ANSWERS_NAME, graded_score  # graders parse code

        scoring.progress.start("answers graded")
        score = graded_score(chosen.graded, pairs, problems, scoring.executor, stage.folder, **about)
        files = [stage.folder / ANSWERS_NAME]
    else:
        scoring.progress.start("run the reference solutions")
        with_samples = [p for p in problems if sampled is None or p.task_id in sampled]
        references = run_references(with_samples, chosen, scoring.executor)
        results = run_samples(
            pairs, benchmark=chosen, reader=reader, executor=scoring.executor, references=references
        )
        scoring.progress.start("programs run")
        counted = _advancing(write_verdicts(stage.folder, results), scoring.progress)
        score = replace(
            count_samples(counted, problems, k=k, overlap=overlap, **about),
            tested_in_process=references.tested_in_process,
            reference_failed=references.failed,
        )
        files = sorted((stage.folder / "verdicts").glob("part-*.parquet"))
    write_score(stage.folder, score)
    scoring.progress.finish()
    return stage.finish(
        output_hash=hash_files(stage.folder, files),
        counts={"problems": score.problems, "samples": score.samples},
        results=score.to_json(),
    )


def _advancing(rows: Iterable[SampleResult], progress: Progress) -> Iterator[SampleResult]:
    for row in rows:
        progress.advance()
        yield row
