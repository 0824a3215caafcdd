"""Completions in, verdicts out: a program is read from each answer and run in a box."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.scoring.item_needs import lacking
from codetune.evaluate.scoring.reference_runs import References
from codetune.execution.protocol import Execution, Executor, Program
from codetune.records import Completion, Problem, Verdict
from codetune.text.extract import Extraction

__all__ = ["SampleResult", "run_samples"]


@dataclass(frozen=True, slots=True)
class SampleResult:
    """One sample with its verdict."""

    task_id: str
    sample: int
    completion: str
    solution: str
    extractor: str
    verdict: Verdict
    lenient_verdict: Verdict
    """The verdict under the lenient reading of the same answer; equal where the readings are."""
    cpu_seconds: float
    wall_seconds: float
    detail: str = ""
    tier: str = ""
    integrity: str = "standard"
    finish_reason: str | None = None
    completion_tokens: int = 0
    """Of the answer; 0 where nobody told."""
    base_verdict: Verdict | None = None
    """The verdict on the base tests alone, of benchmarks that add tests to an older one."""


Reader = Callable[[Problem, str, bool], Extraction]
"""(item, answer, lenient) -> the program it holds."""


_NO_REFERENCES = References()


def run_samples(
    pairs: Iterable[tuple[Problem, Completion]],
    *,
    benchmark: Benchmark,
    reader: Reader,
    executor: Executor,
    references: References = _NO_REFERENCES,
) -> Iterator[SampleResult]:
    """Run each sample; results come in order, and memory doesn't grow with their number.

    Args:
        pairs: Item and answer.
        benchmark: Makes the program of item and solution.
        reader: Reads the solution out of an answer.
        executor: Runs it.
        references: Each item's limits and test isolation; without them all have the benchmark's.
    """
    # The executor draws programs ahead of its results; `waiting` says what each result belongs to.
    waiting: deque[_Waiting] = deque()
    needs: dict[str, str] = {}

    def programs() -> Iterator[Program]:
        for problem, completion in pairs:
            strict = reader(problem, completion.text, False)
            if problem.task_id not in needs:
                needs[problem.task_id] = lacking(problem)
            if lacks := needs[problem.task_id]:
                waiting.append(_Waiting(completion, strict, 0, lacks=lacks))
                continue
            lenient = reader(problem, completion.text, True)
            codes = [strict.code] if strict.code == lenient.code else [strict.code, lenient.code]
            runs = [code for code in codes if code.strip()]
            based = benchmark.base is not None and bool(strict.code.strip())
            without = Verdict.NO_CODE if benchmark.base is not None else None
            waiting.append(_Waiting(completion, strict, len(runs) + based, based, without))
            for code in runs:
                program = benchmark.program(problem, code, benchmark.limits)
                yield references.apply(problem.task_id, program)
            if based and benchmark.base is not None:
                program = benchmark.base(problem, strict.code, benchmark.limits)
                yield references.apply(problem.task_id, program)

    for result in executor.run(programs()):
        while not waiting[0].programs:
            yield _row(waiting.popleft())
        waiting[0].results.append(result)
        if len(waiting[0].results) == waiting[0].programs:
            yield _row(waiting.popleft())
    while waiting:
        yield _row(waiting.popleft())


@dataclass(slots=True)
class _Waiting:
    completion: Completion
    strict: Extraction
    programs: int
    based: bool = False
    """Whether the last result is that of the base tests."""
    without_base: Verdict | None = None
    """The verdict on the base tests where nothing was run for them."""
    lacks: str = ""
    """What the item needs and the box doesn't have; then nothing is run."""
    results: list[Execution] = field(default_factory=list)


_NO_CODE = "no code was found in the answer"


def _row(sample: _Waiting) -> SampleResult:
    completion, read = sample.completion, sample.strict
    base = sample.results.pop() if sample.based else None
    run = sample.results[0] if sample.results else None
    if sample.lacks:
        verdict = lenient = Verdict.SKIPPED
        detail = sample.lacks
    elif run is None:
        verdict = lenient = Verdict.NO_EDIT if read.fault else Verdict.NO_CODE
        detail = read.fault or _NO_CODE
    else:
        empty = not read.code.strip()  # the lenient reading alone found something
        verdict = (Verdict.NO_EDIT if read.fault else Verdict.NO_CODE) if empty else run.verdict
        lenient = sample.results[-1].verdict
        detail = (read.fault or _NO_CODE) if empty else run.detail
    return SampleResult(
        task_id=completion.task_id,
        sample=completion.sample,
        completion=completion.text,
        solution=read.code,
        extractor=read.extractor,
        verdict=verdict,
        lenient_verdict=lenient,
        cpu_seconds=run.cpu_seconds if run else 0.0,
        wall_seconds=run.wall_seconds if run else 0.0,
        detail=detail,
        tier=run.tier if run else "",
        integrity=run.integrity if run else "standard",
        finish_reason=completion.finish_reason,
        completion_tokens=completion.completion_tokens or 0,
        base_verdict=base.verdict if base else sample.without_base,
    )
