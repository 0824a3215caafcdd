"""The hostile suite: each attack is held, nothing survives it, no host file changes, the next program passes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.waiting import is_running, wait_until

from codetune.execution.attacks import run_attacks as attacks
from codetune.execution.attacks.attack import Attack
from codetune.execution.attacks.suite import ATTACKS
from codetune.execution.host.probe import probe
from codetune.execution.open import open_executor
from codetune.execution.protocol import Executor, Limits, Program
from codetune.records import Verdict


@pytest.fixture(scope="module")
def executors() -> Iterator[dict[str, Executor]]:
    if probe().tier == "none":
        pytest.skip("this machine allows no sandbox")
    opened = {name: open_executor(1, test_isolation=name) for name in ("standard", "strict")}
    yield opened
    for executor in opened.values():
        executor.close()


@pytest.fixture
def canary() -> Iterator[Path]:
    # Not pytest's own folder: that one is closed to others, which would hide a hole in the wall.
    with tempfile.TemporaryDirectory(prefix="codetune-canary-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        (folder / "canary").write_text("alive")
        (folder / "canary").chmod(0o666)
        yield folder


_IN_EVERY_RUN = [a for a in ATTACKS if a.language == "python" and "fork bomb" not in a.name]


@pytest.mark.parametrize("attack", _IN_EVERY_RUN, ids=lambda attack: attack.name)
def test_attack_is_held(attack: Attack, executors: dict[str, Executor], canary: Path) -> None:
    result = attacks.run_attack(attack, executors[attack.test_isolation], canary)
    assert result.held, result


@pytest.mark.slow
@pytest.mark.parametrize(
    "attack", [a for a in ATTACKS if a not in _IN_EVERY_RUN], ids=lambda attack: attack.name
)
def test_attack_with_other_tools_or_all_processes_is_held(
    attack: Attack, executors: dict[str, Executor], canary: Path
) -> None:
    result = attacks.run_attack(attack, executors[attack.test_isolation], canary)
    assert result.held, result


def test_the_suite_is_as_large_as_the_docs_say_and_each_attack_has_a_name() -> None:
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 250
    assert {attack.test_isolation for attack in ATTACKS} == {"standard", "strict"}


def test_the_suite_notices_when_the_wall_is_not_there(canary: Path) -> None:
    """Without a sandbox the same checks must fail, or they check nothing."""
    chosen = {
        "write to the canary on the host",
        "look for other processes",
        "abstract unix socket of the host",
    }
    executor = open_executor(1, sandbox=False)
    try:
        held = {h.name: attacks.run_attack(h, executor, canary).held for h in ATTACKS if h.name in chosen}
    finally:
        executor.close()
    assert not held["write to the canary on the host"]
    assert not held["look for other processes"]


def test_an_unsandboxed_daemon_is_ended_too() -> None:
    code = (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(300)\n"
        "    os._exit(0)"
    )
    before = _box_processes()
    executor = open_executor(1, sandbox=False)
    try:
        (execution,) = executor.run([Program(id="d", code=code, tests="")])
        left = _box_processes() - before
    finally:
        executor.close()
    assert execution.verdict is Verdict.PASS
    assert len(left) == 1, "more than the zygote itself"


def _box_processes() -> set[int]:
    return {int(name) for name in os.listdir("/proc") if name.isdigit() and _is_box_process(int(name))}


def _is_box_process(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        parent = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[1]
    except OSError:
        return False
    return attacks._ZYGOTE in command and int(parent) in (1, os.getpid())


def test_when_the_runner_is_killed_its_boxes_end() -> None:
    if probe().tier == "none":
        pytest.skip("this machine allows no sandbox")
    script = (
        "from codetune.execution.open import open_executor\n"
        "from codetune.execution.protocol import Program, Limits\n"
        "e = open_executor(1)\nlist(e.run([Program(id='a', code='pass')]))\nprint('ready', flush=True)\n"
        'spin = \'open("/proc/self/comm", "w").write("spinning")\\nwhile True: pass\'\n'
        "list(e.run([Program(id='b', code=spin, limits=Limits(cpu_seconds=600, wall_seconds=600))]))"
    )
    runner = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert runner.stdout is not None
    assert runner.stdout.readline() == b"ready\n"
    family = psutil.Process(runner.pid)
    wait_until(lambda: "spinning" in {child.name() for child in family.children(recursive=True)})
    children = [child.pid for child in family.children(recursive=True)]
    runner.kill()
    runner.wait()
    runner.stdout.close()
    wait_until(lambda: not any(map(is_running, children)))


def test_a_killed_zygote_costs_nothing_but_time() -> None:
    if probe().tier == "none":
        pytest.skip("this machine allows no sandbox")
    with open_executor(1) as executor:
        before = _children()
        list(executor.run([Program(id="warm", code="pass")]))
        (zygote,) = _children() - before
        os.kill(zygote, signal.SIGKILL)
        (execution,) = executor.run([Program(id="x", code="pass")])
    assert execution.verdict is Verdict.PASS


def _children() -> set[int]:
    """Living children of this process: a zygote each has one, which waits for it."""
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


def test_a_program_that_kills_its_zygote_each_time_is_our_error_not_its_pass() -> None:
    from codetune.execution.host.job import Job
    from codetune.execution.host.pool import SlotPool

    class Broken:
        overwhelmed = False

        def __init__(self, spec: object, number: int) -> None:
            self._ends = os.pipe()

        def fileno(self) -> int:
            return self._ends[0]

        def send(self, work: object) -> None:
            from codetune.execution.box.wire import ConnectionClosed

            raise ConnectionClosed

        def close(self) -> None:
            for end in self._ends:
                os.close(end)

    pool: SlotPool = SlotPool(None, 1, Broken)  # type: ignore[arg-type]
    ((_, answer),) = pool.map([Job("item", b"", 0, 0)])
    assert "died twice" in answer.evidence["broken"]


def test_limits_are_not_shared_between_programs() -> None:
    if probe().tier == "none":
        pytest.skip("this machine allows no sandbox")
    small, large = Limits(memory_bytes=64 << 20), Limits(memory_bytes=512 << 20)
    code = "x = bytearray(b'x') * (200 << 20)"
    with open_executor(1) as executor:
        verdicts = [
            e.verdict
            for e in executor.run([Program(id="", code=code, limits=n) for n in (large, small, large)])
        ]
    assert verdicts == [Verdict.PASS, Verdict.OOM, Verdict.PASS]
