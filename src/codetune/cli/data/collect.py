"""`codetune collect`: one source in, a dataset directory of its records out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codetune.cli.stage_options import StageOptions, stage_command

__all__ = ["collect"]


@stage_command("collect", output=Path("collected"))
def collect(
    source: Annotated[str, typer.Argument(help="Name of the source; `codetune sources` lists them.")],
    path: Annotated[
        str | None,
        typer.Argument(
            help="File, folder, URL or hf:// address. For the source `code`, none is Python's own library."
        ),
    ] = None,
    language: Annotated[
        list[str] | None,
        typer.Option("--language", "-l", help="Programming language to keep; may be repeated."),
    ] = None,
    split: Annotated[
        list[str] | None,
        typer.Option("--split", help="Upstream's split to keep: train, valid or test; may be repeated."),
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="Source generic: TARGET=FIELD, e.g. instruction=prompt or tests=cases.0.code; may be repeated.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many rows, chosen by seed and record id.")
    ] = None,
    require_docstring: Annotated[
        bool, typer.Option("--require-docstring", help="Source code: only documented functions.")
    ] = False,
    prompt_templates: Annotated[
        str | None,
        typer.Option(
            "--prompt-templates",
            metavar="DIR",
            help="Folder of TASK.LANGUAGE.yaml that replace codetune's own.",
        ),
    ] = None,
    *,
    options: StageOptions,
) -> None:
    """Read one source and write its records as a dataset directory.

    \b
    Example:
      codetune collect code ./my-project -l python -l go -o data/functions
      codetune collect codealpaca code_alpaca_20k.json -o data/codealpaca
      codetune collect generic leetcode.jsonl --map instruction=prompt --map output=solution -o data/leetcode
    """
    from codetune.cli.stage_runs import print_card, read_options, run_stage
    from codetune.sources.config import CollectConfig

    given = {
        "source": source,
        "path": path,
        "languages": tuple(language) if language else None,
        "split": tuple(split) if split else None,
        "map": _pairs(mapping) if mapping else None,
        "limit": limit,
        "require_docstring": require_docstring or None,
        "prompt_templates": prompt_templates,
    }
    settings = read_options(CollectConfig, options, given)
    print_card(run_stage("collect", settings, [], options), options)


def _pairs(mapping: list[str]) -> dict[str, str]:
    from codetune.errors import ConfigError

    found = {}
    for text in mapping:
        target, equals, field = text.partition("=")
        if not equals or not field:
            raise ConfigError(f"--map {text!r} is not of the form TARGET=FIELD")
        if target.strip() in found:
            raise ConfigError(f"--map gives {target} twice", next_step="name one field for each target")
        found[target.strip()] = field
    return found
