"""`codetune eval`: ask a model a benchmark, run what it wrote, score it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from codetune.cli.measure.benchmark_list import LIST_OPTION
from codetune.cli.stage_options import StageOptions, stage_command

if TYPE_CHECKING:
    from codetune.store.run_card import RunCard

__all__ = ["eval"]


@stage_command("codetune.evaluate.config:AskConfig", output="runs/eval-BENCHMARK")
def eval(
    benchmark: Annotated[str, typer.Argument(help="Name of the benchmark; --list names all.")],
    model: Annotated[
        str,
        typer.Option(
            help="local, a .gguf file, a model folder, a training's output, org/name of the hub, a URL ending in /v1 "
            "(or several, with commas), or a name in the model map."
        ),
    ] = "local",
    adapter: Annotated[
        Path | None,
        typer.Option(help="LoRA adapter: GGUF for local and .gguf, PEFT for a model folder; or a training."),
    ] = None,
    serve: Annotated[
        str | None,
        typer.Option(help="Who serves a training's output: auto, embedded, folder, gguf, vllm or sglang."),
    ] = None,
    served_name: Annotated[str | None, typer.Option(help="Which of a server's models.")] = None,
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
    edit_format: Annotated[
        str | None,
        typer.Option(help="Ask for an edit: whole-file, locate-and-change or search-and-replace."),
    ] = None,
    max_new_tokens: Annotated[
        int | None,
        typer.Option(help="Longest answer, in tokens; what fits the benchmark if not given.", min=1),
    ] = None,
    in_flight: Annotated[
        int | None, typer.Option(help="Requests at a time; a model folder's batch.", min=1)
    ] = None,
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
        str | None, typer.Option(help="standard, or strict: tests stay outside the program's sandbox.")
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Remember no verdicts.")] = False,
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help="Run untrusted code unprotected.")] = False,
    list_: LIST_OPTION = False,
    *,
    options: StageOptions,
) -> None:
    """Ask a model every problem of a benchmark, run its programs in the sandbox, and score it.

    Example: codetune eval humaneval --model local -o runs/base
    """
    from codetune.cli.measure.score_runs import numbers, print_score
    from codetune.cli.stage_runs import open_context, read_options
    from codetune.engine.progress import SilentProgress
    from codetune.evaluate.backends.backend import find_backend
    from codetune.evaluate.backends.ranks import Ranks
    from codetune.evaluate.backends.trained import base_and_tuned, training_named
    from codetune.evaluate.benchmarks.registry import benchmark as find
    from codetune.evaluate.config import AskConfig, EvaluateConfig
    from codetune.evaluate.evaluate_model import evaluate_model
    from codetune.evaluate.prompts.protocols import check_covers
    from codetune.evaluate.scoring.open_scoring import open_scoring
    from codetune.store.cache import make_cache
    from codetune.store.stage_output import replacing_other_runs
    from codetune.train.weights.dequantize import dequantized_folder
    from codetune.train.weights.served_gguf import served_gguf

    chosen = find(benchmark)
    ranks = Ranks.here()
    given = {
        "limit": limit, "protocol": protocol, "prompt_style": style, "n": n,
        "edit_format": edit_format,
        "k": numbers(k, "--k") if k is not None else None, "temperature": temperature, "top_p": top_p,
        "top_k": top_k, "max_new_tokens": max_new_tokens, "in_flight": in_flight,
        "test_isolation": test_isolation, "sandbox": False if no_sandbox else None,
    }  # fmt: skip
    settings = {key: value for key, value in given.items() if value is not None}
    config = read_options(
        AskConfig, options, settings, {"prompt_style": "--style", "n": "-n", "sandbox": "--no-sandbox"}
    )
    check_covers(config.protocol, chosen.name)
    trained = training_named(model, serve) if adapter is None else None
    options = options.or_into(Path("runs") / f"eval-{benchmark.replace(':', '-')}")
    with (
        open_context(options) as context,
        ExitStack() as stack,
        open_scoring(
            context.engine,
            sandbox=config.sandbox,
            test_isolation=config.test_isolation,
            cache=None if no_cache else make_cache(context.cache) / "verdicts.sqlite",
            train=train or (),
            progress=context.progress if ranks.is_first else SilentProgress(),
        ) as scoring,
    ):
        if trained is None:
            backend = find_backend(
                model,
                adapter=adapter,
                served_name=served_name,
                model_map=model_map,
                api_key_env=api_key_env,
                ranks=ranks,
            )
        else:
            served = base_and_tuned(
                EvaluateConfig.model_validate({"serve": serve or "auto"}),
                Path(model).expanduser(),
                trained,
                cache=make_cache(context.cache),
                plain_weights=dequantized_folder,
                gguf_file=served_gguf,
                logs=options.folder,
                on_progress=context.progress.note,
            )
            stack.callback(served.close)
            if served.said:
                context.progress.note(served.said)
            backend = served.tuned

        def evaluated() -> RunCard | None:
            return evaluate_model(
                chosen, backend, config, options.folder, scoring, data=data, seed=context.seed, ranks=ranks
            )

        card = replacing_other_runs(evaluated, overwrite=options.overwrite, inputs=train or ())
    ranks.part()
    if card is not None:
        print_score(card.results, options)
