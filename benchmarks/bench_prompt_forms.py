"""Two questions about prompts, asked of the embedded model: JSON or plain text for code, and what the order of a prompt costs.

    python benchmarks/bench_prompt_forms.py --data ../shared/data --rows 16

Forms: MBPP statements (from the end of the sanitized set) are solved in a code block, and in a JSON object whose schema the
server holds, greedily and with the same examples. Printed: answers that were whole, that parse, that pass MBPP's asserts, and
tokens. Order: round one of instruct-from-code asks about as many functions one after the other, as it is (system turn,
examples, question) and with the question before the examples. Printed: tokens that llama.cpp had to compute, by its own count,
and the time it took for them.
"""

from __future__ import annotations

import argparse
import ast
import json
import statistics
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from codetune.evaluate.statistics.paired import binary_interval, mcnemar
from codetune.execution.open import open_executor
from codetune.execution.protocol import Program
from codetune.models.embedded.server import EmbeddedServer
from codetune.records import Message, Verdict
from codetune.synth.prompts.prompt import Prompt, load_prompt
from codetune.synth.prompts.prompt_loading import PROMPTS
from codetune.synth.runtime.answer_parsers import first_json_object
from codetune.synth.runtime.raw_answers import InvalidAnswerError
from codetune.synth.runtime.text_parsers import CodeBlock

SCHEMA = {
    "type": "object",
    "properties": {"code": {"type": "string"}},
    "required": ["code"],
    "additionalProperties": False,
}
FORMS = ("code block", "JSON")
TOKENS = 192
"""Room for an answer; what needs more counts as cut."""
SLOTS = 4
BATCH = 20
"""Problems between two writes of the store."""


@dataclass(frozen=True)
class Solved:
    """One answer, read and run."""

    code: str | None
    whole: bool
    parses: bool
    tokens: int
    passed: bool = False


def ask(url: str, turns: Sequence[dict[str, str]], **more: Any) -> dict[str, Any]:
    """One answer of the server, with its timings."""
    body = {"messages": list(turns), "temperature": 0.0, **more}
    request = urllib.request.Request(
        f"{url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=600) as answer:
        return json.loads(answer.read())


def plain(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]


def in_json(turns: list[dict[str, str]]) -> list[dict[str, str]]:
    """The same question and examples with answers as JSON."""
    made = []
    for turn in turns:
        content = turn["content"]
        if turn["role"] == "system":
            content = 'You are a careful Python programmer. You answer with JSON, {"code": "..."}, that holds a complete function.'
        elif turn["role"] == "assistant":
            content = json.dumps({"code": CodeBlock("python").parse(content)})
        made.append({"role": turn["role"], "content": content})
    return made


def forms(url: str, problems: Sequence[dict[str, Any]], prompt: Prompt, store: Path | None) -> None:
    """Solve the problems in both forms, and print the table; what the store holds is not asked again."""
    told = read_store(store)
    with ThreadPoolExecutor(SLOTS) as pool:
        for first in range(0, len(problems), BATCH):
            batch = problems[first : first + BATCH]
            for name in FORMS:  # in turn, so that both forms meet the same load
                todo = [problem for problem in batch if (name, problem["task_id"]) not in told]
                found = list(pool.map(partial(solved, url, prompt, name), todo))
                passes = run([one.code for one in found], todo)
                for problem, made, passed in zip(todo, found, passes, strict=True):
                    told[name, problem["task_id"]] = replace(made, passed=passed)
            write_store(store, told)
    rows = {name: [told[name, problem["task_id"]] for problem in problems] for name in FORMS}
    print(f"{'form':12} {'answers':>7} {'whole':>6} {'parse':>6} {'pass':>5} {'tokens':>7}")
    for name, made in rows.items():
        counts = [sum(getattr(one, key) for one in made) for key in ("whole", "parses", "passed")]
        tokens = sum(one.tokens for one in made) / len(made)
        print(f"{name:12} {len(made):7} {counts[0]:6} {counts[1]:6} {counts[2]:5} {tokens:7.1f}", flush=True)
    for key in ("whole", "parses", "passed"):
        difference(key, *([bool(getattr(one, key)) for one in rows[name]] for name in FORMS))


def difference(key: str, block: Sequence[bool], as_json: Sequence[bool]) -> None:
    """Print JSON minus code block, in points, with its paired interval and McNemar's p-value."""
    first = sum(a and not b for a, b in zip(block, as_json, strict=True))
    second = sum(b and not a for a, b in zip(block, as_json, strict=True))
    low, high = binary_interval(first, second, len(block))
    points = 100 * (second - first) / len(block)
    print(
        f"{key}: JSON {points:+.1f} points [{100 * low:.1f}, {100 * high:.1f}], "
        f"{first} with the block alone, {second} with JSON alone, p = {mcnemar(first, second).p_value:.2g}"
    )


def solved(url: str, prompt: Prompt, form: str, problem: dict[str, Any]) -> Solved:
    """One answer in a form."""
    turns = plain(prompt.messages({"instruction": statement(problem), "input": ""}))
    if form == "code block":
        answer = ask(url, turns, max_tokens=TOKENS)
    else:
        held = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}}
        answer = ask(url, in_json(turns), max_tokens=TOKENS, response_format=held)
    choice = answer["choices"][0]
    code = code_of(choice["message"]["content"], form)
    whole = choice["finish_reason"] == "stop"
    return Solved(code, whole, code is not None, tokens=answer["usage"]["completion_tokens"])


