"""A run of a million rows that was interrupted near its end: how soon it goes on, and its memory.

    python benchmarks/bench_resume.py --rows 1000000 --stored 950000

The store is filled as a run would have filled it (through the store, from real payloads); then a
new process goes over all rows: the stored ones come from the store, the others from a loopback
server that answers at once.
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
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
PROMPT = "row {}: write a function that sorts a list in a new way. " + "Explain each step. " * 20


def requests(rows: int) -> Iterator[object]:
    from codetune.models.protocol import ChatRequest
    from codetune.records import Message

    for row in range(rows):
        yield ChatRequest(messages=(Message(role="user", content=PROMPT.format(row)),), max_new_tokens=200)


def fill(store_path: Path, rows: int) -> None:
    from codetune.models.client.payload import build_payload, request_key
    from codetune.models.store.request_store import RequestStore, StoredAnswer

    sys.path.insert(0, str(HERE))
    from servers.loopback import TEXT, completion

    body = completion(TEXT)
    room = threading.Semaphore(20_000)
    with RequestStore(store_path, durable="process") as store:
        for request in requests(rows):
            path, payload = build_payload(request, {})  # type: ignore[arg-type]
            room.acquire()
            store.submit(
                StoredAnswer(
                    key=request_key("m", path, payload, 0), model="m", sample=0, payload=payload,
                    response=body, finish_reason="stop", prompt_tokens=50, completion_tokens=200,
                    cost_usd=None, endpoint="127.0.0.1", attempts=1, asked_at=0.0, seconds=0.05,
                ),
                lambda answer, error: room.release(),
            )  # fmt: skip


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def work(store: Path, url: str, rows: int, in_flight: int) -> None:
    began = time.perf_counter()
    from codetune.models.open import run_requests

    stored, first, first_new = 0, 0.0, 0.0
    memory: list[float] = []
    for done, (_, outcome) in enumerate(
        run_requests(url, requests(rows), store=store, in_flight=in_flight, model="m")  # type: ignore[arg-type]
    ):
        first = first or time.perf_counter() - began
        if outcome.stored:  # type: ignore[union-attr]
            stored += 1
        else:
            first_new = first_new or time.perf_counter() - began
        if (done + 1) % (rows // 10) == 0:
            memory.append(round(resident_mib()))
    print(
        json.dumps(
            {
                "first outcome after s": round(first, 2),
                "first new answer after s": round(first_new, 2),
                "seconds": round(time.perf_counter() - began, 1),
                "from the store": stored,
                "memory at each tenth, MiB": memory,
            }
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--stored", type=int, default=950_000)
    parser.add_argument("--in-flight", type=int, default=256)
    parser.add_argument("--store", type=Path, help="keep the filled store here, or take the one that is here")
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(Path(options.work[0]), options.work[1], options.rows, options.in_flight)
        return
    with tempfile.TemporaryDirectory() as folder:
        store = options.store or Path(folder) / "requests.sqlite"
        began = time.perf_counter()
        if not store.exists():
            fill(store, options.stored)
        print(f"{'filled in s':<30} {time.perf_counter() - began:.1f}")
        print(f"{'store, MiB':<30} {store.stat().st_size / 2**20:,.0f}")
        command = [sys.executable, str(HERE / "servers" / "loopback.py"), "--delay", "0.001"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        try:
            url = server.stdout.readline().strip()
            command = [sys.executable, __file__, "--work", str(store), url, "--rows", str(options.rows)]
            command += ["--in-flight", str(options.in_flight)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        finally:
            server.kill()
            server.wait()
    for what, number in json.loads(done.stdout).items():
        print(f"{what:<30} {number}")


if __name__ == "__main__":
    main()
