"""What a score needs, opened together: the executor, the search for training rows, the progress."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from codetune.engine.local import LocalEngine
from codetune.engine.progress import Progress
from codetune.engine.protocol import Engine
from codetune.evaluate.scoring.contamination import TrainingOverlap, training_overlap
from codetune.evaluate.scoring.score_run import ScoringContext
from codetune.execution.protocol import Executor
from codetune.records import Problem

__all__ = ["open_scoring"]


@contextlib.contextmanager
def open_scoring(
    engine: Engine | None = None,
    *,
    workers: int | None = None,
    sandbox: bool = True,
    test_isolation: str = "standard",
    cache: Path | None,
    train: Sequence[Path] = (),
    progress: Progress,
) -> Iterator[ScoringContext]:
    """Open what a score needs; everything is closed at the end.

    Args:
        engine: Where programs run; None and a local engine run them on this machine.
        workers: Programs at a time on this machine; None takes the engine's workers, or all cores.
        sandbox: False runs programs unprotected.
        test_isolation: `standard` or `strict`.
        cache: File of the verdict cache, or None.
        train: Training sets whose overlap is reported.
        progress: Told what is done.

    Raises:
        SafetyError: No isolation can be had on this machine.
    """
    executor: Executor
    runs_here = engine is None or isinstance(engine, LocalEngine)
    if engine is None or isinstance(engine, LocalEngine):
        from codetune.execution.open import open_executor

        workers = workers or (engine.workers if engine is not None else None)
        executor = open_executor(workers, sandbox=sandbox, test_isolation=test_isolation, cache=cache)
    else:
        from codetune.execution.engine_executor import ExecutorOptions, SpreadExecutor

        options = ExecutorOptions(sandbox=sandbox, test_isolation=test_isolation)
        executor = SpreadExecutor(engine, options, cache=cache)

    def overlaps(problems: Sequence[Problem], folders: Sequence[Path]) -> TrainingOverlap:
        parts = sum(1 for folder in folders for _ in (folder / "data").glob("part-*.parquet"))
        with LocalEngine(None if parts > 1 else 1) as readers:
            return training_overlap(problems, folders, readers, on_progress=progress.advance)

    with contextlib.closing(executor):
        yield ScoringContext(
            executor=executor, progress=progress, train=tuple(train), overlaps=overlaps, runs_here=runs_here
        )
