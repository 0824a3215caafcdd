"""solve-and-test in other languages than Python: the same promises, kept by compilers and mutants of the syntax tree.

toolchain there? ─▶ solution ─▶ tests ─▶ they pass, twice ─▶ empty bodies fail ─▶ mutants that compile fail
"""

from __future__ import annotations

from codetune.code.languages import display_name
from codetune.code.parsing import parses
from codetune.execution.languages.joined import joined
from codetune.execution.languages.toolchains import toolchain
from codetune.execution.protocol import Limits, Program
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
_COMPILE_SECONDS = 20.0
"""What compilers and virtual machines take beside the program."""
_STARTED_AT_ONCE = ("javascript", "php", "ruby")
"""Languages without such: a mutant that never ends costs no more than the program may take."""


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
        raise Rejection(
            "toolchain not found", f"{tool.command} is not on this machine; install it: {tool.install}"
        )
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
    elif not parses(row.output, language):
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
    await _hold(row, language, context, options)
    return extended(row, checks=await _bite(row, language, context, options, seed))


def _no_function(code: str, language: str) -> tuple[str, str] | None:
    return None if entry_point(code, language) else ("no function", "the code has to define a function")


async def _verdict(
    row: Instruction,
    code: str,
    language: str,
    context: GenerationContext,
    options: SolveAndTestOptions,
    again: int = 0,
) -> tuple[Verdict, str]:
    # The verdict cache goes by content; a line more makes the second run a real one.
    first, second = joined(code, row.tests or "", language)
    seconds = options.cpu_seconds + (0 if language in _STARTED_AT_ONCE else _COMPILE_SECONDS)
    limits = Limits(cpu_seconds=seconds, memory_bytes=_MEMORY)
    program = Program(id=row.id, code=first, tests=second + "\n" * again, language=language, limits=limits)
    ran = await context.run(program)
    if not ran.verdict.is_about_the_program:
        raise Rejection("could not be run", f"{ran.verdict}: {ran.detail}")
    return ran.verdict, ran.detail


async def _hold(
    row: Instruction, language: str, context: GenerationContext, options: SolveAndTestOptions
) -> None:
    verdict, detail = await _verdict(row, row.output, language, context, options)
    if verdict is not Verdict.PASS:
        raise Rejection("tests fail", f"{verdict}: {detail}")
    for again in range(1, options.reruns + 1):
        verdict, detail = await _verdict(row, row.output, language, context, options, again)
        if verdict is not Verdict.PASS:
            raise Rejection("flaky", f"passed {again} times, then {verdict}: {detail}")


async def _bite(
    row: Instruction, language: str, context: GenerationContext, options: SolveAndTestOptions, seed: int
) -> tuple[Check, ...]:
    bare = emptied(row.output, language)
    verdict = Verdict.COMPILE
    if bare is not None:
        verdict, _ = await _verdict(row, bare, language, context, options)
    if verdict is Verdict.PASS:
        raise Rejection("tests can't fail", "empty bodies pass them")
    compiled = verdict is not Verdict.COMPILE
    killed = tried = 0
    for mutant in mutants(
        row.output, language, count=3 * options.mutants, seed=seed, row=row.lineage.parents[0]
    ):
        if tried == options.mutants:
            break
        verdict, _ = await _verdict(row, mutant, language, context, options)
        if verdict is not Verdict.COMPILE:  # what does not compile is no fault that tests could notice
            tried += 1
            killed += verdict is not Verdict.PASS
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
