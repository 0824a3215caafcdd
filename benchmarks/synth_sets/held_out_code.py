"""The second set of the generators that run code; see `held_out_material`."""

from __future__ import annotations

import ast
import json

from servers.teacher import Script

from codetune.records import Instruction, Snippet
from synth_sets.held_out_material import Function, answer_faults, functions, nearest, wrapped
from synth_sets.material import Case

MARK = "# THE GIVEN CODE"
EXAMPLE = {
    "en": "Write a Python generator function `chunks(items, size)` that takes a sequence and a positive integer and yields consecutive slices of at most `size` items, in order.",
    "zh": "编写一个 Python 生成器函数 `chunks(items, size)`：输入一个序列和一个正整数，依次产生长度不超过 `size` 的连续切片。",
}  # fmt: skip


def _calls(function: Function) -> list[tuple[str, str]]:
    """(call, expected) of each assert that compares."""
    found = []
    for line in function.tests:
        test = ast.parse(line).body[0].test  # type: ignore[attr-defined]
        if isinstance(test, ast.Compare):
            found.append((ast.unparse(test.left), ast.unparse(test.comparators[0])))
        else:
            found.append((ast.unparse(test), "True"))
    return found


def _statement(function: Function, language: str, i: int) -> str:
    (call, expected), signature = _calls(function)[0], f"{function.name}({function.arguments})"
    if language == "zh":
        return (
            f"### 任务 {i}\n\n请实现 `{signature}`，行为由下列例子确定：\n\n| 调用 | 结果 |\n| --- | --- |\n| `{call}` | `{expected}` |\n\n一般情况与此类推。",
            f"第 {i} 题：编写函数 `{signature}`，例如：\n\n```python\n>>> {call}\n{expected}\n```\n\n要求：不修改输入；对空输入也不出错。",
            f"我需要一个函数 `{signature}`（编号 {i}），调用 `{call}` 时得到 `{expected}`。请直接给出实现。",
        )[i % 3]  # fmt: skip
    return (
        f"I need a function `{signature}` for ticket {i}. {function.statement} It should have no side effects.",
        f"### `{function.name}` ({i})\n\n{function.statement}\n\n| call | result |\n| --- | --- |\n| `{call}` | `{expected}` |",
        f"{function.statement} ✓ № {i} — the name is `{function.name}`; “naïve” solutions are fine as long as n ≤ 10⁴ → no limits on memory",
        f"Fill in this function (exercise {i}):\n\n```python\ndef {signature}:\n    ...\n```\n\n{function.statement}\n\n1. Inputs are as in the example `{call}`\n2. Do not print anything",
        f"**Task {i}**\n\n{function.statement}\n\n**Input**: `{function.arguments}`\n\n**Output**: the value described, as in\n\n```python\n>>> {call}\n{expected}\n```",
        f"Exercise {i}. {function.statement}\n\n<details>\n<summary>Example</summary>\n\n`{call}` gives `{expected}`\n\n</details>",
    )[i % 6]  # fmt: skip


def _snippet(function: Function, i: int, code: str, *, method: bool) -> Snippet:
    lines = code.split("\n")
    at = next(n for n, line in enumerate(lines) if line.rstrip().endswith(":")) + 1
    lines.insert(at, " " * (len(lines[at]) - len(lines[at].lstrip())) + f"# case {i}.")
    name = f"Toolbox.{function.name}" if method else function.name
    return Snippet(
        code="\n".join(lines), programming_language="python", name=name, source="mbpp", path=f"tools/part_{i}.py",
        license="CC-BY-4.0",
    )  # fmt: skip


def _program(function: Function, i: int, module: str, own: str) -> str:
    """The program around the code, in forms that the first set does not have."""
    head, calls = module.replace(own, MARK), _calls(function)
    form = i % 5
    if form == 0:
        cases = "\n".join(f"    (lambda: {call}, {expected})," for call, expected in calls)
        return f'{head}\n\nCASES = [\n{cases}\n]\n\nfor number, (case, expected) in enumerate(CASES, start=1):\n    print(f"{{number}}: {{case()!r}}, {{expected!r}} was expected")'
    if form == 1:
        body = "\n\n".join(
            f"    def test_{n}(self):\n        self.assertEqual({call}, {expected})"
            for n, (call, expected) in enumerate(calls)
        )
        return f"import unittest\n\n{head}\n\n\nclass Shows(unittest.TestCase):\n{body}\n\n\nif __name__ == '__main__':\n    unittest.main()"
    if form == 2:
        body = "\n".join(
            f"    assert {call} == {expected}, 'case {n}'" for n, (call, expected) in enumerate(calls)
        )
        return f"from __future__ import annotations\n\n{head}\n\n\ndef main() -> None:\n{body}\n\n\nmain()"
    if form == 3:
        body = "\n\n".join(
            f"def test_{n}():\n    assert {call} == {expected}" for n, (call, expected) in enumerate(calls)
        )
        runs = "\n".join(f"test_{n}()" for n in range(len(calls)))
        return f"{head}\n\n\n{body}\n\n\n{runs}\nprint('{len(calls)} tests passed')"
    prints = "\n".join(f"results.append({call})" for call, _ in calls)
    return (
        f"import json\n\n{head}\n\nresults = []\n{prints}\nprint(json.dumps(results, default=str, indent=2))"
    )


