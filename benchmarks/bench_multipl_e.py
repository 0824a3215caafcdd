"""Run the chat answers that a published copy of MultiPL-E carries: every item of every language that runs here.

    CODETUNE_DATA=FOLDER python benchmarks/bench_multipl_e.py [js ts ...]

MultiPL-E has no reference solutions. The copy in bytedance/SandboxFusion holds a model's answer to each
item (`gpt_solution`), as chat text. They go through our reading of answers, our programs and the sandbox.
Not all of them are right, so a failure alone says little; one that doesn't compile, or an item that
other languages solve, is printed to be looked at.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

from codetune.evaluate.benchmarks.multipl_e.multipl_e import LANGUAGES
from codetune.evaluate.benchmarks.registry import benchmark
from codetune.evaluate.prompts.styles import style
from codetune.execution.languages.toolchains import LANGUAGES as RUNNABLE
from codetune.execution.open import open_executor
from codetune.records import Verdict

_SHOWN = 100


def answers(file: Path) -> dict[str, str]:
    """Item -> what the model wrote."""
    with file.open(encoding="utf-8") as stream:
        return {row["name"]: row["gpt_solution"] for row in map(json.loads, stream)}


def main(suffixes: list[str]) -> None:
    """Run the given languages, or all that codetune runs."""
    folder = Path(os.environ.get("CODETUNE_DATA", "../shared/data")) / "multipl_e"
    read = style("chat").program
    remarks: list[str] = []
    print("| file | items | passed | other verdicts | seconds |\n| --- | --- | --- | --- | --- |")
    with open_executor(2) as executor:
        for file in sorted(folder.glob("*.jsonl")):
            suffix = file.stem.partition("-")[2]
            if LANGUAGES[suffix] not in RUNNABLE or (suffixes and suffix not in suffixes):
                continue
            chosen, given, began = benchmark(f"multipl-e-{file.stem}"), answers(file), time.monotonic()
            programs = [
                chosen.program(problem, read(problem, given[problem.task_id], False).code, chosen.limits)
                for problem in chosen.load()
            ]
            runs = list(executor.run(programs))
            verdicts = Counter(run.verdict for run in runs)
            others = ", ".join(f"{verdict} {n}" for verdict, n in verdicts.most_common() if verdict != "PASS")
            seconds = time.monotonic() - began
            print(
                f"| {file.stem} | {len(runs)} | {verdicts[Verdict.PASS]} | {others} | {seconds:.0f} |",
                flush=True,
            )
            remarks += [
                f"- {file.stem} {run.id}: {run.verdict}, {run.detail[:_SHOWN]}"
                for run in runs
                if run.verdict not in (Verdict.PASS, Verdict.WRONG)
            ]
    print("\n" + "\n".join(remarks))


if __name__ == "__main__":
    main(sys.argv[1:])
