"""From evidence to a verdict. The only way to PASS is the run's secret, or the right output.

What goes in is a program and the evidence of its run, of which the report and the printed text were
written by the program itself. What comes out is an `Execution`. No report of a program's process leads
to a verdict that leaves the rates (`HARNESS_ERROR`, `SKIPPED`), and nothing in it raises here.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Mapping
from typing import Any

from codetune.execution.output import same_output
from codetune.execution.protocol import Execution, Program
from codetune.records import Verdict

__all__ = ["read_verdict"]

_DETAIL_CHARACTERS = 300

_REPORTED = {
    "compile": Verdict.COMPILE,
    "assertion": Verdict.WRONG,
    "exit": Verdict.EARLY_EXIT,
    "memory": Verdict.OOM,
    "disk": Verdict.DISK,
    "processes": Verdict.PIDS,
    "error": Verdict.RUNTIME,
}
"""What a program's process may say of itself. Each of these counts against the program."""


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _stopped(evidence: Mapping[str, Any], program: Program) -> tuple[Verdict, str] | None:
    """Verdicts of a limit that we enforced."""
    limits = program.limits
    match evidence.get("stopped"):
        case "cpu":
            return Verdict.CPU_TLE, f"used its {limits.cpu_seconds:g} CPU seconds"
        case "wall":
            if evidence.get("cpu_seconds", 0.0) >= limits.cpu_seconds:
                return Verdict.CPU_TLE, f"used its {limits.cpu_seconds:g} CPU seconds"
            return (
                Verdict.WALL_TLE,
                f"still there after {limits.wall_limit_seconds:g} seconds, mostly waiting",
            )
        case "memory":
            return Verdict.OOM, f"used more than {limits.memory_bytes >> 20} MiB of memory"
        case "processes":
            return Verdict.PIDS, f"started more than {limits.processes} processes or threads"
        case "output":
            return Verdict.OUTPUT, f"printed more than {limits.output_bytes} bytes"
    return None


_MAY_BE_A_LIMIT = frozenset(
    {
        Verdict.RUNTIME, Verdict.WRONG, Verdict.EARLY_EXIT, Verdict.CPU_TLE, Verdict.WALL_TLE, Verdict.OOM,
        Verdict.HARNESS_ERROR, Verdict.DISK, Verdict.PIDS,
    }
)  # fmt: skip


def _failed(
    evidence: Mapping[str, Any], verdict: Verdict, detail: str, program: Program
) -> tuple[Verdict, str]:
    """A program that failed because a limit held fails by that limit's name."""
    limits = program.limits
    if verdict not in _MAY_BE_A_LIMIT:
        return verdict, detail
    if evidence.get("oom_killed"):
        return Verdict.OOM, f"used more than {limits.memory_bytes >> 20} MiB of memory"
    if evidence.get("process_limit_hit"):
        return Verdict.PIDS, f"started more than {limits.processes} processes or threads"
    if evidence.get("disk_full") and verdict in (Verdict.RUNTIME, Verdict.WRONG, Verdict.EARLY_EXIT):
        return Verdict.DISK, f"filled its {limits.disk_bytes >> 20} MiB of disk"
    return verdict, detail


def _by_status(evidence: Mapping[str, Any], program: Program) -> tuple[Verdict, str]:
    """Verdicts of a program that never reported, by how its process ended."""
    status = evidence.get("status")
    if status is None:
        return Verdict.HARNESS_ERROR, f"PID 1 of the box ended unexpectedly ({evidence.get('init_status')})"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGSYS:
            return Verdict.SECCOMP, "made a system call that the box forbids"
        if number == signal.SIGXCPU:
            return Verdict.CPU_TLE, f"used its {program.limits.cpu_seconds:g} CPU seconds"
        if number == signal.SIGXFSZ:
            return Verdict.DISK, "wrote a file larger than its limit"
        if number == signal.SIGKILL and evidence.get("cpu_seconds", 0.0) >= program.limits.cpu_seconds:
            # The kernel's own limit was faster than the watch, as on a machine with more work than cores.
            return Verdict.CPU_TLE, f"used its {program.limits.cpu_seconds:g} CPU seconds"
        return Verdict.RUNTIME, f"killed by {_signal_name(number)}"
    code = os.waitstatus_to_exitcode(status)
    if code == 0 or program.language == "python":
        return Verdict.EARLY_EXIT, f"left with exit code {code} before its end"
    return Verdict.RUNTIME, f"exit code {code}"


