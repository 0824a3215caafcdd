"""Samples made elsewhere into a score, through the real sandbox; files that are wrong; runs that go on."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.train.made import code_rows, write_dataset

from codetune.engine.local import LocalEngine
from codetune.errors import DataError, OutputError, UsageError
from codetune.evaluate.benchmarks.registry import BENCHMARKS, benchmark, load_problems
from codetune.evaluate.prompts.styles import STYLES
from codetune.evaluate.score_samples import score_samples
from codetune.evaluate.scoring.contamination import training_overlap
from codetune.evaluate.scoring.external_samples import read_samples
from codetune.evaluate.scoring.score import Score
from codetune.evaluate.scoring.score_run import ScoringContext
from codetune.evaluate.scoring.verdict_table import read_verdicts
from codetune.execution.open import open_executor
from codetune.execution.protocol import Executor
from codetune.records import Instruction, Verdict

PROBLEMS = load_problems("humaneval")


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    opened = open_executor()
    yield opened
    opened.close()


def write_samples(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def canonical(count: int) -> list[dict[str, Any]]:
    return [{"task_id": p.task_id, "completion": p.canonical_solution} for p in PROBLEMS[:count]]


def overlaps(problems: Any, folders: Any) -> Any:
    return training_overlap(problems, folders, LocalEngine(1))


def score(
    samples: Path, output: Path, executor: Executor, train: tuple[Path, ...] = (), **options: Any
) -> dict[str, Any]:
    scoring = ScoringContext(executor=executor, train=train, overlaps=overlaps)
    return score_samples(benchmark("humaneval"), samples, output, scoring, **options).results


def test_humaneval_is_the_published_file() -> None:
    assert len(PROBLEMS) == 164
    assert benchmark("humaneval").edition().edition == "openai/human-eval"


def test_canonical_solutions_pass_and_empty_ones_do_not(tmp_path: Path, executor: Executor) -> None:
    rows = canonical(8)
    rows[0]["completion"] = "    return None\n"
    rows[1]["completion"] = None
    rows[2]["completion"] = "    import os; os._exit(0)\n"
    found = score(write_samples(tmp_path / "s.jsonl", rows), tmp_path / "out", executor)
    assert found["verdicts"] == {"PASS": 5, "WRONG": 1, "NO_CODE": 1, "EARLY_EXIT": 1}
    assert found["passed"] == 5
    assert found["problems"] == 8
    assert len(found["missing"]) == 156
    verdicts = {row.task_id: row for row in read_verdicts(tmp_path / "out")}
    assert verdicts["HumanEval/3"].verdict is Verdict.PASS
    assert verdicts["HumanEval/1"].extractor == "none"


def test_the_lenient_reading_is_told_apart(tmp_path: Path, executor: Executor) -> None:
    fenced = f"Sure!\n```python\n{PROBLEMS[0].prompt}{PROBLEMS[0].canonical_solution}```\n"
    path = write_samples(tmp_path / "s.jsonl", [{"task_id": "HumanEval/0", "solution": fenced}])
    found = score(path, tmp_path / "out", executor)
    assert found["pass_at_k"]["1"]["value"] == 0.0
    assert found["lenient_pass_at_k"]["1"]["value"] == 1.0


def test_pass_at_k_over_several_samples(tmp_path: Path, executor: Executor) -> None:
    rows = [row for row in canonical(3) for _ in range(4)]
    for index in (0, 1, 4):
        rows[index] = {**rows[index], "completion": "    return 'wrong'\n"}
    found = score(write_samples(tmp_path / "s.jsonl", rows), tmp_path / "out", executor, k=(1, 3))
    assert found["pass_at_k"]["1"]["value"] == pytest.approx((0.5 + 0.75 + 1) / 3)
    assert found["pass_at_k"]["3"]["value"] == pytest.approx(1.0)
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


def test_unknown_tasks_duplicates_and_a_huge_answer(tmp_path: Path, executor: Executor) -> None:
    rows = canonical(3)
    rows += [rows[0], {"task_id": "HumanEval/1", "completion": "    return 0  # " + "x" * (10 << 20)}]
    found = score(write_samples(tmp_path / "s.jsonl", rows), tmp_path / "out", executor)
    # A row that stands twice is two samples, and it is said that they are equal.
    assert (found["samples"], found["problems"], found["repeated_samples"]) == (5, 3, 1)
    assert found["verdicts"] == {"PASS": 4, "WRONG": 1}
    assert found["pass_at_k"]["1"]["value"] == pytest.approx(2.5 / 3)


def test_a_full_disk_is_one_sentence_and_loses_nothing(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", disk]).returncode:
        pytest.skip("this machine mounts nothing")
    try:
        texts = [f"    return 0  # {os.urandom(6000).hex()}\n" for _ in range(40)]
        rows = [{"task_id": "HumanEval/0", "completion": text} for text in texts]
        samples = write_samples(tmp_path / "s.jsonl", rows)
        with open_executor(1) as opened, pytest.raises(OutputError, match="no space is left"):
            score(samples, disk / "out", opened)
        assert not (disk / "out" / "run.json").exists()
        subprocess.run(["mount", "-o", "remount,size=8m", disk], check=True)
        with open_executor(1) as opened:
            assert score(samples, disk / "out", opened)["samples"] == 40
    finally:
        subprocess.run(["umount", disk], check=True)


_KILLED = """
import sys
from pathlib import Path
from codetune.cli.main import main
main(["score", "humaneval", sys.argv[1], "-o", sys.argv[2]])
"""


def _remembered_seconds(cache: Path) -> list[float]:
    """CPU seconds of each verdict that the cache holds."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{cache / 'verdicts.sqlite'}?mode=ro", uri=True)) as db:
            rows = db.execute("SELECT execution FROM verdicts").fetchall()
    except sqlite3.Error:
        return []
    return [json.loads(text)["cpu_seconds"] for (text,) in rows]


