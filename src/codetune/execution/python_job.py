"""Python programs as jobs for the zygote."""

from __future__ import annotations

from typing import Any

from codetune.execution.box.wire import pack
from codetune.execution.pool import Work
from codetune.execution.protocol import Limits, Program

__all__ = ["ENVIRONMENT", "limits_header", "python_work"]

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/box",
    "TMPDIR": "/box",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}
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


def python_work(program: Program) -> Work[Program]:
    """A job that runs `code`, then `tests` in the same module."""
    compares = program.stdin is not None or program.expected_stdout is not None
    tests = program.tests if program.expected_stdout is None else None
    header = {
        **limits_header(program.limits, keep_all=compares),
        "has_tests": tests is not None,
        "has_stdin": program.stdin is not None,
        "files": [],
        "command": None,
        "collect": [],
        "environment": ENVIRONMENT,
        "limit_address_space": True,
    }
    # Lone surrogates can't be code of any file; they reach the compiler as what they are: bad bytes.
    blobs = [
        text.encode("utf-8", "surrogatepass") for text in (program.code, tests or "", program.stdin or "")
    ]
    return Work(program, pack(header, blobs), program.limits.memory_bytes, program.limits.processes)
