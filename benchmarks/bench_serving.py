"""Three ways to ask base and tuned model HumanEval on a CPU: tokens a second, and how many each solves.

    python benchmarks/bench_serving.py --adapter RUN/train --items 164

llama.cpp's server with the adapter put on each request, the same server with the adapter merged into a GGUF
file of its own (q8_0), and the batched model folder in bf16. The prompts, the longest answer (256 tokens) and the
items are the same. CPU seconds are those of this process and its children, without loading the model, so that the
ratio holds on a busy machine too. `--items 24` takes two minutes; solved items are counted with --score.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from codetune.engine.local import LocalEngine
from codetune.engine.progress import SilentProgress
from codetune.errors import BackendError
from codetune.evaluate.backends.backend import Backend, find_backend
from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.benchmarks.registry import benchmark
from codetune.evaluate.config import AskConfig
from codetune.evaluate.evaluate_model import draw_problems, evaluate_model
from codetune.evaluate.prompts.generate import requests_of
from codetune.evaluate.scoring.open_scoring import open_scoring
from codetune.models.embedded.server import EmbeddedServer
from codetune.models.embedded.smollm2 import smollm2_weights
from codetune.models.open import run_requests
from codetune.models.protocol import ChatRequest
from codetune.train.weights.dequantize import dequantized_folder
from codetune.train.weights.gguf_model import write_model_gguf
from codetune.train.weights.merge import merge_adapter

LONGEST = 256


def merged_gguf(adapter: Path, work: Path) -> Path:
    """The base and the adapter as one q8_0 file."""
    merge_adapter(adapter / "adapter", work / "merged", cache=work)
    write_model_gguf(work / "merged", work / "merged.gguf", "q8_0")
    return work / "merged.gguf"


def cpu_seconds(child: int | None) -> float:
    """CPU time of this process, and of a running child."""
    used = time.process_time()
    if child is not None:
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        used += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used


def by_llama(
    weights: Path | None, loras: list[Path], requests: list[ChatRequest], threads: int | None
) -> tuple[int, float, float]:
    """Tokens, CPU seconds and wall seconds of eight slots."""
    with EmbeddedServer(weights, loras, slots=8, threads=threads) as server:
        list(run_requests(server, requests[:1], store=None))
        cpu, wall = cpu_seconds(server.pid), time.perf_counter()
        tokens = 0
        for _, reply in run_requests(server, requests, store=None, in_flight=8):
            assert not isinstance(reply, BackendError), reply
            tokens += reply.completion_tokens or 0
        return tokens, cpu_seconds(server.pid) - cpu, time.perf_counter() - wall


def by_folder(folder: Path, adapter: Path | None, requests: list[ChatRequest]) -> tuple[int, float, float]:
    """The same of one batch that is refilled."""
    from codetune.models.batched.folder_model import FolderModel
    from codetune.models.folder import ModelFolder

    model = FolderModel(ModelFolder.find(folder, adapter))
    list(model.answers(requests[:1]))
    cpu, wall = cpu_seconds(None), time.perf_counter()
    tokens = 0
    for _, answer in model.answers(requests):
        assert not isinstance(answer, BackendError), answer
        tokens += answer.completion_tokens or 0
    return tokens, cpu_seconds(None) - cpu, time.perf_counter() - wall


def solved(chosen: Benchmark, backend: Backend, items: int, work: Path) -> int:
    """Items that a backend solves."""
    with open_scoring(
        LocalEngine(workers=1),
        sandbox=True,
        test_isolation="strict",
        cache=work / "verdicts.sqlite",
        progress=SilentProgress(),
    ) as scoring:
        config = AskConfig(limit=items, max_new_tokens=LONGEST)
        output = work / f"score-{backend.name.replace('/', '-')}-{type(backend).__name__}"
        card = evaluate_model(chosen, backend, config, output, scoring)
        assert card is not None
        return int(card.results["passed"])


def rows(options: argparse.Namespace, work: Path) -> Iterator[tuple[str, int, float, float]]:
    chosen = benchmark("humaneval")
    problems = draw_problems(chosen.load(None), options.items, 0)
    config = AskConfig(prompt_style="chat-prefill", max_new_tokens=LONGEST)
    requests = [request for _, _, request in requests_of(problems, config, 0)]
    folder = dequantized_folder(smollm2_weights(), work)
    hot, peft = options.adapter / "adapter.gguf", options.adapter / "adapter"
    wanted = options.only.split(",")
    if "server" in wanted:
        yield "server, base", *by_llama(None, [], requests, options.threads)
        yield "server, adapter on each request", *by_llama(None, [hot], requests, options.threads)
    if "merged" in wanted:
        yield (
            "server, merged GGUF (q8_0)",
            *by_llama(merged_gguf(options.adapter, work), [], requests, options.threads),
        )
    if "folder" in wanted:
        yield "batched folder, base", *by_folder(folder, None, requests)
        yield "batched folder, adapter", *by_folder(folder, peft, requests)
    if options.score:
        for name, backend in (
            ("server, base", find_backend("local")),
            ("server, adapter", find_backend("local", adapter=hot)),
            ("batched folder, base", find_backend(str(folder))),
            ("batched folder, adapter", find_backend(str(folder), adapter=peft, is_checked=True)),
        ):
            print(
                f"{name}: {solved(chosen, backend, options.items, work)} of {options.items} solved",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--adapter", type=Path, required=True, help="A training's output, of the embedded model."
    )
    parser.add_argument("--items", type=int, default=164)
    parser.add_argument(
        "--threads",
        type=int,
        help="Of each way; 1 on a busy machine, where threads that wait for each other spin.",
    )
    parser.add_argument("--only", default="server,merged,folder")
    parser.add_argument("--score", action="store_true")
    options = parser.parse_args()
    if options.threads is not None:
        import torch

        torch.set_num_threads(options.threads)
    print("| way | tokens | CPU s | tokens per CPU second | wall s | tokens/s | to the first |")
    print("| --- | --: | --: | --: | --: | --: | --: |")
    first = 0.0
    with tempfile.TemporaryDirectory() as work:
        for name, tokens, cpu, wall in rows(options, Path(work)):
            first = first or tokens / cpu
            print(
                f"| {name} | {tokens:,} | {cpu:.1f} | {tokens / cpu:.0f} | {wall:.1f} | {tokens / wall:.0f} | "
                f"{tokens / cpu / first:.1f} |",
                flush=True,
            )
    print(f"load of the machine afterwards: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
