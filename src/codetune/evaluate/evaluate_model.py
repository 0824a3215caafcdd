"""One model asked a benchmark, and scored: `codetune eval`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from codetune.errors import CodetuneError, UsageError
from codetune.evaluate.backends.backend import Backend
from codetune.evaluate.backends.ranks import Ranks
from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.config import EvaluateConfig
from codetune.evaluate.prompts.describe_then_code import describe_then_code
from codetune.evaluate.prompts.generate import generate
from codetune.evaluate.prompts.styles import style
from codetune.evaluate.scoring.extend import reopen
from codetune.evaluate.scoring.score_run import ScoringContext, score_run, training_inputs
from codetune.evaluate.stage import draw_problems, write_prompts
from codetune.models.store.request_store import RequestStore
from codetune.store.hashing import code_hash, json_hash
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput

__all__ = ["evaluate_model"]


def evaluate_model(
    chosen: Benchmark,
    backend: Backend,
    config: EvaluateConfig,
    output: Path,
    scoring: ScoringContext,
    *,
    seed: int = 0,
    ranks: Ranks | None = None,
) -> RunCard | None:
    """Ask a model every item, run what it wrote, and score it.

    A finished folder goes on when more samples, another k or a training set are asked for: what is
    answered and judged already is neither asked nor run again.

    Args:
        chosen: The benchmark.
        backend: Who is asked.
        config: How it is asked.
        output: Folder of the score, with the request store beside it.
        scoring: What runs and counts.
        seed: Of sampling, of the drawn problems and of the bootstrap.
        ranks: This process among those started together.

    Returns:
        The run card; None in every process but the first.

    Raises:
        UsageError: Something given is wrong.
        BackendError: A request failed for good; run again to go on.
    """
    ranks = ranks or Ranks()
    data = Path(config.data) if config.data else None
    problems = draw_problems(chosen.load(data), config, seed)
    ask = partial(
        backend.answers,
        store=output / "requests.sqlite",
        in_flight=config.in_flight,
        on_progress=scoring.progress.advance,
    )
    if ranks.world > 1 and any(problem.describe for problem in problems):
        raise UsageError(
            f"{chosen.title} asks in two steps, which several processes can't share",
            next_step="start one process",
        )
    if not ranks.is_first:
        ranks.meet()  # once the first process has the folder
        generate(ask, problems, config, seed=seed, name=backend.name, expected=False)
        return None
    train = tuple(map(str, scoring.train))
    plan = Plan(
        stage="eval",
        # How many at a time changes no answer that was given, and `train` only adds to the score.
        config={**config.model_dump(mode="json", exclude={"in_flight"}), "train": list(train)},
        inputs={
            "benchmark": json_hash([problem.id for problem in problems]),
            **backend.inputs,
            **training_inputs(scoring.train),
        },
        code=code_hash(__name__),
        seed=seed,
    )
    reopen(output, plan)
    with StageOutput(output, plan) as stage:
        if stage.finished is not None:
            ranks.meet()
            ranks.meet()
            return stage.finished
        write_prompts(output / "prompts.jsonl", problems, config, seed)
        ranks.meet()
        scoring.progress.start("answers", -(-len(problems) * config.n // ranks.world))
        try:
            if any(problem.describe for problem in problems):
                made = describe_then_code(ask, problems, config, seed=seed, name=backend.name, folder=output)
            else:
                made = generate(ask, problems, config, seed=seed, name=backend.name)
        except CodetuneError:
            if not _has_answers(output / "requests.sqlite"):
                stage.preparations |= {"prompts.jsonl", *(p.name for p in output.glob("requests.sqlite*"))}
            raise
        by_id = {problem.task_id: problem for problem in problems}
        return score_run(
            stage,
            chosen,
            problems,
            ((by_id[completion.task_id], completion) for completion in made.completions),
            style(config.prompt_style).program,
            scoring,
            k=config.k,
            data=data,
            extra={
                "model": made.model,
                "prompt_style": config.prompt_style,
                "assumed": backend.assumption,
                "sampling": {
                    "n": config.n,
                    "temperature": config.temperature,
                    "top_p": config.top_p,
                    "top_k": config.top_k,
                    "max_new_tokens": config.max_new_tokens,
                    "seed": seed,
                },
                "prompt_tokens": made.prompt_tokens,
                "completion_tokens": made.completion_tokens,
            },
        )


def _has_answers(store: Path) -> bool:
    if not store.exists():
        return False
    with RequestStore(store) as kept:
        return next(iter(kept.answers()), None) is not None
