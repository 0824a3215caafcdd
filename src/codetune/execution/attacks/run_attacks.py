"""Run the hostile suite on this machine: does the sandbox hold here?"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codetune.execution.attacks.attack import Attack
from codetune.execution.attacks.suite import ATTACKS
from codetune.execution.box.strict.test_worker import WORKER_NAME
from codetune.execution.host.slot import can_switch_user, slot_users
from codetune.execution.open import open_executor
from codetune.execution.protocol import Executor, Limits, Program
from codetune.records import Verdict

__all__ = ["AttackResult", "boxed_processes", "run_attack", "run_attacks"]

_LIMITS = Limits(
    cpu_seconds=1.0,
    wall_seconds=3.0,
    memory_bytes=256 << 20,
    disk_bytes=16 << 20,
    output_bytes=256 << 10,
    processes=16,
)
_VIRTUAL_MACHINE_LIMITS = replace(
    _LIMITS, cpu_seconds=4.0, wall_seconds=12.0, memory_bytes=1 << 30, processes=64
)
_ZYGOTE = b"from codetune.execution.box import zygote"


@dataclass(frozen=True, kw_only=True)
class AttackResult:
    """How one attack went.

    Attributes:
        name: Which attack.
        expected: The verdicts that mean it was held, e.g. `PIDS or CPU_TLE`.
        verdict: What it got.
        held: The verdict is one of them, no process survived, no file of the host changed, and the
            next program in the same slot passed.
        detail: What went wrong, or the program's own ending.
    """

    name: str
    expected: str
    verdict: str
    held: bool
    detail: str = ""


def boxed_processes() -> set[int]:
    """Processes born in a box of ours and not yet gone, wherever they hide in the tree."""
    users = slot_users() if can_switch_user(slot_users()[0]) else range(os.getuid(), os.getuid() + 1)
    found: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                if _ZYGOTE not in file.read():
                    continue
            with open(f"/proc/{name}/status", "rb") as file:
                fields = dict(line.split(b":", 1) for line in file if b":" in line)
        except OSError:
            continue
        if int(fields[b"Uid"].split()[0]) in users:
            found[int(name)] = int(fields[b"PPid"])
    # Children of this process wait for a zygote, and a zygote is the one child of such a one.
    waiting = {pid for pid, parent in found.items() if parent == os.getpid()}
    zygotes = {pid for pid, parent in found.items() if parent in waiting}
    workers = {pid for pid, parent in found.items() if parent in zygotes and _is_test_worker(pid)}
    return set(found) - waiting - zygotes - workers


def _is_test_worker(pid: int) -> bool:
    """Whether it runs a zygote's plain tests, and lives on for the next ones."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() == WORKER_NAME
    except OSError:
        return False


def _snapshot(folder: Path) -> list[tuple[str, bytes]]:
    return sorted((str(path), path.read_bytes()) for path in folder.iterdir())


def run_attack(attack: Attack, executor: Executor, canary: Path) -> AttackResult:
    """Run one attack, then an honest program in the same slot, and look at what the attack left.

    Args:
        attack: What to run.
        executor: With one worker, so that both programs run in the same slot.
        canary: Folder of the host whose files must not change.
    """
    before_files = _snapshot(canary)
    before_processes = boxed_processes()
    limits = _LIMITS if attack.language == "python" else _VIRTUAL_MACHINE_LIMITS
    code = attack.code.replace("{canary}", str(canary))
    program = Program(id=attack.name, code=code, tests=attack.tests, language=attack.language, limits=limits)
    after = Program(id="after", code="def f(x): return x", tests="assert f(1) == 1", limits=_LIMITS)
    execution, following = executor.run([program, after])
    faults = []
    is_missing = execution.verdict is Verdict.SKIPPED and attack.language != "python"
    if execution.verdict not in attack.expected and not is_missing:
        faults.append(f"ended as {execution.verdict} ({execution.detail})")
    if left := boxed_processes() - before_processes:
        faults.append(f"left processes {sorted(left)}")
    if _snapshot(canary) != before_files:
        faults.append("changed files of the host")
    if following.verdict is not Verdict.PASS:
        faults.append(f"the next program ended as {following.verdict} ({following.detail})")
    return AttackResult(
        name=attack.name,
        expected=" or ".join(attack.expected),
        verdict=execution.verdict,
        held=not faults,
        detail="; ".join(faults) or execution.detail,
    )


def run_attacks(suite: Sequence[Attack] = ATTACKS) -> Iterator[AttackResult]:
    """Run each attack, then an honest program in the same slot, and look at what was left.

    Raises:
        SafetyError: There is no sandbox to attack.
    """
    with tempfile.TemporaryDirectory(prefix="codetune-canary-") as folder:
        canary = Path(folder)
        canary.chmod(0o777)
        (canary / "canary").write_text("alive")
        (canary / "canary").chmod(0o666)
        executors: dict[str, Executor] = {}
        try:
            for attack in suite:
                if attack.test_isolation not in executors:
                    executors[attack.test_isolation] = open_executor(1, test_isolation=attack.test_isolation)
                yield run_attack(attack, executors[attack.test_isolation], canary)
        finally:
            for executor in executors.values():
                executor.close()
