from __future__ import annotations

import pytest
from tests.synth.conftest import snippet

from codetune.synth.checks.program_writing import ProgramAround, comment
from codetune.synth.checks.snippet_text import SnippetView
from codetune.synth.runtime.raw_answers import InvalidAnswerError

LANGUAGES = {
    "python": ("def add(a, b):\n    return a + b", "{mark}\n\nprint(add(1, 2))"),
    "javascript": ("function add(a, b) {\n  return a + b;\n}", "{mark}\nconsole.log(add(1, 2));"),
    "typescript": ("function add(a: number, b: number): number {\n  return a + b;\n}", "{mark}\nconsole.log(add(1, 2));"),
    "java": ("static int add(int a, int b) {\n    return a + b;\n}", "public class Main {{\n    {mark}\n\n    public static void main(String[] args) {{\n        System.out.println(add(1, 2));\n    }}\n}}"),
    "go": ("func add(a int, b int) int {\n\treturn a + b\n}", 'package main\n\nimport "fmt"\n\n{mark}\n\nfunc main() {{\n\tfmt.Println(add(1, 2))\n}}'),
    "ruby": ("def add(a, b)\n  a + b\nend", "{mark}\n\nputs add(1, 2)"),
    "rust": ("fn add(a: i32, b: i32) -> i32 {\n    a + b\n}", 'mod sums {{\n    pub {mark}\n}}\n'.replace("pub ", "") + 'fn main() {{\n    println!("{{}}", 3);\n}}'),
    "php": ("function add($a, $b) {\n    return $a + $b;\n}", "<?php\n{mark}\n\necho add(1, 2);"),
    "c": ("int add(int a, int b) {\n    return a + b;\n}", '#include <stdio.h>\n\n{mark}\n\nint main(void) {{\n    printf("%d", add(1, 2));\n    return 0;\n}}'),
    "cpp": ("int add(int a, int b) {\n    return a + b;\n}", "#include <iostream>\n\n{mark}\n\nint main() {{\n    std::cout << add(1, 2);\n}}"),
    "csharp": ("static int Add(int a, int b) {\n    return a + b;\n}", "using System;\n\nclass Program {{\n    {mark}\n\n    static void Main() {{\n        Console.WriteLine(Add(1, 2));\n    }}\n}}"),
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_takes_the_place_of_the_comment_in_every_language(language: str) -> None:
    code, frame = LANGUAGES[language]
    view = SnippetView(snippet(code, "add", language=language))
    program = frame.format(mark=comment(language))
    made = ProgramAround(view).parse(f"Here it is:\n```{language}\n{program}\n```")
    first, last = code.splitlines()[0], code.splitlines()[-1]
    assert first in made.text and last in made.text and comment(language) not in made.text
    with pytest.raises(InvalidAnswerError) as caught:
        ProgramAround(view).parse(f"```{language}\n{program.replace(comment(language), '')}\n```")
    assert caught.value.reason == "given code missing"


def test_an_answer_that_copies_the_code_is_taken_if_it_is_unchanged() -> None:
    view = SnippetView(snippet(LANGUAGES["python"][0], "add"))
    copied = "import os\n\ndef add(a, b):\n    # a comment more\n    return a + b\n\nprint(add(1, 2))"
    assert ProgramAround(view).parse(f"```python\n{copied}\n```").definition is not None
    with pytest.raises(InvalidAnswerError, match="original code changed"):
        ProgramAround(view).parse(f"```python\n{copied.replace('a + b', 'b + a')}\n```")


def test_python_is_parsed_once_for_each_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    import ast

    parsed: list[str] = []
    plain = ast.parse
    monkeypatch.setattr(ast, "parse", lambda *args, **more: (parsed.append(args[0]), plain(*args, **more))[1])
    view = SnippetView(snippet("def seen_once(a):\n    return a", "seen_once"))
    for number in range(3):
        ProgramAround(view).parse(f"```python\n# THE GIVEN CODE\nprint(seen_once({number}))\n```")
    assert len(parsed) == 4, parsed  # the snippet once, each program once
