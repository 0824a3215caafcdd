from __future__ import annotations

import pytest

from codetune.tasks.translation.code_lines import code_spans

PROGRAMS = [
    "function f(a) {\n    let b = [];\n    return b;\n}",
    "#!/bin/bash\n# Input numbers\na=4\nb=5\n\nsum=$(($a + $b))\necho \"Sum is: $sum\"",
    "SELECT name FROM users\nWHERE age > 3\nORDER BY name;",
    "<h1>Welcome to the page</h1>\n<p class=\"x\">Hi there, this is the text</p>",
    "public static int f(int n) {\n    // the sum of the first n numbers is found by adding\n    return n;\n}",
    "import random\n\nprint(random.random())  # this will print a number that is between 0 and 1",
    "sorted_words = sorted(words, reverse=True)",
    "while read -r line; do\n    echo \"$line\"\ndone < file",
]  # fmt: skip
PROSE = [
    "Write a function that returns the sum of two numbers.",
    "In Python, a list is mutable and a tuple is not; use a tuple for data that never changes.",
    "1. Find the middle.\n2. Compare it with the key.\n3. Repeat with the half that may hold it.",
    "变量是可以改变的值，常量不是。",
    "The expected output of this code is 25, since 5 * 5 = 25.",
    "Return True if the list is empty, and False otherwise.",
]


@pytest.mark.parametrize("text", PROGRAMS)
def test_programs_without_a_fence_are_code(text) -> None:
    assert code_spans(text) == [(0, len(text))]


@pytest.mark.parametrize("text", PROSE)
def test_sentences_are_not(text) -> None:
    assert code_spans(text) == []


def test_code_between_sentences_is_found_alone() -> None:
    code = "def f(x):\n    return x + 1\n\nprint(f(1))\n"
    text = f"Here is the code that you asked for:\n\n{code}\nIn this case it prints the number 2."
    ((start, end),) = code_spans(text)
    assert text[start:end] == code


def test_a_language_that_is_known_decides_by_its_parser() -> None:
    text = 'TEXT = """\nThis is a long text that is in a string, and it is not prose of the row.\n"""\nx = f(TEXT)\ny = 1\n'
    assert code_spans(text, "python") == [(0, len(text))]


def test_one_long_line_is_read_quickly() -> None:
    assert code_spans("<a " + "b=" * 50_000) == [(0, 100_003)]
    assert code_spans("a, " * 50_000 + "{") == [(0, 150_001)]
