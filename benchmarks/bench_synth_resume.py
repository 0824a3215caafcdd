"""`codetune synth` on a million rows, killed near the end and run again: time, memory, what is asked anew.

    python benchmarks/bench_synth_resume.py --rows 1000000

The real command (`summarize`, one request a row) against the loopback server, which answers at once and
notes every row it answered. The first run gets SIGKILL when 95 % of the answers have been given; the
second goes on. Told of both: seconds, CPU seconds, the largest resident memory; of the second also how
long it takes from the start of the process to its first request, and what was asked twice.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
ANSWER = json.dumps({"text": "Adds a constant number to the given value and returns the result."})
CODE = '''def add_{0}(value, number={0}):
    """"""
    # row {0}
    result = value + number
    if result > {0} * 1000:
        raise ValueError("the result is larger than a thousand times the constant")
    return result
'''
SHARD = 50_000


def make_input(folder: Path, rows: int) -> None:
    """A dataset of so many different functions."""
    from codetune.records import Snippet
    from codetune.store.dataset import DatasetWriter, Shard
    from codetune.store.run_card import Plan
    from codetune.store.stage_output import StageOutput

    with StageOutput(folder, Plan(stage="bench", config={"rows": rows}, inputs={}, code="1")) as output:
        if output.finished is not None:
            return
        writer = DatasetWriter(output, Snippet)
        for part, start in enumerate(range(0, rows, SHARD)):
            snippets = [
                Snippet(
                    code=CODE.format(row), programming_language="python", name=f"add_{row}",
                    path=f"lib/adders_{row // 100}.py", start_line=row % 100 * 8 + 1, repo="adders",
                    license="MIT", source="code",
                )
                for row in range(start, min(rows, start + SHARD))
            ]  # fmt: skip
            writer.write(part, Shard(snippets))
        writer.finish(title="functions", description="made for a benchmark")


class Run:
    """One run of the command, watched from outside."""

    def __init__(self, command: list[str], log: Path) -> None:
        self.began = time.monotonic()
        with log.open("ab") as messages:
            self.process = subprocess.Popen(command, stdout=messages, stderr=messages)
        self.peak_kib = 0
        self.cpu_seconds = 0.0
        self.code: int | None = None

    def wait(self) -> None:
        _, status, used = os.wait4(self.process.pid, 0)
        self.seconds = time.monotonic() - self.began
        self.peak_kib, self.cpu_seconds = used.ru_maxrss, used.ru_utime + used.ru_stime
        self.code = self.process.returncode = os.waitstatus_to_exitcode(status)

    def figures(self) -> dict[str, object]:
        return {
            "seconds": round(self.seconds, 1),
            "CPU seconds": round(self.cpu_seconds, 1),
            "most memory, MiB": self.peak_kib // 1024,
        }


def stats(url: str) -> dict[str, float]:
    with urllib.request.urlopen(url.removesuffix("/v1") + "/stats") as answer:
        return json.load(answer)


def resident_mib(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(rows: int, kill_at: float, in_flight: int, part_rows: int, folder: Path) -> dict[str, object]:
    began = time.monotonic()
    make_input(folder / "functions", rows)
    found: dict[str, object] = {"rows": rows, "input made in s": round(time.monotonic() - began, 1)}
    journal = folder / "journal.txt"
    journal.write_text("")
    server = subprocess.Popen(
        [
            sys.executable, str(HERE / "servers" / "loopback.py"), "--delay", "0.01", "--text", ANSWER,
            "--journal", str(journal),
        ],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    url = server.stdout.readline().strip()
    command = [str(Path(sys.executable).parent / "codetune"), "synth", "summarize", str(folder / "functions")]
    command += [
        "-o",
        str(folder / "out"),
        "--profile",
        "small",
        "--model",
        url,
        "--set",
        f"in_flight={in_flight}",
    ]
    command += ["--set", f"part_rows={part_rows}"]
    log = folder / "log.txt"
    try:
        run = Run(command, log)
        first_request = 0.0
        memory: list[int] = []
        while (given := stats(url).get("requests", 0)) < kill_at * rows:
            if given and not first_request:
                first_request = time.monotonic() - run.began
            if len(memory) < int(given * 10 / rows):
                memory.append(round(resident_mib(run.process.pid)))
            if run.process.poll() is not None:
                sys.exit(f"the run ended too soon: {log.read_text()[-2000:]}")
            time.sleep(0.05 if first_request else 0.01)
        run.process.kill()
        run.wait()
        found["first run, to its first request, s"] = round(first_request, 2)
        found |= {f"first run, {what}": number for what, number in run.figures().items()}
        found["first run, MiB at each tenth"] = memory
        time.sleep(0.5)  # answers on their way to the dead
        before = stats(url)["requests"]
        parts = len(list((folder / "out" / "data").glob("*.parquet")))
        kept = {int(line.split()[0]) for line in journal.read_bytes().splitlines()}
        mark = journal.stat().st_size

        again = Run(command, log)
        waiter = threading.Thread(target=again.wait)
        waiter.start()
        while stats(url)["requests"] == before and waiter.is_alive():
            time.sleep(0.005)
        found["resumed at part"] = f"{parts} of {-(-rows // part_rows)}"
        found["resumed, to its first new request, s"] = round(time.monotonic() - again.began, 2)
        waiter.join()
        if again.code != 0:
            sys.exit(f"the resumed run failed: {log.read_text()[-2000:]}")
        found |= {f"resumed, {what}": number for what, number in again.figures().items()}
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    with journal.open("rb") as lines:
        lines.seek(mark)
        new = Counter(int(line.split()[0]) for line in lines)
    card = json.loads((folder / "out" / "run.json").read_text())
    found["answered by the server in the second run"] = sum(new.values())
    found["of these answered before (on their way at the kill)"] = sum(row in kept for row in new)
    found["rows kept"] = card["counts"]["kept"]
    found["rows refused"] = card["counts"]["rejected"]
    found["store, MiB"] = round((folder / "cache" / "requests.sqlite").stat().st_size / 2**20)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kill-at", type=float, default=0.95, help="share of the rows, 0 to 1")
    parser.add_argument("--in-flight", type=int, default=256)
    parser.add_argument("--part-rows", type=int, default=500)
    parser.add_argument("--folder", type=Path, help="work here, and leave everything there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        found = measure(options.rows, options.kill_at, options.in_flight, options.part_rows, folder)
    for what, number in found.items():
        print(f"{what:<55} {number}")


if __name__ == "__main__":
    main()
