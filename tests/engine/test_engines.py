"""One suite for every engine: same results, in order, whoever works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest
from tests.waiting import is_running, wait_until

from codetune.engine.local import LocalEngine
from codetune.engine.open import open_engine
from codetune.engine.protocol import Engine
from codetune.errors import CodetuneError, ConfigError, DataError

NAMES = ["local-1", "local-3", pytest.param("ray", marks=pytest.mark.slow)]


@pytest.fixture(scope="module", params=NAMES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    kind, _, workers = request.param.partition("-")
    if kind == "ray":
        pytest.importorskip("ray")
    opened = open_engine(kind, workers=int(workers or 2))
    yield opened
    opened.close()


def slower_when_smaller(number: int) -> int:
    time.sleep(0.002 * (10 - number % 10))
    return number * number


def add(offset: int, number: int) -> int:
    return offset + number


def fail_at_five(number: int) -> int:
    if number == 5:
        raise DataError("row five is broken", where="file, row 5")
    return number


def test_it_is_an_engine(engine: Engine) -> None:
    assert isinstance(engine, Engine)
    assert engine.workers >= 1


def test_results_come_in_order(engine: Engine) -> None:
    assert list(engine.map(slower_when_smaller, range(40))) == [n * n for n in range(40)]


def test_settings_travel_in_a_partial(engine: Engine) -> None:
    assert list(engine.map(partial(add, 100), range(5))) == [100, 101, 102, 103, 104]


def test_an_error_is_raised_as_it_was(engine: Engine) -> None:
    done = []
    with pytest.raises(DataError, match=r"row five is broken \(file, row 5\)"):
        done.extend(engine.map(fail_at_five, range(20)))
    assert list(engine.map(slower_when_smaller, range(3))) == [0, 1, 4]


def test_shards_are_drawn_as_they_are_needed(engine: Engine) -> None:
    drawn = []

    def shards() -> Iterator[int]:
        for number in range(100):
            drawn.append(number)
            yield number

    results = engine.map(slower_when_smaller, shards())
    next(results)
    assert len(drawn) <= 2 * engine.workers + 2
    results.close()  # type: ignore[attr-defined]


def test_unknown_engines_are_named() -> None:
    with pytest.raises(ConfigError, match="choose local, ray or ray:ADDRESS"):
        open_engine("spark")


def nap_for_ever(folder: str) -> str:
    """Leave a file named after this process, then never come back; without a folder, come back at once."""
    if not folder:
        return folder
    (Path(folder) / str(os.getpid())).touch()
    while True:
        time.sleep(60)


def test_workers_die_with_a_killed_parent(tmp_path: Path) -> None:
    code = (
        "from codetune.engine.local import LocalEngine\n"
        "from tests.engine.test_engines import nap_for_ever\n"
        f"if __name__ == '__main__': list(LocalEngine(2).map(nap_for_ever, [{str(tmp_path)!r}] * 4))\n"
    )
    root = str(Path(__file__).parents[2])
    parent = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": root})
    process = psutil.Process(parent.pid)
    wait_until(lambda: len(list(tmp_path.iterdir())) == 2)
    children = process.children(recursive=True)
    assert {child.pid for child in children} >= {int(path.name) for path in tmp_path.iterdir()}
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_until(lambda: not any(is_running(child.pid) for child in children))


def test_an_interrupted_run_does_not_wait_for_its_workers(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        with LocalEngine(2) as engine:
            results = engine.map(nap_for_ever, ["", *[str(tmp_path)] * 2])
            assert next(results) == ""
            wait_until(lambda: len(list(tmp_path.iterdir())) == 2)
            raise KeyboardInterrupt
    # This line is reached although both workers nap for ever.
    wait_until(lambda: not any(is_running(int(path.name)) for path in tmp_path.iterdir()))


def run_script(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    script = folder / "script.py"
    script.write_text(text)
    return subprocess.run([sys.executable, str(script)], capture_output=True, text=True)


def test_a_script_without_a_main_guard_has_workers(tmp_path: Path) -> None:
    done = run_script(
        tmp_path,
        "import math\nfrom codetune.engine.local import LocalEngine\n"
        "print('once')\nwith LocalEngine(2) as engine:\n    print(list(engine.map(math.sqrt, [1, 4])))\n",
    )
    assert (done.returncode, done.stdout) == (0, "once\n[1.0, 2.0]\n"), done.stderr


def test_functions_of_a_guarded_script_reach_the_workers(tmp_path: Path) -> None:
    done = run_script(
        tmp_path,
        "from codetune.engine.local import LocalEngine\ndef half(x):\n    return x / 2\n"
        "if __name__ == '__main__':\n    with LocalEngine(2) as engine:\n"
        "        print(list(engine.map(half, [1, 4])))\n",
    )
    assert (done.returncode, done.stdout) == (0, "[0.5, 2.0]\n"), done.stderr


def test_functions_of_a_script_without_a_guard_are_told_to_have_one(tmp_path: Path) -> None:
    done = run_script(
        tmp_path,
        "from codetune.engine.local import LocalEngine\ndef half(x):\n    return x / 2\n"
        "with LocalEngine(2) as engine:\n    list(engine.map(half, [1, 4]))\n",
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(
        "the worker processes could not start, as each imports the script that is running; "
        'put the work of the script under `if __name__ == "__main__":`, or use one worker.'
    )


def end_itself(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_worker_that_is_killed_is_one_sentence_and_the_engine_goes_on() -> None:
    with LocalEngine(2) as engine:
        with pytest.raises(CodetuneError, match="a worker process was ended from outside"):
            list(engine.map(end_itself, range(3)))
        assert list(engine.map(slower_when_smaller, range(3))) == [0, 1, 4]