_ERROR_LINE = re.compile(
    r"^(?:Uncaught |Exception in thread \S+ |(?:PHP )?Fatal error: +(?:Uncaught )?)?[\w.]*(?:Error|Exception)\b.*",
    re.MULTILINE,
)


def _saying_line(printed: str) -> str:
    """The line that says why: the last one that names an error, or else the last one."""
    named = [match[0].strip() for match in _ERROR_LINE.finditer(printed)]
    return next(
        reversed(named), next((line.strip() for line in reversed(printed.splitlines()) if line.strip()), "")
    )


def _compiler_words(evidence: Mapping[str, Any], said: str) -> str:
    """One line of why it doesn't compile."""
    if evidence.get("stopped"):
        return f"the compiler hit a limit ({evidence['stopped']})"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return next(
        (line for line in lines if "error" in line.lower()), lines[0] if lines else "no program came out"
    )


def _exit_code(evidence: Mapping[str, Any]) -> int | None:
    status = evidence.get("status")
    return None if status is None else os.waitstatus_to_exitcode(status)


def _left_well(evidence: Mapping[str, Any]) -> bool:
    """Ended by itself with exit code 0."""
    return evidence.get("status") == 0


def _report(evidence: Mapping[str, Any]) -> tuple[str, str]:
    """Kind and detail of a process's report; empty where it said nothing that is one."""
    report = evidence.get("report")
    if not isinstance(report, dict):
        return "", ""
    kind, detail = report.get("kind"), report.get("detail")
    return (kind if isinstance(kind, str) else "", detail if isinstance(detail, str) else "")


def _by_test_side(evidence: Mapping[str, Any]) -> tuple[Verdict, str] | None:
    """What the tests say, from outside; None where the program was gone and its own end decides."""
    kind, detail = _report(evidence)
    match kind:
        case "end":
            return Verdict.PASS, ""
        case "assertion":
            return Verdict.WRONG, detail
        case "lost":
            return None
        case "error" | "exit":
            return Verdict.RUNTIME, detail
        case "cannot-send":
            return Verdict.RUNTIME, f"{detail}, which strict test isolation can't send"
        case "compile" | "tests-compile":
            return Verdict.HARNESS_ERROR, f"the tests don't compile: {detail}"
    if "broken" in evidence:
        return Verdict.HARNESS_ERROR, f"the tests' own box failed: {evidence['broken']}"
    # What the tests held was answered by the program: it is not excused where that is too much for them.
    cause = evidence.get("stopped") or kind
    if cause == "memory" or evidence.get("oom_killed"):
        return Verdict.OOM, "its answers took more memory than the tests may use"
    if cause in ("cpu", "wall"):
        return (
            Verdict.CPU_TLE if cause == "cpu" else Verdict.WALL_TLE,
            "its answers kept the tests busy too long",
        )
    return Verdict.RUNTIME, f"its answers ended the tests' process ({cause or _end_of(evidence)})"


def _end_of(evidence: Mapping[str, Any]) -> str:
    code = _exit_code(evidence)
    return "it left" if code is None else _signal_name(-code) if code < 0 else f"exit code {code}"


