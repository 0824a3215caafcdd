"""`codetune ablate`: which of a recipe's choices helped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from codetune.cli.stage_options import StageOptions, stage_command

if TYPE_CHECKING:
    from rich.table import Table

    from codetune.evaluate.statistics.ablation import Ablation, Result
    from codetune.recipes.ablation_runs import VariantRun

__all__ = ["ablate"]

_WORDS = {"better": "[green]better[/]", "worse": "[red]worse[/]", "tie": "tie"}


@stage_command(None, output="runs/NAME-ablation", seed=None)
def ablate(
    recipe: Annotated[
        str, typer.Argument(help="A YAML file, or the name of a recipe that comes with codetune.")
    ],
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STEP.SETTING=V,V", help="A setting and its values in YAML; repeat it for a grid."
        ),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(help="Run each variant with these seeds, e.g. 0,1,2. [dim]\\[default: the recipe's][/]"),
    ] = None,
    seeds_from: Annotated[
        str | None,
        typer.Option(metavar="STEP", help="Steps before this one keep the recipe's seed and are made once."),
    ] = None,
    max_runs: Annotated[int, typer.Option(min=1, help="Most variants times seeds.")] = 24,
    variant: Annotated[str | None, typer.Option(help="One of the recipe's variants, for all runs.")] = None,
    *,
    options: StageOptions,
) -> None:
    """Run a recipe with other settings, and say which of them made a better model, and how sure that is.

    The first variant is the recipe as it is; the others are all combinations of the values. Stages that
    variants share are made once. Each variant is compared with the first in pairs, with Holm's correction
    over all comparisons, and with seeds also against the spread that seeds alone make.

    Example: codetune ablate quickstart --vary curate.near_duplicate_jaccard=0.6,0.8 --seeds 0,1,2
    """
    from codetune.cli.console import console, print_result, progress
    from codetune.cli.runs.recipe_runs import recipe_path
    from codetune.engine.open import open_engine
    from codetune.errors import CodetuneError, ConfigError
    from codetune.evaluate.statistics.ablation import compare_variants
    from codetune.recipes.ablation import parse_seeds, plan_variants
    from codetune.recipes.ablation_runs import ABLATION_NAME, PAGE_NAME, run_variants, scored
    from codetune.recipes.stages import STAGES
    from codetune.report.ablation import ablation_page
    from codetune.store.atomic import write_text

    if seeds is not None and options.seed is not None:
        raise ConfigError("--seed and --seeds set the same value", next_step="leave one out")
    given = parse_seeds(seeds) if seeds is not None else None
    planned = plan_variants(
        recipe_path(recipe),
        {name: kind.settings for name, kind in STAGES.items()},
        vary or (),
        overrides=options.assignments,
        variant=variant,
        seeds=len(given or (0,)),
        most_runs=max_runs,
    )
    first = planned[0].recipe
    chosen = given or (options.seed if options.seed is not None else first.seed,)
    folder = options.or_into(Path("runs") / f"{first.name}-ablation").folder
    with open_engine(options.engine, workers=options.workers) as engine:
        runs = run_variants(
            planned,
            chosen,
            folder,
            engine=engine,
            seeds_from=seeds_from,
            progress=progress(is_quiet=options.is_quiet),
            cache=options.cache,
            overwrite=options.overwrite,
        )
    found = compare_variants(first.name, chosen, scored(runs))
    plain = {**found.to_json(), "seeds_from": seeds_from, "stages": _stages(runs)}
    write_text(folder / ABLATION_NAME, json.dumps(plain, indent=2, ensure_ascii=False) + "\n")
    write_text(folder / PAGE_NAME, ablation_page(found))
    if options.as_json:
        print_result(plain, as_json=True)
    elif not options.is_quiet:
        _print_tables(found, runs)
        console().print(f"Open the page: {folder / PAGE_NAME}", soft_wrap=True)
    stopped = [run for run in runs if run.failed]
    if stopped:
        raise CodetuneError(
            f"{len(stopped)} of {len(runs)} runs stopped, the first with: {stopped[0].failed}",
            where=stopped[0].variant.name,
        )


def _stages(runs: Sequence[VariantRun]) -> dict[str, Any]:
    """Stages of all runs together, and how many of them were made."""
    folders = {result.folder for run in runs for result in run.results}
    return {
        "needed": sum(len(run.results) for run in runs),
        "made": len(folders),
        "runs": [
            {
                "variant": run.variant.name,
                "seed": run.seed,
                "folder": str(run.folder),
                "shared": [result.name for result in run.results if result.name in run.shared],
                "stages": {result.name: str(result.folder) for result in run.results},
            }
            for run in runs
        ],
    }


def _print_tables(found: Ablation, runs: Sequence[VariantRun]) -> None:
    from codetune.cli.console import console

    stages = _stages(runs)
    worked = len({result.folder for run in runs for result in run.results if result.worked})
    console().print(
        f"{len(runs)} runs needed {stages['needed']} stages; {stages['made']} are different ones, "
        f"{worked} of them made now."
    )
    for result in found.results:
        for warning in result.warnings:
            console().print(
                f"warning: {result.variant}, {result.benchmark}: {warning}", style="yellow", markup=False
            )
    for benchmark in found.benchmarks:
        console().print(_table(found, [result for result in found.results if result.benchmark == benchmark]))
    if found.family:
        console().print(
            f"Points against the recipe as it is; p with Holm's correction over {found.family} comparisons.",
            style="dim",
        )
    if len(found.seeds) == 1:
        console().print(
            "One seed: the spread between seeds is not known. Add --seeds 0,1,2 to measure it.", style="dim"
        )


def _table(found: Ablation, results: Sequence[Result]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(
        box=None,
        padding=(0, 2, 0, 0),
        title=f"{results[0].benchmark}, {results[0].metric}",
        title_justify="left",
    )
    table.add_column("variant", overflow="fold")
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("against the recipe", no_wrap=True)
    table.add_column("p", justify="right", no_wrap=True)
    if len(found.seeds) > 1:
        table.add_column("seeds spread", justify="right", no_wrap=True)
    table.add_column("what may be said", overflow="fold")
    for result in results:
        one = result.comparison
        row = [
            escape(result.variant).replace(", ", "\n"),
            f"{100 * result.mean:.1f}%",
            ""
            if one is None
            else f"{100 * one.difference:+.1f} \\[{100 * one.low:+.1f}, {100 * one.high:+.1f}]",
            "" if one is None else _p(one.adjusted_p_value),
        ]
        if len(found.seeds) > 1:
            row.append("" if result.spread is None else f"{100 * result.spread:.1f}")
        table.add_row(*row, _WORDS.get(result.word, escape(result.word)))
    for variant in found.variants:
        if variant.failed:
            table.add_row(
                escape(variant.name),
                "stopped",
                *[""] * (3 if len(found.seeds) > 1 else 2),
                escape(variant.failed),
            )
    return table


def _p(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"
