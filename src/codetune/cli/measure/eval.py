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
        int, typer.Option("-n", help="Samples of each problem; more can be added later.", min=1)
    ] = 1,
    temperature: Annotated[float, typer.Option(help="0 is greedy.", min=0)] = 0.0,
    top_p: Annotated[float | None, typer.Option(help="Nucleus sampling.")] = None,
    top_k: Annotated[int | None, typer.Option(help="Top-k sampling.")] = None,
    k: Annotated[str, typer.Option("--k", help="The k of pass@k, e.g. 1,10,100.")] = "1",
    limit: Annotated[int | None, typer.Option(help="At most so many problems, drawn by seed.", min=1)] = None,
    style: Annotated[
        str | None,
        typer.Option(help="chat-prefill, chat or completion; if not given, what fits the model."),
    ] = None,
    max_new_tokens: Annotated[int, typer.Option(help="Longest answer, in tokens.", min=1)] = 128,
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
    ] = "standard",
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
    from codetune.cli.measure.score_runs import print_score, scoring
    from codetune.config.reading import read_settings
    from codetune.evaluate.backends.backend import find_backend
    from codetune.evaluate.backends.ranks import Ranks
    from codetune.evaluate.benchmarks.registry import benchmark as find
    from codetune.evaluate.config import EvaluateConfig
    from codetune.evaluate.evaluate_model import evaluate_model

    chosen = find(benchmark)
    ranks = Ranks.here()
    backend = find_backend(
        model,
        adapter=adapter,
        served_name=served_name,
        model_map=model_map,
        api_key_env=api_key_env,
        ranks=ranks,
    )
    settings = {
        "benchmark": benchmark, "n": n, "temperature": temperature, "top_p": top_p, "top_k": top_k,
        "k": _numbers(k), "limit": limit, "prompt_style": style or backend.style,
        "max_new_tokens": max_new_tokens, "in_flight": in_flight, "data": data, "test_isolation": test_isolation,
        "sandbox": not no_sandbox,
    }  # fmt: skip
    config = read_settings(EvaluateConfig, options=settings)
    if style is None and backend.assumption is not None and ranks.is_first:
        progress().note(backend.assumption)
    folder = output or Path("runs") / f"eval-{benchmark}"
    with scoring(
        engine=engine,
        workers=None,
        sandbox=not no_sandbox,
        test_isolation=test_isolation,
        cache=None if no_cache else folder / "verdicts.sqlite",
        train=train or (),
        is_quiet=not ranks.is_first,
    ) as opened:
        card = evaluate_model(chosen, backend, config, folder, opened, seed=seed, ranks=ranks)
    ranks.part()
    if card is not None:
        print_score(card.results, folder, as_json=as_json)


def _numbers(text: str) -> tuple[int, ...]:
    from codetune.errors import ConfigError

    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise ConfigError(
            f"--k has to be whole numbers with commas between, not {text!r}", next_step="write e.g. --k 1,10"
        ) from error
