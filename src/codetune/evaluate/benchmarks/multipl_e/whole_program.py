"""A whole program put together with MultiPL-E's tests, which are made for a continuation.

The tests close what the prompt opens and bring a `main` (or `TestX`, `test`, `assert`) of their own. A
program that a chat model wrote is closed already, and often ends in a `main` with examples. So the
tests' closing braces are left out, and what both program and tests define is removed from the
program, unless another part of it uses that.
"""

from __future__ import annotations

import re

from codetune.code.languages import PARSED_LANGUAGES
from codetune.evaluate.benchmarks.drop_redefinitions import definitions, without_redefined

__all__ = ["joined_with_tests"]

_CLASSES = ("class_declaration", "record_declaration", "struct_declaration")
_IN_CLASS = ("java", "csharp")
"""Languages whose tests are a method of the class that the function is in."""
_IMPORT = re.compile(
    r"^[ \t]*(?:#[ \t]*include\b[^\n]*|import\s[^;\n]*;|using\s+[\w.]+\s*;|use\s[^;\n]*;)", re.MULTILINE
)


def joined_with_tests(
    code: str, prompt: str, tests: str, entry: str | None, language: str
) -> tuple[str, str]:
    """A whole program and the tests, as two halves of one text.

    Args:
        code: The program, every brace of it closed.
        prompt: The item's beginning, whose imports the tests may need.
        tests: The item's tests, as the file has them.
        entry: The function asked for.
        language: Programming language of both.
    """
    tests = _after_brace(tests)
    if language in _IN_CLASS:
        # What is left closes the class, and so does the program.
        tests = tests.rstrip().removesuffix("}")
    if language in PARSED_LANGUAGES:
        code = without_redefined(code, tests, entry, language)
    if language in _IN_CLASS and entry is not None:
        code, tests = _as_method(code, prompt, tests, entry, language)
    return _with_imports(code, prompt, language), tests


def _after_brace(tests: str) -> str:
    head, brace, tail = tests.partition("}")
    return tail if brace and not head.strip() else tests


def _as_method(code: str, prompt: str, tests: str, entry: str, language: str) -> tuple[str, str]:
    """The program up to the end of the class that holds the function, and the tests with the rest."""
    raw = code.encode()
    for node, names in definitions(code, language):
        if entry not in names:
            continue
        above = node.parent
        while above is not None and above.type not in _CLASSES:
            above = above.parent
        if above is None:  # a method without its class: it gets the prompt's
            opened = re.search(r"\bclass\s+\w+\s*\{", prompt)
            head = prompt[: opened.end()] if opened else "class Problem {"
            return f"{head}\n{code}", f"{tests}\n}}\n"
        end = above.end_byte - 1  # its closing brace
        return raw[:end].decode(), f"{tests}\n{raw[end:].decode()}\n"
    return code, tests


def _with_imports(code: str, prompt: str, language: str) -> str:
    """The program with those of the prompt's imports that it lacks."""
    has = {" ".join(found[0].split()) for found in _IMPORT.finditer(code)}
    lacks = []
    for found in _IMPORT.finditer(prompt):
        line = " ".join(found[0].split())
        last = line.rstrip(";").rpartition("::")[2]
        if line in has or (language == "rust" and re.search(rf"\buse\b[^;]*\b{last}\b", code)):
            continue
        lacks.append(line)
    return "\n".join([*lacks, code])
