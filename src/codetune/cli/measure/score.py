"""`codetune score`: execute and score samples made elsewhere."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from codetune.cli.measure.benchmark_list import LIST_OPTION
from codetune.cli.stage_options import StageOptions, stage_command

__all__ = ["score"]


@stage_command(None, output="beside the samples", settings=False)
def score(
    benchmark: Annotated[str, typer.Argument(help="Name of the benchmark; --list names all.")],
    samples: Annotated[
        Path, typer.Argument(help="human-eval's or EvalPlus's JSON Lines, or bigcode's JSON lists.")
    ],
    k: Annotated[str, typer.Option("--k", help="The k of pass@k, e.g. 1,10,100.")] = "1",
    data: Annotated[Path | None, typer.Option(help="The benchmark's data file.")] = None,
    train: Annotated[
        list[Path] | None,
        typer.Option(help="Training set (a dataset directory): the score is also given without its items."),
    ] = None,
    test_isolation: Annotated[
        str, typer.Option(help="standard, or strict: tests stay outside the program's sandbox.")
    ] = "strict",
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Remember no verdicts.")] = False,
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help="Run untrusted code unprotected.")] = False,
    list_: LIST_OPTION = False,
    *,
    options: StageOptions,
) -> None:
    """Run samples in the sandbox and score them: pass@k with intervals, every verdict kept.

    Example: codetune score humaneval samples.jsonl --k 1,10
    """
    from codetune.cli.measure.score_runs import numbers, print_score
    from codetune.cli.stage_runs import open_context
    from codetune.evaluate.benchmarks.registry import benchmark as find
    from codetune.evaluate.score_samples import score_samples
    from codetune.evaluate.scoring.open_scoring import open_scoring
    from codetune.store.cache import make_cache
    from codetune.store.stage_output import replacing_other_runs

    wanted = numbers(k, "--k")
    options = options.or_into(samples.with_name(samples.name.partition(".")[0] + "-score"))
    chosen = find(benchmark)
    with (
        open_context(options) as context,
        open_scoring(
            context.engine,
            sandbox=not no_sandbox,
            test_isolation=test_isolation,
            cache=None if no_cache else make_cache(context.cache) / "verdicts.sqlite",
            train=train or (),
            progress=context.progress,
        ) as scoring,
    ):
        scored = partial(
            score_samples,
            chosen,
            samples,
            options.folder,
            scoring,
            k=wanted,
            data=data,
            test_isolation=test_isolation,
        )
        card = replacing_other_runs(scored, overwrite=options.overwrite, inputs=[samples, *(train or ())])
    print_score(card.results, options)
