"""The rows and faults of the third set, made when the first two had been seen; it was committed before it was run.

Rows: HumanEvalPack's Python problems and the end of sanitized MBPP for code, HumanEvalPack's problems 50 to 99 and from 100
on for texts, codealpaca and CodeGPT from row 2,600 on. Forms are those of long answers of strong models; faults are other
ones than in both earlier sets, and code is damaged by dropping, not by exchanging.
"""

from __future__ import annotations

import ast
import builtins
import copy
import json
from collections.abc import Callable, Iterator
from functools import cache

from servers.teacher import Answer

from synth_sets import material
from synth_sets.held_out_material import Function, dice
from synth_sets.held_out_material import _passes as passes
from synth_sets.material import alpaca, chinese, humaneval, mbpp

FIRST_ROW = 2600
FIRST_MBPP = {"instruct-from-code": 240, "solve-and-test": 120}
"""The first set used the sanitized functions before these."""


@cache
def functions(generator: str) -> tuple[Function, ...]:
    """Functions whose tests pass, with a damaged copy that some test notices; packs in turn."""
    later = [_of_mbpp(f) for f in mbpp()[FIRST_MBPP[generator] :]]
    pack = [_of_pack(row) for row in humaneval("python")] if generator == "instruct-from-code" else []
    found = [made for made in (*pack, *later) if made is not None]
    dice("fresh", generator).shuffle(found)
    return tuple(found)


def _of_mbpp(function: material.Function) -> Function | None:
    tests = tuple(line for line in function.tests.splitlines() if line.startswith("assert"))
    if not all(_is_equality(test) for test in tests):
        return None
    return _checked(function.name, function.module, function.statement, tests)


def _of_pack(row: dict) -> Function | None:
    module = f"{row['declaration']}{row['canonical_solution']}".strip("\n")
    known = {row["entry_point"], *dir(builtins)}
    tests = []
    for line in row["test"].splitlines():
        if _is_equality(line.strip()) and {n.id for n in ast.walk(ast.parse(line.strip())) if isinstance(n, ast.Name)} <= known:  # fmt: skip
            tests.append(line.strip())
    text = row["docstring"].split(">>>")[0].strip()
    return _checked(row["entry_point"], module, text, tuple(tests[:6])) if len(tests) >= 2 else None


def _is_equality(line: str) -> bool:
    try:
        body = ast.parse(line).body
    except SyntaxError:
        return False
    test = body[0].test if len(body) == 1 and isinstance(body[0], ast.Assert) else None
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Call)
        and isinstance(test.left.func, ast.Name)
        and isinstance(test.ops[0], ast.Eq)
    )


def _checked(name: str, module: str, statement: str, tests: tuple[str, ...]) -> Function | None:
    tree = ast.parse(module)
    node = next((n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name), None)
    if node is None or node.body[0].lineno == node.lineno or not passes(module, tests):
        return None
    own = "\n".join(module.splitlines()[node.lineno - 1 : node.end_lineno])
    for faulty in damaged(tree, name):
        if not passes(faulty, tests):
            return Function(name, ast.unparse(node.args), own, module, faulty, statement, tests)
    return None


def damaged(tree: ast.Module, name: str) -> Iterator[str]:
    """Copies of a module with something dropped from one function: a branch, a statement, the end of a range."""
    for rule in (_without_branch, _returns_at_once, _without_statement, _one_short):
        for place in range(12):
            made = copy.deepcopy(tree)
            node = next(n for n in made.body if isinstance(n, ast.FunctionDef) and n.name == name)
            if rule(node, place):
                yield ast.unparse(ast.fix_missing_locations(made))


def _without_branch(node: ast.FunctionDef, place: int) -> bool:
    branches = [n for n in ast.walk(node) if isinstance(n, ast.If)]
    if place < len(branches):
        branches[place].test = ast.Constant(False)
    return place < len(branches)


