"""Series of submissions through `codetune histories`: rate, memory, and kills at random moments.

The programs are CodeNet's: pairs of a slow and a fast solution by one user, with lines of their own, so that
no two series are equal, and each belongs to its own problem. First the stage runs undisturbed, and the rate
of submissions says how long CodeNet's 14 million take; a tenth of the series also without the most
histories of a problem, so that each is held against both similarity thresholds. Then the first run is killed
by SIGKILL several times and resumed; its rows have to be the same, byte for byte.

    python benchmarks/bench_series.py DATA/codenet/pie_py_reference.jsonl.gz [--series 100000] [--kills 4]
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from codetune.records import Revision, Submission
from codetune.store.dataset import DatasetWriter, Shard
from codetune.store.run_card import Plan
from codetune.store.stage_output import StageOutput

CODENET = 13_916_868
"""Submissions of CodeNet whole."""
_ROWS_A_PART = 2000
_SERIES_A_PROBLEM = 300
"""Rows of a problem stand together, as the source writes them."""


def series(pairs: list[tuple[str, str, str]], count: int) -> Iterator[Submission]:
    """So many series: a first try, a second one a line longer, and the accepted program."""
    by_problem: dict[str, list[tuple[str, str]]] = {}
    for problem, *programs in pairs:
        by_problem.setdefault(problem, []).append((programs[0], programs[1]))
    problems = sorted(by_problem)
    for number in range(count):
        draw = random.Random(number)
        place = number // _SERIES_A_PROBLEM
        round_, which = divmod(place, len(problems))
        problem = problems[which]
        slow, fast = by_problem[problem][draw.randrange(len(by_problem[problem]))]
        lines = slow.split("\n")
        first = "\n".join(lines[: max(2, len(lines) - draw.randint(1, 3))])
        mark = f"\nanswer_{draw.randrange(10**6)} = {number}"
        tries = (first + mark, slow + mark, fast + mark)
        yield Submission(
            problem_id=f"{problem}-{round_}",
            user_id=f"u{number:08d}",
            problem="Read the numbers and print the answer.",
            programs=tuple(Revision(code=code, programming_language="python") for code in tries),
            statuses=("Wrong Answer", "Time Limit Exceeded", "Accepted"),
            source="codenet",
        )


def write(folder: Path, rows: Iterator[Submission]) -> None:
    with StageOutput(folder, Plan(stage="collect", config={}, inputs={}, code="", seed=0)) as stage:
        writer = DatasetWriter(stage, Submission)
        part: list[Submission] = []
        number = 0
        for row in rows:
            part.append(row)
            if len(part) == _ROWS_A_PART:
                writer.write(number, Shard(part))
                part, number = [], number + 1
        if part:
            writer.write(number, Shard(part))
        writer.finish(title="Series", description="Series of submissions for a benchmark.")


def command(rows: Path, output: Path) -> list[str]:
    return [
        sys.executable, "-m", "codetune.cli.main", "histories", str(rows), "-o", str(output), "--workers", "1",
    ]  # fmt: skip


def card(output: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((output / "run.json").read_text())
    return found


def measured(said: str, rows: Path, output: Path, count: int, *options: str) -> float:
    """Run the stage and print its rate; returns its seconds."""
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(
        [*command(rows, output), *options], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - clock
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    rate = 3 * count / cpu
    print(
        f"{count:,} series, {3 * count:,} submissions{said}: {cpu:.1f} CPU-seconds, {wall:.1f} s, "
        f"{after.ru_maxrss / 1024:,.0f} MB at most; {rate:,.0f} submissions a CPU-second, so that CodeNet's "
        f"{CODENET:,} take {CODENET / rate / 60:,.0f} minutes of one core",
        flush=True,
    )
    return wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--series", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=4)
    given = parser.parse_args()
    with gzip.open(given.pairs, "rt", encoding="utf-8") as stream:
        read = [json.loads(line) for line in stream]
    pairs = [
        (row["problem_id"], row["input"].replace("\n\n", "\n"), row["target"].replace("\n\n", "\n"))
        for row in read
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "rows", series(pairs, given.series))
        wall = measured("", folder / "rows", folder / "whole", given.series)
        write(folder / "tenth", series(pairs, given.series // 10))
        every = ["--set", "max_per_problem=1000000", "--set", "max_per_language=1000000"]
        measured(
            ", each against both thresholds", folder / "tenth", folder / "every", given.series // 10, *every
        )
        kills = 0
        draw = random.Random(1)
        while kills < given.kills:
            child = subprocess.Popen(
                command(folder / "rows", folder / "killed"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                child.wait(draw.uniform(0.2, 1.0) * wall / given.kills)
                break
            except subprocess.TimeoutExpired:
                os.kill(child.pid, signal.SIGKILL)
                child.wait()
                kills += 1
        subprocess.run(
            command(folder / "rows", folder / "killed"), check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        whole, killed = (card(folder / one)["output_hash"] for one in ("whole", "killed"))
        print(f"killed {kills} times and resumed: {'the same rows' if whole == killed else 'OTHER ROWS'}")


if __name__ == "__main__":
    main()
