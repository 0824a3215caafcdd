"""`codetune gguf`: write a model or an adapter as one file for llama.cpp."""

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
        str | None, typer.Option(help="For an adapter: its base model, where its run card does not name it.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print path and size as JSON.")] = False,
) -> None:
    """Write a GGUF file that llama.cpp loads, tokenizer and chat template included.

    Only Llama-shaped models with byte-level BPE tokenizers (such as SmolLM2) can be written. An
    adapter becomes a LoRA file, which llama.cpp loads beside its base model.

    \b
    Example:
      codetune gguf runs/merged -o tuned.gguf --type q8_0
      codetune gguf runs/tuned/adapter -o adapter.gguf
    """
    from codetune.cli.console import print_result
    from codetune.errors import DataError, MissingExtraError, OutputError

    if output.is_dir():
        raise OutputError("the output is a folder", where=str(output), next_step="name a file: -o model.gguf")
    if output.suffix != ".gguf":
        raise OutputError(
            "the output's name does not end in .gguf, and llama.cpp would not load it",
            where=str(output),
            next_step=f"name it {output.with_suffix('.gguf').name}",
        )
    if output.exists() and not overwrite:
        raise OutputError(
            "the output file exists", where=str(output), next_step="choose another name, or give --overwrite"
        )
    try:
        import gguf as library  # noqa: F401
    except ImportError as error:
        raise MissingExtraError.of("writing GGUF", "train") from error
    from codetune.train.weights.adapter import write_adapter_gguf
    from codetune.train.weights.gguf_model import write_model_gguf
    from codetune.train.weights.merge import base_of

    if (folder / "adapter_config.json").exists():
        write_adapter_gguf(folder, base_of(folder, base).config(), output)
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
