"""The third set of the generators that run code; see `fresh_material`."""

from __future__ import annotations

import ast
import json
import textwrap

from servers.teacher import Script

from codetune.records import Instruction, Snippet
from synth_sets.fresh_material import answer_faults, dressed, functions
from synth_sets.held_out_code import _calls as calls_of
from synth_sets.held_out_material import Function
from synth_sets.material import Case

MARK = "# THE GIVEN CODE"


def _statement(function: Function, language: str, i: int) -> str:
    (call, expected), signature = calls_of(function)[0], f"{function.name}({function.arguments})"
    text = function.statement
    if language == "zh":
        return (
            f"## 背景\n\n数据平台的第 {i} 号工单需要一个 Python 函数。\n\n## 要求\n\n- 签名：`def {signature}`\n  - 参数与返回值见示例\n    - 边界情况（empty input）不得抛出异常\n- 时间复杂度不高于 $O(n^2)$\n\n## 示例\n\n```python\nassert {call} == {expected}\n```",
            f"请用 Python 实现 `{signature}`（练习 {i}）。\n\n输入示例：`{call}`\n\n输出示例：`{expected}`\n\n> 提示：可以使用 type hints，也可以不用。",
        )[i % 2]  # fmt: skip
    return (
        f"## Background\n\nTicket {i} of the data team asks for a helper.\n\n## Requirements\n\n1. Signature: `def {signature}`\n   - {text.replace(chr(10), ' ')}\n     - edge cases behave as the examples show\n2. Complexity: at most $O(n^2)$ time\n\n## Example\n\n```python\nassert {call} == {expected}\n```",
        f"You are given the arguments `{function.arguments}` (exercise {i}).\n\n{text}\n\n$$\n{function.name}: \\mathcal{{X}} \\to \\mathcal{{Y}}, \\quad n \\le 10^5\n$$\n\nWrite `{function.name}` in Python 3.12; add type hints where they help.",
        f"{text}\n\n| # | Call | Result |\n|--:|:-----|:-------|\n| 1 | `{call.replace('|', chr(92) + '|')}` | `{expected.replace('|', chr(92) + '|')}` |\n\n**Deliverable ({i})**: a function named `{function.name}`, no I/O.",
        f"Imagine that a junior colleague asks you: “How do I write `{function.name}`?” ({i})\n\n> {text.replace(chr(10), chr(10) + '> ')}\n\nGive them a working Python implementation.",
        f"Write a Python function with the following interface (no. {i}):\n\n    def {signature}\n\n{text}\n\nCalling `{call}` must produce exactly:\n\n    {expected}",
    )[i % 5]  # fmt: skip


def _snippet(function: Function, i: int, code: str, *, owner: str = "") -> Snippet:
    at = code.index("\n", code.index("def ")) if "\n" in code else len(code)
    lines = code.split("\n")
    first = (
        next(n for n, line in enumerate(lines) if line.rstrip().endswith(":") and n >= code[:at].count("\n"))
        + 1
    )
    lines.insert(first, " " * (len(lines[first]) - len(lines[first].lstrip())) + f"# item {i};")
    return Snippet(
        code="\n".join(lines), programming_language="python", name=f"{owner}.{function.name}" if owner else function.name,
        source="mbpp", path=f"lib/item_{i}.py", license="CC-BY-4.0",
    )  # fmt: skip


def _program(function: Function, i: int, module: str, own: str) -> str:
    """The program around the code, as a strong model of today writes it."""
    head, calls = module.replace(own, MARK), calls_of(function)
    form = i % 6
    if form == 0:
        rows = "\n".join(f"        Case(lambda: {call}, {expected})," for call, expected in calls)
        return f'from __future__ import annotations\n\nfrom collections.abc import Callable\nfrom dataclasses import dataclass\nfrom typing import Any\n\n{head}\n\n\n@dataclass(frozen=True)\nclass Case:\n    run: Callable[[], Any]\n    expected: Any\n\n\ndef main() -> int:\n    failed = 0\n    for number, case in enumerate((\n{rows}\n    ), start=1):\n        actual = case.run()\n        print(f"case {{number}}: {{actual!r}}")\n        failed += actual != case.expected\n    return failed\n\n\nif __name__ == "__main__":\n    raise SystemExit(main())'
    if form == 1:
        body = "\n".join(f"    assert {call} == {expected}" for call, expected in calls)
        return f'import asyncio\n\n{head}\n\n\nasync def main() -> None:\n{body}\n    await asyncio.sleep(0)\n    print("✓ all good")\n\n\nasyncio.run(main())'
    if form == 2:
        body = "\n".join(
            f'logging.info("%s", {call})\nassert {call} == {expected}' for call, expected in calls
        )
        return f"import logging\nimport sys\n\nlogging.basicConfig(level=logging.INFO, stream=sys.stdout)\n\n{head}\n\n{body}"
    if form == 3:
        rows = "\n".join(f"    {call!r}: {expected}," for call, expected in calls)
        return f'"""Shows what `{function.name}` does."""\n\n{head}\n\nEXPECTED = {{\n{rows}\n}}\n\nfor source, expected in EXPECTED.items():\n    result = eval(source)  # the calls are ours\n    print(f"{{source}} -> {{result!r}}")\n    assert result == expected, source'
    if form == 4:
        body = "\n\n".join(f"        with self.subTest({n}):\n            self.assertEqual({call}, {expected})" for n, (call, expected) in enumerate(calls))  # fmt: skip
        return f"{head}\n\nimport unittest\n\n\nclass TestIt(unittest.TestCase):\n    def test_all(self) -> None:\n{body}\n\n\nif __name__ == '__main__':\n    unittest.main(verbosity=2)"
    shown = "\n".join(f"    print('{function.name}', {call}, sep=': ')" for call, _ in calls)
    return f"{head}\n\ntry:\n{shown}\nexcept (TypeError, ValueError) as error:\n    print('unexpected', error)\n    raise"


