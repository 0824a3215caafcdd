"""Run each benchmark's own solutions: a benchmark whose reference fails measures the harness.

    CODETUNE_DATA=FOLDER python benchmarks/bench_canonical.py humanevalfixtests-go canitedit-lazy

Prints a table of passed and total, and each solution that didn't pass with its verdict.
"""

from __future__ import annotations

import sys
import time

from codetune.evaluate.benchmarks.registry import benchmark
from codetune.execution.open import open_executor
from codetune.records import Problem, Verdict


def whole(problem: Problem) -> str:
    """The solution as a whole program."""
    begun = problem.prompt if problem.prefix is None else problem.prefix
    return f"{begun}{problem.canonical_solution}"


def main(names: list[str]) -> None:
    """Run the named benchmarks one after the other."""
    failed: list[str] = []
    print("| benchmark | passed | of | seconds |\n| --- | --- | --- | --- |")
    with open_executor(2) as executor:
        for name in names:
            chosen = benchmark(name)
            problems = [problem for problem in chosen.load() if problem.canonical_solution]
            started = time.monotonic()
            runs = list(executor.run(chosen.program(p, whole(p), chosen.limits) for p in problems))
            passed = sum(run.verdict is Verdict.PASS for run in runs)
            print(f"| {name} | {passed} | {len(runs)} | {time.monotonic() - started:.0f} |", flush=True)
            failed += [
                f"- {run.id}: {run.verdict}, {run.detail}" for run in runs if run.verdict is not Verdict.PASS
            ]
    print("\n" + "\n".join(failed))


if __name__ == "__main__":
    main(sys.argv[1:])
