"""Python programs as jobs for the zygote."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from codetune.execution.box.wire import pack
from codetune.execution.host.box_view import ENVIRONMENT
from codetune.execution.host.job import Job, JobResult
from codetune.execution.protocol import Limits, Program

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


_TEST_SIDE = Limits(cpu_seconds=60, wall_seconds=None, memory_bytes=1 << 30, output_bytes=16 << 20)
"""The tests' own limits in strict judging: generous, for it is the program that is on trial."""


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
    """A job that runs `code`, then `tests` in the same module."""
    tests = program.tests if program.expected_stdout is None else None
    header = _header(program, program.limits, has_tests=tests is not None, role=None)
    blobs = [as_bytes(text) for text in (program.code, tests or "", program.stdin or "")]
    return Job(program, pack(header, blobs), program.limits.memory_bytes, program.limits.processes)


def strict_job(program: Program) -> Job[Program]:
    """A job in two boxes: the program answers calls, the tests make them and compare."""
    code = pack(
        _header(program, program.limits, has_tests=False, role="program"),
        [as_bytes(program.code), b"", as_bytes(program.stdin or "")],
    )
    limits = replace(_TEST_SIDE, wall_seconds=program.limits.wall_limit_seconds + 60)
    header = {**_header(program, limits, has_tests=True, role="tests"), "has_stdin": False}
    tests = pack(header, [b"", as_bytes(program.tests or ""), b""])

    def or_in_place(result: JobResult) -> Job[Program] | JobResult:
        report = result.evidence.get("tests", {}).get("report") or {}
        return python_job(program) if report.get("kind") == "cannot-send" else result

    limits = program.limits
    return Job(program, code, limits.memory_bytes, limits.processes, tests_frame=tests, then=or_in_place)
