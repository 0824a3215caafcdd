"""Many programs, a third of them hanging, crashing or flooding: does it finish, flat and clean?

    python benchmarks/soak_execution.py --samples 100000 --workers 2

Prints verdicts, samples per second, the runner's largest memory at each tenth, and what was left.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from codetune.execution.attacks.run_attacks import boxed_processes
from codetune.execution.host.cgroups import writable_parents
from codetune.execution.open import open_executor
from codetune.execution.protocol import Limits, Program
from codetune.records import Verdict

_LIMITS = Limits(
    cpu_seconds=0.1,
    wall_seconds=1.0,
    memory_bytes=128 << 20,
    output_bytes=64 << 10,
    disk_bytes=4 << 20,
    processes=8,
)
_BRIEF = replace(_LIMITS, cpu_seconds=0.03)
"""For the bad ones, so that a hundred thousand hang no longer than they have to."""
_BAD = (
    ("while True: pass", Verdict.CPU_TLE),
    ("import time; time.sleep(0.05); raise ValueError", Verdict.RUNTIME),
    ("while True: print('x' * 1000)", Verdict.OUTPUT),
    ("import os; os.kill(os.getpid(), 11)", Verdict.RUNTIME),
    ("x = bytearray(1 << 30)", Verdict.OOM),
    ("import os\nwhile True: os.fork()", Verdict.PIDS),
    ("f = open('x', 'wb')\nwhile True: f.write(bytes(1 << 16))", Verdict.DISK),
    ("import os; os._exit(0)", Verdict.EARLY_EXIT),
)


def programs(count: int) -> Iterator[Program]:
    for number in range(count):
        code = _BAD[number // 3 % len(_BAD)][0] if number % 3 == 0 else f"def f(x): return x + {number}"
        tests = "" if number % 3 == 0 else f"assert f(1) == {number + 1}"
        yield Program(id=str(number), code=code, tests=tests, limits=_BRIEF if number % 3 == 0 else _LIMITS)


def _groups() -> int:
    return sum(
        1 for _, parent in writable_parents().values() for _ in parent.glob(f"codetune-{os.getpid()}-*")
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=None)
    options = parser.parse_args()
    files_before = set(Path("/tmp").iterdir())
    began, verdicts, strange = time.perf_counter(), Counter[str](), Counter[str]()
    executor = open_executor(options.workers)
    for number, execution in enumerate(executor.run(programs(options.samples))):
        assert execution.id == str(number)
        verdicts[execution.verdict] += 1
        expected = _BAD[number // 3 % len(_BAD)][1] if number % 3 == 0 else Verdict.PASS
        if execution.verdict is not expected:
            strange[f"{execution.verdict} for {expected}"] += 1
        if (number + 1) % max(1, options.samples // 10) == 0:
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            rate = (number + 1) / (time.perf_counter() - began)
            print(f"{number + 1:>8} done, {rate:.0f}/s, at most {memory:.0f} MiB", flush=True)
    executor.close()
    print(dict(verdicts), "; not as expected:", dict(strange))
    left = [path for path in set(Path("/tmp").iterdir()) - files_before if path.name.startswith("codetune-")]
    print(f"left: {len(boxed_processes())} processes, {len(left)} files, {_groups()} control groups")


if __name__ == "__main__":
    main()
