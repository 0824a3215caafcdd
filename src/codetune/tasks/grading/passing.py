"""pass@1 of generated code: the tests of a row, run in the sandbox."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from codetune.execution.languages.joined import joined
from codetune.execution.protocol import Execution, Program
from codetune.records import Instruction, Verdict
from codetune.tasks.grading.grader import TaskScore, mean_score
from codetune.text.fences import first_block

if TYPE_CHECKING:
    from codetune.execution.protocol import Executor

__all__ = ["pass_at_1", "programs_of"]

_METRIC = "pass@1"


def programs_of(row: Instruction, answer: str, number: int) -> list[tuple[Program, str | None]]:
    """The programs that decide whether an answer passes, each with the output it must print.

    Tests that are a JSON list of `{"input", "output"}` are runs with standard input; any other text
    is code that runs after the answer.
    """
    code, language = first_block(answer), row.programming_language or "python"
    try:
        cases = json.loads(row.tests or "")
        pairs = [(str(case["input"]), str(case["output"])) for case in cases]
    except (ValueError, TypeError, KeyError):
        code, tests = joined(code, row.tests or "", language)
        program = Program(id=str(number), code=code, language=language, tests=tests)
        return [(program, None)]
    return [
        (Program(id=f"{number}.{case}", code=code, language=language, stdin=stdin), output)
        for case, (stdin, output) in enumerate(pairs)
    ]


def _why_silent(causes: Sequence[str]) -> str:
    """The most frequent cause, where programs said nothing about themselves."""
    cause = Counter(causes).most_common(1)[0][0] if causes else ""
    return f": {cause}" if cause else ""


def _right(execution: Execution, output: str | None) -> bool | None:
    """Whether a run passed; None where it says nothing about the program."""
    if not execution.verdict.is_about_the_program:
        return None
    if execution.verdict is not Verdict.PASS:
        return False
    # As contests compare outputs: white space between words is layout.
    return output is None or execution.stdout.split() == output.split()


def pass_at_1(rows: Sequence[Instruction], answers: Sequence[str], executor: Executor | None) -> TaskScore:
    """Fraction of the answers that pass all tests of their row.

    Rows without tests, and rows whose run says nothing about the program (no toolchain, a broken
    sandbox), are left out of the denominator and named.
    """
    tested = [(n, row, answers[n]) for n, row in enumerate(rows) if row.tests]
    if not tested:
        return TaskScore(metric=_METRIC, value=None, rows=0, note="no row has tests")
    if executor is None:
        return TaskScore(
            metric=_METRIC, value=None, rows=0, note=f"{len(tested)} rows have tests, no sandbox was given"
        )
    verdicts: dict[int, list[bool | None]] = {n: [] for n, _, _ in tested}
    owners: list[tuple[int, str | None]] = []

    def programs() -> Iterator[Program]:
        for n, row, answer in tested:
            for program, output in programs_of(row, answer, n):
                owners.append((n, output))
                yield program

    causes = []
    for place, execution in enumerate(executor.run(programs())):
        n, output = owners[place]
        verdicts[n].append(_right(execution, output))
        if verdicts[n][-1] is None:
            causes.append(execution.detail)
    # One failed test decides; without one, a test that did not run leaves the row undecided.
    decided = {
        place: float(all(found))
        for place, found in verdicts.items()
        if found and (False in found or None not in found)
    }
    silent = len(verdicts) - len(decided)
    note = f"{silent} rows could not be run{_why_silent(causes)}" if silent else ""
    return mean_score(_METRIC, list(decided.values()), note, list(decided))
