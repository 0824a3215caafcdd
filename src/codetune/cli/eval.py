"""`codetune eval`: ask a model a benchmark, run what it wrote, score it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["eval"]


def eval(
    benchmark: Annotated[str, typer.Argument(help="Name of the benchmark: humaneval, mbpp, mbpp-sanitized.")],
    model: Annotated[
        str, typer.Option(help="local, a .gguf file, a URL ending in /v1, or a name in the model map.")
    ] = "local",
    adapter: Annotated[Path | None, typer.Option(help="GGUF LoRA adapter for the embedded server.")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the score; runs/eval-BENCHMARK if not given."),
    ] = None,
    n: Annotated[int, typer.Option("-n", help="Samples of each problem.", min=1)] = 1,
    temperature: Annotated[float, typer.Option(help="0 is greedy.", min=0)] = 0.0,
    top_p: Annotated[float | None, typer.Option(help="Nucleus sampling.")] = None,
    top_k: Annotated[int | None, typer.Option(help="Top-k sampling.")] = None,
    k: Annotated[str, typer.Option("--k", help="The k of pass@k, e.g. 1,10,100.")] = "1",
    limit: Annotated[int | None, typer.Option(help="At most so many problems, drawn by seed.", min=1)] = None,
    style: Annotated[str, typer.Option(help="chat-prefill, chat or completion.")] = "chat-prefill",
    max_new_tokens: Annotated[int, typer.Option(help="Longest answer, in tokens.", min=1)] = 128,
    in_flight: Annotated[int, typer.Option(help="Requests at a time.", min=1)] = 8,
    data: Annotated[Path | None, typer.Option(help="The benchmark's data file.")] = None,
    model_map: Annotated[Path | None, typer.Option(help="File of models by name.")] = None,
    judge: Annotated[str, typer.Option(help="standard or strict (the judge outside the box).")] = "standard",
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help="Run untrusted code unprotected.")] = False,
    seed: Annotated[int, typer.Option(help="Of sampling.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the score as JSON.")] = False,
) -> None:
    """Ask a model every problem of a benchmark, run its programs in the sandbox, and score it.

    Example: codetune eval humaneval --model local -o runs/base
    """
    from codetune.cli.console import console, print_result, progress
    from codetune.cli.score_table import score_table
    from codetune.cli.settings_file import read_settings
    from codetune.evaluate.benchmarks.registry import benchmark as find
    from codetune.evaluate.config import EvaluateConfig
    from codetune.evaluate.single import evaluate_model
    from codetune.execution.sandbox import open_executor

    chosen = find(benchmark)
    settings = {
        "benchmark": benchmark, "n": n, "temperature": temperature, "top_p": top_p, "top_k": top_k,
        "k": f"[{k}]", "limit": limit, "prompt_style": style, "max_new_tokens": max_new_tokens,
        "in_flight": in_flight, "data": data, "judge": judge, "sandbox": not no_sandbox,
    }  # fmt: skip
    given = [
        f"{key}={str(value).lower() if isinstance(value, bool) else value}"
        for key, value in settings.items()
        if value is not None
    ]
    config = read_settings(EvaluateConfig, None, given)
    folder = output or Path("runs") / f"eval-{benchmark}"
    executor = open_executor(sandbox=not no_sandbox, judge=judge)
    try:
        card = evaluate_model(
            chosen, model, config, folder, executor=executor, progress=progress(), seed=seed,
            adapter=adapter, model_map=model_map,
        )  # fmt: skip
    finally:
        executor.close()
    print_result(card.results if as_json else score_table(card.results), as_json=as_json)
    if not as_json:
        console().print(f"The score and every verdict: {folder}")
