"""`codetune synth`: a model writes instructions from the rows of a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from codetune.cli.stage_options import StageOptions, stage_command

if TYPE_CHECKING:
    from codetune.synth.runtime.dry_run import DryRun

__all__ = ["synth"]


@stage_command("synth", workers="1; with Ray all CPUs")
def synth(
    generator: Annotated[str, typer.Argument(help="What to make; `codetune generators` lists them.")],
    inputs: Annotated[list[Path], typer.Argument(metavar="IN...", help="Dataset directories to work on.")],
    model: Annotated[
        str | None,
        typer.Option(
            help="local, a .gguf file, a model folder, org/name of the hub, a URL ending in /v1, or a name in the model map."
        ),
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="Prompts and checks: strong, small, or auto (small for local).")
    ] = None,
    model_map: Annotated[Path | None, typer.Option(help="JSON or YAML file of models by name.")] = None,
    served_name: Annotated[str | None, typer.Option(help="Which of a server's models.")] = None,
    api_key_env: Annotated[
        str | None, typer.Option(help="Variable with the key for a URL; OPENAI_API_KEY if not given.")
    ] = None,
    judge: Annotated[
        list[str] | None, typer.Option(help="A further model that votes; may be repeated.")
    ] = None,
    rows: Annotated[
        int | None, typer.Option("--rows", min=1, help="At most so many rows, chosen by record id.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Natural language that the model writes: en or zh.")
    ] = None,
    prompts: Annotated[
        Path | None, typer.Option(help="Folder of prompt files that replace the shipped ones.")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="Where to stop, e.g. 5usd, 2h, 1Mtok or 5usd|2h.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Work on a few rows and forecast the rest; write no dataset.")
    ] = False,
    *,
    options: StageOptions,
) -> None:
    """Have a model write instructions from rows. A row that fails a check is rejected with the reason.

    Every answer is kept in the cache. A second run asks only what is new.

    \b
    Example:
      codetune synth instruct-from-code data/functions -o data/synthetic --rows 200
      codetune synth solve-and-test data/synthetic -o data/tested --set tests=5
      codetune synth evolve data/seeds -o data/evolved --model http://127.0.0.1:8000/v1 --dry-run
    """
    from codetune.cli.console import print_result
    from codetune.cli.stage_runs import datasets_here, open_context, print_card, read_options, run_stage
    from codetune.synth.config import SynthConfig

    given = {
        "generator": generator,
        "model": model,
        "profile": profile,
        "model_map": model_map,
        "served_name": served_name,
        "api_key_env": api_key_env,
        "judges": tuple(judge) if judge else None,
        "rows": rows,
        "language": language,
        "prompts": prompts,
        "budget": budget,
    }
    settings = read_options(SynthConfig, options, given, {"judges": "--judge"})
    if dry_run:
        from codetune.synth.runtime.dry_run import dry_run as forecast_run

        with open_context(options, workers=1) as context:
            found = forecast_run(settings, datasets_here(inputs, context), context)
        print_result(found if options.as_json else _forecast_text(found), as_json=options.as_json)
        return
    print_card(run_stage("synth", settings, inputs, options, workers=1), options)


def _forecast_text(found: DryRun) -> str:
    rejected = ", ".join(f"{count} {reason}" for reason, count in found.reasons.items())
    return (
        f"{found.rows:,} rows would be worked on. To be expected: {found.forecast}.\n"
        f"Of {found.sampled_rows} rows tried, {found.kept} were kept{f'; rejected: {rejected}' if rejected else ''}. "
        "Their answers are stored and will not be paid for again; nothing else was written."
    )
