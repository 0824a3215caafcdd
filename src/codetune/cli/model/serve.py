"""`codetune serve`: an OpenAI-compatible server for the embedded or any GGUF model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["serve"]


def serve(
    model: Annotated[
        Path | None, typer.Argument(help="A .gguf file; left out, the embedded SmolLM2-135M-Instruct.")
    ] = None,
    lora: Annotated[
        list[Path] | None, typer.Option(help="LoRA adapter as GGUF; may be given several times.")
    ] = None,
    slots: Annotated[int, typer.Option(min=1, max=256, help="Requests answered at the same time.")] = 8,
    context: Annotated[
        int, typer.Option(min=64, help="Tokens of prompt and answer together, for each slot.")
    ] = 2048,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads; default: the cores there are.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the address and the models' names as JSON.")
    ] = False,
) -> None:
    """Serve a model on this machine until Ctrl-C, for anything that speaks OpenAI's protocol.

    It listens on 127.0.0.1 only. With adapters the first one answers unless a request names
    others in its `lora` field.

    \b
    Examples:
      codetune serve
      codetune serve model.gguf --lora runs/quickstart/train/adapter.gguf --port 8080
    """
    import signal
    import threading

    from codetune.cli.console import console, print_result
    from codetune.errors import BackendUnavailableError
    from codetune.models.embedded.server import EmbeddedServer

    ended = threading.Event()
    server = EmbeddedServer(model, lora or (), slots, context, threads, port=port)
    with server:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        if as_json:
            print_result({"url": server.url, "models": list(server.models)}, as_json=True)
        else:
            console().print(f"[bold]{server.url}[/]  {server.model_name}")
            for index, name in enumerate(server.models[1:]):
                console().print(f"  lora {index}: {name}", markup=False)
            console().print(f"  {slots} slots of {context:,} tokens; Ctrl-C stops it", markup=False)
        while not ended.wait(0.5):
            if not server.is_running:
                raise BackendUnavailableError(
                    "the server ended by itself",
                    where=str(server.weights),
                    next_step="memory may have run out: take fewer --slots or a smaller --context",
                )
