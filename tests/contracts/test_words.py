"""One vocabulary: words that the code once had for things that the field has another word for do not come back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import codetune

SOURCE = Path(codetune.__file__).parent

REPLACED = {
    "anew": "again",
    "desk": "generation context",
    "drive": "scheduler",
    "fates": "skipped counts",
    "finishing": "score_run",
    "foreign": "external",
    "mend": "fix",
    "referee": "test side",
    "refusal": "rejection",
    "sharing": "shared limits",
    "shelf": "prompt loading",
    "spending": "usage",
    "surroundings": "scoring context",
    "twin": "duplicate",
}
"""Word -> what is said now. Rows are rejected; a server still refuses a request."""
PHRASES = ("goes the whole way", "the whole way", "whoever is beside")
ALLOWED = {
    ("models", "refusal"),  # a server's
    ("embedded", "refusal"),
}
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def identifiers(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Names that a module gives: functions, classes, arguments, variables, attributes it sets."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr


def words_of(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}


def replaced_words(source: str) -> list[tuple[int, str, str]]:
    """Line, name and word of each identifier with a replaced word in it."""
    return [
        (line, name, word)
        for line, name in identifiers(ast.parse(source))
        for word in sorted({*words_of(name), *(w.removesuffix("s") for w in words_of(name))} & set(REPLACED))
    ]


def test_no_identifier_has_a_replaced_word() -> None:
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        relative = path.relative_to(SOURCE)
        for part in (*relative.parts[:-1], relative.stem):
            found += [f"{relative}: {word}" for word in sorted(words_of(part) & set(REPLACED))]
        for line, name, word in replaced_words(path.read_text("utf-8")):
            if not any((part, word) in ALLOWED for part in relative.parts):
                found.append(f"{relative}:{line}: {name} (say {REPLACED[word]})")
    assert not found, "\n".join(found)


def test_no_text_has_a_phrase_that_says_nothing() -> None:
    texts = [*SOURCE.rglob("*.py"), *SOURCE.rglob("*.yaml"), *(SOURCE.parents[1] / "docs").rglob("*.md")]
    found = [
        f"{path.relative_to(SOURCE.parents[1])}: {phrase}"
        for path in texts
        for phrase in PHRASES
        if phrase in " ".join(path.read_text("utf-8").split())
    ]
    assert found == []


def callbacks_named_told(source: str) -> list[int]:
    """Lines of arguments called `told`; a callback that hears of progress is `on_progress`."""
    nodes = ast.walk(ast.parse(source))
    return [node.lineno for node in nodes if isinstance(node, ast.arg) and node.arg == "told"]


def test_callbacks_are_called_on_progress() -> None:
    found = {
        str(path.relative_to(SOURCE)): lines
        for path in SOURCE.rglob("*.py")
        if (lines := callbacks_named_told(path.read_text("utf-8")))
    }
    assert found == {}


def test_a_replaced_word_is_found() -> None:
    source = "class TwinDesk:\n    def f(self, told=None):\n        self.twins = refuse = mendacious = 1\n"
    assert {(name, word) for _, name, word in replaced_words(source)} == {
        ("TwinDesk", "twin"), ("TwinDesk", "desk"), ("twins", "twin"),
    }  # fmt: skip
    assert callbacks_named_told(source) == [2]
