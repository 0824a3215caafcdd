"""The clock is a safety net: who was kept waiting runs once more alone; who slept does not."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from codetune.execution.box_executor import _was_starved
from codetune.execution.host.job import Job, JobResult
from codetune.execution.host.pool import SlotPool
from codetune.execution.host.probe import probe
from codetune.execution.open import open_executor
from codetune.execution.protocol import Limits, Program
from codetune.records import Verdict

LIMITS = Limits(cpu_seconds=1, wall_seconds=1)


@pytest.mark.parametrize(
    ("evidence", "again"),
    [
        ({"stopped": "wall", "waited_for_cpu": 0.9}, True),
        ({"stopped": "wall", "waited_for_cpu": 0.01}, False),
        ({"stopped": "wall"}, True),
        ({"stopped": "cpu", "waited_for_cpu": 0.9}, False),
        ({"stopped": None}, False),
    ],
)
def test_only_a_starved_program_runs_again(evidence: dict[str, Any], again: bool) -> None:
    assert _was_starved(Program(id="", code="x", limits=LIMITS), JobResult(evidence)) is again


class FakeSlot:
    """Answers at once; remembers how many of its kind were busy at the time."""

    busy: ClassVar[set[int]] = set()
    seen: ClassVar[list[tuple[str, int]]] = []

    def __init__(self, spec: object, number: int) -> None:
        import os

        self._ends = os.pipe()
        self.number = number

    def fileno(self) -> int:
        return self._ends[0]

    def send(self, work: Job[str]) -> None:
        import os

        FakeSlot.busy.add(self.number)
        FakeSlot.seen.append((work.item, len(FakeSlot.busy)))
        self._item = work.item
        os.write(self._ends[1], b"x")

    def receive(self) -> tuple[dict[str, Any], list[bytes]]:
        import os

        os.read(self._ends[0], 1)
        FakeSlot.busy.discard(self.number)
        return {"item": self._item}, [b"", b"", b""]

    def close(self) -> None:
        import os

        for end in self._ends:
            os.close(end)


def test_the_rerun_has_the_machine_to_itself_and_keeps_its_turn() -> None:
    FakeSlot.busy, FakeSlot.seen = set(), []
    pool = SlotPool(None, 3, FakeSlot)  # type: ignore[arg-type]
    items = [f"{n}" for n in range(9)]
    first_time = set(items)

    def alone(item: str, result: JobResult) -> bool:
        fresh = item in first_time
        first_time.discard(item)
        return item == "4" and fresh

    order = [item for item, _ in pool.map((Job(item, b"", 0, 0) for item in items), alone=alone)]
    pool.close()
    assert order == items
    runs_of_4 = [busy for item, busy in FakeSlot.seen if item == "4"]
    assert len(runs_of_4) == 2 and runs_of_4[1] == 1


def test_a_sleeper_is_told_what_it_used() -> None:
    if probe().tier == "none":
        pytest.skip("this machine allows no sandbox")
    code = "import time\nn = 0\nfor i in range(3_000_000): n += i\ntime.sleep(60)"
    with open_executor(1) as executor:
        (execution,) = executor.run([Program(id="", code=code, limits=Limits(cpu_seconds=5, wall_seconds=2))])
    assert execution.verdict is Verdict.WALL_TLE
    assert 0.02 < execution.cpu_seconds < 2
