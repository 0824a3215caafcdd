"""A job between the executor and a slot, and what comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from codetune.execution.protocol import Execution

__all__ = ["Job", "JobResult"]

T = TypeVar("T")


@dataclass(slots=True)
class Job(Generic[T]):
    """One job on its way."""

    item: T
    frame: bytes
    memory_bytes: int
    processes: int
    tests_frame: bytes | None = None
    """The test side of a strict run; None where program and tests run in one process."""
    tests_memory_bytes: int = 0
    then: Callable[[JobResult], Job[T] | JobResult] | None = None
    """What follows from the result: another job (a compiler's program), or the result itself."""
    tries: int = 0
    result: JobResult | None = None
    """Known beforehand: nothing has to be run."""

    @classmethod
    def done(cls, item: T, result: JobResult) -> Job[T]:
        """A job that needs no box; it only waits for its turn."""
        return cls(item, b"", 0, 0, result=result)


@dataclass(slots=True)
class JobResult:
    """What came back; `evidence` has `broken` where the slot died on it each time."""

    evidence: dict[str, Any]
    stdout: bytes = b""
    stderr: bytes = b""
    artefacts: bytes = b""
    execution: Execution | None = None
    """The whole program's execution, where it is made of several runs."""

    @classmethod
    def of(cls, evidence: dict[str, Any], blobs: list[bytes]) -> JobResult:
        """From a zygote's result frame."""
        stdout, stderr, artefacts = blobs
        return cls(evidence, stdout, stderr, artefacts)
