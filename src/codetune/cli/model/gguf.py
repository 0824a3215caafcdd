"""`codetune gguf`: a model, or an adapter, as one file for llama.cpp."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

__all__ = ["gguf"]


def gguf(
    folder: Annotated[
        Path, typer.Argument(help="A Hugging Face model folder (codetune merge writes one), or an adapter's.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The .gguf file to write.")],
    kind: Annotated[
        Literal["f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0"],
        typer.Option("--type", help="Format of the matrices; an adapter's are always f32."),
    ] = "f16",
    base: Annotated[
        str | None, typer.Option(help="For an adapter: the model it was trained on, if it can't be told.")
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(help="What later runs use again; $CODETUNE_CACHE or .codetune if not given."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print path and size as JSON.")] = False,
) -> None:
    """Write a GGUF file that llama.cpp loads, tokenizer and chat template included.

    Llama-shaped models with byte-level BPE tokenizers (SmolLM2 among them) are written; of any
    other the command says so. An adapter becomes a LoRA file, loaded hot beside its base.

    \b
    Example:
      codetune gguf runs/merged -o tuned.gguf --type q8_0
      codetune gguf runs/tuned/adapter -o adapter.gguf
    """
    from codetune.cli.console import print_result
    from codetune.errors import DataError, MissingExtraError, OutputError
    from codetune.store.cache import cache_folder

    if output.is_dir():
        raise OutputError("the output is a folder", where=str(output), next_step="name a file: -o model.gguf")
    try:
        import gguf as library  # noqa: F401
    except ImportError as error:
        raise MissingExtraError.of("writing GGUF", "train") from error
    from codetune.models.folder import model_config
    from codetune.train.weights.adapter import write_adapter_gguf
    from codetune.train.weights.gguf_model import write_model_gguf
    from codetune.train.weights.merge import base_of

    if (folder / "adapter_config.json").exists():
        found = base_of(folder, base)
        shape = model_config(found.folder(cache_folder(cache)))
        write_adapter_gguf(folder, shape, output)
    elif (folder / "config.json").exists():
        write_model_gguf(folder, output, kind)
    else:
        raise DataError(
            "this is neither a model nor an adapter (no config.json, no adapter_config.json)",
            where=str(folder),
            next_step="give the folder that codetune merge or codetune train wrote",
        )
    size = output.stat().st_size
    result = {"path": str(output), "bytes": size}
    print_result(result if as_json else f"Wrote {output} ({size / 1e6:,.1f} MB)", as_json=as_json)
