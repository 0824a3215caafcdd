"""The quickstart on the standard library and on folders of code: what changed, how sure that is, what it took.

    python benchmarks/bench_quickstart.py
    python benchmarks/bench_quickstart.py --code site-packages/rich --code site-packages/tornado -o /tmp/quickstarts
    python benchmarks/bench_quickstart.py --fast --no-stdlib --code my-project

Each run is a `codetune quickstart` in a process of its own. All share one cache, so the base model is asked
HumanEval once; `--fresh` gives each run its own, for times. Memory is that of all processes together, pages that
they share counted once (proportional set size, looked at four times a second). Prints a table as in benchmarks/results/quickstart.md.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LOOK_SECONDS = 0.25
"""Between two looks at the memory."""
HEAD = (
    "| code | held-out rows | smoothed BLEU-4 | gain, points | p | found among ten | points | HumanEval | p |",
    "| --- | ---: | --- | --- | ---: | --- | --- | --- | ---: |",
)


def quickstart(code: Path | None, folder: Path, cache: Path, options: list[str]) -> dict[str, Any]:
    """Run it, and read what it printed and what the system counted."""
    command = [
        sys.executable,
        "-m",
        "codetune.cli.main",
        "quickstart",
        "-o",
        str(folder),
        "--cache",
        str(cache),
    ]
    command += ["--json", *(["--code", str(code)] if code else []), *options]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryFile("w+") as printed:
        running = subprocess.Popen(command, stdout=printed, text=True)
        peak = 0
        while running.poll() is None:
            peak = max(peak, sum(map(proportional_bytes, processes_below(running.pid))))
            time.sleep(LOOK_SECONDS)
        printed.seek(0)
        said = printed.read()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if running.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {running.returncode}")
    found: dict[str, Any] = json.loads(said)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**found, "cpu_seconds": used, "peak_bytes": peak}


def processes_below(root: int) -> list[int]:
    """A process and all that it started, directly or not."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it ended meanwhile
            continue
        children.setdefault(parent, []).append(int(path.parent.name))
    found = [root]
    for process in found:
        found += children.get(process, [])
    return found


def proportional_bytes(process: int) -> int:
    """Memory of a process in which a page that n processes share counts as an n-th; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def interval(change: dict[str, Any]) -> str:
    low, high = 100 * change["low"], 100 * change["high"]
    return f"{100 * change['difference']:+.1f} [{low:.1f}, {high:.1f}]"


def p_value(change: dict[str, Any]) -> str:
    value = change["adjusted_p_value"] if change["adjusted_p_value"] is not None else change["p_value"]
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def percents(first: float, second: float) -> str:
    return f"{100 * first:.1f} % → {100 * second:.1f} %"


def row(name: str, found: dict[str, Any]) -> str:
    compared = {one["benchmark"]: one for one in found["evaluation"]["comparisons"]}
    task = compared.get("task:code_summarization")
    cells = [name]
    if task is None:
        cells += ["too few", "", "", "", "", ""]
    else:
        content = next((one for one in task["others"] if one["metric"] == "found_among_ten"), None)
        cells += [
            str(task["problems"]),
            percents(task["first_value"], task["second_value"]),
            interval(task),
            p_value(task),
        ]
        cells += (
            [percents(content["first"], content["second"]), interval(content)] if content else ["too few", ""]
        )
    if humaneval := compared.get("humaneval"):
        solved = [humaneval["both"] + humaneval[side] for side in ("first_only", "second_only")]
        cells += [
            f"{solved[0]} → {solved[1]} of {humaneval['problems']}, {humaneval['verdict']}",
            p_value(humaneval),
        ]
    return f"| {' | '.join(cells)} |"


def runs(arguments: argparse.Namespace, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for code in [*([] if arguments.no_stdlib else [None]), *arguments.code]:
        name = code.resolve().name if code else "standard library"
        target = folder / name.replace(" ", "-")
        cache = target.with_name(f"{target.name}-cache") if arguments.fresh else folder / "cache"
        options = ["--fast"] if arguments.fast else []
        for setting in arguments.set:
            options += ["--set", setting]
        yield name, quickstart(code, target, cache, options)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--code", type=Path, action="append", default=[], help="a folder of code; several may be given"
    )
    parser.add_argument("--no-stdlib", action="store_true", help="leave the standard library out")
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--fresh", action="store_true", help="a cache of its own for each run")
    parser.add_argument("--set", action="append", default=[], metavar="STAGE.KEY=VALUE")
    parser.add_argument(
        "-o", type=Path, default=None, help="where the runs go; a temporary folder if not given"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        times = []
        print("\n".join(HEAD), flush=True)
        for name, found in runs(arguments, arguments.o or Path(temporary)):
            print(row(name, found), flush=True)
            stages = ", ".join(f"{stage} {one['seconds']:.0f}" for stage, one in found["stages"].items())
            times.append(
                f"{name}: {found['seconds'] / 60:.1f} min ({stages} s), {found['cpu_seconds']:.0f} CPU-seconds, "
                f"peak {found['peak_bytes'] / 1e9:.1f} GB"
            )
    print("\n" + "\n".join(times))
    print(f"load over the last minutes: {os.getloadavg()}, cores: {os.cpu_count()}")


if __name__ == "__main__":
    main()
