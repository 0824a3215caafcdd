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
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

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
TOKENS = 192
"""Room for an answer; what needs more counts as cut."""
SLOTS = 4


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


def forms(url: str, problems: Sequence[dict[str, Any]], prompt: Prompt) -> None:
    """Solve the problems in both forms, and print the table."""
    asked = [plain(prompt.messages({"instruction": statement(p), "input": ""})) for p in problems]
    print(f"{'form':12} {'answers':>7} {'whole':>6} {'parse':>6} {'pass':>5} {'tokens':>7}")
    for name in ("code block", "JSON"):

        def one(turns: list[dict[str, str]], name: str = name) -> dict[str, Any]:
            if name == "code block":
                return ask(url, turns, max_tokens=TOKENS)
            held = {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True},
            }
            return ask(url, in_json(turns), max_tokens=TOKENS, response_format=held)

        with ThreadPoolExecutor(SLOTS) as pool:
            answers = list(pool.map(one, asked))
        codes = [code_of(answer["choices"][0]["message"]["content"], name) for answer in answers]
        whole = sum(answer["choices"][0]["finish_reason"] == "stop" for answer in answers)
        passed = run(codes, problems)
        tokens = sum(answer["usage"]["completion_tokens"] for answer in answers) / len(answers)
        parsed = sum(code is not None for code in codes)
        print(f"{name:12} {len(answers):7} {whole:6} {parsed:6} {passed:5} {tokens:7.0f}", flush=True)


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


def run(codes: Sequence[str | None], problems: Sequence[dict[str, Any]]) -> int:
    """How many pass MBPP's tests."""
    programs = [
        Program(
            id=str(i), code=code, tests="\n".join([*problem["test_imports"], *problem["test_list"]]) + "\n"
        )
        for i, (code, problem) in enumerate(zip(codes, problems, strict=True))
        if code is not None
    ]
    executor = open_executor(1)
    try:
        return sum(ran.verdict is Verdict.PASS for ran in executor.run(programs))
    finally:
        executor.close()


def orders(url: str, problems: Sequence[dict[str, Any]], prompt: Prompt) -> None:
    """Ask about functions one after the other in both orders, and print what was computed."""
    print(f"\n{'order':24} {'tokens':>7} {'computed':>9} {'seconds':>8}")
    for name in ("examples, then the row", "the row, then examples"):
        tokens = computed = 0
        seconds = 0.0
        for turns in questions(problems, prompt):
            if name.startswith("the row"):
                # The same text with what differs by row in front.
                rest = "\n\n".join(turn["content"] for turn in turns[1:-1])
                turns = [
                    turns[0],
                    {"role": "user", "content": f"{turns[-1]['content']}\n\nExamples:\n\n{rest}"},
                ]
            answer = ask(url, turns, max_tokens=1, cache_prompt=True)
            tokens += answer["usage"]["prompt_tokens"]
            computed += answer["timings"]["prompt_n"]
            seconds += answer["timings"]["prompt_ms"] / 1000
        print(f"{name:24} {tokens:7} {computed:9} {seconds:8.1f}", flush=True)


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
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--only", choices=("forms", "orders"))
    arguments = parser.parse_args()
    path = arguments.data / "mbpp" / "sanitized-mbpp.json"
    problems = json.loads(path.read_text("utf-8"))[-arguments.rows :]
    solve = load_prompt("solve.en", PROMPTS, variables=("instruction", "input"))
    state = load_prompt(
        "instruct_from_code.en", PROMPTS,
        variables=("kind", "name", "documentation", "code", "length", "opening", "with_io", "programming_language"),
    )  # fmt: skip
    with EmbeddedServer(slots=SLOTS) as server:
        if arguments.only != "forms":
            orders(server.url, problems[:12], state)
        if arguments.only != "orders":
            forms(server.url, problems, solve)


if __name__ == "__main__":
    main()
