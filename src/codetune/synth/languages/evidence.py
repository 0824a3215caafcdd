"""What a completed program shows of the given code, in any language that the sandbox runs but Python.

runs, twice ─▶ prints or asserts ─▶ calls the code, with data ─▶ takes enough of its branches ─▶ ends differently
without the code's body ─▶ checks for the lineage

Each step works on the program's text: marks in the code, empty bodies, bodies that fail. What cannot be laid out
or compiled so is `not run` in the lineage, and rejects nothing. For Python see `synth.checks.program_evidence`.
"""

from __future__ import annotations

import asyncio
import re
from hashlib import blake2b

from codetune.execution.languages.joined import joined
from codetune.execution.languages.missing_packages import missing_package
from codetune.execution.output import same_output
from codetune.execution.protocol import Execution, Limits, Program
from codetune.records import Check, Verdict
from codetune.rejection import Rejection
from codetune.synth.checks.snippet_text import SnippetView
from codetune.synth.languages.calls import only_meaningless_calls
from codetune.synth.languages.given_code import GivenCode, given_code
from codetune.synth.languages.mutants import OTHER_VALUES
from codetune.synth.languages.probes import Probed, probed
from codetune.synth.languages.written_tests import CHECKS
from codetune.synth.options import InstructFromCodeOptions
from codetune.synth.runtime.generation_context import GenerationContext

__all__ = ["checks_in_language", "ended_well", "run_in_language", "same_lines", "stable_lines"]

_MEMORY = 2 << 30
_START_SECONDS = {"java": 2.0, "csharp": 2.0}
"""CPU seconds that a virtual machine may take beside the program. Compilers have limits of their own."""


async def run_in_language(
    text: str,
    view: SnippetView,
    context: GenerationContext,
    options: InstructFromCodeOptions,
    attempt: int = 0,
) -> Execution:
    """Run a whole program of the snippet's language; JavaScript's modules as scripts, which the sandbox starts."""
    if view.language == "javascript":
        text, _ = joined(text, "", "javascript")
    seconds = options.cpu_seconds + _START_SECONDS.get(view.language, 0.0)
    limits = Limits(cpu_seconds=seconds, memory_bytes=_MEMORY)
    program = Program(id=view.snippet.id, code=text, language=view.language, limits=limits, attempt=attempt)
    return await context.run(program)


async def checks_in_language(
    text: str, view: SnippetView, context: GenerationContext, options: InstructFromCodeOptions
) -> tuple[Check, ...]:
    """Run a program and tell what it shows of the given code.

    Args:
        text: A program that holds the code unchanged.
        view: The code.
        context: The sandbox.
        options: How much it has to show.

    Raises:
        Rejection: It does not run, or shows less than the options ask for.
    """
    ran, again = await asyncio.gather(
        run_in_language(text, view, context, options), run_in_language(text, view, context, options, 1)
    )
    if not ran.verdict.is_about_the_program:
        if options.unrunnable == "refuse":
            raise Rejection("could not be run", ran.detail)
        return (Check(check="runs", verdict="not run", detail=ran.detail),)
    if not ended_well(ran):
        package = missing_package(ran.stderr, view.language)
        if package is not None:
            raise Rejection("package not found", f"the program needs {package}, which is not on this machine")
        raise Rejection("did not run", f"{ran.verdict}: {ran.detail}")
    checks = [Check(check="runs", verdict="passed", detail=ran.tier)]
    given = given_code(text, view.code.removeprefix("<?php"), view.language)
    asserts = given is not None and _asserts(given)
    strict = options.stand_ins == "reject"
    if strict and not ran.stdout.strip() and not asserts:
        raise Rejection("shows no result", "the program neither prints nor asserts a result")
    if given is None:
        where = Check(check="branches", verdict="not run", detail="the code stands otherwise in the program")
        return (*checks, where)
    stable = stable_lines(ran, again)
    checks.append(await _branches(given, view, context, options))
    has_state = view.owner is not None  # of the object or type it belongs to
    if options.min_branches > 0 and not has_state and only_meaningless_calls(given, view.own_name or ""):
        raise Rejection("no meaningful input", "every argument is null or a function")
    if strict:
        checks.append(await _depends(given, stable, view, context, options))
    return tuple(checks)


