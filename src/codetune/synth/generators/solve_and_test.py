"""For an instruction: a solution and tests, kept only where the tests pass and notice faults.

instruction ─▶ solution ─▶ tests (or calls, whose values are recorded) ─▶ they pass ─▶ they pass again ─▶ an empty body fails
            ─▶ mutants fail ─▶ kept, with the mutation score
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import BaseModel

from codetune.code.languages import canonical_language
from codetune.code.parsing import python_tree
from codetune.execution.protocol import Limits, Program
from codetune.records import Check, Instruction, Verdict
from codetune.rejection import Rejection
from codetune.store.dataset import Shard
from codetune.synth.generator import rejected
from codetune.synth.generators.solve_in_language import solved_and_tested
from codetune.synth.options import Profile, SolveAndTestOptions
from codetune.synth.python.mutants import emptied, mutants
from codetune.synth.python.recording import call_pattern, calls_fault, recorder, tests_of
from codetune.synth.python.runnable_tests import RunnableTests
from codetune.synth.runtime.answer_parsers import JsonObject
from codetune.synth.runtime.generation_context import GenerationContext
from codetune.synth.runtime.rows import extended, row_of_instruction
from codetune.synth.runtime.text_parsers import CodeBlock

__all__ = ["SolveAndTest"]

_TEXT = r'[^;#"\\\\]'
"""What a test may be written in. Without quotation marks and backslashes: llama.cpp lets a character that
a pattern allows stand in the JSON as it is, where these two would end or break the string."""


class Tests(BaseModel):
    """The tests' lines."""

    tests: list[str]


class Calls(BaseModel):
    """Calls of the function."""

    calls: list[str]