def _class_case(function: Function) -> tuple[str, str]:
    """(class method, its program) where the function becomes a member of a dataclass."""
    rest = function.module.replace(function.code, "").strip("\n")
    code = f"@classmethod\n{function.code.replace('(', '(cls, ' if function.arguments else '(cls', 1)}"
    shown = "\n".join(
        f"    assert Kit.{call} == {expected}\n    print(Kit.{call})" for call, expected in calls_of(function)
    )
    return (
        code,
        f"from dataclasses import dataclass\n\n{rest}\n\n\n@dataclass\nclass Kit:\n    {MARK}\n\n\ndef demo() -> None:\n{shown}\n\n\ndemo()",
    )


def instruct_from_code(good: bool, language: str, count: int) -> list[Case]:
    """HumanEvalPack's and MBPP's functions, alone and as class methods, the solution with prose and usage around it. Bad:
    damaged code or solutions, the opposite statement, programs whose asserts are caught or say nothing, answers that are none."""
    pool = functions("instruct-from-code")
    cases = []
    for i in range(count):
        function = pool[(i + (240 if language == "zh" else 0)) % len(pool)]
        own, module, rule, score, solution = function.code, function.module, "good", 4, function.module
        stated = _statement(function, language, i)
        row = _snippet(function, i, own)
        said: object = dressed("instruction", stated, i)
        program = _program(function, i, module, own)
        if not good:
            rule, row, stated, said, program, score, solution = _bad(
                function, pool[(i + 171) % len(pool)], language, i
            )
        elif i % 7 == 6 and not own.startswith("@") and f"{function.name}(" not in own.split(":", 1)[1]:
            code, program = _class_case(function)
            row = _snippet(function, i, code, owner="Kit")
        answers = {
            "statement": said,
            "program": (f"```python\n{program}\n```", f"Below is the completed program.\n\n```py\n{program}\n```\n\n**Output**\n\n```text\n(as asserted)\n```")[i % 2],
            "score": json.dumps({"reason": "The statement fits." if score > 2 else "The statement does not fit.", "score": score, "difficulty": 2}),
        }  # fmt: skip
        scripts = [Script((f"# item {i};",), answers)]
        if stated:
            header = f"Header: def {function.name}({function.arguments}):"
            scripts.append(Script((f"{stated} {header}",), {"solution": _solution(solution, function, i)}))
        cases.append(Case(row, scripts, rule))
    return cases


def _solution(module: str, function: Function, i: int) -> str:
    """A solution with what strong models write around it."""
    call, _ = calls_of(function)[0]
    return (
        f"```python\n{module}\n```",
        f"Here's a solution:\n\n```python\n{module}\n```\n\n### Complexity\n\n- **Time**: $O(n)$\n- **Space**: $O(1)$\n\n### Example usage\n\n```python\nprint({call})\n```",
        f"```python\nfrom __future__ import annotations\n\nimport typing as t\n\n{module.replace('from __future__ import annotations', '')}\n\n\nif __name__ == \"__main__\":\n    print({call})\n```".replace("\n", "\r\n"),
    )[i % 3]  # fmt: skip