def _method_case(function: Function) -> tuple[str, str]:
    """(static method, its program) where the function becomes a member of a class."""
    rest = function.module.replace(function.code, "").strip("\n")
    shown = "\n".join(
        f"print(Toolbox.{call})" for call, _ in _calls(function) if call.startswith(function.name)
    )
    program = f"{rest}\n\n\nclass Toolbox:\n    {MARK}\n\n\n{shown or 'print(Toolbox)'}"
    return f"@staticmethod\n{function.code}", program


def instruct_from_code(good: bool, language: str, count: int) -> list[Case]:
    """MBPP's other functions, alone and as methods. Bad: a near function's statement, one fault in the code,
    programs that only look as if they showed the code, the prompt's own example, answers that are none."""
    pool = functions()
    cases = []
    for i in range(count):
        index = (i * 2 + (1 if language == "zh" else 0)) % len(pool)
        function = pool[index]
        own, module, rule, score, solution = function.code, function.module, "good", 5, function.module
        stated, method = _statement(function, language, i), False
        if good:
            method = i % 6 == 5 and "self" not in function.arguments and function.name + "(" not in function.code.split(":", 1)[1]  # fmt: skip
            program = _program(function, i, module, own)
            if method:
                code, program = _method_case(function)
                row = _snippet(function, i, code, method=True)
            else:
                row = _snippet(function, i, own, method=False)
            said: object = wrapped("instruction", stated, i)
        else:
            rule, row, stated, said, program, score, solution = _bad(function, index, language, i)
        answers = {
            "statement": said,
            "program": f"```python\n{program}\n```",
            "score": json.dumps(
                {"score": score, "reason": "So it is." if score > 2 else "It is not this code."}
            ),
        }
        scripts = [Script((f"# case {i}.",), answers)]
        if stated:
            header = f"Header: def {function.name}({function.arguments}):"
            scripts.append(Script((f"{stated} {header}",), {"solution": f"```python\n{solution}\n```"}))
        cases.append(Case(row, scripts, rule))
    return cases


def _bad(function: Function, index: int, language: str, i: int) -> tuple:
    own = ("a near function's statement", "one fault in the code", "one fault in the solution", "program of constants",
           "own copy runs", "dead call", "asserts true", "the prompt's example")  # fmt: skip
    raw = answer_faults(language, "instruction")
    which = i % (len(own) + len(raw))
    stated, row = _statement(function, language, i), _snippet(function, i, function.code, method=False)
    program = _program(function, 4, function.module, function.code)
    said: object = f"<instruction>\n{stated}\n</instruction>"
    score, solution = 5, function.module
    if which >= len(own):
        rule, fault = raw[which - len(own)]
        return rule, row, "", fault(stated, i), program, 1, function.module
    rule = own[which]
    calls = _calls(function)
    head = function.module.replace(function.code, MARK)
    if rule == "a near function's statement":
        other = nearest(index)
        stated = _statement(other, language, i).replace(other.name, function.name)
        said, score = f"<instruction>\n{stated}\n</instruction>", 1
        solution = other.module.replace(other.name, function.name)
    elif rule == "one fault in the code":
        tree = ast.parse(function.faulty)
        node = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == function.name)
        faulty = ast.unparse(node)
        row, score = _snippet(function, i, faulty, method=False), 2
        shown = "\n".join(f"print({call})" for call, _ in calls)
        rest = [ast.unparse(n) for n in tree.body if n is not node]
        program = "\n".join([*rest, MARK, shown])
    elif rule == "one fault in the solution":
        solution, score = function.faulty, 2
        rule = "a statement that asks for a slightly different result"
    elif rule == "program of constants":
        program = f"{head}\n\ntry:\n    {calls[0][0]}\nexcept Exception:\n    pass\nprint({calls[0][1]})"
    elif rule == "own copy runs":
        copy = function.code.replace(function.name, f"my_{function.name}")
        program = f"{head}\n\n{copy}\n\nprint(my_{calls[0][0]})"
    elif rule == "dead call":
        program = f"{head}\n\nif False:\n    print({calls[0][0]})\nprint('done')"
    elif rule == "asserts true":
        program = f"{head}\n\nresult = {calls[0][0]}\nassert True\nprint('all tests passed')"
    else:
        stated = EXAMPLE[language]
        said, score = f"<instruction>\n{stated}\n</instruction>", 1
        solution = f"def {function.name}({function.arguments}):\n    return None"
    return rule, row, stated, said, program, score, solution


