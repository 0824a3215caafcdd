"""Python programs as jobs for the zygote."""

from __future__ import annotations

from typing import Any

from codetune.execution.box.wire import pack
from codetune.execution.host.box_view import ENVIRONMENT
from codetune.execution.host.job import Job, JobResult
from codetune.execution.protocol import Limits, Program
from codetune.records import Verdict

__all__ = ["as_bytes", "limits_header", "python_job", "strict_job"]

_KEPT_BYTES = 32 << 10
"""Of a stream nobody compares."""
_STACK_BYTES = 64 << 20


def limits_header(limits: Limits, *, keep_all: bool) -> dict[str, Any]:
    """Limits as the zygote reads them."""
    return {
        "cpu_seconds": limits.cpu_seconds,
        "wall_seconds": limits.wall_limit_seconds,
        "memory_bytes": limits.memory_bytes,
        "output_bytes": limits.output_bytes,
        "disk_bytes": limits.disk_bytes,
        "processes": limits.processes,
        "keep_bytes": 2 * (limits.output_bytes + (64 << 10)) if keep_all else _KEPT_BYTES,
        "stack_bytes": _STACK_BYTES,
    }


def as_bytes(text: str) -> bytes:
    """UTF-8; lone surrogates, which no file can hold, become bytes that no compiler takes."""
    return text.encode("utf-8", "surrogatepass")


_TEST_SIDE_CPU_SECONDS = 60.0
_TEST_SIDE_MEMORY_BYTES = 1 << 30
"""The tests' own limits under strict isolation, on top of the program's: it is the program that is on trial."""


def _header(program: Program, limits: Limits, *, has_tests: bool, role: str | None) -> dict[str, Any]:
    compares = program.stdin is not None or program.expected_stdout is not None
    return {
        **limits_header(limits, keep_all=compares),
        "has_tests": has_tests,
        "has_stdin": program.stdin is not None,
        "files": [],
        "command": None,
        "collect": [],
        "environment": ENVIRONMENT,
        "limit_address_space": True,
        "role": role,
    }


def python_job(program: Program) -> Job[Program]:
    """A job that runs `code`, then `tests` in the same process."""
    tests = program.tests if program.expected_stdout is None else None
    header = _header(program, program.limits, has_tests=tests is not None, role=None)
    blobs = [as_bytes(text) for text in (program.code, tests or "", program.stdin or "")]
    limits = program.limits

    def check_claim(result: JobResult) -> Job[Program] | JobResult:
        report = result.evidence.get("report")
        if isinstance(report, dict) and report.get("kind") == "tests-compile":
            return _check_job(program, result)
        return result

    return Job(program, pack(header, blobs), limits.memory_bytes, limits.processes, then=check_claim)


def _check_job(program: Program, first: JobResult) -> Job[Program]:
    """A job that compiles the tests and nothing else: whether they do isn't for the program to say."""
    header = _header(program, program.limits, has_tests=True, role="check")
    limits = program.limits

    def compare(result: JobResult) -> JobResult:
        report = result.evidence.get("report") or {}
        if report.get("kind") == "tests-compile":
            said = (Verdict.HARNESS_ERROR, f"the tests don't compile: {report.get('detail', '')}")
        else:
            said = (Verdict.RUNTIME, "reported that its tests don't compile, and they do")
        return JobResult(
            {**first.evidence, "tests_compile": said}, first.stdout, first.stderr, first.artefacts
        )

    frame = pack(header, [b"", as_bytes(program.tests or ""), b""])
    return Job(program, frame, limits.memory_bytes, limits.processes, then=compare)


def strict_job(program: Program) -> Job[Program]:
    """A job of two processes in two sandboxes: the program answers calls, the tests make them and compare."""
    code = pack(
        _header(program, program.limits, has_tests=False, role="program"),
        [as_bytes(program.code), b"", as_bytes(program.stdin or "")],
    )
    limits = program.limits
    own = Limits(
        cpu_seconds=limits.cpu_seconds + _TEST_SIDE_CPU_SECONDS,
        wall_seconds=limits.wall_limit_seconds + _TEST_SIDE_CPU_SECONDS,
        memory_bytes=limits.memory_bytes + _TEST_SIDE_MEMORY_BYTES,
        output_bytes=16 << 20,
    )
    header = {**_header(program, own, has_tests=True, role="tests"), "has_stdin": False}
    # The test side parses the program's text for the names it defines; it never runs it.
    tests = pack(header, [as_bytes(program.code), as_bytes(program.tests or ""), b""])
    return Job(
        program,
        code,
        limits.memory_bytes,
        limits.processes,
        tests_frame=tests,
        tests_memory_bytes=own.memory_bytes,
    )
