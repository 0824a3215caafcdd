"""The options that every command of a stage has, with one meaning each."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["StageOptions", "stage_command"]

_PANEL = "Options of every stage"


@dataclass(frozen=True, kw_only=True)
class StageOptions:
    """What was given of the options that all stages share."""

    output: Path
    """Folder that the stage writes."""
    config: Path | None
    """YAML file with settings."""
    assignments: tuple[str, ...]
    """`KEY=VALUE` of each `--set`."""
    cache: Path | None
    """Folder that outlives the run; None takes the project's."""
    engine: str
    """`local`, `ray` or `ray:ADDRESS`."""
    workers: int | None
    """Worker processes; None takes the stage's own default."""
    seed: int
    overwrite: bool
    """Replace an output of other settings or inputs."""
    as_json: bool
    is_quiet: bool


def stage_command(
    stage: str, *, output: str | None = None, workers: str | None = "one for each core", config: bool = True
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the shared options; it receives them as its argument `options`.

    Args:
        stage: Name of the stage, whose settings `--settings` lists.
        output: Default of `--output`; None makes it required.
        workers: Default of `--workers`, in words; None where the stage works in one process and has
            neither `--engine` nor `--workers`.
        config: False where an argument of the command already names the file of settings.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(function, eval_str=True).parameters
        shared = _shared(stage, output, workers)
        if not config:
            del shared["config"]

        @wraps(function)
        def command(**given: Any) -> None:
            picked = {name: given.pop(name) for name in shared}
            function(**given, options=_options(picked))

        parameters = [*(p for p in own.values() if p.name != "options"), *shared.values()]
        # Arguments without a default come first in Python; the order of keywords is free.
        keywords = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
        command.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in keywords}
        return command

    return decorate


def _options(given: dict[str, Any]) -> StageOptions:
    given.pop("settings")
    assignments = tuple(given.pop("set_") or ())
    given.setdefault("config", None)
    given.setdefault("engine", "local")
    given.setdefault("workers", 1)
    return StageOptions(assignments=assignments, **given)


def _list_settings(stage: str, wanted: bool) -> None:
    if not wanted:
        return
    from codetune.cli.console import console
    from codetune.cli.settings_table import settings_table
    from codetune.recipes.stages import STAGES

    console().print(settings_table(STAGES[stage].settings))
    if stage == "synth":
        console().print("Each generator has more: codetune generators NAME", markup=False)
    raise typer.Exit


def _shared(stage: str, output: str | None, workers: str | None) -> dict[str, inspect.Parameter]:
    def option(name: str, kind: Any, default: Any, *flags: str, **more: Any) -> inspect.Parameter:
        annotation = Annotated[kind, typer.Option(*flags, rich_help_panel=_PANEL, **more)]
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)

    required = inspect.Parameter.empty
    options = [
        option("output", Path, required if output is None else Path(output), "--output", "-o",
               help="Folder to write."),
        option("set_", list[str] | None, None, "--set", metavar="KEY=VALUE",
               help="A setting; the value is YAML. May be repeated."),
        option("config", Path | None, None, "--config", metavar="FILE", help="A YAML file with settings."),
        option("settings", bool, False, "--settings", is_eager=True, callback=partial(_list_settings, stage),
               help="List the settings of --set and --config, and stop."),
        option("cache", Path | None, None, "--cache", metavar="DIR",
               help="Folder of what later runs use again. [dim]\\[default: $CODETUNE_CACHE or .codetune][/]"),
        option("seed", int, 0, "--seed", help="Every random choice follows from it."),
        option("overwrite", bool, False, "--overwrite",
               help="Replace an output that was made with other settings or inputs."),
        option("as_json", bool, False, "--json", help="Print the result as JSON."),
        option("is_quiet", bool, False, "--quiet", "-q", help="Print errors only, and --json."),
    ]  # fmt: skip
    if workers is not None:
        options[5:5] = [
            option("engine", str, "local", "--engine",
                   help="Where the work is done: local, ray or ray:ADDRESS."),
            option("workers", int | None, None, "--workers", min=1,
                   help=f"Worker processes. [dim]\\[default: {workers}][/]"),
        ]  # fmt: skip
    return {one.name: one for one in options}