@dataclass(frozen=True)
class SolveAndTest:
    """See the module."""

    options: SolveAndTestOptions
    language: str = "en"
    seed: int = 0
    profile: Profile = "strong"

    name: ClassVar[str] = "solve-and-test"
    summary: ClassVar[str] = "write a solution and tests; keep them where the tests pass and notice faults"
    consumes: ClassVar[type[Instruction]] = Instruction
    produces: ClassVar[type[Instruction]] = Instruction
    runs_code: ClassVar[bool] = True
    prompts: ClassVar[Mapping[str, frozenset[str]]] = {
        "solve": frozenset({"instruction", "input"}),
        "write_tests": frozenset({"instruction", "input", "code", "entry_point", "count"}),
        "write_calls": frozenset({"instruction", "input", "code", "entry_point", "count"}),
        "solve_code": frozenset({"programming_language", "instruction", "input"}),
        "write_tests_code": frozenset(
            {"programming_language", "instruction", "input", "code", "entry_point", "count", "form", "fence"}
        ),
    }

    def items(self, records: Sequence[Instruction]) -> Iterator[tuple[Instruction, ...]]:
        for record in records:
            yield (record,)

    async def make(self, item: tuple[Instruction, ...], context: GenerationContext) -> Shard[Instruction]:
        (given,) = item
        row = row_of_instruction(
            given,
            tags=(*given.tags, self.name),
            task="code_generation",
            output=given.output if self.options.solution == "given" else "",
            programming_language=canonical_language(given.programming_language) or "python",
        )
        try:
            if row.programming_language != "python":
                return Shard((await solved_and_tested(row, context, self.options, self.seed),))
            row = await self._solve(row, context)
            entry_point = _entry_point(row.output)
            if self.options.expected == "record":
                row = await self._record_tests(row, entry_point, context)
            else:
                row = await self._write_tests(row, entry_point, context)
            await self._hold(row, context)
            row = extended(row, checks=await self._bite(row, context))
        except Rejection as rejection:
            verdict = "not run" if rejection.reason in ("no answer", "request refused") else "failed"
            row = extended(row, checks=(Check(check=self.name, verdict=verdict, detail=rejection.reason),))
            return rejected(row, rejection)
        return Shard((row,))

    async def _solve(self, row: Instruction, context: GenerationContext) -> Instruction:
        if self.options.solution == "given":
            return row
        asked = await context.ask(
            "solve",
            CodeBlock("python", holds=lambda code: bool(_defined(code))),
            {"instruction": row.instruction, "input": row.input},
            row=row.lineage.parents[0],
            max_new_tokens=self.options.solution_tokens,
            check=_has_function,
        )
        return extended(row, output=asked.value, generated=asked.generated("output"))

    async def _write_tests(
        self, row: Instruction, entry_point: str, context: GenerationContext
    ) -> Instruction:
        shown = self._shown(row, entry_point)
        if self.profile == "small":
            given = await context.ask(
                "write_tests",
                JsonObject(Tests, self._limits_of_tests(entry_point)),
                shown,
                row=row.lineage.parents[0],
                max_new_tokens=48 * self.options.tests,
                check=lambda answer: _tests_fault(answer.tests, entry_point),
            )
            tests = "\n".join(dict.fromkeys(given.value.tests)) + "\n"
            return extended(row, tests=tests, generated=given.generated("tests"), checks=given.checks())
        asked = await context.ask(
            "write_tests", RunnableTests(_defined(row.output)), shown, row=row.lineage.parents[0]
        )
        return extended(row, tests=asked.value, generated=asked.generated("tests"), checks=asked.checks())

    def _limits_of_tests(self, entry_point: str) -> dict[str, dict[str, object]]:
        name = entry_point.replace(".", r"\.")
        pattern = rf"^assert {name}\({_TEXT}{{0,60}}\) == {_TEXT}{{1,40}}$"
        return {
            "tests": {
                "minItems": self.options.tests,
                "maxItems": self.options.tests,
                "items": {"type": "string", "pattern": pattern},
            }
        }

    async def _record_tests(
        self, row: Instruction, entry_point: str, context: GenerationContext
    ) -> Instruction:
        small = self.profile == "small"
        limits: dict[str, dict[str, object]] = {
            "calls": {
                "minItems": self.options.tests if small else 1,
                "maxItems": self.options.tests,
                "items": {"type": "string", "pattern": f"^{call_pattern(row.output, entry_point)}$"}
                if small
                else {"type": "string"},
            }
        }
        asked = await context.ask(
            "write_calls",
            JsonObject(Calls, limits),
            self._shown(row, entry_point),
            row=row.lineage.parents[0],
            max_new_tokens=40 * self.options.tests if small else None,
            check=lambda answer: calls_fault(answer.calls, entry_point),
        )
        calls = list(dict.fromkeys(asked.value.calls))
        program = Program(id=row.id, code=recorder(row.output, calls), limits=self._limits())
        ran = await context.run(program)
        if not ran.verdict.is_about_the_program:
            raise Rejection("could not be run", f"{ran.verdict}: {ran.detail}")
        if ran.verdict is not Verdict.PASS:
            raise Rejection("solution does not run", f"{ran.verdict}: {ran.detail}")
        tests, useless = tests_of(ran.stdout, calls)
        if not tests:
            raise Rejection("no call has a value", "; ".join(useless))
        detail = f"{len(tests)} of {len(calls)} calls" + "".join(f"; {why}" for why in useless)
        recorded = Check(
            check="expected values recorded from the given solution", verdict="passed", detail=detail
        )
        return extended(
            row,
            tests="\n".join(tests) + "\n",
            generated=asked.generated("tests"),
            checks=(*asked.checks(), recorded),
        )

    def _shown(self, row: Instruction, entry_point: str) -> dict[str, object]:
        return {
            "instruction": row.instruction,
            "input": row.input,
            "code": row.output,
            "entry_point": entry_point,
            "count": self.options.tests,
        }

    def _limits(self) -> Limits:
        return Limits(cpu_seconds=self.options.cpu_seconds)

    async def _verdict(
        self, row: Instruction, code: str, context: GenerationContext, *, again: int = 0
    ) -> tuple[Verdict, str]:
        # The verdict cache goes by content; a comment makes the second run a real one.
        tests = (row.tests or "") + ("# once more\n" * again)
        ran = await context.run(Program(id=row.id, code=code, tests=tests, limits=self._limits()))
        if not ran.verdict.is_about_the_program:
            raise Rejection("could not be run", f"{ran.verdict}: {ran.detail}")
        return ran.verdict, ran.detail

    async def _hold(self, row: Instruction, context: GenerationContext) -> None:
        verdict, detail = await self._verdict(row, row.output, context)
        if verdict is not Verdict.PASS:
            raise Rejection("tests fail", f"{verdict}: {detail}")
        for again in range(1, self.options.reruns + 1):
            verdict, detail = await self._verdict(row, row.output, context, again=again)
            if verdict is not Verdict.PASS:
                raise Rejection("flaky", f"passed {again} times, then {verdict}: {detail}")

    async def _bite(self, row: Instruction, context: GenerationContext) -> tuple[Check, ...]:
        verdict, _ = await self._verdict(row, emptied(row.output), context)
        if verdict is Verdict.PASS:
            raise Rejection("tests can't fail", "an empty body passes them")
        faulty = mutants(row.output, count=self.options.mutants, seed=self.seed, row=row.lineage.parents[0])
        killed = 0
        for mutant in faulty:
            verdict, _ = await self._verdict(row, mutant, context)
            killed += verdict is not Verdict.PASS
        if faulty and killed / len(faulty) < self.options.min_mutation_score:
            raise Rejection("tests too weak", f"they notice {killed} of {len(faulty)} faults")
        score = f"{killed} of {len(faulty)} mutants failed"
        return (
            Check(check="tests pass twice", verdict="passed", detail=f"{self.options.reruns + 1} runs"),
            Check(check="empty body fails", verdict="passed"),
            Check(check="mutation score", verdict="passed" if faulty else "not run", detail=score),
        )


def _defined(code: str) -> tuple[str, ...]:
    """Functions and classes at the top of the code; empty where it does not parse."""
    tree = python_tree(code)
    body = tree.body if tree is not None else ()
    return tuple(n.name for n in body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef))


def _has_function(code: str) -> tuple[str, str] | None:
    return None if _defined(code) else ("no function", "the code has to define a function or a class")


def _entry_point(code: str) -> str:
    """The function to test: the last one at the top, which may call the others; else the last class."""
    tree = python_tree(code)
    if tree is None:
        raise Rejection("does not parse", code)
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    if not functions and not _defined(code):
        raise Rejection("no function", "tests need a function or a class at the top level")
    return (functions or list(_defined(code)))[-1]


def _tests_fault(tests: Sequence[str], entry_point: str) -> tuple[str, str] | None:
    for line in tests:
        try:
            node = ast.parse(line).body
        except (SyntaxError, ValueError):
            return "tests do not parse", f"{line!r} is not valid Python"
        if len(node) != 1 or not isinstance(node[0], ast.Assert):
            return "not a test", f"{line!r} is not one assert"
        called = {
            n.func.id for n in ast.walk(node[0]) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
        }
        if entry_point not in called:
            return "not a test", f"{line!r} does not call {entry_point}"
    return None
