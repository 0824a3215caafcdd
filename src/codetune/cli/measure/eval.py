"""`codetune eval`: ask a model a benchmark, run what it wrote, score it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codetune.cli.measure.benchmark_list import LIST_OPTION

__all__ = ["eval"]


def eval(
    benchmark: Annotated[str, typer.Argument(help="Name of the benchmark; --list names all.")],
    model: Annotated[
        str,
        typer.Option(
            help="local, a .gguf file, a model folder, a URL ending in /v1 (or several, with commas), "
            "or a name in the model map."
        ),
    ] = "local",
    adapter: Annotated[
        Path | None,
        typer.Option(help="LoRA adapter: GGUF for local and .gguf, PEFT for a model folder; or a training."),
    ] = None,
    served_name: Annotated[str | None, typer.Option(help="Which of a server's models.")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the score; runs/eval-BENCHMARK if not given."),
    ] = None,
    n: Annotated[
        int | None, typer.Option("-n", help="Samples of each problem; more can be added later.", min=1)
    ] = None,
    temperature: Annotated[float | None, typer.Option(help="0 is greedy.", min=0)] = None,
    top_p: Annotated[float | None, typer.Option(help="Nucleus sampling.")] = None,
    top_k: Annotated[int | None, typer.Option(help="Top-k sampling.")] = None,
    k: Annotated[str | None, typer.Option("--k", help="The k of pass@k, e.g. 1,10,100.")] = None,
    limit: Annotated[int | None, typer.Option(help="At most so many problems, drawn by seed.", min=1)] = None,
    protocol: Annotated[
        str | None,
        typer.Option(help="A published way of asking that fixes prompt, sampling, length and reading."),
    ] = None,
    style: Annotated[
        str | None,
        typer.Option(help="chat-prefill, chat or completion; if not given, a server is tried out."),
    ] = None,
    max_new_tokens: Annotated[
        int | None,
        typer.Option(help="Longest answer, in tokens; what fits the benchmark if not given.", min=1),
    ] = None,
    in_flight: Annotated[int, typer.Option(help="Requests at a time; a model folder's batch.", min=1)] = 8,
    data: Annotated[Path | None, typer.Option(help="The benchmark's data file.")] = None,
    train: Annotated[
        list[Path] | None,
        typer.Option(help="Training set (a dataset directory): the score is also given without its items."),
    ] = None,
    model_map: Annotated[Path | None, typer.Option(help="File of models by name.")] = None,
    api_key_env: Annotated[
        str | None, typer.Option(help="Variable with the key for a URL; OPENAI_API_KEY if not given.")
    ] = None,
    test_isolation: Annotated[
        str, typer.Option(help="standard, or strict: tests stay outside the program's sandbox.")
    ] = "strict",
    engine: Annotated[str, typer.Option(help="Where programs run: local, ray or ray:ADDRESS.")] = "local",
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Remember no verdicts.")] = False,
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help="Run untrusted code unprotected.")] = False,
    seed: Annotated[int, typer.Option(help="Of sampling.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the score as JSON.")] = False,
    list_: LIST_OPTION = False,
) -> None:
    """Ask a model every problem of a benchmark, run its programs in the sandbox, and score it.

    Example: codetune eval humaneval --model local -o runs/base
    """
    from codetune.cli.console import progress
    from codetune.cli.measure.score_runs import numbers, print_score, program_engine
    from codetune.config.reading import read_settings
    from codetune.engine.progress import SilentProgress
    from codetune.evaluate.backends.backend import find_backend
    from codetune.evaluate.backends.ranks import Ranks
    from codetune.evaluate.benchmarks.registry import benchmark as find
    from codetune.evaluate.config import AskConfig
    from codetune.evaluate.evaluate_model import evaluate_model
    from codetune.evaluate.prompts.protocols import apply_protocol
    from codetune.evaluate.scoring.open_scoring import open_scoring

    chosen = find(benchmark)
    ranks = Ranks.here()
    given = {
        "limit": limit, "protocol": protocol, "prompt_style": style, "n": n,
        "k": numbers(k, "--k") if k is not None else None, "temperature": temperature, "top_p": top_p,
        "top_k": top_k, "max_new_tokens": max_new_tokens, "in_flight": in_flight,
        "test_isolation": test_isolation, "sandbox": not no_sandbox,
    }  # fmt: skip
    settings = {key: value for key, value in given.items() if value is not None}
    chosen, settings = apply_protocol(chosen, settings)
    config = read_settings(AskConfig, options=settings)
    backend = find_backend(
        model,
        adapter=adapter,
        served_name=served_name,
        model_map=model_map,
        api_key_env=api_key_env,
        ranks=ranks,
    )
    folder = output or Path("runs") / f"eval-{benchmark.replace(':', '-')}"
    with (
        program_engine(engine) as programs,
        open_scoring(
            programs,
            sandbox=config.sandbox,
            test_isolation=config.test_isolation,
            cache=None if no_cache else folder / "verdicts.sqlite",
            train=train or (),
            progress=progress() if ranks.is_first else SilentProgress(),
        ) as scoring,
    ):
        card = evaluate_model(chosen, backend, config, folder, scoring, data=data, seed=seed, ranks=ranks)
    ranks.part()
    if card is not None:
        print_score(card.results, folder, as_json=as_json)