def read_store(path: Path | None) -> dict[tuple[str, int], Solved]:
    if path is None or not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return {(line["form"], line["task_id"]): Solved(**line["solved"]) for line in lines}


def write_store(path: Path | None, told: Mapping[tuple[str, int], Solved]) -> None:
    if path is not None:
        lines = [
            json.dumps({"form": form, "task_id": task, "solved": asdict(made)})
            for (form, task), made in told.items()
        ]
        path.write_text("\n".join(lines) + "\n", "utf-8")


def lengths(url: str, problems: Sequence[dict[str, Any]]) -> None:
    """Tokens of MBPP's own solutions in both forms: what escaping costs, whatever the model can do."""
    plain_tokens = escaped = 0
    for problem in problems:
        code = problem["code"].replace("\r\n", "\n").strip("\n")
        plain_tokens += count(url, f"```python\n{code}\n```")
        escaped += count(url, json.dumps({"code": code}))
    print(
        f"MBPP's own solutions: {plain_tokens / len(problems):.1f} tokens in a code block, "
        f"{escaped / len(problems):.1f} as JSON ({escaped / plain_tokens - 1:+.0%})",
        flush=True,
    )


def count(url: str, text: str) -> int:
    """Tokens of a text, by the server's own tokenizer."""
    body = json.dumps({"content": text, "add_special": False}).encode()
    request = urllib.request.Request(
        f"{url.removesuffix('/v1')}/tokenize", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return len(json.loads(answer.read())["tokens"])


def statement(problem: dict[str, Any]) -> str:
    """MBPP's statement with its first test, which names the function."""
    return f"{problem['prompt']} For example: {problem['test_list'][0]}"


def code_of(text: str, form: str) -> str | None:
    """The code of an answer where it parses."""
    try:
        code = (
            CodeBlock("python").parse(text) if form == "code block" else str(first_json_object(text)["code"])
        )
        ast.parse(code)
    except (InvalidAnswerError, SyntaxError, KeyError, ValueError):
        return None
    return code if code.strip() else None


def run(codes: Sequence[str | None], problems: Sequence[dict[str, Any]]) -> list[bool]:
    """Which pass MBPP's tests."""
    programs = [
        Program(
            id=str(i), code=code, tests="\n".join([*problem["test_imports"], *problem["test_list"]]) + "\n"
        )
        for i, (code, problem) in enumerate(zip(codes, problems, strict=True))
        if code is not None
    ]
    executor = open_executor(1)
    try:
        passed = {ran.id for ran in executor.run(programs) if ran.verdict is Verdict.PASS}
    finally:
        executor.close()
    return [str(i) in passed for i in range(len(codes))]


def orders(url: str, problems: Sequence[dict[str, Any]], prompt: Prompt) -> None:
    """Ask about functions one after the other in both orders, and print what was computed for the prompts."""
    print(f"{'order':24} {'requests':>8} {'tokens':>7} {'computed':>9} {'seconds a request':>18}")
    for name in ("examples, then the row", "the row, then examples"):
        tokens = computed = 0
        seconds = []
        for turns in questions(problems, prompt):
            if name.startswith("the row"):
                # The same text with what differs by row in front.
                rest = "\n\n".join(turn["content"] for turn in turns[1:-1])
                turns = [
                    {"role": "user", "content": f"{turns[-1]['content']}\n\n{turns[0]['content']}\n\nExamples:\n\n{rest}"},
                ]  # fmt: skip
            answer = ask(url, turns, max_tokens=1, cache_prompt=True)
            tokens += answer["usage"]["prompt_tokens"]
            computed += answer["timings"]["prompt_n"]
            seconds.append(answer["timings"]["prompt_ms"] / 1000)
        print(
            f"{name:24} {len(seconds):8} {tokens:7} {computed:9} {statistics.median(seconds):10.2f} (median)",
            flush=True,
        )


def questions(problems: Sequence[dict[str, Any]], prompt: Prompt) -> Iterator[list[dict[str, str]]]:
    for problem in problems:
        node = [n for n in ast.parse(problem["code"]).body if isinstance(n, ast.FunctionDef)][-1]
        shown = {
            "kind": "function", "name": node.name, "documentation": "", "code": problem["code"], "length": "one clear sentence",
            "opening": f"Write a Python function `{node.name}` that", "with_io": False, "programming_language": "Python",
        }  # fmt: skip
        yield plain(prompt.messages(shown))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=16, help="problems, from the end of the sanitized set")
    parser.add_argument("--only", choices=("forms", "orders"))
    parser.add_argument(
        "--store", type=Path, help="JSON Lines of answers, so that a second run goes on with them"
    )
    parser.add_argument("--threads", type=int, help="of the server; 1 where other work shares the cores")
    arguments = parser.parse_args()
    path = arguments.data / "mbpp" / "sanitized-mbpp.json"
    problems = json.loads(path.read_text("utf-8"))[-arguments.rows :]
    solve = load_prompt("solve.en", PROMPTS, variables=("instruction", "input"))
    state = load_prompt(
        "instruct_from_code.en", PROMPTS,
        variables=("kind", "name", "documentation", "code", "length", "opening", "with_io", "programming_language"),
    )  # fmt: skip
    with EmbeddedServer(slots=SLOTS, threads=arguments.threads) as server:
        if arguments.only != "forms":
            orders(server.url, problems[:12], state)
        if arguments.only != "orders":
            lengths(server.url, problems)
            forms(server.url, problems, solve, arguments.store)


if __name__ == "__main__":
    main()
