"""solve-and-test in other languages on HumanEvalPack: right solutions kept, buggy ones rejected.

    python benchmarks/bench_solve_languages.py --data ../shared/data js ts java go rust cpp --mutants 2

The rows' solutions are the benchmark's canonical ones, then its buggy ones; a scripted teacher answers with
the benchmark's own tests. Everything else is the generator: the two runs, empty bodies, mutants, the sandbox.
Printed for each language: how many of the right ones were kept and of the buggy ones rejected, with reasons.
TypeScript takes JavaScript's solutions and tests. Items of which the canonical solution fails its own tests are
told by `bench_canonical.py`. With `--results FILE` a run that was stopped (or that `--seconds` ended) goes on where it was.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import time
from collections import Counter
from pathlib import Path
from typing import Any

from codetune.evaluate.benchmarks.humanevalpack.humanevalpack import HUMANEVALPACK
from codetune.evaluate.benchmarks.humanevalpack.programs import pack_program
from codetune.execution.open import open_executor
from codetune.execution.protocol import Limits
from codetune.models.protocol import ChatReply, ChatRequest
from codetune.records import Instruction
from codetune.synth.config import SynthConfig
from codetune.synth.prompts.prompt_loading import load_prompts
from codetune.synth.registry import build_generator
from codetune.synth.runtime.generation_context import AskSettings, GenerationContext
from codetune.synth.runtime.program_runner import ProgramRunner

LANGUAGES = {"js": "javascript", "ts": "typescript", "java": "java", "go": "go", "rust": "rust", "cpp": "cpp"}


class Teacher:
    """Answers with the tests of the row whose task is asked about."""

    name = "scripted"

    def __init__(self, tests: dict[str, str]) -> None:
        self.tests = tests

    async def chat(self, request: ChatRequest) -> ChatReply:
        asked = request.messages[-1].content
        text = next(tests for mark, tests in self.tests.items() if mark in asked)
        return ChatReply(
            text=text,
            finish_reason="stop",
            prompt_tokens=1,
            completion_tokens=1,
            model=self.name,
            key="0" * 32,
        )


def rows(path: Path, key: str, field: str) -> tuple[list[Instruction], dict[str, str]]:
    """Rows with a solution of each problem, and the tests by a mark in the task."""
    language = LANGUAGES[key]
    written = "js" if key == "ts" else key
    bench = next(b for b in HUMANEVALPACK if b.name == f"humanevalsynthesize-{written}")
    problems = {p.task_id: p for p in bench.read(path.read_bytes())}
    made, tests = [], {}
    for line in path.read_text("utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        problem = problems[row["task_id"]]
        whole = row["prompt"] + row[field]
        if language == "rust":
            whole = "fn main(){}\n" + row["declaration"] + row[field]
        program = pack_program(problem, whole, Limits())
        mark = f"task <{row['task_id']}>"
        tests[mark] = f"````{language}\n{program.tests}\n````"
        made.append(
            Instruction(
                task="code_generation", instruction=f"Solve {mark}.", output=program.code, source="humanevalpack",
                programming_language=language,
            )
        )  # fmt: skip
    return made, tests


class Results:
    """What was found so far, in a file of one JSON line a row; in memory where there is none."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.reasons: dict[str, str] = {}
        if path is not None and path.exists():
            for line in path.read_text("utf-8").splitlines():
                key, reason = json.loads(line)
                self.reasons[key] = reason

    def add(self, key: str, reason: str) -> None:
        self.reasons[key] = reason
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([key, reason]) + "\n")


async def run(
    items: list[tuple[str, Instruction]],
    tests: dict[str, str],
    executor: Any,
    options: dict[str, Any],
    results: Results,
    until: float,
) -> None:
    """Put the reason of each row into the results, an empty one for those kept; nothing new is begun after `until`."""
    config = SynthConfig(generator="solve-and-test", options=options, profile="strong")
    built: Any = build_generator(config, seed=0)
    context = GenerationContext(
        Teacher(tests), load_prompts(built, "en"), ProgramRunner(lambda: executor), AskSettings(retries=0), ()
    )
    gate = asyncio.Semaphore(8)

    async def one(key: str, item: Instruction) -> None:
        async with gate:
            if key in results.reasons or time.monotonic() > until:
                return
            shard = await built.make((item,), context)
        reason = ""
        if not shard.kept:
            reason = f"{shard.rejected[0].reason}: {shard.rejected[0].detail.splitlines()[0][:80]}"
        results.add(key, reason)

    await asyncio.gather(*(one(key, item) for key, item in items))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("languages", nargs="+", choices=LANGUAGES)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--first", type=int, default=0, help="number of the first problem")
    parser.add_argument("--last", type=int, default=163, help="number of the last problem")
    parser.add_argument("--mutants", type=int, default=8)
    parser.add_argument("--only", choices=("canonical", "buggy"))
    parser.add_argument("--results", type=Path, help="file in which finished rows are kept")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no row after so long")
    parser.add_argument("--show", action="store_true", help="each rejected right solution and kept buggy one")
    arguments = parser.parse_args()
    options = {"solution": "given", "mutants": arguments.mutants, "cpu_seconds": 5}
    results = Results(arguments.results)
    until = time.monotonic() + arguments.seconds
    for key in arguments.languages:
        written = "js" if key == "ts" else key
        path = arguments.data / "humanevalpack" / written / "data" / "humanevalpack.jsonl"
        for field in ("canonical", "buggy"):
            if arguments.only not in (None, field):
                continue
            items, tests = rows(path, key, f"{field}_solution")
            wanted = [
                (f"{key} {field} {number} {arguments.mutants}", items[number])
                for number in range(arguments.first, min(arguments.last + 1, len(items)))
            ]
            began = cpu_seconds()
            with open_executor(2) as executor:
                asyncio.run(run(wanted, tests, executor, options, results, until))
            found = {key: results.reasons[key] for key, _ in wanted if key in results.reasons}
            reasons = Counter(reason.partition(":")[0] for reason in found.values() if reason)
            kept = sum(not reason for reason in found.values())
            took = f"{cpu_seconds() - began:.0f} CPU seconds"
            print(
                f"{key} {field}: {kept} of {len(found)} kept; rejected: {dict(reasons)}; {took}", flush=True
            )
            if arguments.show:
                for row, reason in found.items():
                    if bool(reason) == (field == "canonical"):
                        print(f"    {row}: {reason or 'kept'}")


def cpu_seconds() -> float:
    """Of this process and its ended children, the boxes among them."""
    own, ended = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime


if __name__ == "__main__":
    main()
