from __future__ import annotations

import asyncio
import threading

import pytest

from codetune.errors import ExecutionError, SafetyError
from codetune.execution.protocol import Execution, Program
from codetune.records import Verdict
from codetune.synth.runtime.program_runner import ProgramRunner


def ended(program: Program) -> Execution:
    return Execution(id=program.id, verdict=Verdict.PASS, cpu_seconds=0.0, wall_seconds=0.0)


class Gated:
    """Runs the program `slow` only after the program `late` came."""

    def __init__(self) -> None:
        self.late = threading.Event()
        self.began = threading.Event()
        self.calls = 0

    def run(self, programs):
        self.calls += 1
        waiting = []
        for program in programs:
            if program.id == "slow":
                self.began.set()
                self.late.wait()
            waiting.append(program)
            yield ended(program)

    def close(self) -> None:
        pass


def test_what_comes_while_others_run_joins_them() -> None:
    executor = Gated()
    runner = ProgramRunner(lambda: executor)

    async def go() -> list[Execution]:
        slow = asyncio.create_task(runner.run(Program(id="slow", code="1")))
        await asyncio.to_thread(executor.began.wait)
        late = asyncio.create_task(runner.run(Program(id="late", code="1")))
        await asyncio.sleep(0)
        executor.late.set()
        return list(await asyncio.gather(slow, late))

    assert [ran.id for ran in asyncio.run(go())] == ["slow", "late"]
    assert executor.calls == 1


class Streams:
    """Gives its first result, and waits for a word before the second."""

    def __init__(self) -> None:
        self.go_on = threading.Event()

    def run(self, programs):
        for number, program in enumerate(programs):
            if number:
                self.go_on.wait()
            yield ended(program)

    def close(self) -> None:
        pass


def test_a_result_is_given_as_soon_as_it_is_there() -> None:
    executor = Streams()
    runner = ProgramRunner(lambda: executor)

    async def go() -> None:
        tasks = [asyncio.create_task(runner.run(Program(id=name, code="1"))) for name in "ab"]
        assert (await tasks[0]).id == "a" and not tasks[1].done()
        executor.go_on.set()
        assert (await tasks[1]).id == "b"

    asyncio.run(go())


def test_a_sandbox_that_does_not_open_fails_all_that_wait() -> None:
    def opened():
        raise SafetyError("no isolation")

    runner = ProgramRunner(opened)

    async def go() -> list[object]:
        return list(
            await asyncio.gather(
                *(runner.run(Program(id=name, code="1")) for name in "abc"), return_exceptions=True
            )
        )

    assert [type(found) for found in asyncio.run(go())] == [SafetyError] * 3


@pytest.mark.parametrize("results", [0, 1, 3])
def test_a_wrong_number_of_results_is_an_error(results: int) -> None:
    class Forgets:
        def run(self, programs):
            held = list(programs)
            yield from (ended(held[0]) for _ in range(results))

        def close(self) -> None:
            pass

    runner = ProgramRunner(Forgets)

    async def go() -> list[object]:
        return list(
            await asyncio.gather(
                *(runner.run(Program(id=name, code="1")) for name in "ab"), return_exceptions=True
            )
        )

    found = asyncio.run(go())
    if results < 2:
        assert any(isinstance(one, ExecutionError) and f"{results} results" in str(one) for one in found)
    else:
        assert all(isinstance(one, Execution) for one in found)
