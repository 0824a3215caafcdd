"""Source code as syntax: does it parse, and which tokens is it made of.

Python is parsed by the interpreter's own parser where syntax errors count; the other languages, and all
token streams, by tree-sitter grammars.
Functions and their documentation are in `codetune.code.functions`.
"""

from __future__ import annotations

import ast
import importlib
import warnings
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Literal

from tree_sitter import Language, Node, Parser, Tree

from codetune.code.languages import LANGUAGES, PARSED_LANGUAGES, canonical_language
from codetune.code.preprocessor import PREPROCESSED, readings
from codetune.errors import UsageError

__all__ = [
    "ID_TOKEN",
    "NUMBER_TOKEN",
    "STRING_TOKEN",
    "is_parsed_language",
    "leaves",
    "parse",
    "parses",
    "python_tree",
    "tokens",
    "wrappers_of",
]

_VARIANTS = {
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "php_only": ("tree_sitter_php", "language_php_only"),
}
"""Second grammars of a language, which `parse` chooses by the text."""

Place = Literal["members", "statements"]
_WHOLE = ("", "")
_CLASS = ("class A {\n", "\n}")
_OBJECT = ("({\n", "\n})")
_ASYNC_FUNCTION = ("async function f() {\n", "\n}")
_VOID_FUNCTION = ("void f() {\n", "\n}")
_WRAPPERS: dict[str, dict[Place, tuple[tuple[str, str], ...]]] = {
    "javascript": {"members": (_WHOLE, _CLASS, _OBJECT), "statements": (_ASYNC_FUNCTION,)},
    "typescript": {"members": (_WHOLE, _CLASS, _OBJECT), "statements": (_ASYNC_FUNCTION,)},
    "java": {"members": (_WHOLE, _CLASS)},
    # C# reads a method outside a class as a local function, without its modifiers.
    "csharp": {"members": (_CLASS, _WHOLE)},
    "php": {"members": (_WHOLE, _CLASS)},
    "go": {"statements": (("package p\nfunc f() {\n", "\n}"),)},
    "rust": {"members": (_WHOLE, ("impl A {\n", "\n}")), "statements": (("fn f() {\n", "\n}"),)},
    "c": {"statements": (_VOID_FUNCTION,)},
    "cpp": {"members": (_WHOLE, ("class A {\n", "\n};")), "statements": (_VOID_FUNCTION,)},
}
"""What a fragment may stand in, as text before and after it."""

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


def is_parsed_language(language: str | None) -> bool:
    """Whether there is a grammar for the language (aliases such as `c++` count)."""
    return canonical_language(language) in PARSED_LANGUAGES


def wrappers_of(language: str, place: Place) -> tuple[tuple[str, str], ...]:
    """Texts before and after a fragment with which it may parse, the likeliest first.

    Args:
        language: A name in `PARSED_LANGUAGES`.
        place: Whether the fragment is members of a type or statements of a function.
    """
    return _WRAPPERS.get(language, {}).get(place, (_WHOLE,))


@cache
def _parser(grammar: str) -> Parser:
    module, function = _VARIANTS.get(grammar) or LANGUAGES[grammar].grammar or ("", "")
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

    TypeScript falls back to TSX; PHP without an opening tag is read as if it had one; C, C++ and C# that do
    not parse are read without macros and conditions where that leaves fewer errors.

    Args:
        code: Source text; lone surrogates are replaced, so offsets are those of the bytes returned.
        language: A name in `PARSED_LANGUAGES` or an alias of one.

    Returns:
        The tree (with ERROR nodes where the text is not the language) and the bytes it spans.

    Raises:
        UsageError: No grammar for the language.
    """
    name = _known(language)
    return _parse_cached(code, name) if len(code) <= _CACHED_CHARACTERS else _parse(code, name)


def _parse(code: str, name: str) -> tuple[Tree, bytes]:
    data = code.encode("utf-8", "replace")
    if name == "php" and b"<?" not in data:
        name = "php_only"
    tree = _parser(name).parse(data)
    if name == "typescript" and tree.root_node.has_error:
        other = _parser("tsx").parse(data)
        tree = tree if other.root_node.has_error else other
    if name in PREPROCESSED and tree.root_node.has_error:
        tree = _best_reading(tree, data, name)
    return tree, data


def _best_reading(tree: Tree, data: bytes, name: str) -> Tree:
    """The tree with the least text in errors, of the text as it is and without macros and conditions."""
    least = _bytes_in_errors(tree)
    for reading in readings(data, name):
        other = _parser(name).parse(reading)
        found = _bytes_in_errors(other)
        if found < least:
            tree, least = other, found
        if not least:
            break
    return tree


def _bytes_in_errors(tree: Tree) -> int:
    """Bytes under ERROR nodes, and one for each token that is missing."""
    total = 0
    stack = [tree.root_node]
    while stack:
        node = stack.pop()
        if node.is_error:
            total += max(1, node.end_byte - node.start_byte)
        elif node.is_missing:
            total += 1
        elif node.has_error:
            stack.extend(node.children)
    return total


# One snippet is asked about several times in a row: does it parse, its parts, its tags, its tokens.
_CACHED_CHARACTERS = 50_000
_parse_cached = lru_cache(maxsize=8)(_parse)


@lru_cache(maxsize=8)
def python_tree(code: str) -> ast.Module | None:
    """The tree of this interpreter's own parser, not to be changed; None where it finds an error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes and the like are not syntax errors
            return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


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
        return python_tree(code) is not None
    places: tuple[Place, ...] = ("members", "statements")
    return _clean(code, name) or any(
        _clean(f"{before}{code}{after}", name)
        for place in places
        for before, after in wrappers_of(name, place)
        if before
    )


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
