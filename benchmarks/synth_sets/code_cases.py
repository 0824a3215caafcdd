"""Cases of the generators that run code: instruct-from-code and solve-and-test."""

from __future__ import annotations

import ast
import builtins
import json

from servers.teacher import Script

from codetune.records import Instruction, Snippet
from synth_sets.material import Case, Function, humaneval, mbpp, raw_faults, tagged

MARK = "# THE GIVEN CODE"


def _snippet(function: Function, number: int, code: str = "") -> Snippet:
    body = (code or function.code).split("\n")
    at = next(i for i, line in enumerate(body) if line.rstrip().endswith(":")) + 1
    body.insert(at, " " * (len(body[at]) - len(body[at].lstrip())) + f"# row {number}")
    return Snippet(
        code="\n".join(body), programming_language="python", name=function.name, source="mbpp",
        path=f"mbpp/{number}.py", license="CC-BY-4.0",
    )  # fmt: skip


def _header(function: Function) -> str:
    return f"Header: def {function.name}({function.arguments}):"


def _statement(function: Function, language: str, number: int) -> str:
    call = next(line for line in function.tests.splitlines() if line.startswith("assert")).removeprefix(
        "assert "
    )
    if language == "zh":
        return (
            f"编写一个 Python 函数 `{function.name}({function.arguments})`，实现下列例子所示的功能（第 {number} 题）：\n\n"
            f"```python\n{call}\n```\n\n请处理一般情况和边界情况。"
        )
    forms = (
        f"{function.statement} (Task {number}.)",
        f"Implement `{function.name}` in Python for task {number}. {function.statement}",
        f"{function.statement}\n\nName the function `{function.name}` (no. {number}). For example:\n\n```python\n{call}\n```",
        f"## Task {number}\n\n{function.statement}\n\n- Parameters: `{function.arguments}`\n- Returns: the result described above",
    )
    return forms[number % len(forms)]


def _program(function: Function, form: int) -> str:
    before = function.module.replace(function.code, MARK)
    shown = next(n for n in ast.parse(function.tests).body if isinstance(n, ast.Assert))
    printed = ast.unparse(shown.test.left if isinstance(shown.test, ast.Compare) else shown.test)
    if form % 3 == 1:
        body = "\n".join("    " + line for line in function.tests.splitlines())
        return f'{before}\n\n\ndef main():\n{body}\n    print({printed})\n\n\nif __name__ == "__main__":\n    main()'
    if form % 3 == 2:
        return f"{before.replace(MARK, function.code)}\n\n{function.tests}\nprint({printed})"
    return f"{before}\n\n{function.tests}\nprint({printed})"


def instruct_from_code(good: bool, language: str, count: int) -> list[Case]:
    """MBPP's functions. Bad: another function's statement, code that is wrong for its statement, programs that
    show nothing, statements that are none."""
    functions = mbpp()
    cases = []
    for i in range(count):
        function, other = functions[i % len(functions)], functions[(i + 97) % len(functions)]
        stated = _statement(function, language, i)
        code, program, rule, said = "", _program(function, i), "good", tagged("instruction", stated, i)
        score, solution = 5, function.module
        if not good:
            rule, stated, code, program, said, score, solution = _bad(function, other, language, i)
        row = _snippet(function, i, code)
        answers = {
            "statement": said,
            "program": f"```python\n{program.replace(function.code, row.code)}\n```",
            "score": json.dumps(
                {"reason": "It does not fit the code." if score < 3 else "It fits.", "score": score}
            ),
        }
        scripts = [Script((f"# row {i}\n",), answers)]
        if stated:
            scripts.append(
                Script((f"{stated} {_header(function)}",), {"solution": f"```python\n{solution}\n```"})
            )
        cases.append(Case(row, scripts, rule))
    return cases


def _bad(function: Function, other: Function, language: str, i: int) -> tuple:
    stated, program = _statement(function, language, i), _program(function, 0)
    own = ("another function's statement", "wrong code for its statement", "names another function", "gives the code",
           "never calls the code", "swallows every error", "stubs alone", "redefines the code", "asserts nothing")  # fmt: skip
    raw = raw_faults(language, "instruction")
    which = i % (len(own) + len(raw))
    if which >= len(own):
        rule, fault = raw[which - len(own)]
        return rule, "", "", program, fault(stated, i), 1, function.module
    rule, code, score, solution = own[which], "", 5, function.module
    said = None
    if rule == "another function's statement":
        stated, score, solution = _statement(other, language, i), 1, other.module
        if other.name in stated:
            stated = stated.replace(other.name, function.name)
    elif rule == "wrong code for its statement":
        code, score = _mutated(function.code), 2
        program = f"{function.module.replace(function.code, MARK)}\n\n{_prints(function.tests)}"
    elif rule == "names another function":
        stated, score = f"Write a function `{other.name}` that does its work as usual. (Task {i}.)", 1
        if language == "zh":
            stated = f"编写函数 `{other.name}`，完成它通常的工作（第 {i} 题）。"
    elif rule == "gives the code":
        stated = f"{stated}\n\nUse this:\n\n```python\n{function.code}\n```"
        body = function.code.splitlines()[1:]
        if sum(len(line.strip()) >= 12 for line in body) < 2:  # too short to be told from an example
            return _bad(function, other, language, i + 7)
    elif rule == "never calls the code":
        program = f"{function.module.replace(function.code, MARK)}\n\nprint('done')"
    elif rule == "swallows every error":
        program = f"{MARK}\n\ntry:\n    {function.name}(object())\nexcept Exception:\n    pass\nprint('ok')"
    elif rule == "stubs alone":
        program = (
            "from unittest.mock import MagicMock\n\n" + MARK + "\n\ntry:\n"
            f"    {function.name}(*[MagicMock() for _ in range({function.name}.__code__.co_argcount)])\n"
            "except TypeError:\n    pass\nprint('it runs')"
        )
    elif rule == "redefines the code":
        program += f"\n\ndef {function.name}(*args):\n    return None\n"
    elif rule == "asserts nothing":
        program = f"{function.module.replace(function.code, MARK)}\n\nassert {function.name}\nassert callable({function.name})"
    return rule, stated, code, program, said or f"<instruction>\n{stated}\n</instruction>", score, solution


