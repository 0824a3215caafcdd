"""Requests a second, and what they cost, of clients for OpenAI-compatible servers.

    python benchmarks/bench_client.py
    python benchmarks/bench_client.py --peers ~/peers/bin/python --clients codetune aiohttp openai

One loopback server answers each request after 50 ms with 200 tokens. It is pinned to one core, the
client under test to another, one client after the other, each in its own process. Ours has the
request store, retries, limits and the parsing of answers switched on; the others do nothing but
ask. Peers that the given Python doesn't have are named as missing. `ideal` is what the delay
allows: concurrency / 0.05 s.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
CLIENTS = ("codetune", "aiohttp", "openai", "openai-threads", "curator", "distilabel")
NAMES = {
    "codetune": "codetune: store, retries, limits, parsed answers",
    "aiohttp": "aiohttp: bare, nothing kept",
    "openai": "openai AsyncOpenAI: nothing kept",
    "openai-threads": "openai in as many threads (CursorCore's way)",
    "curator": "bespokelabs-curator (with start-up)",
    "distilabel": "distilabel OpenAILLM, one step (with start-up)",
}
DELAY = 0.05


def start_server() -> tuple[subprocess.Popen[str], str]:
    cores = sorted(os.sched_getaffinity(0))
    command = [sys.executable, str(HERE / "servers" / "loopback.py"), "--delay", str(DELAY)]
    if len(cores) > 1:
        command += ["--core", str(cores[0])]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    return server, server.stdout.readline().strip()


def stats(url: str) -> dict[str, float]:
    with urllib.request.urlopen(url.removesuffix("/v1") + "/stats") as answer:
        return json.load(answer)


def measure(client: str, python: str, concurrency: int, requests: int) -> str | dict[str, float]:
    server, url = start_server()
    try:
        done = subprocess.run(
            [
                python, str(HERE / "servers" / "clients.py"), client, "--url", url,
                "--concurrency", str(concurrency), "--requests", str(requests),
            ],
            capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if not lines:
            if "ModuleNotFoundError" in done.stderr:
                return "not installed"
            return "failed: " + (done.stderr.strip().splitlines() or ["?"])[-1][:100]
        found = json.loads(lines[-1])
        served = stats(url)
        found["server_core"] = served["cpu"] / found["seconds"]
        found["most_in_flight"] = served["most in flight"]
        return found
    finally:
        server.kill()
        server.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clients", nargs="+", choices=CLIENTS, default=CLIENTS)
    parser.add_argument(
        "--peers",
        nargs="+",
        default=[sys.executable],
        help="Pythons that have peers installed; the first that has one is taken (some peers pin old clients)",
    )
    parser.add_argument("--concurrency", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=1, help="runs of each; the median is shown")
    options = parser.parse_args()
    for concurrency in options.concurrency:
        print(
            f"\n{concurrency} in flight, {options.requests:,} requests, ideal {concurrency / DELAY:,.0f}/s\n"
        )
        print(
            "| client | requests/s | of bare aiohttp | client CPU s / 1,000 | most in flight | server's core |"
        )
        print("| --- | --: | --: | --: | --: | --: |")
        results: dict[str, str | dict[str, float]] = {}
        for client in options.clients:
            pythons = [sys.executable] if client in ("codetune", "aiohttp") else list(options.peers)
            runs = [measure(client, pythons[0], concurrency, options.requests)]
            while runs == ["not installed"] and len(pythons) > 1:
                pythons.pop(0)
                runs = [measure(client, pythons[0], concurrency, options.requests)]
            runs += [
                measure(client, pythons[0], concurrency, options.requests) for _ in range(options.repeat - 1)
            ]
            good = sorted((run for run in runs if isinstance(run, dict)), key=lambda run: run["rate"])
            results[client] = good[len(good) // 2] if good else runs[0]
        bare = results.get("aiohttp")
        for client, found in results.items():
            if isinstance(found, str):
                print(f"| {NAMES[client]} | {found} | | | | |")
                continue
            ratio = f"{found['rate'] / bare['rate']:.0%}" if isinstance(bare, dict) else ""
            cpu = found["cpu_seconds"] / found["requests"] * 1000
            print(
                f"| {NAMES[client]} | {found['rate']:,.0f} | {ratio} | {cpu:.2f} "
                f"| {found['most_in_flight']:.0f} | {found['server_core']:.0%} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
