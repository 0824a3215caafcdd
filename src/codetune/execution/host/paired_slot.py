"""A slot for strict judging: one zygote for programs, another for tests, never the other way round.

So no memory of the process an untrusted program is forked from has ever held a test.
"""

from __future__ import annotations

import dataclasses
import socket
from typing import Any

from codetune.execution.box.wire import ConnectionClosed
from codetune.execution.host.job import Work
from codetune.execution.host.slot import Slot, SlotSpec

__all__ = ["PairSlot"]


class PairSlot:
    """Two zygotes that make one slot."""

    def __init__(self, spec: SlotSpec, number: int) -> None:
        self._program = Slot(spec, 2 * number)
        try:
            self._referee = Slot(spec, 2 * number + 1)
        except BaseException:
            self._program.close()
            raise
        self._is_strict = False

    @property
    def overwhelmed(self) -> bool:
        return self._program.overwhelmed or self._referee.overwhelmed

    def fileno(self) -> int:
        return self._referee.fileno()

    def send(self, work: Work[Any]) -> None:
        self._is_strict = work.referee_frame is not None
        if work.referee_frame is None:
            self._referee.send(work)  # its tests may not be seen by the other one
            return
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self._program.send(work, ours.fileno())
            referee = dataclasses.replace(work, frame=work.referee_frame, memory_bytes=1 << 30, processes=64)
            self._referee.send(referee, theirs.fileno())

    def receive(self) -> tuple[dict[str, Any], list[bytes]]:
        referee, blobs = self._referee.receive()
        if not self._is_strict:
            return referee, blobs
        try:
            self._program.socket.sendall(b"x")  # the tests are through: let the program go
        except OSError as error:
            raise ConnectionClosed from error
        program, blobs = self._program.receive()
        return {**program, "referee": referee}, blobs

    def close(self) -> None:
        self._program.close()
        self._referee.close()
