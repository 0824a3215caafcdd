"""An adapter in, two scores and their comparison out: base and tuned model, same prompts, same server.

    base/score.json   base/verdicts/part-*.parquet   base/prompts.jsonl
    tuned/...         comparison.json

Both are asked of one embedded server that holds the adapter beside the weights; each request says
whether the adapter takes part. Answers go through the request store and verdicts through the
verdict cache, so a killed run neither asks nor executes anything twice.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from codetune.errors import DataError
from codetune.evaluate.benchmarks.registry import benchmark
from codetune.evaluate.config import EvaluateConfig
from codetune.evaluate.prompts.generate import Generated, generate, prompt_lines
from codetune.evaluate.prompts.styles import style
from codetune.evaluate.scoring.run_samples import SampleResult, run_samples
from codetune.evaluate.scoring.score import score_of, tally, write_score
from codetune.evaluate.scoring.verdict_table import write_verdicts
from codetune.evaluate.statistics.compare import compare_tallies
from codetune.execution.open import open_executor
from codetune.execution.protocol import Executor
from codetune.models.client.concurrent_requests import Outcome
from codetune.models.embedded.server import EmbeddedServer
from codetune.models.open import run_requests
from codetune.models.protocol import ChatRequest
from codetune.records import Problem
from codetune.store.atomic import write_text
from codetune.store.context import StageContext
from codetune.store.hashing import code_hash, hash_files, json_hash
from codetune.store.run_card import Plan, RunCard, read_card
from codetune.store.stage_output import StageOutput

__all__ = ["draw_problems", "run", "write_prompts"]

STAGE = "evaluate"


def run(config: EvaluateConfig, inputs: Sequence[Path], output: Path, context: StageContext) -> RunCard:
    """Score the base model and the tuned one on a benchmark.

    Args:
        config: Benchmark, prompts, judging.
        inputs: The folder of a finished train stage, with `adapter.gguf`.
        output: Where scores go.
        context: Seed, caches, progress.

    Raises:
        DataError: No adapter there.
        SafetyError: No sandbox on this machine.
        BackendError: The server failed; run again to go on.
    """
    adapter = _adapter(inputs)
    chosen = benchmark(config.benchmark)
    problems = draw_problems(chosen.load(Path(config.data) if config.data else None), config, context.seed)
    trained = read_card(inputs[0])
    assert trained is not None
    plan = Plan(
        stage=STAGE,
        config=config.model_dump(mode="json"),
        inputs={
            inputs[0].name: trained.output_hash,
            "benchmark": json_hash([problem.id for problem in problems]),
        },
        code=code_hash(__name__),
        seed=context.seed,
    )
    with StageOutput(output, plan) as stage:
        if stage.finished is not None:
            return stage.finished
        executor = open_executor(
            context.engine.workers,
            sandbox=config.sandbox,
            cache=context.cache / "verdicts.sqlite",
            test_isolation=config.test_isolation,
        )
        try:
            return _both(config, problems, adapter, stage, executor, context)
        finally:
            executor.close()


def _adapter(inputs: Sequence[Path]) -> Path:
    for folder in inputs:
        card = read_card(folder)
        if card is not None and (folder / "adapter.gguf").exists():
            return folder / "adapter.gguf"
    raise DataError(
        "there is no adapter to evaluate",
        where=", ".join(str(folder) for folder in inputs) or None,
        next_step="give the output folder of a finished training with method lora",
    )


def draw_problems(problems: Sequence[Problem], config: EvaluateConfig, seed: int) -> list[Problem]:
    """All problems, or `config.limit` of them by seed and id, in the benchmark's order."""
    if config.limit is None or config.limit >= len(problems):
        return list(problems)
    ranked = sorted(problems, key=lambda p: random.Random(f"{seed}:{p.task_id}:draw").random())
    drawn = {problem.task_id for problem in ranked[: config.limit]}
    return [problem for problem in problems if problem.task_id in drawn]


def _both(
    config: EvaluateConfig,
    problems: Sequence[Problem],
    adapter: Path,
    stage: StageOutput,
    executor: Executor,
    context: StageContext,
) -> RunCard:
    chosen = benchmark(config.benchmark)
    folder = stage.folder
    write_prompts(folder / "prompts.jsonl", problems, config, context.seed)
    server = EmbeddedServer(loras=[adapter], slots=config.in_flight)
    base, tuned = server.models
    tallies, scores = {}, {}
    with server:
        for name, model in (("base", base), ("tuned", tuned)):
            clock = time.monotonic()
            context.progress.start(f"evaluate: {name} answers", len(problems) * config.n)
            made = generate(
                partial(_answers, server, model, config.in_flight, context),
                problems,
                config,
                seed=context.seed,
                name=model,
            )
            seconds = time.monotonic() - clock
            rows = _judged(config, problems, made, folder / name, executor, context)
            tallies[name] = tally(rows)
            scores[name] = {
                "benchmark": chosen.edition(Path(config.data) if config.data else None),
                "model": made.model,
                "prompt_style": config.prompt_style,
                **score_of(rows, problems, k=config.k, seed=context.seed),
                "prompt_tokens": made.prompt_tokens,
                "completion_tokens": made.completion_tokens,
                "requests_asked": made.asked,
                # Answers from the store took no time; a rate over them would flatter the server.
                "tokens_per_second": made.completion_tokens / seconds if made.asked == len(rows) else None,
            }
            write_score(folder / name, scores[name])
            stage.checkpoint_time()
    compared = compare_tallies(tallies["base"], tallies["tuned"])
    write_text(folder / "comparison.json", json.dumps(compared, indent=2) + "\n")
    context.progress.finish()
    files = [p for p in folder.rglob("*") if p.suffix in (".parquet", ".jsonl")]
    return stage.finish(
        output_hash=hash_files(folder, files),
        counts={"problems": len(problems), "samples": len(problems) * config.n},
        results={"benchmark": config.benchmark, **_summary(scores), "comparison": compared},
    )


def _answers(
    server: EmbeddedServer, model: str, in_flight: int, context: StageContext, requests: Sequence[ChatRequest]
) -> Iterator[tuple[int, Outcome]]:
    store = context.cache / "requests.sqlite"
    for outcome in run_requests(server, requests, store=store, in_flight=in_flight, model=model):
        context.progress.advance()
        yield outcome


def _judged(
    config: EvaluateConfig,
    problems: Sequence[Problem],
    made: Generated,
    folder: Path,
    executor: Executor,
    context: StageContext,
) -> list[SampleResult]:
    context.progress.start(f"evaluate: {folder.name} is run", len(made.completions))
    by_id = {problem.task_id: problem for problem in problems}
    pairs = ((by_id[completion.task_id], completion) for completion in made.completions)
    judged = run_samples(
        pairs,
        benchmark=benchmark(config.benchmark),
        reader=style(config.prompt_style).program,
        executor=executor,
    )
    rows = []
    for row in write_verdicts(folder, judged):
        rows.append(row)
        context.progress.advance()
    return rows


def _summary(scores: dict[str, dict[str, Any]]) -> dict[str, Any]:
    keys = ("model", "problems", "passed", "pass_at_k", "lenient_pass_at_k", "tokens_per_second", "verdicts")
    return {name: {key: score[key] for key in keys} for name, score in scores.items()}


def write_prompts(path: Path, problems: Sequence[Problem], config: EvaluateConfig, seed: int) -> None:
    """Keep the exact prompt of each item."""
    write_text(path, "\n".join(prompt_lines(problems, config, seed)) + "\n")
