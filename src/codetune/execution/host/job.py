"""A job between the executor and a slot, and what comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

__all__ = ["Answer", "Work"]

T = TypeVar("T")


@dataclass(slots=True)
class Work(Generic[T]):
    """One job on its way."""

    item: T
    frame: bytes
    memory_bytes: int
    processes: int
    referee_frame: bytes | None = None
    """The tests' half of a strict run; None judges in place."""
    then: Callable[[Answer], Work[T] | Answer] | None = None
    """What follows from the answer: another job (a compiler's program), or the answer itself."""
    tries: int = 0
    answer: Answer | None = None
    """Known beforehand: nothing has to be run."""

    @classmethod
    def done(cls, item: T, answer: Answer) -> Work[T]:
        """A job that needs no box; it only waits for its turn."""
        return cls(item, b"", 0, 0, answer=answer)


@dataclass(slots=True)
class Answer:
    """What came back; `evidence` has `broken` where the slot died on it each time."""

    evidence: dict[str, Any]
    stdout: bytes = b""
    stderr: bytes = b""
    artefacts: bytes = b""

    @classmethod
    def of(cls, evidence: dict[str, Any], blobs: list[bytes]) -> Answer:
        """From a zygote's answer frame."""
        stdout, stderr, artefacts = blobs
        return cls(evidence, stdout, stderr, artefacts)
