"""`codetune synth`: a model writes instructions from the rows of a dataset."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from codetune.synth.runtime.dry_run import DryRun

__all__ = ["synth"]


def synth(
    generator: Annotated[str, typer.Argument(help="What to make; `codetune generators` lists them.")],
    inputs: Annotated[list[Path], typer.Argument(metavar="IN...", help="Dataset directories to work on.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Dataset directory to write.")],
    model: Annotated[
        str, typer.Option(help="local, a .gguf file, a URL ending in /v1, or a name in the model map.")
    ] = "local",
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
    language: Annotated[str, typer.Option(help="Natural language that the model writes: en or zh.")] = "en",
    prompts: Annotated[
        Path | None, typer.Option(help="Folder of prompt files that replace the shipped ones.")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="Where to stop, e.g. 5usd, 2h, 1Mtok or 5usd|2h.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Work on a few rows and forecast the rest; write nothing.")
    ] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting of synthesis or of the generator, key=value; may be repeated."),
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Folder of the request store. Default: cache, beside the output.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of every choice.")] = 0,
    engine: Annotated[str, typer.Option(help="Where parts are made: local, ray or ray:ADDRESS.")] = "local",
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes that share a remote model. Default: 1, with Ray all CPUs."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Have a model write instructions from rows. A row that fails a check is rejected with the reason.

    Every answer is stored beside the output. A second run asks only what is new.

    \b
    Example:
      codetune synth instruct-from-code data/functions -o data/synthetic --rows 200
      codetune synth solve-and-test data/synthetic -o data/tested --set tests=5
      codetune synth evolve data/seeds -o data/evolved --model http://127.0.0.1:8000/v1 --dry-run
    """
    from codetune.cli.console import print_result, progress
    from codetune.cli.stage_runs import card_table
    from codetune.config.faults import build_settings
    from codetune.engine.open import open_engine
    from codetune.store.context import StageContext
    from codetune.synth.config import SynthConfig

    given: dict[str, Any] = {
        "generator": generator,
        "model": model,
        "model_map": model_map,
        "served_name": served_name,
        "api_key_env": api_key_env,
        "judges": tuple(judge or ()),
        "rows": rows,
        "language": language,
        "prompts": prompts,
        "budget": budget,
        **_assigned(generator, settings or []),
    }
    config = build_settings(SynthConfig, given)
    folder = cache if cache is not None else output.parent / "cache"
    with contextlib.closing(
        open_engine(engine, workers=1 if workers is None and engine == "local" else workers)
    ) as opened:
        context = StageContext(seed=seed, cache=folder, engine=opened, progress=progress())
        if dry_run:
            from codetune.synth.runtime.dry_run import dry_run as forecast_run

            found = forecast_run(config, inputs, context)
            print_result(found if as_json else _forecast_text(found), as_json=as_json)
            return
        from codetune.synth.stage import run

        card = run(config, inputs, output, context)
    print_result(card if as_json else card_table(card, output), as_json=as_json)


def _assigned(generator: str, assignments: list[str]) -> dict[str, Any]:
    """`--set`: a setting of the stage where it has one of that name, else the generator's option."""
    from codetune.config.yaml_file import parse_yaml
    from codetune.errors import ConfigError
    from codetune.synth.config import SynthConfig
    from codetune.synth.options import OPTIONS

    values: dict[str, Any] = {}
    options: dict[str, Any] = {}
    known = [*SynthConfig.model_fields, *(OPTIONS[generator].model_fields if generator in OPTIONS else ())]
    for text in assignments:
        key, equals, value = text.partition("=")
        key = key.strip().removeprefix("options.")
        if not equals:
            raise ConfigError(f"--set {text} has no value", next_step="write it as key=value")
        if generator in OPTIONS and key not in known:
            from codetune.config.faults import nearest

            raise ConfigError(f"{generator} has no setting {key!r}{nearest(key, known)}")
        place = values if key in SynthConfig.model_fields else options
        place[key] = parse_yaml(value, f"--set {key}").data
    if options:
        values["options"] = options
    return values


def _forecast_text(found: DryRun) -> str:
    rejected = ", ".join(f"{count} {reason}" for reason, count in found.reasons.items())
    return (
        f"{found.rows:,} rows would be worked on. To be expected: {found.forecast}.\n"
        f"Of {found.sampled_rows} rows tried, {found.kept} were kept{f'; rejected: {rejected}' if rejected else ''}. "
        "Their answers are stored and will not be paid for again; nothing else was written."
    )