def _by_report(kind: str, detail: str, evidence: Mapping[str, Any]) -> tuple[Verdict, str] | None:
    """What a program's process says of its own failure; None where that is none of the known kinds."""
    if kind == "processes" and evidence.get("process_limit_hit") is False:
        return Verdict.RUNTIME, detail  # the kernel counted, and knows better
    verdict = _REPORTED.get(kind)
    return None if verdict is None else (verdict, detail)


def _decide(
    program: Program,
    evidence: Mapping[str, Any],
    stdout: str,
    stderr: str,
    read_failure: Callable[[str], Verdict | None] | None,
) -> tuple[Verdict, str]:
    if "broken" in evidence:
        return Verdict.HARNESS_ERROR, str(evidence["broken"])
    if "skipped" in evidence:
        return Verdict.SKIPPED, str(evidence["skipped"])
    if "no_code" in evidence:
        return Verdict.NO_CODE, "there is no code to run"
    if evidence.get("compile_failed"):
        return Verdict.COMPILE, _compiler_words(evidence, stdout + stderr)
    kind, detail = _report(evidence)
    if "tests" in evidence:
        said = _by_test_side(evidence["tests"])
        if said is not None:
            return said
        if kind in ("end", "lost"):  # under strict isolation the program's own word counts for nothing
            return Verdict.WRONG, "what it answered was no answer"
    if program.expected_stdout is not None and evidence.get("stopped") is None and _left_well(evidence):
        if same_output(program.expected_stdout, stdout, program.comparison):
            return Verdict.PASS, ""
        return Verdict.WRONG, "printed something else than expected"
    came_to_its_end = kind == "end" and (program.language == "python" or evidence.get("status") == 0)
    if program.expected_stdout is None and came_to_its_end:
        return Verdict.PASS, ""
    if "tests_compile" in evidence:
        return evidence["tests_compile"]  # type: ignore[no-any-return]
    ended = _stopped(evidence, program) or _by_report(kind, detail, evidence)
    if ended is None:
        ended = _by_status(evidence, program)
        if ended[0] is Verdict.RUNTIME and read_failure is not None:
            ended = _by_words(ended[1], program, stdout, stderr, read_failure)
    return _failed(evidence, *ended, program)


def _by_words(
    detail: str, program: Program, stdout: str, stderr: str, read_failure: Callable[[str], Verdict | None]
) -> tuple[Verdict, str]:
    """Which kind of failure it was, by what another language's runtime printed."""
    verdict = read_failure(stderr + stdout) or Verdict.RUNTIME
    if verdict is Verdict.RUNTIME and program.language == "bash" and detail == "exit code 1":
        verdict = Verdict.WRONG  # a test in bash is a command that fails
    return verdict, _saying_line(stderr) or detail


def read_verdict(
    program: Program,
    evidence: Mapping[str, Any],
    stdout: bytes,
    stderr: bytes,
    *,
    tier: str,
    integrity: str = "standard",
    read_failure: Callable[[str], Verdict | None] | None = None,
) -> Execution:
    """Make the verdict on one run.

    Args:
        program: What was run.
        evidence: The zygote's result: how PID 1 and the program ended, what was used, what was
            said with the secret, what the control groups counted.
        stdout: As captured.
        stderr: As captured.
        tier: Which isolation held.
        integrity: How far the tests were out of the program's reach.
        read_failure: For other languages, tells a failed assertion from a crash by what was printed.
    """
    out, err = stdout.decode("utf-8", "replace"), stderr.decode("utf-8", "replace")
    verdict, detail = _decide(program, evidence, out, err, read_failure)
    return Execution(
        id=program.id,
        verdict=verdict,
        cpu_seconds=float(evidence.get("cpu_seconds", 0.0)),
        wall_seconds=float(evidence.get("wall_seconds", 0.0)),
        stdout=out,
        stderr=err,
        detail=detail.encode("utf-8", "replace").decode()[:_DETAIL_CHARACTERS],
        exit_code=_exit_code(evidence),
        tier=tier,
        integrity=integrity,
        memory_bytes=int(evidence.get("peak_memory", 0)),
    )