def solve_and_test(good: bool, language: str, count: int) -> list[Case]:
    """MBPP's other problems, as functions and classes, with tests in pytest's forms. Bad: one fault in the solution,
    tests that say nothing about values, tests that do not run, answers that are none."""
    pool = functions()
    cases = []
    for i in range(count):
        function = pool[(i + 60) % len(pool)]
        text = f"{function.statement}\n(case {i}.)"
        if language == "zh":
            call, expected = _calls(function)[0]
            text = f"编写函数 `{function.name}({function.arguments})`，例如 `{call}` 得到 `{expected}`。\n(case {i}.)"
        row = Instruction(
            task="code_generation", instruction=text, output="", source="mbpp", language=language
        )
        answers: dict = {"answer": f"```python\n{function.module}\n```", "tests": _tests(function, i)}
        rule = "good"
        if not good:
            rule, answers = _bad_tests(answers, function, language, i)
        cases.append(Case(row, [Script((f"(case {i}.)",), answers)], rule))
    return cases


def _tests(function: Function, i: int) -> str:
    calls = _calls(function)
    form = i % 5
    if form == 0:
        cases = "\n".join(f"        (lambda: {call}, {expected})," for call, expected in calls)
        code = f"import pytest\n\n\n@pytest.mark.parametrize(\n    'call, expected',\n    [\n{cases}\n    ],\n    ids=str,\n)\ndef test_values(call, expected):\n    assert call() == expected"
    elif form == 1:
        methods = "\n\n".join(f"    def test_{n}(self):\n        assert {call} == {expected}" for n, (call, expected) in enumerate(calls))  # fmt: skip
        code = f"class TestValues:\n{methods}"
    elif form == 2:
        checks = "\n".join(f"    check({call}, {expected})" for call, expected in calls)
        code = f"def check(actual, expected):\n    assert actual == expected, f'{{actual!r}} is not {{expected!r}}'\n\n\ndef test_all():\n{checks}"
    elif form == 3:
        code = "from your_module import *\n\n" + "\n".join(f"result = {call}\nassert result == {expected}, result" for call, expected in calls)  # fmt: skip
    else:
        checks = "\n".join(f"    assert {call} == {expected}" for call, expected in calls)
        code = f"def main():\n{checks}\n\n\nif __name__ == '__main__':\n    main()\n    print('ok')"
    return (
        f"Tests:\n\n```python\n{code}\n```\n\nRun them with `pytest`." if i % 2 else f"```python\n{code}\n```"
    )


def _bad_tests(answers: dict, function: Function, language: str, i: int) -> tuple:
    own = ("one fault in the solution", "types alone", "compares the function with itself", "endless tolerance", "skipped tests",
           "tests that are never reached", "another function's tests", "checks that something comes back")  # fmt: skip
    raw = [
        fault
        for fault in answer_faults(language, None)
        if fault[0] not in ("another language", "a line again and again", "ends in a sentence")
    ]
    which = i % (len(own) + len(raw))
    if which >= len(own):
        rule, fault = raw[which - len(own)]
        return rule, {**answers, ("tests" if i % 2 else "answer"): fault(function.module, i)}
    rule, calls = own[which], _calls(function)
    call = calls[0][0]
    if rule == "one fault in the solution":
        return rule, {**answers, "answer": f"```python\n{function.faulty}\n```"}
    code = {
        "types alone": "\n".join(f"assert isinstance({one}, type({want}))" for one, want in calls),
        "compares the function with itself": "\n".join(f"assert {one} == {one}" for one, _ in calls),
        "endless tolerance": f"import pytest\n\n\ndef test_it():\n    assert len(repr({call})) == pytest.approx(5, abs=1e9)",
        "skipped tests": f"import pytest\n\n\n@pytest.mark.skip(reason='slow')\ndef test_it():\n    assert {call} == {calls[0][1]}",
        "tests that are never reached": f"def test_it():\n    return\n    assert {call} == {calls[0][1]}",
        "another function's tests": "assert sorted([2, 1]) == [1, 2]\nassert len([]) == 0",
        "checks that something comes back": f"def test_it():\n    assert {call} is not NotImplemented",
    }[rule]  # fmt: skip
    return rule, {**answers, "tests": f"```python\n{code}\n```"}
