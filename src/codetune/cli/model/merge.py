"""`codetune merge`: an adapter folded into its base."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

__all__ = ["merge"]


def merge(
    adapter: Annotated[Path, typer.Argument(help="An adapter in PEFT's format, e.g. runs/tuned/adapter.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the model to write.")],
    base: Annotated[
        str | None,
        typer.Option(help="The model it was trained on; found by itself beside codetune's own adapters."),
    ] = None,
    dtype: Annotated[
        Literal["auto", "float32", "bfloat16", "float16"],
        typer.Option(help="Format of the written weights; auto: the base's."),
    ] = "auto",
    cache: Annotated[
        Path | None,
        typer.Option(help="What later runs use again; $CODETUNE_CACHE or .codetune if not given."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run card as JSON.")] = False,
) -> None:
    """Fold an adapter into its base model: a plain Hugging Face folder comes out.

    Example: codetune merge runs/tuned/adapter -o runs/merged
    """
    from codetune.cli.console import print_result
    from codetune.cli.stage_runs import card_table
    from codetune.errors import MissingExtraError
    from codetune.store.cache import cache_folder

    try:
        import peft  # noqa: F401
    except ImportError as error:
        raise MissingExtraError.of("merging an adapter", "train") from error
    from codetune.train.weights.merge import merge_adapter

    card = merge_adapter(adapter, output, cache=cache_folder(cache), base=base, dtype=dtype)
    print_result(card if as_json else card_table(card, output), as_json=as_json)
