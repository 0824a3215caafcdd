"""The options that every command of a stage or a recipe has, with one meaning each."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from codetune.errors import UsageError

__all__ = ["StageOptions", "stage_command"]

_PANEL = "Options of every stage"


@dataclass(frozen=True, kw_only=True)
class StageOptions:
    """What was given of the shared options."""

    output: Path | None
    """Folder to write; None where it was not given and the command knows a default."""
    assignments: tuple[str, ...]
    """`KEY=VALUE` of each `--set`."""
    config: Path | None = None
    """YAML file with settings."""
    cache: Path | None
    """Folder that outlives the run; None takes the project's."""
    engine: str = "local"
    """`local`, `ray` or `ray:ADDRESS`."""
    workers: int | None = None
    """Worker processes; None takes the command's own default."""
    seed: int | None
    """None only where a recipe has its own."""
    overwrite: bool
    """Replace an output of other settings or inputs."""
    as_json: bool
    is_quiet: bool

    @property
    def folder(self) -> Path:
        """The output, once it is known."""
        assert self.output is not None
        return self.output

    def or_into(self, default: Path) -> StageOptions:
        """These options with an output: the one given, else the default."""
        return self if self.output is not None else replace(self, output=default)


def stage_command(
    stage: str | None,
    *,
    output: str | Path | None = None,
    workers: str | None = "one for each core",
    config: bool = True,
    seed: int | None = 0,
    settings: bool = True,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the shared options; it receives them as its argument `options`.

    Args:
        stage: Name of the stage, or `module:Class` of the settings, that `--settings` lists; None for a
            command that runs recipes.
        output: Default of `--output`: a folder, or in words what the command takes; None: required.
        workers: Default of `--workers`, in words; None where the stage works in one process and has
            neither `--engine` nor `--workers`.
        config: False where an argument of the command already names the file of settings.
        seed: Default of `--seed`.
        settings: False where there are none: no `--set`, `--config` and `--settings`.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(function, eval_str=True).parameters
        shared = {
            **_output_option(output),
            **(_settings_options(stage, config) if settings else {}),
            **(_engine_options(workers) if workers is not None else {}),
            **_run_options(seed),
        }

        @wraps(function)
        def command(**given: Any) -> None:
            picked = {name: given.pop(name) for name in shared}
            picked.pop("settings", None)
            assignments = tuple(picked.pop("set_", None) or ())
            _refuse_address(picked["output"])
            function(**given, options=StageOptions(assignments=assignments, **picked))

        parameters = [*(p for p in own.values() if p.name != "options"), *shared.values()]
        # As keywords, options with a default may stand before those without.
        keywords = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
        command.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in keywords}
        return command

    return decorate


def _refuse_address(output: Path | None) -> None:
    """An output is a folder: parts are renamed into place, which object stores can't do."""
    if output is not None and str(output).partition(":/")[0] in _ADDRESSES and ":/" in str(output):
        raise UsageError(
            "output can't be written to an address", where=str(output).replace(":/", "://", 1),
            next_step="give a folder with -o, and copy it there when it is finished",
        )  # fmt: skip


_ADDRESSES = ("http", "https", "hf", "s3", "gs")
_Options = dict[str, inspect.Parameter]


def _option(name: str, kind: Any, default: Any, *flags: str, **more: Any) -> _Options:
    annotation = Annotated[kind, typer.Option(*flags, rich_help_panel=_PANEL, **more)]
    kept = inspect.Parameter.KEYWORD_ONLY
    return {name: inspect.Parameter(name, kept, default=default, annotation=annotation)}


def _output_option(output: str | Path | None) -> _Options:
    flags = ("--output", "-o")
    if output is None:
        return _option("output", Path, inspect.Parameter.empty, *flags, help="Folder to write.")
    if isinstance(output, Path):
        return _option("output", Path, output, *flags, help="Folder to write.")
    said = f"Folder to write. [dim]\\[default: {output}][/]"
    return _option("output", Path | None, None, *flags, help=said)


def _settings_options(stage: str | None, config: bool) -> _Options:
    if stage is None:
        return _option("set_", list[str] | None, None, "--set", metavar="STAGE.KEY=VALUE",
                       help="A setting of one stage; the value is YAML. May be repeated.")  # fmt: skip
    return {
        **_option("set_", list[str] | None, None, "--set", metavar="KEY=VALUE",
                  help="A setting; the value is YAML. May be repeated."),
        **(_option("config", Path | None, None, "--config", metavar="FILE",
                   help="A YAML file with settings.") if config else {}),
        **_option("settings", bool, False, "--settings", is_eager=True,
                  callback=_settings_callback(stage),
                  help="List the keys of --set, and stop."),
    }  # fmt: skip


def _engine_options(workers: str) -> _Options:
    return {
        **_option("engine", str, "local", "--engine",
                  help="Where the work is done: local, ray or ray:ADDRESS."),
        **_option("workers", int | None, None, "--workers", min=1,
                  help=f"Worker processes. [dim]\\[default: {workers}][/]"),
    }  # fmt: skip


def _run_options(seed: int | None) -> _Options:
    kind, said = (int, "") if seed is not None else (int | None, " [dim]\\[default: the recipe's][/]")
    return {
        **_option("seed", kind, seed, "--seed", help=f"Every random choice follows from it.{said}"),
        **_option("cache", Path | None, None, "--cache", metavar="DIR",
                  help="What later runs use again. [dim]\\[default: $CODETUNE_CACHE or .codetune][/]"),
        **_option("overwrite", bool, False, "--overwrite",
                  help="Replace an output that was made with other settings or inputs."),
        **_option("as_json", bool, False, "--json", help="Print the result as JSON."),
        **_option("is_quiet", bool, False, "--quiet", "-q", help="Print only errors, and what --json asks."),
    }  # fmt: skip


def _settings_callback(stage: str) -> Callable[[bool], None]:
    def callback(wanted: bool) -> None:
        if wanted:
            _list_settings(stage)

    return callback


def _list_settings(stage: str) -> None:
    from codetune.cli.console import console
    from codetune.cli.settings_table import settings_table
    from codetune.recipes.stages import STAGES

    module, colon, name = stage.partition(":")
    kind = getattr(import_module(module), name) if colon else STAGES[stage].settings
    console().print(settings_table(kind))
    if stage == "synth":
        console().print("Each generator has more: codetune generators NAME", markup=False)
    raise typer.Exit
