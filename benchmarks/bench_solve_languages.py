"""solve-and-test in other languages on HumanEvalPack: right solutions kept, buggy ones rejected.

    python benchmarks/bench_solve_languages.py --data ../shared/data js java go rust cpp

The rows' solutions are the benchmark's canonical ones, then its buggy ones; a scripted teacher answers with
the benchmark's own tests. Everything else is the generator: the two runs, empty bodies, mutants, the sandbox.
Printed for each language: how many of the right ones were kept and of the buggy ones rejected, with reasons.
Items of which the canonical solution fails its own tests are told by `bench_canonical.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
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

LANGUAGES = {"js": "javascript", "java": "java", "go": "go", "rust": "rust", "cpp": "cpp"}


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
    bench = next(b for b in HUMANEVALPACK if b.name == f"humanevalsynthesize-{key}")
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


async def run(
    items: list[Instruction], tests: dict[str, str], executor: Any, options: dict[str, Any]
) -> list[str]:
    """The reason of each row, empty for those kept."""
    config = SynthConfig(generator="solve-and-test", options=options, profile="strong")
    built: Any = build_generator(config, seed=0)
    context = GenerationContext(
        Teacher(tests), load_prompts(built, "en"), ProgramRunner(lambda: executor), AskSettings(retries=0), ()
    )
    gate = asyncio.Semaphore(8)

    async def one(item: Instruction) -> str:
        async with gate:
            shard = await built.make((item,), context)
        return (
            ""
            if shard.kept
            else f"{shard.rejected[0].reason}: {shard.rejected[0].detail.splitlines()[0][:60]}"
        )

    return list(await asyncio.gather(*(one(item) for item in items)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("languages", nargs="+", choices=LANGUAGES)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=164, help="the first so many problems")
    parser.add_argument("--mutants", type=int, default=8)
    parser.add_argument("--only", choices=("canonical", "buggy"))
    parser.add_argument("--show", action="store_true", help="each rejected right solution and kept buggy one")
    arguments = parser.parse_args()
    executor = open_executor(2)
    options = {"solution": "given", "mutants": arguments.mutants, "cpu_seconds": 5}
    for key in arguments.languages:
        path = arguments.data / "humanevalpack" / key / "data" / "humanevalpack.jsonl"
        for field in ("canonical", "buggy"):
            if arguments.only not in (None, field):
                continue
            items, tests = rows(path, key, f"{field}_solution")
            found = asyncio.run(run(items[: arguments.rows], tests, executor, options))
            reasons = Counter(reason.partition(":")[0] for reason in found if reason)
            kept = found.count("")
            print(f"{key} {field}: {kept} of {len(found)} kept; rejected: {dict(reasons)}", flush=True)
            if arguments.show:
                for number, reason in enumerate(found):
                    if bool(reason) == (field == "canonical"):
                        print(f"    {number}: {reason or 'kept'}")
    executor.close()


if __name__ == "__main__":
    main()
