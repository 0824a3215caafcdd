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
from codetune.execution.host.job import Job, JobResult
from codetune.execution.host.slot import Slot, SlotSpec

__all__ = ["SlotPool"]

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
        """Readable when the result is there."""
        ...

    def send(self, job: Job[Any]) -> None: ...

    def receive(self) -> tuple[dict[str, Any], list[bytes]]: ...

    def close(self) -> None: ...


class SlotPool:
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

    def run_one(self, job: Job[Any]) -> JobResult:
        """Run one job while nothing else of this pool runs."""
        while True:
            slot = self._take()
            if slot is None:
                raise ExecutionError("every slot of the pool is busy")
            try:
                slot.send(job)
                evidence, blobs = slot.receive()
            except ConnectionClosed:
                self._replace(slot)
                job.tries += 1
                if (lost := _given_up(job, slot)) is not None:
                    return lost
                continue
            except BaseException:
                self._replace(slot)  # interrupted: what it runs must not live on
                raise
            self._idle.append(slot)
            result = JobResult.of(evidence, blobs)
            following = job.then(result) if job.then is not None else result
            if isinstance(following, JobResult):
                return following
            job = following

    def map(
        self, jobs: Iterable[Job[T]], alone: Callable[[T, JobResult], bool] = lambda item, result: False
    ) -> Iterator[tuple[T, JobResult]]:
        """Run jobs as they come; answers leave in the jobs' order.

        Args:
            jobs: Read lazily.
            alone: Says of an result whether the job has to be run once more with the machine to itself.
        """
        schedule = _Schedule(self, jobs, alone)
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

    def __init__(self, pool: SlotPool, jobs: Iterable[Job[T]], alone: Callable[[T, JobResult], bool]) -> None:
        self._pool = pool
        self._source = enumerate(jobs)
        self._alone = alone
        self._exhausted = False
        self._started = 0
        self._turn = 0
        self._running: dict[int, tuple[int, Job[T], AnySlot]] = {}
        self._again: list[tuple[int, Job[T]]] = []
        self._lonely: list[tuple[int, Job[T]]] = []
        self._done: dict[int, tuple[T, JobResult]] = {}
        self._poll = select.poll()

    def advance(self) -> bool:
        """Start what can be started and wait for something to end; False when all is done."""
        self._fill()
        if self._running:
            self._collect()
        elif self._lonely:
            index, job = self._lonely.pop(0)
            self._done[index] = (job.item, self._pool.run_one(job))
        return bool(self._running or self._lonely or self._again or self._done or not self._exhausted)

    def in_turn(self) -> Iterator[tuple[T, JobResult]]:
        """What can leave without overtaking."""
        while self._turn in self._done:
            self._turn += 1
            yield self._done.pop(self._turn - 1)

    def abandon(self) -> None:
        """End what still runs; nothing after a finished pass."""
        for _, _, slot in self._running.values():
            self._pool.replace(slot)
        self._running.clear()

    def _next(self) -> tuple[int, Job[T]] | None:
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
            index, job = entry
            if job.result is not None:
                self._pool.give_back(slot)
                self._done[index] = (job.item, job.result)
                continue
            try:
                slot.send(job)
            except ConnectionClosed:
                self._lost(index, job, slot)
                continue
            self._running[slot.fileno()] = (index, job, slot)
            self._poll.register(slot.fileno(), select.POLLIN)

    def _collect(self) -> None:
        for end, _ in self._poll.poll():
            index, job, slot = self._running.pop(end)
            self._poll.unregister(end)
            try:
                evidence, blobs = slot.receive()
            except ConnectionClosed:
                self._lost(index, job, slot)
                continue
            self._pool.give_back(slot)
            result = JobResult.of(evidence, blobs)
            following = job.then(result) if job.then is not None else result
            if isinstance(following, Job):
                self._again.append((index, following))
            elif self._alone(job.item, result):
                self._lonely.append((index, job))
            else:
                self._done[index] = (job.item, following)

    def _lost(self, index: int, job: Job[T], slot: AnySlot) -> None:
        """The zygote died: the job gets one more try, then a result that says so."""
        self._pool.replace(slot)
        job.tries += 1
        lost = _given_up(job, slot)
        if lost is None:
            self._again.append((index, job))
        else:
            self._done[index] = (job.item, lost)


def _given_up(job: Job[Any], slot: AnySlot) -> JobResult | None:
    """The result of a job whose slot died, or None if it gets another try."""
    if job.tries < _TRIES:
        return None
    if slot.overwhelmed:
        return JobResult({"stopped": "memory"})
    return JobResult({"broken": "the zygote died twice while running it"})