def _returns_at_once(node: ast.FunctionDef, place: int) -> bool:
    loops = [n for n in ast.walk(node) if isinstance(n, ast.For | ast.While)]
    ends = [n for n in node.body if isinstance(n, ast.Return)]
    if place < len(loops) and ends:
        loops[place].body.append(copy.deepcopy(ends[-1]))
        return True
    return False


def _without_statement(node: ast.FunctionDef, place: int) -> bool:
    blocks = [
        n.body for n in ast.walk(node) if isinstance(n, ast.For | ast.While | ast.If) and len(n.body) > 1
    ]
    if place < len(blocks):
        blocks[place].pop()
    return place < len(blocks)


def _one_short(node: ast.FunctionDef, place: int) -> bool:
    calls = [
        n for n in ast.walk(node)
        if (isinstance(n, ast.Return) and n.value is not None) or (isinstance(n, ast.Call) and ast.unparse(n.func) == "range")
    ]  # fmt: skip
    if place >= len(calls):
        return False
    found = calls[place]
    if isinstance(found, ast.Call):
        found.args[-1] = ast.BinOp(found.args[-1], ast.Sub(), ast.Constant(1))
    else:
        assert isinstance(found, ast.Return)
        found.value = ast.Constant(None)
    return True


@cache
def problems(first: int, last: int) -> tuple[tuple[str, dict], ...]:
    """HumanEvalPack's problems of a range in six languages, languages in turn."""
    return tuple(
        (language, humaneval(name)[i])
        for i in range(first, last)
        for name, language in material.LANGUAGES.items()
    )


def tasks(language: str) -> tuple[dict, ...]:
    """Instructions that neither of the other sets used."""
    return (chinese() if language == "zh" else alpaca())[FIRST_ROW:]


def dressed(tag: str, text: str, number: int) -> str:
    """A good answer in the manner of a talkative strong model."""
    whole = f"<{tag}>\n{text}\n</{tag}>"
    forms = (
        f"Sure! Here is the {tag}:\n\n{whole}",
        whole.replace("\n", "\r\n"),
        f"<think>\nOkay, the user wants a {tag}.\n\n```python\nprint('a draft')\n```\n\nHmm, wait. I'm sorry, but I can't just copy it. Let me write <{tag}>.\n</think>\n\n{whole}",
        f"{whole}\n\n---\n\n*Note: I kept to the wording of the code; tell me if another level of detail is wanted.*",
        f"## Analysis\n\n1. Concepts: iteration, boundary cases\n2. Difficulty: medium\n\n## {tag.title()}\n\n{whole}",
        f"```markdown\n{whole}\n```",
        f"<answer>\n{whole}\n</answer>",
        f'<{tag} version="1">\n{text}\n</{tag}>',
    )
    return forms[number % len(forms)]


