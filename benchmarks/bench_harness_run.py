"""One model through bigcode-evaluation-harness and through `codetune eval --protocol bigcode`, answer by answer.

    python main.py --model MODEL --tasks humaneval --limit 40 --do_sample False --n_samples 1 --batch_size 1 \\
        --max_length_generation 640 --precision bf16 --save_generations --allow_code_execution   # in the harness
    codetune eval humaneval --model MODEL --protocol bigcode --temperature 0 -o runs/ours
    python benchmarks/bench_harness_run.py CHECKOUT runs/ours GENERATIONS.json ...

The generations are the harness's own, in the benchmark's order, in one file or several. Their verdicts are made
again by the harness's `compute_code_eval`, which says them item by item. Prints a row for each item whose programs or
verdicts differ, and the sums. The harness limits prompt and answer together, ours the answer alone, so an answer that
neither ended by itself is compared as far as both go.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from codetune.evaluate.benchmarks.registry import load_problems
from codetune.evaluate.scoring.verdict_table import read_verdicts


def harness_verdicts(checkout: Path, programs: list[str], tests: list[str]) -> list[str]:
    """What the harness's own execution says of each program."""
    os.environ["HF_ALLOW_CODE_EVAL"] = "1"
    sys.path.insert(0, str(checkout / "bigcode_eval" / "tasks"))
    metric: Any = importlib.import_module("custom_metrics.code_eval")
    _, results = metric.compute_code_eval(
        predictions=[[program] for program in programs], references=tests, k=[1], num_workers=2, timeout=3.0
    )
    return ["PASS" if results[item][0][1]["passed"] else "no" for item in range(len(programs))]


def told(theirs: str, ours: str, prompt: str) -> str:
    """How two programs differ."""
    first, second = theirs.removeprefix(prompt).strip(), ours.removeprefix(prompt).strip()
    if first == second:
        return ""
    if first.startswith(second) or second.startswith(first):
        return f"one goes on: {len(first)} and {len(second)} characters"
    place = next(i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b)
    return f"from character {place}: {first[place : place + 24]!r} and {second[place : place + 24]!r}"


def main(checkout: Path, run: Path, *generations: Path) -> None:
    """Print the table."""
    programs = [one[0] for path in generations for one in json.loads(path.read_text("utf-8"))]
    problems = load_problems("humaneval")[: len(programs)]
    tests = [f"\n{problem.tests}" for problem in problems]
    theirs = harness_verdicts(checkout, programs, tests)
    ours = {result.task_id: result for result in read_verdicts(run)}
    print("| item | harness | here | programs |\n| --- | --- | --- | --- |")
    same = agree = 0
    for problem, program, verdict in zip(problems, programs, theirs, strict=True):
        result = ours[problem.task_id]
        passed = result.verdict == "PASS"
        difference = told(program, result.solution, problem.prompt.strip())
        same += not difference
        agree += passed == (verdict == "PASS")
        if difference or passed != (verdict == "PASS"):
            print(f"| {problem.task_id} | {verdict} | {result.verdict} | {difference or 'the same'} |")
    solved = theirs.count("PASS"), sum(ours[p.task_id].verdict == "PASS" for p in problems)
    print(f"\n{len(programs)} items: {same} programs are the same, {agree} verdicts agree; "
          f"solved {solved[0]} in the harness, {solved[1]} here")  # fmt: skip


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
