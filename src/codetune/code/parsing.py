"""Source code as syntax: does it parse, and which tokens is it made of.

Python is judged by the interpreter's own parser; the other languages by their tree-sitter grammar.
Functions and their documentation are in `codetune.code.functions`.
"""

from __future__ import annotations

import ast
import importlib
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Literal

from tree_sitter import Language, Node, Parser, Tree

from codetune.code.languages import PARSED_LANGUAGES, canonical_language
from codetune.errors import UsageError

__all__ = [
    "ID_TOKEN",
    "NUMBER_TOKEN",
    "STRING_TOKEN",
    "is_parsed_language",
    "leaves",
    "parse",
    "parses",
    "supported_languages",
    "tokens",
]

_GRAMMARS = {
    "python": ("tree_sitter_python", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "java": ("tree_sitter_java", "language"),
    "go": ("tree_sitter_go", "language"),
    "ruby": ("tree_sitter_ruby", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "php": ("tree_sitter_php", "language_php"),
    "php_only": ("tree_sitter_php", "language_php_only"),
    "c": ("tree_sitter_c", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
    "csharp": ("tree_sitter_c_sharp", "language"),
}

_WRAPPINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "javascript": (("class A {", "\n}"), ("async function f() {", "\n}")),
    "typescript": (("class A {", "\n}"), ("async function f() {", "\n}")),
    "java": (("class A {", "\n}"),),
    "csharp": (("class A {", "\n}"),),
    "php": (("class A {", "\n}"),),
    "go": (("package p\nfunc f() {", "\n}"),),
    "rust": (("fn f() {", "\n}"), ("impl A {", "\n}")),
    "c": (("void f() {", "\n}"),),
    "cpp": (("class A {", "\n};"), ("void f() {", "\n}")),
}
"""What a fragment may stand in: members of a class, statements of a function."""

_COMMENTS = frozenset({"comment", "line_comment", "block_comment", "html_comment", "doc_comment"})
_STRINGS = frozenset({
    "string", "template_string", "string_literal", "raw_string_literal", "interpreted_string_literal",
    "char_literal", "character_literal", "rune_literal", "concatenated_string", "heredoc_body", "heredoc",
    "nowdoc", "encapsed_string", "verbatim_string_literal", "interpolated_string_expression", "regex",
    "text_block", "symbol_array", "string_array", "subshell",
})  # fmt: skip
_NUMBERS = frozenset({
    "integer", "float", "number", "int_literal", "float_literal", "imaginary_literal", "number_literal",
    "integer_literal", "real_literal", "decimal_integer_literal", "hex_integer_literal",
    "octal_integer_literal", "binary_integer_literal", "decimal_floating_point_literal",
    "hex_floating_point_literal", "rational", "complex",
})  # fmt: skip

ID_TOKEN = "$id"
STRING_TOKEN = "$str"
NUMBER_TOKEN = "$num"


def supported_languages() -> tuple[str, ...]:
    """Canonical names of the languages there is a grammar for."""
    return PARSED_LANGUAGES


def is_parsed_language(language: str | None) -> bool:
    """Whether there is a grammar for the language (aliases such as `c++` count)."""
    return canonical_language(language) in PARSED_LANGUAGES


@cache
def _parser(grammar: str) -> Parser:
    module, function = _GRAMMARS[grammar]
    return Parser(Language(getattr(importlib.import_module(module), function)()))


def _known(language: str) -> str:
    name = canonical_language(language)
    if name not in PARSED_LANGUAGES:
        raise UsageError(
            f"there is no grammar for the language {language!r}",
            next_step=f"choose one of: {', '.join(PARSED_LANGUAGES)}",
        )
    return name or ""


def parse(code: str, language: str) -> tuple[Tree, bytes]:
    """Parse code with the grammar of its language.

    TypeScript falls back to TSX; PHP without an opening tag is read as if it had one.

    Args:
        code: Source text; lone surrogates are replaced, so offsets are those of the bytes returned.
        language: A name in `PARSED_LANGUAGES` or an alias of one.

    Returns:
        The tree (with ERROR nodes where the text is not the language) and the bytes it spans.

    Raises:
        UsageError: No grammar for the language.
    """
    name = _known(language)
    data = code.encode("utf-8", "replace")
    if name == "php" and b"<?" not in data:
        name = "php_only"
    tree = _parser(name).parse(data)
    if name == "typescript" and tree.root_node.has_error:
        other = _parser("tsx").parse(data)
        tree = tree if other.root_node.has_error else other
    return tree, data


def parses(code: str, language: str) -> bool:
    """Whether code is free of syntax errors.

    A whole file passes, and so do the members of a class or the statements of a function without
    what they stood in. Python: exactly what this interpreter compiles to a syntax tree.

    Raises:
        UsageError: No grammar for the language.
    """
    name = _known(language)
    if not code.strip():
        return False
    if name == "python":
        return _python_parses(code)
    if _clean(code, name):
        return True
    return any(_clean(f"{before}{code}{after}", name) for before, after in _WRAPPINGS.get(name, ()))


def _python_parses(code: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes and the like are not syntax errors
            ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _clean(code: str, name: str) -> bool:
    tree, _ = parse(code, name)
    return not tree.root_node.has_error


Kind = Literal["identifier", "string", "number", "other"]


def leaves(tree: Tree) -> Iterator[tuple[Node, Kind]]:
    """The tokens of a tree in order, comments left out, a string literal as one token.

    Python statements that are only a string (docstrings) count as comments.
    """
    cursor = tree.walk()
    while True:
        node = cursor.node
        assert node is not None
        kind = node.type
        down = False
        if kind in _COMMENTS or (kind == "expression_statement" and _is_bare_string(node)):
            pass
        elif kind in _STRINGS and node.is_named:
            yield node, "string"
        elif kind in _NUMBERS and node.is_named:
            yield node, "number"
        elif cursor.goto_first_child():
            down = True
        elif node.end_byte > node.start_byte:
            yield node, "identifier" if _is_name(node) else "other"
        if down:
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def _is_bare_string(node: Node) -> bool:
    first = node.child(0)
    return node.child_count == 1 and first is not None and first.type == "string"


def _is_name(node: Node) -> bool:
    kind = node.type
    if not node.is_named:
        return False
    return kind in {"name", "constant"} or kind.endswith(("identifier", "_variable", "simple_symbol"))


def tokens(code: str, language: str, *, normalise: bool = False) -> list[str]:
    """The token stream of code: comments, docstrings and layout gone.

    Args:
        code: Source text; what doesn't parse still gives tokens.
        language: A name in `PARSED_LANGUAGES` or an alias of one.
        normalise: Write every identifier as `$id`, string as `$str` and number as `$num`, so that
            renamed copies (type-2 clones) have equal streams. Keywords and operators stay.

    Raises:
        UsageError: No grammar for the language.
    """
    tree, data = parse(code, language)
    if normalise:
        named = {"identifier": ID_TOKEN, "string": STRING_TOKEN, "number": NUMBER_TOKEN}
        return [
            named.get(kind) or data[node.start_byte : node.end_byte].decode("utf-8", "replace")
            for node, kind in leaves(tree)
        ]
    return [data[node.start_byte : node.end_byte].decode("utf-8", "replace") for node, _ in leaves(tree)]
