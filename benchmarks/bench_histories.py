"""Commits per second of `codetune collect git`, beside `git log -p` (the floor) and PyDriller.

The floor writes every commit's diff to nowhere. Ours is the whole command: every file's text before and
after, filters, licence, and rows in Parquet. PyDriller reads the same texts and keeps none of them; it
needs a Python that has it (`pip install pydriller`). All run in one process, and CPU-seconds are those of
the process and of what it started.

    python benchmarks/bench_histories.py REPOSITORY [--pydriller PYTHON] [--most-commits 6000]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PYDRILLER = """
import sys
from pydriller import Repository
commits = texts = 0
for commit in Repository(sys.argv[1], order="reverse").traverse_commits():
    commits += 1
    if commit.merge:
        continue
    for file in commit.modified_files:
        texts += len(file.source_code or "") + len(file.source_code_before or "")
    if commits == int(sys.argv[2]):
        break
print(commits)
"""
"""Newest commits first, so that a part of a history is the part with the larger files."""


COLLECT = [
    sys.executable, "-m", "codetune.cli.main", "collect", "git", "--set", "new_files=true", "--workers", "1",
]  # fmt: skip


def measured(command: list[str]) -> tuple[float, float]:
    """CPU-seconds and seconds of a command."""
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return cpu, time.monotonic() - clock


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repository")
    parser.add_argument("--pydriller", help="A Python that has PyDriller.")
    parser.add_argument("--most-commits", type=int, default=6000, help="Commits that PyDriller reads.")
    parser.add_argument("--rounds", type=int, default=3, help="Of the floor and of ours; the best counts.")
    given = parser.parse_args()
    git = ["git", "-C", given.repository]
    counted = subprocess.run([*git, "rev-list", "--count", "HEAD"], check=True, capture_output=True)
    commits = int(counted.stdout)
    with tempfile.TemporaryDirectory() as folder:
        floor = min(measured([*git, "log", "-p"]) for _ in range(given.rounds))
        # A folder of its own for each round: a finished one is not made again.
        mine = min(
            measured([*COLLECT, given.repository, "-o", f"{folder}/{number}"])
            for number in range(given.rounds)
        )
    rows = [("git log -p", commits, *floor), ("codetune collect git", commits, *mine)]
    if given.pydriller:
        read = min(commits, given.most_commits)
        repository = str(Path(given.repository).resolve())
        with tempfile.TemporaryDirectory() as clone:  # PyDriller reads no bare repositories
            subprocess.run(["git", "clone", "-q", "--shared", "--no-checkout", repository, clone], check=True)
            rows.append(("PyDriller", read, *measured([given.pydriller, "-c", PYDRILLER, clone, str(read)])))
    print("| | commits | CPU-seconds | seconds | commits per CPU-second | of the floor |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    fastest = commits / floor[0]
    for name, done, cpu, seconds in rows:
        print(
            f"| {name} | {done:,} | {cpu:.2f} | {seconds:.2f} | {done / cpu:,.0f} | "
            f"{fastest / (done / cpu):.2f} x |"
        )


if __name__ == "__main__":
    main()
