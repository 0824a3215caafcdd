"""`codetune edit-tokens`: a model that has the tokens of edits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

__all__ = ["edit_tokens"]


def edit_tokens(
    model: Annotated[str, typer.Argument(help="embedded, a .gguf file, or a Hugging Face folder.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the model to write.")],
    template: Annotated[
        Literal["plain", "assistant-conversation", "prefix-response"],
        typer.Option(help="The chat template that is taken where none is named."),
    ] = "plain",
    cache: Annotated[
        Path | None,
        typer.Option(help="What later runs use again; $CODETUNE_CACHE or .codetune if not given."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run card as JSON.")] = False,
) -> None:
    """Add the tokens of edits to a model, and chat templates with turns for history and file.

    A new token begins as the mean of the others. Training on the model that comes out learns its tokens too.

    Example: codetune edit-tokens embedded -o models/editor
    """
    from codetune.cli.console import print_result
    from codetune.cli.stage_runs import card_table
    from codetune.errors import MissingExtraError
    from codetune.store.cache import cache_folder

    try:
        import transformers  # noqa: F401
    except ImportError as error:
        raise MissingExtraError.of("adding tokens to a model", "train") from error
    from codetune.train.weights.base_model import BaseModel
    from codetune.train.weights.edit_tokens import add_edit_tokens

    card = add_edit_tokens(BaseModel.find(model), output, cache=cache_folder(cache), template=template)
    print_result(card if as_json else card_table(card, output), as_json=as_json)
