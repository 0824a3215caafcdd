"""Spreads jobs over slots, from one thread, without ever holding more than a window of them.

There are no threads here: whoever iterates drives the pool, so it can be used from any thread and
forks nothing but zygotes.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from codetune.errors import ExecutionError
from codetune.execution.box.wire import ConnectionClosed
from codetune.execution.host.job import Answer, Work
from codetune.execution.host.slot import Slot, SlotSpec

__all__ = ["Pool"]

T = TypeVar("T")

_WINDOW_PER_SLOT = 64
"""How far ahead of the oldest unfinished program others may run; bounds what waits for its turn."""
_TRIES = 2


class AnySlot(Protocol):
    """A place where one job runs at a time."""

    @property
    def overwhelmed(self) -> bool:
        """Whether the last job's use of memory ended the slot."""
        ...

    def fileno(self) -> int:
        """Readable when the answer is there."""
        ...

    def send(self, work: Work[Any]) -> None: ...

    def receive(self) -> tuple[dict[str, Any], list[bytes]]: ...

    def close(self) -> None: ...


class Pool:
    """A number of slots.

    Args:
        spec: Tier and view of every slot.
        workers: Slots, at least 1; they are started when first needed.
        make_slot: What a slot is: one zygote, or a pair for strict judging.
    """

    def __init__(
        self, spec: SlotSpec, workers: int, make_slot: Callable[[SlotSpec, int], AnySlot] = Slot
    ) -> None:
        self.spec = spec
        self._make_slot = make_slot
        self.workers = workers
        self._slots: list[AnySlot] = []
        self._idle: list[AnySlot] = []
        self._next_number = 0

    def _start(self) -> AnySlot:
        slot = self._make_slot(self.spec, self._next_number)
        self._next_number += 1
        self._slots.append(slot)
        return slot

    def _replace(self, slot: AnySlot) -> None:
        slot.close()
        self._slots.remove(slot)

    def _take(self) -> AnySlot | None:
        if self._idle:
            return self._idle.pop()
        return self._start() if len(self._slots) < self.workers else None

    def run_one(self, work: Work[Any]) -> Answer:
        """Run one job while nothing else of this pool runs."""
        while True:
            slot = self._take()
            if slot is None:
                raise ExecutionError("every slot of the pool is busy")
            try:
                slot.send(work)
                evidence, blobs = slot.receive()
            except ConnectionClosed:
                self._replace(slot)
                work.tries += 1
                if (lost := _given_up(work, slot)) is not None:
                    return lost
                continue
            except BaseException:
                self._replace(slot)  # interrupted: what it runs must not live on
                raise
            self._idle.append(slot)
            answer = Answer.of(evidence, blobs)
            following = work.then(answer) if work.then is not None else answer
            if isinstance(following, Answer):
                return following
            work = following

    def map(
        self, works: Iterable[Work[T]], alone: Callable[[T, Answer], bool] = lambda item, answer: False
    ) -> Iterator[tuple[T, Answer]]:
        """Run jobs as they come; answers leave in the jobs' order.

        Args:
            works: Read lazily.
            alone: Says of an answer whether the job has to be run once more with the machine to itself.
        """
        schedule = _Schedule(self, works, alone)
        try:
            while schedule.advance():
                yield from schedule.in_turn()
        finally:
            schedule.abandon()

    def take(self) -> AnySlot | None:
        """An idle slot, or a new one while there may be more."""
        return self._take()

    def give_back(self, slot: AnySlot) -> None:
        """The slot is idle again."""
        self._idle.append(slot)

    def replace(self, slot: AnySlot) -> None:
        """End a slot that is of no use any more; another takes its place when needed."""
        self._replace(slot)

    def close(self) -> None:
        """End every slot."""
        for slot in list(self._slots):
            self._replace(slot)
        self._idle.clear()


class _Schedule(Generic[T]):
    """One pass over the jobs."""

    def __init__(self, pool: Pool, works: Iterable[Work[T]], alone: Callable[[T, Answer], bool]) -> None:
        self._pool = pool
        self._source = enumerate(works)
        self._alone = alone
        self._exhausted = False
        self._started = 0
        self._turn = 0
        self._running: dict[int, tuple[int, Work[T], AnySlot]] = {}
        self._again: list[tuple[int, Work[T]]] = []
        self._lonely: list[tuple[int, Work[T]]] = []
        self._done: dict[int, tuple[T, Answer]] = {}
        self._poll = select.poll()

    def advance(self) -> bool:
        """Start what can be started and wait for something to end; False when all is done."""
        self._fill()
        if self._running:
            self._collect()
        elif self._lonely:
            index, work = self._lonely.pop(0)
            self._done[index] = (work.item, self._pool.run_one(work))
        return bool(self._running or self._lonely or self._again or self._done or not self._exhausted)

    def in_turn(self) -> Iterator[tuple[T, Answer]]:
        """What can leave without overtaking."""
        while self._turn in self._done:
            self._turn += 1
            yield self._done.pop(self._turn - 1)

    def abandon(self) -> None:
        """End what still runs; nothing after a finished pass."""
        for _, _, slot in self._running.values():
            self._pool.replace(slot)
        self._running.clear()

    def _next(self) -> tuple[int, Work[T]] | None:
        if self._again:
            return self._again.pop(0)
        if self._exhausted or self._started - self._turn >= _WINDOW_PER_SLOT * self._pool.workers:
            return None
        entry = next(self._source, None)
        if entry is None:
            self._exhausted = True
        else:
            self._started += 1
        return entry

    def _fill(self) -> None:
        # Somebody waits for the machine to itself: start nothing until it had its run.
        while not self._lonely and (slot := self._pool.take()) is not None:
            entry = self._next()
            if entry is None:
                self._pool.give_back(slot)
                return
            index, work = entry
            if work.answer is not None:
                self._pool.give_back(slot)
                self._done[index] = (work.item, work.answer)
                continue
            try:
                slot.send(work)
            except ConnectionClosed:
                self._lost(index, work, slot)
                continue
            self._running[slot.fileno()] = (index, work, slot)
            self._poll.register(slot.fileno(), select.POLLIN)

    def _collect(self) -> None:
        for end, _ in self._poll.poll():
            index, work, slot = self._running.pop(end)
            self._poll.unregister(end)
            try:
                evidence, blobs = slot.receive()
            except ConnectionClosed:
                self._lost(index, work, slot)
                continue
            self._pool.give_back(slot)
            answer = Answer.of(evidence, blobs)
            following = work.then(answer) if work.then is not None else answer
            if isinstance(following, Work):
                self._again.append((index, following))
            elif self._alone(work.item, answer):
                self._lonely.append((index, work))
            else:
                self._done[index] = (work.item, following)

    def _lost(self, index: int, work: Work[T], slot: AnySlot) -> None:
        """The zygote died: once that is chance, twice it is told."""
        self._pool.replace(slot)
        work.tries += 1
        lost = _given_up(work, slot)
        if lost is None:
            self._again.append((index, work))
        else:
            self._done[index] = (work.item, lost)


def _given_up(work: Work[Any], slot: AnySlot) -> Answer | None:
    """The answer of a job whose slot died, or None if it gets another try."""
    if work.tries < _TRIES:
        return None
    if slot.overwhelmed:
        return Answer({"stopped": "memory"})
    return Answer({"broken": "the zygote died twice while running it"})
