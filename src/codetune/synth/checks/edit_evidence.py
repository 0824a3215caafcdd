"""What is known of an edit's result: that it parses, what a contest's judge said, and how it runs.

For histories of submissions the statement's samples are tests, where it has any and the language can be
run. An edit may leave a program unfinished, so that failing them is on record and no reason to reject it;
an edit that breaks what passed before is rejected.
"""

from __future__ import annotations

from codetune.code.languages import canonical_language
from codetune.code.parsing import is_parsed_language, parses
from codetune.execution.protocol import Case, Execution, Limits, Program
from codetune.records import Check, Edit, EditHistory, Verdict
from codetune.rejection import Rejection
from codetune.synth.runtime.generation_context import GenerationContext
from codetune.text.sample_cases import sample_cases

__all__ = ["check_next", "next_evidence"]

_LIMITS = Limits(cpu_seconds=10.0, memory_bytes=2 << 30)
"""Of each sample; virtual machines take part of it to start."""


def check_next(row: Edit) -> None:
    """Check that an edit changes something, and breaks nothing that was whole.

    Raises:
        Rejection: It doesn't, or it does.
    """
    if row.next.split() == row.current.code.split():
        raise Rejection("nothing but white space changes")
    language = row.current.programming_language
    if language is None or not is_parsed_language(language):
        return
    # Work in progress need not parse; but an edit may not break what was whole.
    if parses(row.current.code, language) and not parses(row.next, language):
        raise Rejection(
            "breaks the syntax", f"the file is valid {language} before the edit, and not after it"
        )


async def next_evidence(row: Edit, history: EditHistory, context: GenerationContext) -> tuple[Check, ...]:
    """What speaks for the text after an edit.

    Args:
        row: The edit.
        history: Its history.
        context: Runs programs.

    Raises:
        Rejection: The edit breaks a program that passed the samples.
    """
    checks = []
    language = row.current.programming_language
    if language is not None and is_parsed_language(language):
        verdict = "passed" if parses(row.next, language) else "failed"
        checks.append(Check(check="parses", verdict=verdict, detail=language))
    if history.origin != "submission":
        return tuple(checks)
    if history.accepted is not None and row.next == history.versions[-1]:
        verdict = "passed" if history.accepted else "failed"
        checks.append(Check(check="contest's judge", verdict=verdict, detail="on the text after the edit"))
    cases = tuple(
        Case(stdin=given, expected_stdout=wanted) for given, wanted in sample_cases(history.request)
    )
    if not cases or language is None:
        detail = "the language is not known" if cases else "the statement has no samples"
        return (*checks, Check(check="samples", verdict="not run", detail=detail))
    ran = await _run(row, row.next, "after", cases, context)
    after = ran.verdict
    if not after.is_about_the_program:
        return (*checks, Check(check="samples", verdict="not run", detail=ran.detail))
    if after is not Verdict.PASS:
        before = await _run(row, row.current.code, "before", cases, context)
        if before.verdict is Verdict.PASS:
            raise Rejection("breaks the program", f"the samples pass before the edit, and {after} after it")
    verdict = "passed" if after is Verdict.PASS else "failed"
    return (*checks, Check(check="samples", verdict=verdict, detail=f"{len(cases)} samples, {after}"))


async def _run(
    row: Edit, code: str, moment: str, cases: tuple[Case, ...], context: GenerationContext
) -> Execution:
    language = canonical_language(row.current.programming_language) or row.current.programming_language or ""
    program = Program(
        id=f"{row.id}:{moment}",
        code=code,
        language=language,
        cases=cases,
        comparison="tokens",
        limits=_LIMITS,
    )
    return await context.run(program)
