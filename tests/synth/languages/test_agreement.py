"""A solution of the statement alone against the code, in ten languages and the real sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from tests.synth.conftest import snippet
from tests.synth.languages.programs_in_languages import CLAMP, NAMES, program

from codetune.execution.languages.toolchains import toolchain
from codetune.execution.open import open_executor
from codetune.execution.protocol import Executor
from codetune.rejection import Rejection
from codetune.synth.checks.snippet_text import SnippetView
from codetune.synth.languages.agreement import agreement_in_language
from codetune.synth.options import InstructFromCodeOptions

CALLS = ("5, 0, 3", "-1, 0, 3", "2, 0, 3", "3, 3, 3")
AROUND = {
    "javascript": 'const assert = require("assert");\n{code}\nmodule.exports = {{ clamp }};\nconsole.log(clamp(1, 2, 3));\n',
    "typescript": "export {code}\nconsole.log(clamp(1, 2, 3));\n",
    "java": "import java.util.*;\n\npublic class Solution {{\n    {code}\n\n    public static void main(String[] args) {{ System.out.println(1); }}\n}}\n",
    "go": 'package main\n\nimport (\n\t"fmt"\n\t"strings"\n)\n\n{code}\n\nfunc Helper() string {{ return strings.ToUpper("a") }}\n\nfunc main() {{ fmt.Println(1) }}\n',
    "rust": "use std::collections::HashMap;\n\n{code}\n\nfn main() {{ println!(\"1\"); }}\n",
    "c": "#include <stdio.h>\n#include <stdlib.h>\n\n{code}\n\nint main(void) {{ return 1; }}\n",
    "cpp": "#include <vector>\nusing namespace std;\n\n{code}\n\nint main() {{ return 1; }}\n",
    "csharp": "using System.Linq;\n\nclass Solution\n{{\n    {code}\n    static void Main() {{ }}\n}}\n",
    "php": "<?php\n{code}\n\necho clamp(1, 2, 3);\n",
    "ruby": "require 'set'\n\n{code}\n\nputs clamp(1, 2, 3)\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Executor]:
    executor = open_executor(2)
    yield executor
    executor.close()


def compared(make_context, sandbox, language: str, solution: str, text: str, **more):
    if toolchain(language).path is None:
        pytest.skip(f"no toolchain for {language}")

    def answer(request):
        assert request.messages[0].content.startswith("You are a careful programmer in many languages")
        return f"```{language}\n{solution}\n```"

    _, context, model = make_context(
        "instruct-from-code", answer, executor=sandbox, profile="strong", retries=0
    )
    view = SnippetView(snippet(CLAMP[language], NAMES[language], language=language, **more))
    found = asyncio.run(
        agreement_in_language("Limit a number.", view, text, context, InstructFromCodeOptions())
    )
    return found, model


@pytest.mark.parametrize("language", CLAMP)
def test_a_solution_that_agrees_is_evidence(make_context, sandbox, language: str) -> None:
    solution = AROUND[language].format(code=CLAMP[language])
    found, model = compared(make_context, sandbox, language, solution, program(language, CALLS))
    assert found is not None
    ((check,), generated) = found
    lines = 5 if language == "go" else 4
    assert check.detail == f"{lines} of {lines} printed lines" and generated[0].field == "evidence"
    head = CLAMP[language].split("\n")[0].rstrip("{ ")
    assert f"Header: {head}" in model.asked[0].messages[-1].content


@pytest.mark.parametrize("language", ["javascript", "php", "go", "java"])
def test_a_solution_of_something_else_is_told(make_context, sandbox, language: str) -> None:
    sign = "$" if language == "php" else ""
    other = CLAMP[language].replace(f"return {sign}low", f"return {sign}high")
    other = other.replace(f"return {sign}x", f"return {sign}low")
    with pytest.raises(Rejection, match="the code prints `0`") as refused:
        compared(make_context, sandbox, language, other, program(language, CALLS[1:3]))
    assert refused.value.reason == "statement asks for something else"


@pytest.mark.parametrize(
    ("language", "checks"),
    [
        ("javascript", 'require("assert");\nconsole.assert(clamp(9, 0, 3) === 3);\nif (clamp(9, 0, 3) !== 3) throw new Error("x");\n'),
        ("php", "assert(clamp(9, 0, 3) === 3);\nif (clamp(9, 0, 3) !== 3) { throw new Exception('x'); }\n"),
        ("ruby", "raise 'x' unless clamp(9, 0, 3) == 3\n"),
    ],
)  # fmt: skip
def test_an_assertion_that_fails_does_not_hide_the_lines_that_agree(
    make_context, sandbox, language: str, checks: str
) -> None:
    text = program(language, CALLS).replace(CLAMP[language], f"{CLAMP[language]}\n{checks}")
    sign = "$" if language == "php" else ""
    other = CLAMP[language].replace(f"return {sign}high", f"return {sign}high + 1")
    found, _ = compared(make_context, sandbox, language, other, text)
    assert found is not None and found[0][0].detail.startswith("3 of 4 printed lines; the code prints `3`")


def test_assertions_decide_where_nothing_is_printed(make_context, sandbox) -> None:
    text = program("javascript") + 'require("assert").strictEqual(clamp(9, 0, 3), 3);\n'
    found, _ = compared(make_context, sandbox, "javascript", CLAMP["javascript"], text)
    assert found is not None and found[0][0].detail == "1 of 1 programs of assertions"
    with pytest.raises(Rejection, match="0 of 1 programs"):
        compared(
            make_context, sandbox, "javascript", CLAMP["javascript"].replace("return high", "return 1"), text
        )


def test_what_cannot_be_compared_is_no_evidence(make_context, sandbox) -> None:
    text = program("java", CALLS)
    assert compared(make_context, sandbox, "java", "static int clap() { return 1; }", text)[0] is None
    assert compared(make_context, sandbox, "java", "static int clamp(int x) { return x; }", text)[0] is None
    assert compared(make_context, sandbox, "java", "static int clamp(int x", text)[0] is None
    member = program("javascript", CALLS)
    found, model = compared(
        make_context, sandbox, "javascript", CLAMP["javascript"], member, scopes=("class A",)
    )
    assert found is None and not model.asked
