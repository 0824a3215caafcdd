"""What a completed program shows of the given code: that it is called, how much of it runs, and to what end.

    runs ─▶ calls the code on inputs that mean something ─▶ takes enough of its branches
         ─▶ prints or asserts ─▶ ends differently without the code's body ─▶ checks for the lineage

For other languages than Python see `synth.languages.evidence`.
"""

from __future__ import annotations

import ast
import json
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from codetune.execution.protocol import Execution, Limits, Program
from codetune.records import Check, Verdict
from codetune.rejection import Rejection
from codetune.synth.checks.code_preserved import CompletedProgram
from codetune.synth.checks.snippet_text import SnippetView
from codetune.synth.languages.evidence import checks_in_language
from codetune.synth.options import InstructFromCodeOptions
from codetune.synth.python import agreement_harness, coverage_harness
from codetune.synth.python.stand_ins import delegates_only, stand_ins
from codetune.synth.runtime.generation_context import GenerationContext

__all__ = ["harness_program", "program_checks", "report_of"]

_EXIT_CODE_0 = ("SystemExit(None)", "SystemExit(False)", "SystemExit(0)")
_HARNESSES = {"coverage_harness": coverage_harness, "agreement_harness": agreement_harness}


@cache
def _harness(name: str) -> str:
    return Path(str(_HARNESSES[name].__file__)).read_text("utf-8")


def harness_program(name: str, row: str, call: str) -> tuple[str, str]:
    """A program of one of the harnesses, and the mark its report comes after.

    Args:
        name: File of the harness, without its ending.
        row: Id of the row; the mark depends on it.
        call: The call, with `MARK` where the mark belongs.
    """
    mark = f"report {blake2b(row.encode(), digest_size=8).hexdigest()} "
    return f"{_harness(name)}\n\n{call.replace('MARK', repr(mark))}\n", mark


def report_of(ran: Execution, mark: str) -> dict[str, Any] | None:
    """The report in a harness's output; None where there is none."""
    _, found, rest = ran.stdout.rpartition(mark)
    try:
        report = json.loads(rest.split("\n", 1)[0]) if found else None
    except ValueError:
        return None
    return report if isinstance(report, dict) else None


async def program_checks(
    program: CompletedProgram, view: SnippetView, context: GenerationContext, options: InstructFromCodeOptions
) -> tuple[Check, ...]:
    """Run a program and tell what it shows.

    Returns:
        Checks for the row's lineage.

    Raises:
        Rejection: It does not run, or shows less of the code than the options ask for.
    """
    if view.language != "python":
        return await checks_in_language(program.text, view, context, options)
    limits = Limits(cpu_seconds=options.cpu_seconds)
    row = view.snippet.id

    async def run(code: str) -> Execution:
        return await context.run(Program(id=row, code=code, limits=limits))

    ran = await run(program.text)
    tree, definition = program.tree, program.definition
    if not ran.verdict.is_about_the_program:
        if options.unrunnable == "refuse":
            raise Rejection("could not be run", ran.detail)
        return (Check(check="runs", verdict="not run", detail=ran.detail),)
    if not _ended_well(ran):
        raise Rejection("did not run", f"{ran.verdict}: {ran.detail}")
    checks = [Check(check="runs", verdict="passed", detail=ran.tier)]
    if tree is None or definition is None:
        return tuple(checks)
    text, mark = harness_program(
        "coverage_harness", row, f"measure({program.text!r}, {definition.lineno}, MARK)"
    )
    report = report_of(await run(text), mark)
    names = frozenset(getattr(node, "name", "") for node in ast.walk(definition))
    found = stand_ins(tree, names | {view.owner or ""})
    checks.append(_branches(report, options))
    checks.append(Check(check="stand-ins", verdict="passed", detail=_listed(found)))
    if options.stand_ins == "reject":
        if not ran.stdout.strip() and not _asserts(tree, definition):
            raise Rejection("shows no result", "the program neither prints nor asserts a result")
        if found and delegates_only(definition):
            raise Rejection("only stand-ins ran", f"the code only calls stand-ins: {_listed(found)}")
        empty = await run(_without_body(program.text, definition.lineno))
        if _ended_well(empty) and empty.stdout == ran.stdout:
            what = "only stand-ins ran" if found else "result does not depend on the code"
            raise Rejection(
                what, f"with an empty body the program ends the same; stand-ins: {_listed(found)}"
            )
        checks.append(Check(check="result depends on the code", verdict="passed"))
    return tuple(checks)


def _ended_well(ran: Execution) -> bool:
    """Whether a program ran to its end, or left with exit code 0, as `unittest.main()` does when all tests pass."""
    left = ran.verdict is Verdict.EARLY_EXIT and ran.detail in _EXIT_CODE_0
    return left or ran.verdict is Verdict.PASS


def _branches(report: dict[str, Any] | None, options: InstructFromCodeOptions) -> Check:
    """How much of the code was taken; raises where that is too little."""
    if report is None:
        return Check(check="branches", verdict="not run", detail="the program did not run under the tracer")
    share = report["taken"] / report["branches"]
    detail = f"{report['taken']} of {report['branches']} branches, {report['calls']} calls, {report['inputs']} inputs"
    strict = options.min_branches > 0
    if strict and not report["calls"]:
        raise Rejection("code not called", "the program never calls the given code")
    if strict and not report["meaningful"]:
        raise Rejection("no meaningful input", "every argument is None, a stand-in or a function")
    if share < options.min_branches:
        raise Rejection("too few branches", detail)
    return Check(check="branches", verdict="passed", detail=detail)


def _asserts(tree: ast.Module, definition: ast.stmt) -> bool:
    inside = {id(node) for node in ast.walk(definition)}
    return any(
        (isinstance(node, ast.Assert) or (isinstance(node, ast.Attribute) and node.attr.startswith("assert")))
        and id(node) not in inside
        for node in ast.walk(tree)
    )


def _without_body(program: str, line: int) -> str:
    """The program with the definition's functions emptied."""
    tree = ast.parse(program)
    target = next(n for n in ast.walk(tree) if isinstance(n, ast.stmt) and n.lineno == line)
    for node in ast.walk(target):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [ast.Pass()]
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _listed(names: tuple[str, ...]) -> str:
    return f"{len(names)}: {', '.join(names[:8])}" if names else "0"