def _bad(function: Function, other: Function, language: str, i: int) -> tuple:
    own = ("damaged code", "damaged solution", "the opposite is asked for", "an unrelated statement", "asserts are caught",
           "the code is deleted first", "results thrown away", "a copy under its name")  # fmt: skip
    raw = answer_faults(language, "instruction")
    which = i % (len(own) + len(raw))
    stated, row = _statement(function, language, i), _snippet(function, i, function.code)
    program = _program(function, 2, function.module, function.code)
    head, calls = function.module.replace(function.code, MARK), calls_of(function)
    score, solution = 4, function.module
    if which >= len(own):
        rule, fault = raw[which - len(own)]
        return rule, row, "", fault(stated, i), program, 1, function.module
    rule, printed = own[which], "\n".join(f"print({call})" for call, _ in calls)
    if rule == "damaged code":
        tree = ast.parse(function.faulty)
        node = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == function.name)
        row, score = _snippet(function, i, ast.unparse(node)), 2
        program = "\n".join([*(ast.unparse(n) for n in tree.body if n is not node), MARK, printed])
    elif rule == "damaged solution":
        solution, score = function.faulty, 2
    elif rule == "the opposite is asked for":
        stated = f"{stated}\n\n{'注意：结果要与上述相反。' if language == 'zh' else 'Return the opposite of all that: nothing for what is asked, and a list of the rest.'}"
        solution, score = f"def {function.name}(*args, **kwargs):\n    return ['the', 'rest']", 1
    elif rule == "an unrelated statement":
        stated, score = _statement(other, language, i).replace(other.name, function.name), 1
        solution = other.module.replace(other.name, function.name)
    elif rule == "asserts are caught":
        caught = "\n".join(
            f"try:\n    assert {call} == object()\nexcept AssertionError:\n    pass" for call, _ in calls
        )
        program = f"{head}\n\n{caught}\nprint('passed')"
    elif rule == "the code is deleted first":
        program = f"{head}\n\ndel {function.name}\n\n\ndef {function.name}(*args, **kwargs):\n    return 42\n\n\n{printed}"
    elif rule == "results thrown away":
        program = f"{head}\n\nfor _ in range(3):\n    {calls[0][0]}\nprint('no error')"
    else:
        program = f"{head}\n\n{function.name} = lambda *args, **kwargs: 'ok'\n{printed}"
    return rule, row, stated, f"<instruction>\n{stated}\n</instruction>", program, score, solution


def solve_and_test(good: bool, language: str, count: int) -> list[Case]:
    """MBPP's problems with tests in today's pytest: fixtures, ids, marks, `approx`, `capsys`, async tests, `setUp`. Bad: damaged
    solutions, tests of a copy, of a mock, of the text of the code, of nothing that can differ, answers that are none."""
    pool = functions("solve-and-test")
    cases = []
    for i in range(count):
        function = pool[(i + (240 if language == "zh" else 0)) % len(pool)]
        text = f"{function.statement}\n\nThe function is `{function.name}({function.arguments})`. (item {i};)"
        if language == "zh":
            call, expected = calls_of(function)[0]
            text = f"请实现 `{function.name}({function.arguments})`，满足 `{call} == {expected}`，并注意边界情况。\n(item {i};)"
        row = Instruction(
            task="code_generation", instruction=text, output="", source="mbpp", language=language
        )
        answers: dict = {"answer": _solution(function.module, function, i), "tests": _tests(function, i)}
        rule = "good"
        if not good:
            rule, answers = _bad_tests(answers, function, language, i)
        cases.append(Case(row, [Script((f"(item {i};)",), answers)], rule))
    return cases