FOREIGN = {
    "en": (
        "Napište funkci, která přijme seznam čísel a vrátí součet všech sudých prvků; pro prázdný seznam vrátí nulu a seznam nesmí být změněn.",
        "Írj egy függvényt, amely egy számokból álló listát kap, és visszaadja a páros elemek összegét; üres lista esetén az eredmény nulla legyen.",
        "Kirjoita funktio, joka saa luettelon lukuja ja palauttaa parillisten lukujen summan; tyhjän luettelon tulos on nolla eikä luetteloa saa muuttaa.",
        "Skriv en funktion, der modtager en liste af tal og returnerer summen af de lige tal; en tom liste giver nul, og listen må ikke ændres.",
        "اكتب دالة تأخذ قائمة من الأعداد وتعيد مجموع الأعداد الزوجية منها، وتعيد صفرا إذا كانت القائمة فارغة.",
        "एक फ़ंक्शन लिखें जो संख्याओं की सूची लेता है और सभी सम संख्याओं का योग लौटाता है; खाली सूची के लिए शून्य लौटाएँ।",
        "Scrie o funcție care primește o listă de numere și returnează suma celor pare; pentru o listă goală rezultatul este zero, iar lista nu se modifică.",
    ),
    "zh": (
        "Viết một hàm nhận vào một danh sách các số và trả về tổng của các số chẵn; với danh sách rỗng thì trả về không.",
        "Напишіть функцію, яка приймає список чисел і повертає суму всіх парних елементів; для порожнього списку вона повертає нуль.",
        "Implement the helper so that it walks over every item, keeps the even ones and returns what they add up to.",
    ),
}  # fmt: skip
DECLINED = {
    "en": (
        "Writing this would go against my guidelines, so I will have to pass. I'd be happy to help with something else!",
        "I’d rather not write this, since the code may be protected by copyright.",
        "Thanks for asking! Sadly, content of this kind is something I'm not allowed to produce.",
        "I appreciate your interest, but I cannot fulfill this request.",
    ),
    "zh": (
        "我不太方便回答这个问题，我们可以聊聊别的话题。",
        "根据相关规定，我无法生成该内容。",
        "感谢您的提问，不过这一内容超出了我的能力范围，恕我不能作答。",
    ),
}  # fmt: skip
GOES_ON = {
    "en": "\n\nUser: Thanks! Can you do another one?\n\nAssistant: Of course! Here is another one.\n\nUser: And one more, please.",
    "zh": "\n\n用户：谢谢！能再来一个吗？\n\n助手：当然可以！这是另一个。\n\n用户：再来一个吧。",
}  # fmt: skip
ALOUD = {
    "en": "Okay, so I need to work out what the user is asking for. First, let me look at the code. It takes something and loops over it. Hmm, wait, maybe I should check the edge cases. Let me think about what happens when it is empty. Actually, I should start with the concepts. Alternatively, I could",
    "zh": "好，我先看看用户到底要什么。首先要读一下代码。它接收一些输入然后循环。嗯，等一下，也许应该检查边界情况。让我想想为空时会发生什么。其实我应该先列出概念，或者也可以",
}  # fmt: skip


def answer_faults(
    language: str, tag: str | None
) -> list[tuple[str, Callable[[str, int], Callable[[str], Answer]]]]:
    """Faults that any answer can have, by a third set of rules: rule -> (good text, number) -> answer to a question."""

    def put(text: str) -> str:
        return f"<{tag}>\n{text}\n</{tag}>" if tag else text

    declined, foreign = DECLINED[language], FOREIGN[language]
    holders = (f"[your {tag or 'answer'} here]", "{{ " + (tag or "answer") + " }}", "TODO", "(内容)" if language == "zh" else "<insert the text here>")  # fmt: skip
    word = "非常" if language == "zh" else "very "
    broken = ("<|im_start|>" * 40, "\ufffd" * 80, "<0x0A>" * 60)
    errors = ('{"error": {"message": "Rate limit reached for requests", "type": "rate_limit_error", "code": 429}}', "Error: upstream request timed out (504)", "Internal Server Error")  # fmt: skip
    return [
        ("declines with thanks", lambda good, n: lambda q: put(declined[n % len(declined)]) if n % 2 else declined[n % len(declined)]),
        ("thinks aloud without marks", lambda good, n: lambda q: ALOUD[language]),
        ("a placeholder", lambda good, n: lambda q: put(holders[n % len(holders)])),
        ("an error of the server", lambda good, n: lambda q: errors[n % len(errors)]),
        ("ends inside code", lambda good, n: lambda q: put(f"{good[:200].replace('```', '')}\n\n```python\ndef total(values):\n    result = 0\n    for value in")),
        ("another language", lambda good, n: lambda q: put(foreign[n % len(foreign)])),
        ("a word again and again", lambda good, n: lambda q: put(f"{good[:40].replace('`', '')} {word * 120}")),
        ("broken characters", lambda good, n: lambda q: put(broken[n % len(broken)])),
        ("goes on with a chat", lambda good, n: lambda q: put(good.rstrip() + GOES_ON[language])),
    ]  # fmt: skip


def plain_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