def _prints(tests: str) -> str:
    calls = [
        n.test.left
        for n in ast.parse(tests).body
        if isinstance(n, ast.Assert) and isinstance(n.test, ast.Compare)
    ]
    return "\n".join(f"print({ast.unparse(call)})" for call in calls) or "print('no call')"


def _mutated(code: str) -> str:
    """The function with its results changed: each `return x` gives the pair of x and its text."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and node.value is not None:
            node.value = ast.Tuple([node.value, ast.Constant("wrong")], ast.Load())
    return ast.unparse(ast.fix_missing_locations(tree))


def solve_and_test(good: bool, language: str, count: int) -> list[Case]:
    """HumanEvalPack's and MBPP's problems with their tests, in the forms strong models write tests. Bad: the
    pack's own faulty solutions, tests that pass on anything, answers that are none."""
    pack = [
        (
            row["instruction"],
            row["declaration"] + row["canonical_solution"],
            row["declaration"] + row["buggy_solution"],
            row["entry_point"],
            [line.strip() for line in row["test"].splitlines() if _is_test(line.strip(), row["entry_point"])],
        )
        for row in humaneval("python")
    ]
    pack = [entry for entry in pack if len(entry[4]) >= 3]
    pack += [(f.statement, f.module, "", f.name, f.tests.splitlines()) for f in mbpp()]
    cases = []
    for i in range(count):
        task, solution, buggy, name, tests = pack[i % len(pack)]
        row = Instruction(
            task="code_generation", instruction=f"{task}\n(no. {i})", output="", source="humanevalpack"
        )
        answers: dict = {"answer": f"```python\n{solution}\n```", "tests": _tests(tests, i)}
        rule = "good"
        if not good:
            rule, answers = _bad_tests(answers, solution, buggy, name, tests, language, i)
        cases.append(Case(row, [Script((f"(no. {i})\n", f"(no. {i})"), answers)], rule))
    return cases


def _is_test(line: str, name: str) -> bool:
    """Whether a line is a whole assert of the function that needs nothing of the lines around it."""
    try:
        tree = ast.parse(line)
    except SyntaxError:
        return False
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return (
        isinstance(tree.body[0], ast.Assert) and name in used
        if tree.body and used <= {name, *dir(builtins)}
        else False
    )


def _tests(lines: list[str], form: int) -> str:
    imports = [line for line in lines if not line.startswith("assert")]
    asserts = [line for line in lines if line.startswith("assert")]
    if form % 4 == 1:
        functions = "\n\n".join(f"def test_{i}():\n    {line}" for i, line in enumerate(asserts))
        return (
            "```python\nimport pytest\nfrom solution import *\n"
            + "\n".join(imports)
            + f"\n\n{functions}\n```"
        )
    if form % 4 == 2:
        methods = "\n".join(f"    def test_{i}(self):\n        {line}" for i, line in enumerate(asserts))
        return "```python\nimport unittest\n" + "\n".join(imports) + f"\n\nclass TestIt(unittest.TestCase):\n{methods}\n\nif __name__ == '__main__':\n    unittest.main()\n```"  # fmt: skip
    if form % 4 == 3:
        wrapped = "\n".join(f"assert (\n    {line.removeprefix('assert ')}\n)" if "," not in line.rsplit("==", 1)[-1] and "# " not in line else line for line in asserts)  # fmt: skip
        return (
            "Here are the tests:\n\n```python\n"
            + "\n".join(imports)
            + f"\n{wrapped}\n```\n\nThey cover the edges."
        )
    return "```python\n" + "\n".join(lines) + "\n```"


def _bad_tests(
    answers: dict, solution: str, buggy: str, name: str, tests: list[str], language: str, i: int
) -> tuple:
    own = ("faulty solution", "tests pass on anything", "asserts that it is callable", "wrong expected values", "no test",
           "tests do not parse", "tests swallow errors", "passes by chance")  # fmt: skip
    raw = [fault for fault in raw_faults(language, None) if fault[0] not in ("another language", "a loop")]
    which = i % (len(own) + len(raw))
    if which >= len(own):
        rule, fault = raw[which - len(own)]
        return rule, {**answers, ("answer" if i % 2 else "tests"): fault(solution, i)}
    rule = own[which]
    if rule == "faulty solution":
        return rule, {**answers, "answer": f"```python\n{buggy or _mutated(solution)}\n```"}
    code = {
        "tests pass on anything": f"def test_it():\n    result = {name}\n    assert result is not None or True",
        "asserts that it is callable": f"assert callable({name})\nassert {name}.__name__ == '{name}'",
        "wrong expected values": "\n".join(f"assert not ({line.removeprefix('assert ')})" for line in tests if line.startswith("assert")),
        "no test": f"{name}\nprint('all good')",
        "tests do not parse": f"assert {name}(1 == 2",
        "tests swallow errors": f"try:\n    assert {name}() == 1\nexcept Exception:\n    pass\nassert {name}",
        "passes by chance": f"import random\nassert {name}\nassert random.random() < 0.5",
    }[rule]  # fmt: skip
    return rule, {**answers, "tests": f"```python\n{code}\n```"}
