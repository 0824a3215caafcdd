"""One model asked one benchmark, and scored: `codetune eval`, and each half of the evaluate stage."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from codetune.errors import CodetuneError, UsageError
from codetune.evaluate.backends.backend import Backend
from codetune.evaluate.backends.probe import resolve_asking
from codetune.evaluate.backends.ranks import Ranks
from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.config import AskConfig
from codetune.evaluate.prompts.describe_then_code import describe_then_code
from codetune.evaluate.prompts.generate import Generated, generate, prompt_lines, prompts_hash
from codetune.evaluate.prompts.protocols import PROTOCOLS, check_covers
from codetune.evaluate.prompts.styles import style
from codetune.evaluate.scoring.extend import reopen
from codetune.evaluate.scoring.item_needs import check_toolchains
from codetune.evaluate.scoring.score import Conditions, Usage
from codetune.evaluate.scoring.score_run import ScoringContext, score_run, training_inputs
from codetune.models.store.request_store import RequestStore
from codetune.models.store.run_keys import KEYS_NAME
from codetune.models.store.usage import cost_of
from codetune.records import Problem
from codetune.seeding import draw
from codetune.store.atomic import write_text
from codetune.store.hashing import code_hash, json_hash
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput

__all__ = ["draw_problems", "evaluate_model"]

_STORE_NAME = "requests.sqlite"


def evaluate_model(
    chosen: Benchmark,
    backend: Backend,
    config: AskConfig,
    output: Path,
    scoring: ScoringContext,
    *,
    data: Path | None = None,
    store: Path | None = None,
    seed: int = 0,
    ranks: Ranks | None = None,
    label: str = "",
) -> RunCard | None:
    """Ask a model every item, run what it wrote, and score it.

    A finished folder goes on when more samples, another k or a training set are asked for: what is
    answered and run already is neither asked nor run again.

    Args:
        chosen: The benchmark.
        backend: Who is asked.
        config: How it is asked.
        output: Folder of the score.
        scoring: What runs and counts.
        data: The benchmark's data file; None takes the installed one.
        store: Request store; None keeps one in the output folder.
        seed: Of sampling, of the drawn problems and of the bootstrap.
        ranks: This process among those started together.
        label: What the progress calls this model.

    Returns:
        The run card, with the score as `results`; None in every process but the first.

    Raises:
        UsageError: Something given is wrong, or no item's language can be run here.
        BackendError: A request failed for good; run again to go on.
    """
    ranks = ranks or Ranks()
    chosen = _under_protocol(chosen, config.protocol)
    problems = draw_problems(chosen.load(data), config.limit, seed)
    if scoring.runs_here and chosen.graded is None:
        check_toolchains(problems)
    store = store or output / _STORE_NAME
    describes = any(problem.describe for problem in problems)
    if ranks.world > 1 and describes:
        raise UsageError(
            f"{chosen.title} asks in two steps, which several processes can't share",
            next_step="start one process",
        )
    ask = partial(backend.answers, store=store, in_flight=config.in_flight)
    probe = partial(ask, on_progress=lambda: None)
    progress = scoring.progress
    if not ranks.is_first:
        ranks.meet()  # once the first process has the folder
        asking = resolve_asking(
            config,
            chosen,
            backend.styles,
            problems,
            probe,
            seed=seed,
            has_edit_tokens=backend.has_edit_tokens,
        )
        asked = partial(ask, on_progress=progress.advance)
        generate(asked, problems, asking.config, seed=seed, name=backend.name, expected=False)
        return None
    plan = Plan(
        stage="eval",
        # How many at a time changes no answer that was given, and `train` only adds to the score.
        config={
            "benchmark": chosen.name,
            **config.model_dump(mode="json", include=set(AskConfig.model_fields) - {"in_flight"}),
            "train": [str(folder) for folder in scoring.train],
        },
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
        try:
            asking = resolve_asking(
                config,
                chosen,
                backend.styles,
                problems,
                probe,
                seed=seed,
                assumption=backend.assumption,
                has_edit_tokens=backend.has_edit_tokens,
            )
            if asking.assumed:
                progress.note(asking.assumed)
            write_text(
                output / "prompts.jsonl", "\n".join(prompt_lines(problems, asking.config, seed)) + "\n"
            )
            ranks.meet()
            title = " ".join(part for part in (label, chosen.title, "answers") if part)
            progress.start(title, -(-len(problems) * config.n // ranks.world))
            clock = time.monotonic()
            asked = partial(ask, on_progress=progress.advance)
            generated = partial(describe_then_code, folder=output) if describes else generate
            made = generated(asked, problems, asking.config, seed=seed, name=backend.name)
        except CodetuneError:
            if not _has_answers(store):
                stage.preparations |= {"prompts.jsonl", *(p.name for p in output.glob(f"{_STORE_NAME}*"))}
            raise
        keys = [completion.request_key for completion in made.completions if completion.request_key]
        write_text(output / KEYS_NAME, "\n".join(dict.fromkeys(keys)) + "\n")
        by_id = {problem.task_id: problem for problem in problems}
        return score_run(
            stage,
            chosen,
            problems,
            ((by_id[completion.task_id], completion) for completion in made.completions),
            style(str(asking.config.prompt_style)).program,
            scoring,
            k=config.k,
            data=data,
            model=made.model,
            conditions=_conditions(asking.config, chosen, problems, seed, backend.answered_by),
            assumed=asking.assumed,
            usage=_usage(made, time.monotonic() - clock, store),
        )


def _under_protocol(chosen: Benchmark, name: str | None) -> Benchmark:
    """The benchmark with a protocol's limits."""
    check_covers(name, chosen.name)
    seconds = PROTOCOLS[name].cpu_seconds_of(chosen.name) if name is not None else None
    if seconds is None:
        return chosen
    return replace(chosen, limits=replace(chosen.limits, cpu_seconds=seconds))