def _tests(function: Function, i: int) -> str:
    calls, name = calls_of(function), function.name
    form = i % 9
    if form == 0:
        rows = "\n".join(
            f"        pytest.param(lambda: {call}, {expected}, id='case-{n}'),"
            for n, (call, expected) in enumerate(calls)
        )
        code = f'"""Tests of `{name}`."""\n\nimport pytest\n\n\n@pytest.mark.parametrize(\n    ("call", "expected"),\n    [\n{rows}\n    ],\n)\ndef test_examples(call, expected) -> None:\n    assert call() == expected'
    elif form == 1:
        checks = "\n\n".join(
            f"def test_{n}(subject):\n    assert {call.replace(name, 'subject', 1)} == {expected}"
            for n, (call, expected) in enumerate(calls)
        )
        code = f"import pytest\n\n\n@pytest.fixture\ndef subject():\n    return {name}\n\n\n{checks}"
    elif form == 2:
        methods = "\n\n".join(
            f"    def test_{n}(self):\n        assert self.subject{call.removeprefix(name)} == {expected}"
            for n, (call, expected) in enumerate(calls)
        )
        code = f"class TestIt:\n    def setup_method(self):\n        self.subject = {name}\n\n{methods}"
    elif form == 3:
        checks = "\n".join(
            f"    print(repr({call}))\n    assert capsys.readouterr().out.strip() == repr({expected})"
            for call, expected in calls
        )
        code = f"def test_printed(capsys):\n{checks}"
    elif form == 4:
        checks = "\n".join(
            f"    assert await asyncio.to_thread(lambda: {call}) == {expected}" for call, expected in calls
        )
        code = f"import asyncio\n\nimport pytest\n\n\n@pytest.mark.asyncio\nasync def test_in_a_thread():\n{checks}"
    elif form == 5:
        rows = "\n".join(f"        (lambda: {call}, {expected})," for call, expected in calls)
        code = f"import pytest\n\n\nclass TestValues:\n    @pytest.mark.parametrize('call, expected', [\n{rows}\n    ])\n    def test_value(self, call, expected):\n        assert call() == expected\n\n    def test_wrong_number_of_arguments(self):\n        with pytest.raises(TypeError, match=r'argument'):\n            {name}(*range(40))"
    elif form == 6:
        checks = "\n".join(
            f"        self.assertEqual(self.subject{call.removeprefix(name)}, {expected}, msg='case {n}')"
            for n, (call, expected) in enumerate(calls)
        )
        code = f"import unittest\n\n\nclass TestIt(unittest.TestCase):\n    @classmethod\n    def setUpClass(cls):\n        cls.subject = staticmethod({name})\n\n    def test_all(self):\n{checks}\n\n\nif __name__ == '__main__':\n    unittest.main(argv=[''], exit=False)"
    elif form == 7:
        checks = "\n".join(
            f"    result = {call}\n    assert result == (pytest.approx({expected}) if isinstance(result, float) else {expected})"
            for call, expected in calls
        )
        code = f"import pytest\n\nfrom main import {name}\n\npytestmark = pytest.mark.unit\n\n\ndef test_values(tmp_path, monkeypatch):\n    monkeypatch.chdir(tmp_path)\n{checks}"
    else:
        rows = ",\n".join(f"    ({call!r}, {expected})" for call, expected in calls)
        code = f"CASES = [\n{rows},\n]\n\n\ndef test_cases():\n    failures = []\n    for source, expected in CASES:\n        actual = eval(source)\n        if actual != expected:\n            failures.append((source, actual))\n    assert not failures, failures"
    block = f"```python\n{code}\n```"
    wraps = (
        block,
        f"First, what the task demands:\n\n- ordinary cases\n- edges\n\n{block}\n\nAll of them follow from the statement.",
        f"<think>\nThe tests:\n```python\nassert False\n```\nno, better ones.\n</think>\n\n{block}",
        block.replace("\n", "\r\n"),
    )
    return wraps[i % 4]


def _bad_tests(answers: dict, function: Function, language: str, i: int) -> tuple:
    own = ("damaged solution", "tests of a copy", "tests of a mock", "tests of the source text", "either result will do",
           "expects an exception that comes anyway", "marked as expected to fail", "an assert on a tuple")  # fmt: skip
    raw = [f for f in answer_faults(language, None) if f[0] not in ("another language", "a word again and again", "goes on with a chat")]  # fmt: skip
    which = i % (len(own) + len(raw))
    if which >= len(own):
        rule, fault = raw[which - len(own)]
        return rule, {**answers, ("tests" if i % 2 else "answer"): fault(function.module, i)}
    rule, calls, name = own[which], calls_of(function), function.name
    call, expected = calls[0]
    if rule == "damaged solution":
        return rule, {**answers, "answer": f"```python\n{function.faulty}\n```"}
    copied = textwrap.indent(function.module.replace(name, "same"), "    ")
    code = {
        "tests of a copy": f"def test_it():\n{copied}\n    assert {call.replace(name, 'same')} == {expected}\n    assert {name}",
        "tests of a mock": f"from unittest.mock import MagicMock\n\n\ndef test_it():\n    mock = MagicMock(wraps=None, spec={name}, return_value={expected})\n    assert mock{call.removeprefix(name)} == {expected}",
        "tests of the source text": f"def test_it():\n    assert {name}.__name__ == '{name}' and {name}.__code__.co_argcount >= 0",
        "either result will do": f"def test_it():\n    result = {call}\n    assert result == {expected} or result != {expected}",
        "expects an exception that comes anyway": f"import pytest\n\n\ndef test_it():\n    with pytest.raises(TypeError):\n        {name}(*range(50))",
        "marked as expected to fail": f"import pytest\n\n\n@pytest.mark.xfail\ndef test_it():\n    assert {call} == object()",
        "an assert on a tuple": f"def test_it():\n    assert ({call}, 'is right')",
    }[rule]  # fmt: skip
    return rule, {**answers, "tests": f"```python\n{code}\n```"}
