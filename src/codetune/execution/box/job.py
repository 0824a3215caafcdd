"""One run, as the zygote reads it from a request frame."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["BoxJob"]


class BoxJob(NamedTuple):
    """What to run and what it may use; made from a request frame."""

    code: bytes
    """Python source, for a Python program; unused where `command` is given."""
    tests: bytes | None
    stdin: bytes | None
    command: list[str] | None
    """A command line to execute in the box instead of Python source."""
    files: dict[str, bytes]
    """Files put into the box first, by their name in it."""
    collect: list[str]
    """Files to hand back when the command ended well, by their name in the box."""
    environment: dict[str, str]
    cpu_seconds: float
    wall_seconds: float
    memory_bytes: int
    output_bytes: int
    disk_bytes: int
    processes: int
    keep_bytes: int
    """Bytes of each stream to hand back; what is between first and last half is left out."""
    limit_address_space: bool
    """Whether RLIMIT_AS is safe for this language (virtual machines reserve far more than they use)."""
    stack_bytes: int
    role: str | None = None
    """Under strict isolation `program` (answers calls) or `tests` (runs the tests); `check` compiles the
    tests and runs nothing; None runs the program and its tests in one process."""

    @classmethod
    def of(cls, header: dict[str, Any], blobs: list[bytes]) -> BoxJob:
        """Read a request frame: the blobs are code, tests, stdin, then the files."""
        names = header.pop("files")
        has_tests, has_stdin = header.pop("has_tests"), header.pop("has_stdin")
        return cls(
            code=blobs[0],
            tests=blobs[1] if has_tests else None,
            stdin=blobs[2] if has_stdin else None,
            files=dict(zip(names, blobs[3:], strict=True)),
            **header,
        )
