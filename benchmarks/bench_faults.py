"""A server that fails three times in ten, a run that is killed on the way: is anything lost or paid twice?

    python benchmarks/bench_faults.py --rows 20000 --kills 5

Seven kinds of fault (see servers/loopback.py). The run is killed with SIGKILL at random moments and
started again. Held against each other at the end: the rows asked for, the outcomes of the last run,
the store, and the server's own journal of the answers it gave.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent


def requests(rows: int) -> Iterator[object]:
    from codetune.models.protocol import ChatRequest
    from codetune.records import Message

    for row in range(rows):
        message = Message(role="user", content=f"row {row}: write a function.")
        yield ChatRequest(messages=(message,), max_new_tokens=200)


def work(folder: Path, rows: int, in_flight: int) -> None:
    """One run; prints `begun` and at the end a JSON line."""
    from codetune.models.open import run_requests
    from codetune.models.protocol import ChatReply

    counts: Counter[str] = Counter()
    seen: set[int] = set()
    print("begun", flush=True)
    outcomes = run_requests(
        "faulty",
        requests(rows),  # type: ignore[arg-type]
        store=folder / "requests.sqlite",
        model_map=folder / "models.json",
        in_flight=in_flight,
    )
    for index, outcome in outcomes:
        assert index not in seen, f"row {index} came twice"
        seen.add(index)
        if not isinstance(outcome, ChatReply):
            counts["failed: " + outcome.what.rpartition(": ")[2][:60]] += 1
        elif outcome.finish_reason == "length":
            counts["length"] += 1
        else:
            assert outcome.text, "an empty answer was taken for an answer"
            counts["complete"] += 1
        counts["from the store"] += getattr(outcome, "stored", False)
    assert len(seen) == rows, f"{rows - len(seen)} rows are missing"
    print(json.dumps(counts), flush=True)


def stored_rows(store: Path) -> set[int]:
    from codetune.models.store.request_store import RequestStore

    with RequestStore(store) as opened:
        return {int(answer.payload.split(b"row ")[1].split(b":")[0]) for answer in opened.answers()}


def torture(rows: int, kills: int, in_flight: int, folder: Path, seed: int = 0) -> dict[str, object]:
    """Run, kill, run again; the findings."""
    journal = folder / "journal.txt"
    journal.touch()
    server = subprocess.Popen(
        [
            sys.executable, str(HERE / "servers" / "loopback.py"), "--delay", "0.02", "--faults", "0.3",
            "--seed", str(seed), "--journal", str(journal),
        ],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    url = server.stdout.readline().strip()
    (folder / "models.json").write_text(json.dumps({"faulty": {"base": url, "timeout_seconds": 1}}))
    command = [sys.executable, __file__, "--work", str(folder), "--rows", str(rows)]
    command += ["--in-flight", str(in_flight)]
    chance = random.Random(seed)
    paid_twice = 0
    began = time.monotonic()
    try:
        for kill in range(kills + 1):
            kept = stored_rows(folder / "requests.sqlite") if kill else set()
            given_before = journal.stat().st_size
            run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            assert run.stdout is not None
            assert run.stdout.readline() == "begun\n"
            if kill < kills:
                expected = rows / 2000
                time.sleep(chance.uniform(0.1, 1.5 * expected / (kills + 1)) + 0.2)
                run.kill()
                run.wait()
                run.stdout.close()
            else:
                line = run.stdout.readline()
                assert run.wait() == 0 and line, "the last run failed"
                run.stdout.close()
            with journal.open("rb") as lines:
                lines.seek(given_before)
                paid_twice += sum(int(given.split()[0]) in kept for given in lines)
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    answers = Counter(int(line.split()[0]) for line in journal.read_bytes().splitlines())
    return {
        **json.loads(line),
        "answered by the server": sum(answers.values()),
        "answered twice": sum(count - 1 for count in answers.values()),
        "answered again though stored": paid_twice,
        "stored": len(stored_rows(folder / "requests.sqlite")),
        "kills": kills,
        "seconds": round(time.monotonic() - began, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--in-flight", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work is not None:
        work(options.work, options.rows, options.in_flight)
        return
    with tempfile.TemporaryDirectory() as folder:
        found = torture(options.rows, options.kills, options.in_flight, Path(folder), options.seed)
    for what, number in found.items():
        print(f"{what:<45} {number:>10}")
    if found["answered again though stored"]:
        sys.exit("a stored answer was asked for again")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "error")
    main()
