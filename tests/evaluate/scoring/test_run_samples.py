"""Each sample gets its own result, also when an executor draws ahead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from codetune.evaluate.benchmarks.registry import benchmark, load_problems
from codetune.evaluate.scoring.run_samples import run_samples
from codetune.execution.protocol import Execution, Program
from codetune.records import Completion, Problem, Verdict
from codetune.text.extract import Extraction

PROBLEMS = load_problems("humaneval")


class Echo:
    """Passes what says `good`; draws programs ahead of its results, as a real one does."""

    def run(self, programs: Iterable[Program]) -> Iterator[Execution]:
        ahead = list(programs)
        for program in ahead:
            verdict = Verdict.PASS if "good" in program.code else Verdict.WRONG
            yield Execution(id=program.id, verdict=verdict, cpu_seconds=0.1, wall_seconds=0.1)

    def close(self) -> None:
        pass


def test_results_find_their_samples_when_some_have_no_code() -> None:
    texts = ["", "good", "bad|good", "", "", "bad", ""]

    def reader(problem: Problem, text: str, lenient: bool) -> Extraction:
        first, _, last = text.partition("|")
        return Extraction(last if lenient and last else first, "test")

    pairs = [(PROBLEMS[0], Completion(task_id="t", sample=i, text=text)) for i, text in enumerate(texts)]
    rows = list(run_samples(pairs, benchmark=benchmark("humaneval"), reader=reader, executor=Echo()))
    assert [row.sample for row in rows] == list(range(7))
    assert [row.verdict.value for row in rows] == [
        "NO_CODE",
        "PASS",
        "WRONG",
        "NO_CODE",
        "NO_CODE",
        "WRONG",
        "NO_CODE",
    ]
    assert rows[2].lenient_verdict is Verdict.PASS


def test_an_item_that_needs_a_package_the_box_lacks_is_skipped_not_failed() -> None:
    item = replace(PROBLEMS[0], id="", tests="import no_such_module_of_anybody\nassert True")
    pairs = [
        (item, Completion(task_id=item.task_id, sample=0, text="good")),
        (PROBLEMS[1], Completion(task_id=PROBLEMS[1].task_id, sample=0, text="good")),
    ]
    reader = lambda problem, text, lenient: Extraction(text, "test")  # noqa: E731
    skipped, ran = run_samples(pairs, benchmark=benchmark("humaneval"), reader=reader, executor=Echo())
    assert (skipped.verdict, skipped.lenient_verdict, ran.verdict) == (
        Verdict.SKIPPED,
        Verdict.SKIPPED,
        Verdict.PASS,
    )
    assert "no_such_module_of_anybody" in skipped.detail and "pip install" in skipped.detail
