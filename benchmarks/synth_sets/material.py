"""The rows that answers are made from, and the wrappings and faults that any answer can have."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from servers.teacher import Answer, Script

from codetune.records import Record

DATA = Path("../shared/data")

LANGUAGES = {"python": "python", "js": "javascript", "go": "go", "java": "java", "cpp": "cpp", "rust": "rust"}


@dataclass
class Case:
    """One row, what the teacher answers about it, and the rule it was made by."""

    row: Record
    scripts: list[Script]
    rule: str


@dataclass(frozen=True)
class Function:
    """A Python function with a right statement, tests, and what else its module holds."""

    name: str
    code: str
    module: str
    statement: str
    tests: str
    arguments: str
    number: int
    buggy: str = ""
    imports: tuple[str, ...] = field(default=())


@cache
def mbpp() -> tuple[Function, ...]:
    """The top-level functions of sanitized MBPP, each made unique by a comment."""
    found: list[Function] = []
    for problem in json.loads((DATA / "mbpp/sanitized-mbpp.json").read_text("utf-8")):
        nodes = [node for node in ast.parse(problem["code"]).body if isinstance(node, ast.FunctionDef)]
        node = nodes[-1]
        lines = problem["code"].splitlines()
        own = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        found.append(
            Function(
                node.name, own, problem["code"], problem["prompt"].strip(),
                "\n".join([*problem["test_imports"], *problem["test_list"]]), ast.unparse(node.args), len(found),
            )
        )  # fmt: skip
    return tuple(found)


@cache
def humaneval(language: str) -> tuple[dict, ...]:
    """Rows of HumanEvalPack."""
    path = DATA / "humanevalpack" / language / "data" / "humanevalpack.jsonl"
    return tuple(json.loads(line) for line in path.read_text("utf-8").splitlines())


@cache
def polyglot() -> tuple[tuple[str, dict], ...]:
    """HumanEvalPack's rows in six languages, languages in turn."""
    names = list(LANGUAGES)
    return tuple((LANGUAGES[name], humaneval(name)[i]) for i in range(164) for name in names)


@cache
def alpaca() -> tuple[dict, ...]:
    """Instructions of codealpaca with an output, each once."""
    rows = []
    for name in ("code_alpaca_2k.json", "new_codealpaca.json"):
        rows += json.loads((DATA / "codealpaca" / name).read_text("utf-8"))
    unique = {
        row["instruction"]: row
        for row in rows
        if len(row["instruction"].split()) >= 6 and row["output"].strip()
    }
    return tuple(unique.values())


@cache
def chinese() -> tuple[dict, ...]:
    """Chinese questions and answers of CodeGPT."""
    rows: dict[str, dict] = {}
    for path in sorted((DATA / "codegpt_cn" / "code-basic").glob("*"))[:12]:
        for row in json.loads(path.read_text("utf-8")):
            user, answer = row.get("user") or "", row.get("assistant") or ""
            if (
                10 <= len(user) <= 400
                and len(answer) > 20
                and sum("\u4e00" <= c <= "\u9fff" for c in user) > 8
            ):
                rows[user.strip()] = {"instruction": user.strip(), "input": "", "output": answer.strip()}
    return tuple(rows.values())


def contests() -> list[str]:
    """Statements of CodeContests."""
    path = DATA / "code_contests" / "code_eval_code_contests.jsonl"
    return [json.loads(line)["content"] for line in path.read_text("utf-8").splitlines()]


def tagged(tag: str, text: str, number: int) -> str:
    """A good answer in one of the forms that strong models give it."""
    whole = f"<{tag}>\n{text}\n</{tag}>"
    forms = (
        whole,
        f"<think>\nThe user wants a {tag}. Let me think: edge cases, wording, length.\n</think>\n\n{whole}",
        f"<{tag}>{text}",
        "```json\n" + json.dumps({tag: text}, ensure_ascii=False, indent=1) + "\n```",
        f"Here it is.\n\n{whole}\n\nLet me know if it should be shorter.",
        text,
    )
    return forms[number % len(forms)]


FOREIGN = {
    "en": (
        "Schreiben Sie eine Funktion, die für jede Zeile der Eingabe die Summe der Zahlen berechnet und das "
        "Ergebnis als Liste zurückgibt; leere Zeilen werden nicht gezählt und führen zu keinem Fehler.",
        "Écrivez une fonction qui prend une liste de nombres et renvoie la somme de tous les éléments qui sont pairs; "
        "la fonction ne doit pas modifier la liste et renvoie zéro pour une liste vide.",
        "Напишите функцию, которая принимает список чисел и возвращает сумму всех чётных элементов этого списка.",
        "编写一个函数，接收一个整数列表，返回其中所有偶数之和；列表为空时返回零，并且不要修改原来的列表。",
    ),
    "zh": (
        "Write a function that takes a list of numbers and returns the sum of all the even ones; it is zero for an empty list.",
        "Напишите функцию, которая принимает список чисел и возвращает сумму всех чётных элементов этого списка.",
    ),
}

LOOP = "and then the value is added to the list of values again, "


def raw_faults(
    language: str, tag: str | None
) -> list[tuple[str, Callable[[str, int], Callable[[str], Answer]]]]:
    """Faults that any answer can have: rule -> (good text, number) -> answer to a question."""

    def wrapped(text: str) -> str:
        return f"<{tag}>\n{text}\n</{tag}>" if tag else text

    foreign = FOREIGN[language]
    return [
        ("declines", lambda good, n: lambda q: ["I'm sorry, but I can't help with that.", "As an AI language model, I cannot write this.", "很抱歉，我无法完成这个请求。"][n % 3]),
        ("only reasoning", lambda good, n: lambda q: f"<think>\nLet me see what the code does. {good[:300]}"),
        ("repeats the prompt", lambda good, n: lambda q: q),
        ("cut off", lambda good, n: lambda q: (wrapped(good)[: max(10, len(good) // 2)], "length")),
        ("another language", lambda good, n: lambda q: wrapped(foreign[n % len(foreign)])),
        ("a loop", lambda good, n: lambda q: wrapped("Take the list " + LOOP * 40 + "done.")),
        ("empty", lambda good, n: lambda q: ["", wrapped(""), "<think>\nhm\n</think>"][n % 3]),
    ]  # fmt: skip
