"""From answers to a score, through the real sandbox; and runs paired."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from codetune.engine.progress import SilentProgress
from codetune.errors import DataError, UsageError
from codetune.evaluate.benchmarks.registry import BENCHMARKS, benchmark, load_problems
from codetune.evaluate.comparing import compare_folders, compare_tallies
from codetune.evaluate.config import EvaluateConfig
from codetune.evaluate.foreign import read_samples
from codetune.evaluate.generate import requests_of
from codetune.evaluate.judge import judge, read_verdicts
from codetune.evaluate.prompting import STYLES
from codetune.evaluate.scoring import Tally
from codetune.evaluate.single import score_samples
from codetune.execution.protocol import Execution, Executor, Program
from codetune.execution.sandbox import open_executor
from codetune.records import Completion, Problem, Verdict
from codetune.text.extract import Extraction

PROBLEMS = load_problems("humaneval")


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    opened = open_executor()
    yield opened
    opened.close()


def write_samples(path: Path, rows: Iterable[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def canonical(count: int) -> list[dict[str, object]]:
    return [{"task_id": p.task_id, "completion": p.canonical_solution} for p in PROBLEMS[:count]]


def score(samples: Path, output: Path, executor: Executor, **options: object) -> dict[str, object]:
    card = score_samples(
        benchmark("humaneval"),
        samples,
        output,
        executor=executor,
        progress=SilentProgress(),
        **options,  # type: ignore[arg-type]
    )
    return card.results


def test_humaneval_is_the_published_file() -> None:
    assert len(PROBLEMS) == 164
    assert benchmark("humaneval").edition()["edition"] == "openai/human-eval"


def test_canonical_solutions_pass_and_empty_ones_do_not(tmp_path: Path, executor: Executor) -> None:
    rows = canonical(8)
    rows[0]["completion"] = "    return None\n"
    rows[1]["completion"] = None
    rows[2]["completion"] = "    import os; os._exit(0)\n"
    found = score(write_samples(tmp_path / "s.jsonl", rows), tmp_path / "out", executor)
    assert found["verdicts"] == {"PASS": 5, "WRONG": 1, "NO_CODE": 1, "EARLY_EXIT": 1}
    assert found["passed"] == 5
    assert found["problems"] == 8
    assert len(found["missing"]) == 156  # type: ignore[arg-type]
    verdicts = {row.task_id: row for row in read_verdicts(tmp_path / "out")}
    assert verdicts["HumanEval/3"].verdict is Verdict.PASS
    assert verdicts["HumanEval/1"].extractor == "none"


def test_the_lenient_reading_is_told_apart(tmp_path: Path, executor: Executor) -> None:
    fenced = f"Sure!\n```python\n{PROBLEMS[0].prompt}{PROBLEMS[0].canonical_solution}```\n"
    path = write_samples(tmp_path / "s.jsonl", [{"task_id": "HumanEval/0", "solution": fenced}])
    found = score(path, tmp_path / "out", executor)
    assert found["pass_at_k"]["1"]["value"] == 0.0  # type: ignore[index]
    assert found["lenient_pass_at_k"]["1"]["value"] == 1.0  # type: ignore[index]


def test_pass_at_k_over_several_samples(tmp_path: Path, executor: Executor) -> None:
    rows = [row for row in canonical(3) for _ in range(4)]
    for index in (0, 1, 4):
        rows[index] = {**rows[index], "completion": "    return 'wrong'\n"}
    found = score(write_samples(tmp_path / "s.jsonl", rows), tmp_path / "out", executor, k=(1, 3))
    assert found["pass_at_k"]["1"]["value"] == pytest.approx((0.5 + 0.75 + 1) / 3)  # type: ignore[index]
    assert found["pass_at_k"]["3"]["value"] == pytest.approx(1.0)  # type: ignore[index]
    with pytest.raises(UsageError, match="pass@5 needs at least 5 samples"):
        score(tmp_path / "s.jsonl", tmp_path / "other", executor, k=(5,))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '{"task_id": "HumanEval/0", "completion": "x"}\n{"task_id": "Nope/1", "completion": "x"}\n',
            r"no task 'Nope/1' .*row 2",
        ),
        ('{"task_id": "HumanEval/0", "completion": "x"}\n{"task_id": \n', r"not valid JSON .*row 2"),
        ('{"task_id": "HumanEval/0", "completion": 3}\n', r"has to be text .*row 1"),
        ('{"task_id": "HumanEval/0", "text": "x"}\n', r"need a `completion` or a `solution`"),
        ("\n\n", "is empty"),
        ("[[1]]", "1 lists of samples for 164 problems"),
        ("3\n", r"no JSON object .*row 1"),
    ],
)
def test_broken_samples_name_their_row_and_write_nothing(
    tmp_path: Path, executor: Executor, text: str, words: str
) -> None:
    (tmp_path / "s.jsonl").write_text(text)
    with pytest.raises(DataError, match=words):
        score(tmp_path / "s.jsonl", tmp_path / "out", executor)
    assert not (tmp_path / "out").exists()


def test_samples_that_are_not_utf8_or_cut_short(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_bytes(b'{"task_id": "HumanEval/0", "completion": "caf\xe9"}\n')
    with pytest.raises(DataError, match=r"not UTF-8 .*row 1"):
        read_samples(tmp_path / "s.jsonl", PROBLEMS)
    whole = gzip.compress(b'{"task_id": "HumanEval/0", "completion": "x"}\n' * 50)
    (tmp_path / "s.jsonl.gz").write_bytes(whole[:-12])
    with pytest.raises(DataError, match="cut short"):
        read_samples(tmp_path / "s.jsonl.gz", PROBLEMS)


def test_bigcodes_lists_are_whole_programs_in_order(tmp_path: Path) -> None:
    lists = [[(p.prompt + (p.canonical_solution or ""))] for p in PROBLEMS]
    (tmp_path / "s.json").write_text(json.dumps(lists))
    kind, rows = read_samples(tmp_path / "s.json", PROBLEMS)
    assert kind == "solution"
    assert [completion.task_id for _, completion in rows] == [p.task_id for p in PROBLEMS]


def test_a_benchmark_file_with_another_checksum_is_refused(tmp_path: Path) -> None:
    (tmp_path / "h.jsonl").write_text("{}\n")
    with pytest.raises(DataError, match="not a known edition of HumanEval"):
        load_problems("humaneval", tmp_path / "h.jsonl")


@pytest.mark.parametrize("name", ["mbpp", "mbpp-sanitized"])
def test_mbpps_canonical_solutions_pass(name: str, shared_data: Path, executor: Executor) -> None:
    file = {"mbpp": "mbpp.jsonl", "mbpp-sanitized": "sanitized-mbpp.json"}[name]
    chosen = BENCHMARKS[name]
    problems = chosen.load(shared_data / "mbpp" / file)
    assert len(problems) == {"mbpp": 500, "mbpp-sanitized": 257}[name]
    runs = executor.run(chosen.program(p, p.canonical_solution or "", chosen.limits) for p in problems[:40])
    assert {run.id: run.verdict for run in runs if run.verdict is not Verdict.PASS} == {}


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
    rows = list(judge(pairs, benchmark=benchmark("humaneval"), reader=reader, executor=Echo()))
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


def test_a_comparison_by_hand() -> None:
    first = {str(i): Tally(passed=int(i < 30), judged=1) for i in range(100)}
    second = {str(i): Tally(passed=int(10 <= i < 52), judged=1) for i in range(100)}
    found = compare_tallies(first, second)
    assert (found["both"], found["base_only"], found["tuned_only"], found["neither"]) == (20, 10, 22, 48)
    assert found["difference"] == pytest.approx(0.12)
    assert found["verdict"] == "tie"
    assert found["p_value"] == pytest.approx(0.0501, abs=1e-4)
    second["60"] = second["61"] = Tally(passed=1, judged=1)
    assert compare_tallies(first, second)["verdict"] == "better"
    assert compare_tallies(second, first)["verdict"] == "worse"


def test_missing_is_not_zero_when_comparing() -> None:
    first = {"a": Tally(1, 1), "b": Tally(0, 1), "c": Tally(1, 1)}
    second = {"a": Tally(1, 1), "b": Tally(0, 1), "c": Tally(0, 0)}
    found = compare_tallies(first, second)
    assert (found["problems"], found["left_out"]) == (2, 1)


def test_runs_of_different_benchmarks_are_not_compared(tmp_path: Path) -> None:
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "score.json").write_text(json.dumps({"benchmark": {"name": name}}))
    with pytest.raises(DataError, match="different benchmarks, x and y"):
        compare_folders(tmp_path / "x", tmp_path / "y")
    with pytest.raises(DataError, match="holds no score"):
        compare_folders(tmp_path, tmp_path / "y")


def test_seeds_do_not_depend_on_order_or_number_of_samples() -> None:
    few = EvaluateConfig(n=2, temperature=0.8)
    more = EvaluateConfig(n=5, temperature=0.8)
    first = {(p.task_id, s): r for p, s, r in requests_of(PROBLEMS[:3], few, 1)}
    again = {(p.task_id, s): r for p, s, r in requests_of(list(reversed(PROBLEMS[:3])), more, 1)}
    assert all(again[key] == request for key, request in first.items())
    assert len({request.seed for request in first.values()}) == 3


def test_several_greedy_samples_are_refused() -> None:
    with pytest.raises(UsageError, match="would all be the same"):
        list(requests_of(PROBLEMS[:1], EvaluateConfig(n=2), 0))


@pytest.mark.parametrize("name", ["chat-prefill", "completion"])
def test_the_canonical_body_is_a_passing_continuation(name: str, executor: Executor) -> None:
    chosen = benchmark("humaneval")
    programs = []
    for problem in PROBLEMS:
        # The model's first token brings the fourth space of the first line.
        body = (problem.canonical_solution or "").lstrip("\n")
        answer = body.removeprefix("   ") if body.startswith("    ") else body
        programs.append(
            chosen.program(problem, STYLES[name].program(problem, answer, False).code, chosen.limits)
        )
    failed = [run.id for run in executor.run(programs) if run.verdict is not Verdict.PASS]
    assert failed == []
