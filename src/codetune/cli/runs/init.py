"""`codetune init`: a commented recipe to begin with."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["init"]


def init(
    case: Annotated[str, typer.Argument(help="own-code, open-sets or commits.")] = "own-code",
    on: Annotated[str, typer.Option("--on", help="laptop, gpu or cluster.")] = "laptop",
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")] = Path("recipe.yaml"),
    data: Annotated[
        str | None, typer.Option(help="Folder of the code or of the sets, or the repository.")
    ] = None,
    model: Annotated[
        str,
        typer.Option(help="What is tuned: embedded, a .gguf file, a model folder or org/name of the hub."),
    ] = "embedded",
    teacher: Annotated[
        str | None,
        typer.Option(help="Who writes rows: local, a .gguf file, a model folder, or a URL ending in /v1."),
    ] = None,
) -> None:
    """Write a recipe with a comment on each setting, to change and to run.

    A file that is there is not overwritten.

    Example: codetune init own-code --on laptop --data ../my-project -o recipe.yaml
    """
    from codetune.cli.console import console
    from codetune.errors import OutputError
    from codetune.recipes.starter import starter_recipe
    from codetune.store.atomic import write_text

    text = starter_recipe(case, on, file=shlex.quote(str(output)), data=data, model=model, teacher=teacher)
    if output.exists() or output.is_symlink():
        raise OutputError(
            "the file is there already",
            where=str(output),
            next_step="choose another one with -o, or remove it",
        )
    write_text(output, text)
    console().print(
        f"Wrote {output}. Next: codetune run {shlex.quote(str(output))} --plan", markup=False, soft_wrap=True
    )
