"""Round two and the comparison of behaviour outside Python, on HumanEvalPack: good answers kept, bad ones rejected.

    python benchmarks/bench_evidence_languages.py --data ../shared/data js cpp

The snippet is the function of each item, the program around it what else the item's solution holds and the
benchmark's own tests. A scripted teacher answers with that program, and with a solution of the statement alone:

- good: the canonical solution;
- wrong statement: the benchmark's buggy solution, which is another function than the code;
- never called: a program that prints a line;
- constant (JavaScript): the tests with assertions that do nothing, and a line printed.

Items of which the function stands otherwise in the solution than the parser reads it are left out and counted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from codetune.code.functions import functions
from codetune.evaluate.benchmarks.humanevalpack.humanevalpack import HUMANEVALPACK
from codetune.evaluate.benchmarks.humanevalpack.programs import pack_program
from codetune.execution.languages.joined import joined
from codetune.execution.open import open_executor
from codetune.execution.protocol import Limits
from codetune.models.protocol import ChatReply, ChatRequest
from codetune.records import Snippet
from codetune.synth.config import SynthConfig
from codetune.synth.prompts.prompt_loading import load_prompts
from codetune.synth.registry import build_generator
from codetune.synth.runtime.generation_context import AskSettings, GenerationContext
from codetune.synth.runtime.program_runner import ProgramRunner

LANGUAGES = {"js": "javascript", "cpp": "cpp"}
"""Those of the benchmark whose items are functions and whose tests are a program."""
MARK = "// THE GIVEN CODE"
PRINTS = {
    "javascript": "console.log('all is well');",
    "cpp": '#include <iostream>\nint main() { std::cout << "all is well"; }',
}


class Teacher:
    """Answers one row's questions."""

    name = "scripted"

    def __init__(self, statement: str, program: str, solution: str, language: str) -> None:
        fenced = "````{}\n{}\n````".format
        self.answers = {
            "You write programming tasks": f"<instruction>{statement}</instruction>",
            "You complete a piece of code": fenced(language, program),
            "You are a careful programmer": fenced(language, solution),
            "You check texts about code": '{"reason": "It fits.", "score": 5}',
        }

    async def chat(self, request: ChatRequest) -> ChatReply:
        system = request.messages[0].content
        text = next(text for start, text in self.answers.items() if system.startswith(start))
        return ChatReply(
            text=text, finish_reason="stop", prompt_tokens=1, completion_tokens=1, model=self.name, key="0" * 32,
        )  # fmt: skip


def answers(path: Path, key: str) -> tuple[list[tuple[str, Snippet, Teacher]], int]:
    """Kind of answer, snippet and teacher of each try, and how many items were left out."""
    language = LANGUAGES[key]
    bench = next(b for b in HUMANEVALPACK if b.name == f"humanevalsynthesize-{key}")
    problems = {p.task_id: p for p in bench.read(path.read_bytes())}
    made, left_out = [], 0
    for line in path.read_text("utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        problem = problems[row["task_id"]]
        whole = row["prompt"] + row["canonical_solution"]
        name = row["entry_point"]
        span = _function(whole, name, language)
        other = _function(row["prompt"] + row["buggy_solution"], name, language)
        packed = pack_program(problem, whole, Limits())
        if span is None or other is None or span.code not in packed.code:
            left_out += 1
            continue
        code, tests = joined(packed.code.replace(span.code, MARK), packed.tests or "", language)
        snippet = Snippet(
            code=span.code, name=span.name, programming_language=language, path=row["task_id"], license="MIT",
            source="humanevalpack", scopes=span.scopes or None,
        )  # fmt: skip
        statement = (
            f"Write a function `{span.name.split('.')[-1]}` that does this: {row['docstring'].strip()}"
        )
        program = f"{code}\n{tests}"
        kinds = {
            "good": (program, span.code),
            "wrong statement": (program, other.code),
            "never called": (_unused(code, language), span.code),
        }
        if language == "javascript":
            mute = re.sub(
                r"console\.assert = .*?\n};\n", "console.assert = () => {};\n", tests, flags=re.DOTALL
            )
            kinds["constant"] = (f"{code}\n{mute}\n{PRINTS[language]}\n", span.code)
        made += [(kind, snippet, Teacher(statement, *parts, language)) for kind, parts in kinds.items()]
    return made, left_out


def _function(code: str, name: str, language: str) -> Any:
    found = [span for span in functions(code, language) if re.split(r"[.:]+", span.name)[-1] == name]
    return found[-1] if found else None


def _unused(code: str, language: str) -> str:
    return f"{code}\n{PRINTS[language]}\n"


async def run(tries: list[tuple[str, Snippet, Teacher]], executor: Any) -> list[tuple[str, str, str]]:
    """Kind, item and reason of each try; an empty reason for those kept."""
    built: Any = build_generator(SynthConfig(generator="instruct-from-code", profile="strong"), seed=0)
    prompts = load_prompts(built, "en")
    runner = ProgramRunner(lambda: executor)
    gate = asyncio.Semaphore(8)

    async def one(kind: str, snippet: Snippet, teacher: Teacher) -> tuple[str, str, str]:
        context = GenerationContext(teacher, prompts, runner, AskSettings(retries=0), ())
        async with gate:
            shard = await built.make((snippet,), context)
        why = (
            ""
            if shard.kept
            else f"{shard.rejected[0].reason}: {shard.rejected[0].detail.splitlines()[0][:90]}"
        )
        return kind, snippet.path or "", why

    return list(await asyncio.gather(*(one(*a_try) for a_try in tries)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("languages", nargs="+", choices=LANGUAGES)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--first", type=int, default=0, help="number of the first try")
    parser.add_argument("--tries", type=int, default=1000)
    parser.add_argument("--show", action="store_true", help="each good answer rejected and bad one kept")
    arguments = parser.parse_args()
    for key in arguments.languages:
        tries, left_out = answers(
            arguments.data / "humanevalpack" / key / "data" / "humanevalpack.jsonl", key
        )
        tries = tries[arguments.first : arguments.first + arguments.tries]
        with open_executor(2) as executor:
            found = asyncio.run(run(tries, executor))
        print(f"{key}: {left_out} items left out")
        for kind in dict.fromkeys(kind for kind, _, _ in found):
            reasons = Counter(why.partition(":")[0] or "kept" for one, _, why in found if one == kind)
            print(f"  {kind}: {sum(reasons.values())}: {dict(reasons)}", flush=True)
        for kind, item, why in found if arguments.show else ():
            if bool(why) == (kind == "good"):
                print(f"    {item} {kind}: {why or 'kept'}")


if __name__ == "__main__":
    main()
