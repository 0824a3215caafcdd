"""One client against one server; prints one JSON line. Run by bench_client.py, in a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path

TOKENS = 200


def question(number: int) -> str:
    return f"Write a Python function number {number} that sorts a list in a new way. " + (
        "Explain each step in a comment. " * 10
    )


def messages(number: int) -> list[dict[str, str]]:
    return [
        {"role": "system", "content": "You write code."},
        {"role": "user", "content": question(number)},
    ]


async def drive(one: Callable[[int], Awaitable[int]], total: int, concurrency: int) -> int:
    """Keep `concurrency` requests in flight until `total` are answered."""
    numbers = iter(range(total))
    good = 0

    async def work() -> None:
        nonlocal good
        for number in numbers:
            tokens = await one(number)
            good += tokens == TOKENS

    await asyncio.gather(*(work() for _ in range(concurrency)))
    return good


def run_codetune(options: argparse.Namespace) -> int:
    from codetune.models.open import run_requests
    from codetune.models.protocol import ChatRequest
    from codetune.records import Message

    requests = (
        ChatRequest(
            messages=[Message(role=m["role"], content=m["content"]) for m in messages(number)],  # type: ignore[arg-type]
            max_new_tokens=TOKENS,
            temperature=0.2,
        )
        for number in range(options.requests)
    )
    with tempfile.TemporaryDirectory() as folder:
        outcomes = run_requests(
            options.url, requests, store=Path(folder) / "requests.sqlite", in_flight=options.concurrency
        )
        return sum(getattr(outcome, "completion_tokens", 0) == TOKENS for _, outcome in outcomes)


async def run_aiohttp(options: argparse.Namespace) -> int:
    import aiohttp

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=options.concurrency)) as session:

        async def one(number: int) -> int:
            payload = {"model": "m", "messages": messages(number), "max_tokens": TOKENS, "temperature": 0.2}
            async with session.post(options.url + "/chat/completions", json=payload) as answer:
                return int(json.loads(await answer.read())["usage"]["completion_tokens"])

        return await drive(one, options.requests, options.concurrency)


async def run_openai(options: argparse.Namespace) -> int:
    import openai

    async with openai.AsyncOpenAI(base_url=options.url, api_key="none") as client:

        async def one(number: int) -> int:
            answer = await client.chat.completions.create(
                model="m", messages=messages(number), max_tokens=TOKENS, temperature=0.2
            )
            return answer.usage.completion_tokens

        return await drive(one, options.requests, options.concurrency)


def run_threads(options: argparse.Namespace) -> int:
    from concurrent.futures import ThreadPoolExecutor

    import openai

    client = openai.OpenAI(base_url=options.url, api_key="none")

    def one(number: int) -> bool:
        answer = client.chat.completions.create(
            model="m", messages=messages(number), max_tokens=TOKENS, temperature=0.2
        )
        return answer.usage.completion_tokens == TOKENS

    with ThreadPoolExecutor(options.concurrency) as pool:
        return sum(pool.map(one, range(options.requests)))


def run_distilabel(options: argparse.Namespace) -> int:
    import datasets
    from distilabel.models import OpenAILLM
    from distilabel.pipeline import Pipeline
    from distilabel.steps.tasks import TextGeneration

    with Pipeline(name="bench") as pipeline:
        model = OpenAILLM(
            model="m", base_url=options.url, api_key="none", generation_kwargs={"max_new_tokens": TOKENS}
        )
        TextGeneration(name="generate", llm=model, input_batch_size=options.concurrency)
    rows = datasets.Dataset.from_list([{"instruction": question(n)} for n in range(options.requests)])
    made = pipeline.run(dataset=rows, use_cache=False)
    return sum(bool(text) for text in made["default"]["train"]["generation"])


def run_curator(options: argparse.Namespace) -> int:
    os.environ.setdefault("TELEMETRY_ENABLED", "false")
    os.environ["CURATOR_DISABLE_CACHE"] = "1"
    spec = find_spec("litellm")
    if spec is not None and spec.submodule_search_locations:
        # It counts tokens with a vocabulary it would download; litellm has it in its wheel.
        tables = Path(next(iter(spec.submodule_search_locations))) / "litellm_core_utils" / "tokenizers"
        os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(tables))
    from bespokelabs import curator

    model = curator.LLM(
        model_name="m",
        backend="openai",
        backend_params={
            "base_url": options.url,
            "api_key": "none",
            "max_requests_per_minute": 10**9,
            "max_tokens_per_minute": 10**12,
            "max_concurrent_requests": options.concurrency,
        },
    )
    made = model([question(number) for number in range(options.requests)])
    return len(getattr(made, "dataset", made))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("client")
    parser.add_argument("--url")
    parser.add_argument("--concurrency", type=int)
    parser.add_argument("--requests", type=int)
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(0, {cores[1]})
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65536, hard), hard))
    run: dict[str, Callable[[argparse.Namespace], object]] = {
        "codetune": run_codetune,
        "aiohttp": run_aiohttp,
        "openai": run_openai,
        "openai-threads": run_threads,
        "distilabel": run_distilabel,
        "curator": run_curator,
    }
    before, begun = os.times(), time.perf_counter()
    made = run[options.client](options)
    good = asyncio.run(made) if asyncio.iscoroutine(made) else made
    seconds, after = time.perf_counter() - begun, os.times()
    cpu = sum(after[i] - before[i] for i in range(4))
    assert good == options.requests, f"{good} of {options.requests} were answered"
    found = {"requests": good, "seconds": seconds, "rate": good / seconds, "cpu_seconds": cpu}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
