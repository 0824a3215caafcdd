"""A slot for strict judging: one zygote for programs, another for tests, never the other way round.

So no memory of the process an untrusted program is forked from has ever held a test.
"""

from __future__ import annotations

import dataclasses
import socket
from typing import Any

from codetune.execution.box.wire import ConnectionClosed
from codetune.execution.host.job import Job
from codetune.execution.host.slot import Slot, SlotSpec

__all__ = ["PairedSlot"]


class PairedSlot:
    """Two zygotes that make one slot."""

    def __init__(self, spec: SlotSpec, number: int) -> None:
        self._program = Slot(spec, 2 * number)
        try:
            self._test_side = Slot(spec, 2 * number + 1)
        except BaseException:
            self._program.close()
            raise
        self._is_strict = False

    @property
    def overwhelmed(self) -> bool:
        return self._program.overwhelmed or self._test_side.overwhelmed

    def fileno(self) -> int:
        return self._test_side.fileno()

    def send(self, job: Job[Any]) -> None:
        self._is_strict = job.tests_frame is not None
        if job.tests_frame is None:
            self._test_side.send(job)  # its tests may not be seen by the other one
            return
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self._program.send(job, ours.fileno())
            test_side = dataclasses.replace(
                job, frame=job.tests_frame, memory_bytes=job.tests_memory_bytes, processes=64
            )
            self._test_side.send(test_side, theirs.fileno())

    def receive(self) -> tuple[dict[str, Any], list[bytes]]:
        test_side, blobs = self._test_side.receive()
        if not self._is_strict:
            return test_side, blobs
        try:
            self._program.socket.sendall(b"x")  # the tests are through: let the program go
        except OSError as error:
            raise ConnectionClosed from error
        program, blobs = self._program.receive()
        return {**program, "tests": test_side}, blobs

    def close(self) -> None:
        self._program.close()
        self._test_side.close()
