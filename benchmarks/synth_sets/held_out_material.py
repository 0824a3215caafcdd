"""The rows and faults of the second set: none of them was looked at while the checks were made.

Rows: MBPP outside its sanitized part, HumanEvalPack from problem 100 on, answers of a strong model in twelve
languages (MultiPL-E as SandboxFusion carries it), codealpaca and CodeGPT from row 1,000 on.
"""

from __future__ import annotations

import ast
import json
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from servers.teacher import Answer

from codetune.synth.python.mutants import mutants
from codetune.text.fences import fenced_blocks
from synth_sets import material
from synth_sets.material import alpaca, chinese, humaneval

FIRST_ROW = 1000
FIRST_PROBLEM = 100
WRITTEN = {
    "ts": "typescript", "cs": "csharp", "rb": "ruby", "php": "php", "js": "javascript", "java": "java", "rs": "rust",
    "go": "go", "cpp": "cpp",
}  # fmt: skip


@dataclass(frozen=True)
class Function:
    """A Python function whose tests pass, and a copy with one fault that they notice."""

    name: str
    arguments: str
    code: str
    module: str
    faulty: str
    """The module with one fault."""
    statement: str
    tests: tuple[str, ...]
    """Asserts, one a line."""


@cache
def functions() -> tuple[Function, ...]:
    """MBPP's rows that the sanitized part left out, with a fault that at least one test notices."""
    sanitized = {
        row["task_id"] for row in json.loads((material.DATA / "mbpp/sanitized-mbpp.json").read_text("utf-8"))
    }
    found = []
    for line in (material.DATA / "mbpp/mbpp.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        made = None if row["task_id"] in sanitized or row["test_setup_code"] else _function(row)
        if made is not None:
            found.append(made)
    return tuple(found)


def _function(row: dict) -> Function | None:
    module = row["code"].replace("\r\n", "\n").expandtabs(4).strip("\n")
    tests = tuple(row["test_list"])
    try:
        tree = ast.parse(module)
        asserts = [ast.parse(test).body[0] for test in tests]
    except SyntaxError:
        return None
    nodes = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    called = {
        n.func.id for n in ast.walk(asserts[0]) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    nodes = [node for node in nodes if node.name in called]
    if not nodes or not _passes(module, tests):
        return None
    node = nodes[-1]
    own = "\n".join(module.splitlines()[node.lineno - 1 : node.end_lineno])
    if node.body[0].lineno == node.lineno or own not in module:
        return None
    for faulty in mutants(module, count=8, seed=7, row=node.name):
        if not _passes(faulty, tests):
            return Function(
                node.name, ast.unparse(node.args), own, module, faulty, row["text"].strip(), tests
            )
    return None


def _passes(module: str, tests: tuple[str, ...]) -> bool:
    """Whether all tests pass within a second; the code is MBPP's own."""

    def late(*_: object) -> None:
        raise TimeoutError

    previous = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    try:
        exec("\n".join((module, *tests)), {"__name__": "tried", "print": lambda *_, **__: None})
        return True
    except BaseException:
        return False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def nearest(index: int) -> Function:
    """Another function whose statement shares most words with that of one."""
    pool = functions()
    own = set(pool[index].statement.lower().split())
    others = [f for f in pool if f.name != pool[index].name and f.statement != pool[index].statement]
    return max(others, key=lambda f: len(own & set(f.statement.lower().split())) / len(own | set(f.statement.lower().split())))  # fmt: skip


@cache
def written() -> tuple[tuple[str, dict], ...]:
    """(language, row) of a strong model's answers in nine languages, languages in turn; `code` is its first block."""
    rows: dict[str, list[dict]] = {}
    for ending, language in WRITTEN.items():
        path = material.DATA / "multipl_e" / f"humaneval-{ending}.jsonl"
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            blocks = fenced_blocks(row["gpt_solution"])
            if blocks and blocks[0].closed and len(blocks[0].code) < 5000:
                rows.setdefault(language, []).append({**row, "code": blocks[0].code})
    return tuple((language, found[i]) for i in range(140) for language, found in rows.items())


@cache
def problems() -> tuple[tuple[str, dict], ...]:
    """HumanEvalPack from problem 100 on in six languages, languages in turn."""
    return tuple(
        (language, humaneval(name)[i])
        for i in range(FIRST_PROBLEM, 164)
        for name, language in material.LANGUAGES.items()
    )


def tasks(language: str) -> tuple[dict, ...]:
    """Instructions that the first set did not use."""
    return (chinese() if language == "zh" else alpaca())[FIRST_ROW:]


def dice(*parts: object) -> random.Random:
    """The same draws in every run."""
    return random.Random(repr(parts))


def wrapped(tag: str, text: str, number: int) -> str:
    """A good answer in a form that the first set does not have."""
    whole = f"<{tag}>\n{text}\n</{tag}>"
    forms = (
        whole,
        f"<thinking>\nFirst the concepts, {{then}} the wording: should I use <{tag}> at once?\n</thinking>\n{whole}",
        f"Concepts: iteration, boundary cases.\n\n{whole}",
        f"{whole}\n",
        f"```xml\n{whole}\n```",
        f"the reasoning ends here\n</think>\n\n{whole}",
        f"**Answer**\n\n<{tag}>{text}</{tag}>",
    )
    return forms[number % len(forms)]


FOREIGN = {
    "en": (
        "Escreva uma função que recebe uma lista de números e devolve a soma dos que são pares, sem alterar a lista; para uma lista vazia devolve zero.",
        "Scrivi una funzione che riceve una lista di numeri e restituisce la somma di quelli pari senza modificare la lista; se è vuota, il risultato è zero.",
        "リストを受け取り、その中の偶数の合計を返す関数を書いてください。空のリストの場合は 0 を返し、元のリストは変更しないでください。",
        "정수 목록을 받아 그 안의 짝수의 합을 반환하는 함수를 작성하세요. 목록이 비어 있으면 0을 반환합니다.",
        "Escriba una función que reciba una lista de números y devuelva la suma de los que son pares; si la lista está vacía, el resultado es cero.",
        "Skriv en funktion som tar en lista med tal och returnerar summan av alla jämna tal i listan; en tom lista ger noll och listan får inte ändras.",
    ),
    "zh": (
        "Given the list, the function has to return the sum of all of its even items and must not change the list.",
        "リストを受け取り、その中の偶数の合計を返す関数を書いてください。空のリストの場合は 0 を返します。",
        "정수 목록을 받아 그 안의 짝수의 합을 반환하는 함수를 작성하세요. 목록이 비어 있으면 0을 반환합니다.",
    ),
}  # fmt: skip
DECLINED = {
    "en": (
        "I must decline this request.", "I can’t assist with that.", "I do not feel comfortable writing this task.",
        "Unfortunately, I am not able to provide what you asked for.", "My apologies, but this is outside of what I can do.",
        "This request cannot be fulfilled, as it may violate the usage policy.",
    ),
    "zh": (
        "对不起，我不能协助完成这个请求。", "作为人工智能助手，我没有办法提供这样的内容。", "非常抱歉，这个问题我无法回答。",
        "这个请求违反了使用政策，我无法提供帮助。", "很遗憾，我不能满足您的要求。",
    ),
}  # fmt: skip
ASKS_BACK = {
    "en": "Could you please share the code that you would like me to look at? I do not see it in your message.",
    "zh": "请您把需要处理的代码发给我，您的消息里没有看到代码。",
}


def answer_faults(
    language: str, tag: str | None
) -> list[tuple[str, Callable[[str, int], Callable[[str], Answer]]]]:
    """Faults that any answer can have, by other rules than the first set's."""

    def put(text: str) -> str:
        return f"<{tag}>\n{text}\n</{tag}>" if tag else text

    def loop(good: str, number: int) -> str:
        line = ("- 检查输入是否为空，然后返回结果。\n" if language == "zh" else "- Check whether the input is empty, then return the result.\n")  # fmt: skip
        return put(f"{good[:80]}\n\n{line * 60}")

    declined, foreign = DECLINED[language], FOREIGN[language]
    return [
        ("declines, in other words", lambda good, n: lambda q: declined[n % len(declined)] if n % 2 else put(declined[n % len(declined)])),
        ("reasoning that never ends", lambda good, n: lambda q: [f"<reasoning>{good[:200]} but wait,", f"<|channel|>analysis<|message|>The user wants {good[:100]}", f"<thought>\n{good[:200]}"][n % 3]),
        ("the prompt in a block", lambda good, n: lambda q: f"```\n{q}\n```" if n % 2 else f"User: {q}"),
        ("ends in a sentence", lambda good, n: lambda q: put(" ".join(good.split()[: max(6, len(good.split()) // 3)]).rstrip(".。!?:;`) ") + (" 并且，" if language == "zh" else " and the"))),
        ("another language", lambda good, n: lambda q: put(foreign[n % len(foreign)])),
        ("a line again and again", lambda good, n: lambda q: loop(good, n)),
        ("nothing in it", lambda good, n: lambda q: ["\n\n", "```\n```", put("..."), "."][n % 4]),
        ("asks back", lambda good, n: lambda q: put(ASKS_BACK[language])),
        ("truncated JSON", lambda good, n: lambda q: ("{\"" + (tag or "text") + "\": " + json.dumps(good[:200], ensure_ascii=False))[:-3]),
    ]  # fmt: skip
