"""What `codetune eval` and `codetune score` share: the executor, the training sets, the last lines."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codetune.evaluate.scoring.contamination import TrainingOverlap
    from codetune.evaluate.scoring.score_run import ScoringContext
    from codetune.records import Problem

__all__ = ["print_score", "scoring"]


@contextlib.contextmanager
def scoring(
    *,
    engine: str = "local",
    workers: int | None,
    sandbox: bool,
    test_isolation: str,
    cache: Path | None,
    train: Sequence[Path],
    is_quiet: bool = False,
) -> Iterator[ScoringContext]:
    """Open what a score needs; everything is closed at the end.

    Args:
        engine: `local`, `ray` or `ray:ADDRESS`.
        workers: Programs at a time; None takes all cores.
        sandbox: False runs unprotected.
        test_isolation: `standard` or `strict`.
        cache: File of the verdict cache, or None.
        train: Training sets whose overlap is reported.
        is_quiet: True in a process whose progress nobody sees.
    """
    from codetune.cli.console import progress
    from codetune.engine.progress import Progress, SilentProgress
    from codetune.evaluate.scoring.score_run import ScoringContext
    from codetune.execution.protocol import Executor

    with contextlib.ExitStack() as stack:
        executor: Executor
        if engine == "local":
            from codetune.execution.open import open_executor

            executor = open_executor(workers, sandbox=sandbox, test_isolation=test_isolation, cache=cache)
        else:
            from codetune.engine.open import open_engine
            from codetune.execution.engine_executor import ExecutorOptions, SpreadExecutor

            opened = open_engine(engine, workers=workers)
            stack.callback(opened.close)
            executor = SpreadExecutor(
                opened, ExecutorOptions(sandbox=sandbox, test_isolation=test_isolation), cache=cache
            )
        stack.callback(executor.close)
        shown: Progress = SilentProgress() if is_quiet else progress()

        def overlaps(problems: Sequence[Problem], folders: Sequence[Path]) -> TrainingOverlap:
            from codetune.engine.local import LocalEngine
            from codetune.evaluate.scoring.contamination import training_overlap

            parts = sum(1 for folder in folders for _ in (folder / "data").glob("part-*.parquet"))
            with LocalEngine(None if parts > 1 else 1) as readers:
                return training_overlap(problems, folders, readers, on_progress=shown.advance)

        yield ScoringContext(executor=executor, progress=shown, train=tuple(train), overlaps=overlaps)


def print_score(score: dict[str, Any], folder: Path, *, as_json: bool) -> None:
    """Print a score and where it lies."""
    from codetune.cli.console import console, print_result
    from codetune.cli.measure.score_table import score_table

    print_result(score if as_json else score_table(score), as_json=as_json)
    if not as_json:
        console().print(f"The score and every verdict: {folder}")