def draw_problems(problems: Sequence[Problem], limit: int | None, seed: int) -> list[Problem]:
    """All problems, or `limit` of them by seed and id, in the benchmark's order."""
    if limit is None or limit >= len(problems):
        return list(problems)
    ranked = sorted(problems, key=lambda p: draw(seed, p.task_id, "draw").random())
    drawn = {problem.task_id for problem in ranked[:limit]}
    return [problem for problem in problems if problem.task_id in drawn]


def _conditions(
    config: AskConfig, chosen: Benchmark, problems: Sequence[Problem], seed: int, answered_by: str
) -> Conditions:
    return Conditions(
        items=json_hash([problem.id for problem in problems]),
        prompts=prompts_hash(problems, config, seed),
        prompt_style=str(config.prompt_style),
        continuation=config.continuation or "",
        protocol=config.protocol or "",
        samples_per_problem=config.n,
        temperature=config.temperature,
        top_p=config.top_p,
        top_k=config.top_k,
        max_new_tokens=config.max_new_tokens,
        seed=seed,
        answered_by=answered_by,
        test_isolation=config.test_isolation,
        cpu_seconds=chosen.limits.cpu_seconds,
        memory_bytes=chosen.limits.memory_bytes,
    )


def _usage(made: Generated, seconds: float, store: Path) -> Usage:
    keys = [c.request_key for c in made.completions if c.request_key]
    mostly_asked = made.asked_tokens * 2 > made.completion_tokens
    return Usage(
        prompt_tokens=made.prompt_tokens,
        completion_tokens=made.completion_tokens,
        requests_asked=made.asked,
        tokens_per_second=round(made.asked_tokens / seconds, 1) if mostly_asked and seconds > 0 else None,
        seconds=round(seconds, 1) if mostly_asked else None,
        cost_usd=cost_of(store, keys) if store.exists() else None,
    )


def _has_answers(store: Path) -> bool:
    if not store.exists():
        return False
    with RequestStore(store) as kept:
        return next(iter(kept.answers()), None) is not None