def ended_well(ran: Execution) -> bool:
    """Whether a program ran to its end, or left with exit code 0."""
    return ran.verdict is Verdict.PASS or (ran.verdict is Verdict.EARLY_EXIT and ran.exit_code == 0)


def stable_lines(*runs: Execution) -> list[str | None]:
    """Lines that runs of one program printed; None for those that were not the same in each."""
    printed = [ran.stdout.rstrip().splitlines() for ran in runs]
    longest = max(map(len, printed))
    rows = zip(*(lines + [""] * (longest - len(lines)) for lines in printed), strict=True)
    return [row[0] if len(set(row)) == 1 else None for row in rows]


def same_lines(wanted: list[str | None], ran: Execution) -> list[bool]:
    """Whether each stable line was printed again, with room for rounding."""
    printed = ran.stdout.rstrip().splitlines()
    printed += [""] * (len(wanted) - len(printed))
    return [
        same_output(line, found, "values")
        for line, found in zip(wanted, printed, strict=False)
        if line is not None
    ]


def _asserts(given: GivenCode) -> bool:
    around = given.program[: given.start] + given.program[given.end :]
    return re.search(CHECKS[given.language], around.decode("utf-8", "replace")) is not None


async def _branches(
    given: GivenCode,
    view: SnippetView,
    context: GenerationContext,
    options: InstructFromCodeOptions,
) -> Check:
    """Whether the code is called, and how much of it is taken; raises where that is too little."""
    mark = f"mark {blake2b(view.snippet.id.encode(), digest_size=8).hexdigest()} "
    for conditions in (True, False):
        marked = probed(given, mark, conditions=conditions)
        if marked is None:
            return Check(
                check="branches", verdict="not run", detail="the code has no body that can be marked"
            )
        ran = await run_in_language(marked.text, view, context, options)
        if ran.verdict is not Verdict.COMPILE and ended_well(ran):
            return _enough(marked, ran, options)
    return Check(
        check="branches", verdict="not run", detail="the program does not run with marks in the code"
    )


def _enough(marked: Probed, ran: Execution, options: InstructFromCodeOptions) -> Check:
    entered, taken = marked.seen(ran.stderr)
    strict = options.min_branches > 0
    if strict and not entered:
        raise Rejection("code not called", "the program never calls the given code")
    if not marked.outcomes:
        return Check(check="branches", verdict="passed", detail="called" if entered else "not called")
    detail = f"{taken} of {len(marked.outcomes)} branches"
    if taken / len(marked.outcomes) < options.min_branches:
        raise Rejection("too few branches", detail)
    return Check(check="branches", verdict="passed", detail=detail)


async def _depends(
    given: GivenCode,
    stable: list[str | None],
    view: SnippetView,
    context: GenerationContext,
    options: InstructFromCodeOptions,
) -> Check:
    """Whether the program ends differently without the code's body."""
    name = "result depends on the code"
    asserts = _asserts(given)
    bodies = [("an empty body", given.emptied())]
    bodies += [("an empty body", given.emptied(value)) for value in OTHER_VALUES.get(view.language, ())]
    tried = ""
    for how, text in (*bodies, ("a body that fails", given.failing())):
        if text is None or (tried and how == "a body that fails"):
            continue
        other = await run_in_language(text, view, context, options)
        if other.verdict is Verdict.COMPILE:
            continue
        tried = how
        if not ended_well(other):
            if asserts:
                break
            continue  # the program fails on nothing; another empty value may tell what it prints then
        if stable and not any(line is not None for line in stable):
            return Check(check=name, verdict="not run", detail="no line is printed twice alike")
        printed = len(other.stdout.rstrip().splitlines())
        if printed <= len(stable) and all(same_lines(stable, other)):
            raise Rejection("result does not depend on the code", f"with {how} the program ends the same")
        break
    if tried:
        return Check(check=name, verdict="passed", detail=f"tried with {tried}")
    return Check(check=name, verdict="not run", detail="no other body that compiles is known")