def test_a_killed_run_goes_on_and_runs_nothing_twice(tmp_path: Path) -> None:
    (row,) = canonical(1)
    rows = [{**row, "completion": f"{row['completion']}    # {n}\n"} for n in range(400)]
    samples, output = write_samples(tmp_path / "s.jsonl", rows), tmp_path / "out"
    command = [sys.executable, "-c", _KILLED, str(samples), str(output)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and len(_remembered_seconds(tmp_path / "cache")) < 2:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    remembered = _remembered_seconds(tmp_path / "cache")
    assert 0 < len(remembered) < 400
    assert not (output / "run.json").exists()
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = [row.cpu_seconds for row in read_verdicts(output)]
    assert len(found) == 400
    # A program that is run again takes other microseconds: each remembered measure has to be there.
    # One of them is the reference solution's own run.
    assert sum((Counter(remembered) - Counter(found)).values()) <= 1


def test_a_killed_zygote_costs_no_verdict(tmp_path: Path) -> None:
    from codetune.execution.attacks.run_attacks import boxed_processes

    with open_executor(2) as opened:
        pool = opened._pool
        before = boxed_processes()
        seen = []
        for number, execution in enumerate(
            opened.run(
                benchmark("humaneval").program(
                    p, p.prompt + (p.canonical_solution or ""), benchmark("humaneval").limits
                )
                for p in PROBLEMS[:30]
            )
        ):
            seen.append(execution.verdict)
            if number == 5:
                for slot in list(pool._slots):
                    os.kill(slot._process.pid, signal.SIGKILL)  # type: ignore[attr-defined]
        assert seen == [Verdict.PASS] * 30
    assert boxed_processes() <= before


def test_another_k_and_a_training_set_extend_a_finished_score(tmp_path: Path, executor: Executor) -> None:
    rows = [row for row in canonical(6) for _ in range(2)]
    rows[0] = {**rows[0], "completion": "    return 0\n"}
    samples, output = write_samples(tmp_path / "s.jsonl", rows), tmp_path / "out"
    first = score(samples, output, executor)
    assert first["contamination"] is None
    more = score(samples, output, executor, k=(1, 2))
    assert more["pass_at_k"]["1"] == first["pass_at_k"]["1"]
    assert more["pass_at_k"]["2"]["value"] == 1.0
    assert more["pass_hat_k"]["2"]["value"] == pytest.approx(5 / 6)

    problem = PROBLEMS[0]
    copied = Instruction(
        task="code_generation",
        instruction="Write the function.",
        output=f"{problem.prompt}{problem.canonical_solution}",
        programming_language="python",
        source="test",
    )
    train = write_dataset(tmp_path / "train", [*code_rows(20), copied])
    found = score(samples, output, executor, train=(train,), k=(1,))["contamination"]
    (item,) = found["overlapping"]
    assert (item["task_id"], item["kind"], item["rows"], item["record"]) == (
        problem.task_id, "verbatim", 1, copied.id,
    )  # fmt: skip
    assert (found["rows"], found["clean_problems"]) == (21, 5)
    assert found["clean_pass_at_k"]["1"]["value"] == 1.0  # the wrong sample was of the copied item
    # Other samples are another score, and refused.
    with pytest.raises(OutputError, match="holds another run"):
        score(write_samples(tmp_path / "t.jsonl", canonical(2)), output, executor)


def test_clusters_widen_the_interval_and_are_named() -> None:
    from codetune.evaluate.scoring.count_samples import count_samples
    from codetune.evaluate.scoring.run_samples import SampleResult

    problems = [dataclasses.replace(p, cluster=f"c{n // 4}") for n, p in enumerate(PROBLEMS[:40])]
    rows = [
        SampleResult(p.task_id, 0, "", "", "", verdict, verdict, 0.0, 0.0)
        for n, p in enumerate(problems)
        for verdict in [Verdict.PASS if n // 4 % 2 else Verdict.WRONG]
    ]
    alone = count_samples(rows, PROBLEMS[:40], k=(1,))
    together = count_samples(rows, problems, k=(1,))
    assert alone.clusters == {} and len(together.clusters) == 40

    def width(score: Score) -> float:
        return score.pass_at_k[1].high - score.pass_at_k[1].low

    assert together.pass_at_k[1].count == 10
    assert width(together) > 1.5 * width(alone)


def test_all_right_is_not_certainty() -> None:
    from codetune.evaluate.scoring.count_samples import count_samples
    from codetune.evaluate.scoring.run_samples import SampleResult

    rows = [
        SampleResult(p.task_id, s, "", "", "", Verdict.PASS, Verdict.PASS, 0.0, 0.0)
        for p in PROBLEMS[:20]
        for s in range(5)
    ]
    rate = count_samples(rows, PROBLEMS[:20], k=(1, 5)).pass_at_k[1]
    assert rate.value == rate.high == 1.0
    assert rate.low == pytest.approx(0.839, abs=0.001)  # Wilson for 20 of 20


@pytest.mark.slow
def test_scores_through_ray_are_the_same(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    rows = canonical(6)
    rows[2]["completion"], rows[3]["completion"] = "    return None\n", ""
    samples = write_samples(tmp_path / "s.jsonl", rows)
    found = {}
    for engine in ("local", "ray"):
        command = [sys.executable, "-m", "codetune.cli.main", "score", "humaneval", str(samples), "--json"]
        done = subprocess.run(
            [*command, "-o", str(tmp_path / engine), "--engine", engine], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        found[engine] = [(r.task_id, r.verdict, r.tier) for r in read_verdicts(tmp_path / engine)]
    assert found["ray"] == found["local"]
