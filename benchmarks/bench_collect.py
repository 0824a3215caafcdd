"""How fast `codetune collect` is against Hugging Face `datasets`, on the same rows, to the same columns.

    python benchmarks/bench_collect.py --data ../shared/data [--rows 1000000] [--functions 200000]

Real rows are multiplied (each made different, so that no cache of equal values helps). Each method runs
in its own process; resident memory is that of the process and its workers together, sampled. At last the
source `code` chooses 1,200 functions of the standard library, for which `datasets` has no counterpart.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import orjson
import psutil

PEER = textwrap.dedent(
    """
    import sys, hashlib
    from datasets import load_dataset

    kind, source, target, workers = sys.argv[1:]

    def alpaca(row, number):
        text = "\\0".join(("alpaca", row["instruction"], row["input"], row["output"])).encode()
        return {
            "id": hashlib.blake2b(text, digest_size=16).hexdigest(), "task": "instruction_following",
            "language": "en", "programming_language": None, "source": "alpaca", "license": None, "tests": None,
            "candidates": [], "tags": [], "lineage": {"upstream_id": f"rows.jsonl:{number + 1}"},
        }

    def functions(row, number):
        text = "\\0".join((row["code"], row["language"], row["func_name"], row["docstring"], row["path"])).encode()
        return {
            "id": hashlib.blake2b(text, digest_size=16).hexdigest(), "programming_language": row["language"],
            "name": row["func_name"], "commit": row["sha"], "license": None, "source": "codesearchnet",
            "start_line": int(row["url"].rpartition("#L")[2].partition("-")[0]),
        }

    rows = load_dataset("json", data_files=source, split="train")
    drop = {"alpaca": [], "functions": ["func_name", "sha", "language", "original_string", "code_tokens",
            "docstring_tokens", "url", "partition"]}[kind]
    done = rows.map(alpaca if kind == "alpaca" else functions, with_indices=True, remove_columns=drop,
                    num_proc=int(workers) if int(workers) > 1 else None)
    done.to_parquet(target)
    """
)


def rows_of_alpaca(data: Path, target: Path, wanted: int) -> None:
    rows = [row for name in ("new_codealpaca.json", "code_alpaca_2k.json") for row in json.loads((data / "codealpaca" / name).read_text())]  # fmt: skip
    with target.open("wb") as out:
        for number, row in zip(range(wanted), itertools.cycle(rows)):
            fields = {"instruction": f"{row['instruction']} (#{number})", "input": row["input"], "output": row["output"] or "-"}  # fmt: skip
            out.write(orjson.dumps(fields) + b"\n")


def rows_of_functions(data: Path, target: Path, wanted: int) -> None:
    files = sorted((data / "codesearchnet").glob("*/final/jsonl/*/*.jsonl.gz"))
    rows = [orjson.loads(line) for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]
    with target.open("wb") as out:
        for number, row in zip(range(wanted), itertools.cycle(rows)):
            out.write(orjson.dumps({**row, "path": f"{number}/{row['path']}"}) + b"\n")


def measured(command: list[str], environment: dict[str, str]) -> tuple[float, float, float]:
    """Wall seconds, processor seconds, and peak resident MiB of the process with its children."""
    used = _processor_seconds()
    start = time.perf_counter()
    said = tempfile.TemporaryFile()  # noqa: SIM115  (a pipe nobody reads would stop who fills it)
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=said)
    watched = psutil.Process(process.pid)
    peak = 0
    while process.poll() is None:
        try:
            family = [watched, *watched.children(recursive=True)]
            peak = max(peak, sum(p.memory_info().rss - p.memory_info().shared for p in family))
        except psutil.Error:
            pass
        time.sleep(0.05)
    seconds = time.perf_counter() - start
    if process.returncode:
        said.seek(0)
        raise SystemExit(f"{command[:4]} failed:\n{said.read().decode()[-2000:]}")
    return seconds, _processor_seconds() - used, peak / 2**20


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("CODETUNE_DATA", "../shared/data")))
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--functions", type=int, default=200_000)
    arguments = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="bench-collect-"))
    environment = {**os.environ, "HF_HOME": str(work / "hf"), "HF_DATASETS_OFFLINE": "1"}
    peer = work / "peer.py"
    peer.write_text(PEER)
    print(
        "| rows | method | seconds | processor seconds | rows/s | peak MiB | times as fast | by processor time |"
    )
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    try:
        cases = (
            ("alpaca", "alpaca", rows_of_alpaca, arguments.rows),
            ("functions", "codesearchnet", rows_of_functions, arguments.functions),
        )
        for kind, source, make, wanted in cases:
            file = work / "rows.jsonl"
            make(arguments.data, file, wanted)
            methods: dict[str, list[str]] = {}
            for cores in (1, 2):
                methods[f"datasets, num_proc={cores}"] = [sys.executable, str(peer), kind, str(file), str(work / f"p{cores}.parquet"), str(cores)]  # fmt: skip
            for cores in (1, 2):
                methods[f"codetune, {cores} worker{'s' * (cores > 1)}"] = [
                    sys.executable, "-m", "codetune.cli.main", "collect", source, str(file), "-o", str(work / f"{kind}{cores}"),
                    "--workers", str(cores),
                ]  # fmt: skip
            base = base_used = 0.0
            for method, command in methods.items():
                seconds, used, peak = measured(command, environment)
                base, base_used = base or seconds, base_used or used
                print(f"| {wanted:,} {kind} | {method} | {seconds:.1f} | {used:.1f} | {wanted / seconds:,.0f} | {peak:,.0f} | {base / seconds:.2f} | {base_used / used:.2f} |", flush=True)  # fmt: skip
                shutil.rmtree(work / "hf", ignore_errors=True)
            file.unlink()
        for cores in (1, 2):
            command = [
                sys.executable, "-m", "codetune.cli.main", "collect", "code", "stdlib", "-l", "python", "--limit", "1200",
                "-o", str(work / f"code{cores}"), "--workers", str(cores),
            ]  # fmt: skip
            seconds, used, peak = measured(command, environment)
            print(f"| 1,200 of the standard library | codetune, {cores} worker{'s' * (cores > 1)} | {seconds:.1f} | {used:.1f} | - | {peak:,.0f} | - | - |", flush=True)  # fmt: skip
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
