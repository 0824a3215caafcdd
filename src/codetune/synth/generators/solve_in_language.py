"""solve-and-test in other languages than Python: the same promises, kept by compilers and mutants of the syntax tree.

toolchain there? ─▶ solution ─▶ tests ─▶ they pass, twice ─▶ empty bodies fail ─▶ mutants that compile fail
"""

from __future__ import annotations

import asyncio

from codetune.code.languages import display_name
from codetune.code.parsing import parses
from codetune.code.preprocessor import PREPROCESSED
from codetune.execution.languages.joined import joined
from codetune.execution.languages.missing_packages import missing_package
from codetune.execution.languages.toolchains import toolchain
from codetune.execution.protocol import Execution, Limits, Program
from codetune.records import Check, Instruction, Verdict
from codetune.rejection import Rejection
from codetune.synth.languages.mutants import emptied, mutants
from codetune.synth.languages.written_tests import (
    TESTED_LANGUAGES,
    WrittenTests,
    defined_names,
    entry_point,
)
from codetune.synth.options import SolveAndTestOptions
from codetune.synth.runtime.generation_context import GenerationContext
from codetune.synth.runtime.rows import extended
from codetune.synth.runtime.text_parsers import CodeBlock

__all__ = ["solved_and_tested"]

_MEMORY = 2 << 30
_START_SECONDS = {"java": 2.0, "csharp": 2.0, "typescript": 0.5}
"""CPU seconds that a virtual machine may take beside the program. Compilers have limits of their own."""


async def solved_and_tested(
    row: Instruction, context: GenerationContext, options: SolveAndTestOptions, seed: int
) -> Instruction:
    """The row with a solution, tests and what they showed.

    Args:
        row: With the language it asks for; its output is the solution where the options say so.
        context: The model and the sandbox.
        options: Of the generator.
        seed: Of the run.

    Raises:
        Rejection: The language can't be run here, or the solution or the tests are not good enough.
    """
    language = row.programming_language or ""
    if language not in TESTED_LANGUAGES:
        raise Rejection("language not supported", f"tests can't be run in {language}")
    if options.expected == "record":
        raise Rejection("language not supported", "values are recorded for Python alone")
    tool = toolchain(language)
    if tool.path is None:
        raise Rejection("toolchain not found", tool.absence)
    if options.solution == "write":
        asked = await context.ask(
            "solve_code",
            CodeBlock(language, holds=lambda code: bool(defined_names(code, language))),
            {
                "programming_language": display_name(language),
                "instruction": row.instruction,
                "input": row.input,
            },
            row=row.lineage.parents[0],
            max_new_tokens=options.solution_tokens,
            check=lambda code: _no_function(code, language),
        )
        row = extended(row, output=asked.value, generated=asked.generated("output"))
    elif not parses(row.output, language) and language not in PREPROCESSED:  # there the compiler decides
        raise Rejection("does not parse", row.output)
    name = entry_point(row.output, language)
    if name is None:
        raise Rejection("no function", "tests need a function")
    forms = context.prompts["write_tests_code"].extras["forms"]
    reply = await context.ask(
        "write_tests_code",
        WrittenTests(language, defined_names(row.output, language)),
        {
            "programming_language": display_name(language),
            "instruction": row.instruction,
            "input": row.input,
            "code": row.output,
            "entry_point": name,
            "count": options.tests,
            "form": forms.get(language, ""),
            "fence": language,
        },
        row=row.lineage.parents[0],
    )
    row = extended(row, tests=reply.value, generated=reply.generated("tests"), checks=reply.checks())
    taken = await _hold(row, language, context, options)
    return extended(row, checks=await _bite(row, language, context, options, seed, taken))


def _no_function(code: str, language: str) -> tuple[str, str] | None:
    return None if entry_point(code, language) else ("no function", "the code has to define a function")


async def _run(
    row: Instruction, code: str, context: GenerationContext, cpu_seconds: float, attempt: int = 0
) -> Execution:
    language = row.programming_language or ""
    first, second = joined(code, row.tests or "", language)
    limits = Limits(cpu_seconds=cpu_seconds, memory_bytes=_MEMORY)
    program = Program(id=row.id, code=first, tests=second, language=language, limits=limits, attempt=attempt)
    ran = await context.run(program)
    if not ran.verdict.is_about_the_program:
        raise Rejection("could not be run", f"{ran.verdict}: {ran.detail}")
    return ran


async def _hold(
    row: Instruction, language: str, context: GenerationContext, options: SolveAndTestOptions
) -> float:
    """Run the tests several times; the CPU seconds that they take."""
    seconds = options.cpu_seconds + _START_SECONDS.get(language, 0.0)
    ran = await _run(row, row.output, context, seconds)
    if ran.verdict is not Verdict.PASS:
        package = missing_package(ran.stderr, language)
        if package is not None:
            raise Rejection(
                "package not found", f"{package} is not on this machine; the standard library has to do"
            )
        raise Rejection("tests fail", f"{ran.verdict}: {ran.detail}")
    taken = ran.cpu_seconds
    for attempt in range(1, options.reruns + 1):
        ran = await _run(row, row.output, context, seconds, attempt)
        if ran.verdict is not Verdict.PASS:
            raise Rejection("flaky", f"passed {attempt} times, then {ran.verdict}: {ran.detail}")
        taken = max(taken, ran.cpu_seconds)
    return taken


async def _bite(
    row: Instruction,
    language: str,
    context: GenerationContext,
    options: SolveAndTestOptions,
    seed: int,
    taken: float,
) -> tuple[Check, ...]:
    # A fault that never ends is noticed as soon as it takes far longer than the solution did.
    seconds = min(options.cpu_seconds, 1.0 + 10 * taken) + _START_SECONDS.get(language, 0.0)
    bare = emptied(row.output, language)
    faulty = mutants(row.output, language, count=3 * options.mutants, seed=seed, row=row.lineage.parents[0])
    first = [bare] if bare is not None else []
    killed = tried = 0
    compiled = False
    while first or (faulty and tried < options.mutants):
        # All at once, to fill every core; what does not compile is no fault that tests could notice.
        taken_now, faulty = faulty[: options.mutants - tried], faulty[options.mutants - tried :]
        runs = [_run(row, code, context, seconds) for code in (*first, *taken_now)]
        verdicts = [ran.verdict for ran in await asyncio.gather(*runs)]
        if first:
            first, compiled = [], verdicts[0] is not Verdict.COMPILE
            if verdicts.pop(0) is Verdict.PASS:
                raise Rejection("tests can't fail", "empty bodies pass them")
        counted = [verdict for verdict in verdicts if verdict is not Verdict.COMPILE]
        tried += len(counted)
        killed += sum(verdict is not Verdict.PASS for verdict in counted)
    if tried and killed / tried < options.min_mutation_score:
        raise Rejection("tests too weak", f"they notice {killed} of {tried} faults")
    if not tried and not compiled and options.mutants:
        raise Rejection("tests not tried", "neither empty bodies nor a faulty copy compile")
    return (
        Check(check="tests pass twice", verdict="passed", detail=f"{options.reruns + 1} runs"),
        Check(
            check="empty body fails",
            verdict="passed" if compiled else "not run",
            detail="" if compiled else "no empty body that compiles is known",
        ),
        Check(
            check="mutation score",
            verdict="passed" if tried else "not run",
            detail=f"{killed} of {tried} mutants failed",
        ),
    )
