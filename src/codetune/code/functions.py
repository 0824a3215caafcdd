"""Functions and methods in a file, each with its qualified name and documentation."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from codetune.code.comments import comment_above
from codetune.code.docstrings import docstring_node, docstring_text
from codetune.code.languages import canonical_language
from codetune.code.parsing import parse
from codetune.code.preprocessor import PREPROCESSED, has_whole_conditions
from codetune.code.scopes import head_of

__all__ = ["FunctionSpan", "functions", "without_export_macros"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSpan:
    """One function or method, as it stands in its file."""

    name: str
    """Qualified as the language writes it: `Thread.join`, `Foo::bar`, `Array#each`."""
    code: str
    """The definition with decorators (and a docstring inside it), dedented; comments above left out."""
    docstring: str | None
    start_line: int
    """First line of `code`, counted from 1."""
    end_line: int
    has_error: bool
    """Whether the parser stumbled inside it."""
    statements: int
    """Statements of its body, docstring not counted; 0 for `pass`-like stubs and declarations."""
    scopes: tuple[str, ...] = ()
    """Heads of the types and namespaces it stands in, the outermost first: `class Lines<T> extends Base`."""


_JS_FUNCTIONS = ("function_declaration", "generator_function_declaration", "method_definition")
_JS_VALUES = ("arrow_function", "function_expression", "generator_function")
_JS_CLASSES = (
    "class_declaration", "class", "abstract_class_declaration", "internal_module", "module", "object",
)  # fmt: skip

_FUNCTIONS: dict[str, frozenset[str]] = {
    "python": frozenset({"function_definition"}),
    "javascript": frozenset({*_JS_FUNCTIONS, *_JS_VALUES}),
    "typescript": frozenset({*_JS_FUNCTIONS, *_JS_VALUES}),
    "java": frozenset({"method_declaration", "constructor_declaration", "compact_constructor_declaration"}),
    "go": frozenset({"function_declaration", "method_declaration"}),
    "ruby": frozenset({"method", "singleton_method"}),
    "rust": frozenset({"function_item"}),
    "php": frozenset({"function_definition", "method_declaration"}),
    "c": frozenset({"function_definition"}),
    "cpp": frozenset({"function_definition"}),
    "csharp": frozenset({"method_declaration", "constructor_declaration", "local_function_statement"}),
}
_SCOPES: dict[str, tuple[str, ...]] = {
    "python": ("class_definition",),
    "javascript": _JS_CLASSES,
    "typescript": _JS_CLASSES,
    "java": ("class_declaration", "interface_declaration", "enum_declaration", "record_declaration"),
    "go": (),
    "ruby": ("class", "module", "singleton_class"),
    "rust": ("impl_item", "trait_item", "mod_item"),
    "php": ("class_declaration", "interface_declaration", "trait_declaration", "enum_declaration"),
    "c": (),
    "cpp": ("class_specifier", "struct_specifier", "namespace_definition"),
    "csharp": (
        "class_declaration", "interface_declaration", "struct_declaration", "record_declaration",
        "namespace_declaration",
    ),
}  # fmt: skip
_SEPARATORS = {"ruby": "#", "rust": "::", "php": "::", "cpp": "::"}
_SCOPE_SEPARATORS = {"ruby": "::", "rust": "::", "php": "::", "cpp": "::"}
_WRAPPERS = frozenset({
    "decorated_definition", "export_statement", "template_declaration", "lexical_declaration",
    "variable_declaration", "variable_declarator", "global_statement", "pair", "public_field_definition",
    "field_definition",
})  # fmt: skip
_MACRO = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$")
_EMPTY_STATEMENTS = frozenset({"pass_statement", "comment", "line_comment", "block_comment"})


def functions(code: str, language: str) -> Iterator[FunctionSpan]:
    """The functions and methods of a file, in order; those inside other functions are theirs.

    Functions without a body (interfaces, prototypes) are left out; JavaScript's anonymous
    functions count where a variable, a property or an assignment names them.

    Args:
        code: A whole file, or a piece of one.
        language: A name in `PARSED_LANGUAGES` or an alias of one.

    Raises:
        UsageError: No grammar for the language.
    """
    name = canonical_language(language) or language
    tree, data = parse(without_export_macros(code) if name == "cpp" else code, name)
    wanted, scopes = _FUNCTIONS[name], _SCOPES[name]
    stack: list[tuple[Node, tuple[Node, ...]]] = [(tree.root_node, ())]
    while stack:
        node, scope = stack.pop()
        if node.type in wanted and node.is_named:
            span = _span(node, name, scope, data)
            if span is not None:
                yield span
                continue
        elif node.type in scopes and node.is_named:
            scope = (*scope, node)
        stack.extend((child, scope) for child in reversed(node.named_children))


_EXPORT_MACRO = re.compile(r"(?<=\bclass )([A-Z][A-Z\d_]{2,})(?=[ \t]+\w+\s*(?:final\s*)?[:{])"
                           r"|(?<=\bstruct )([A-Z][A-Z\d_]{2,})(?=[ \t]+\w+\s*(?:final\s*)?[:{])")  # fmt: skip


def without_export_macros(code: str) -> str:
    """C++ with blanks for the macro in `class LIB_API Name {`, which a grammar takes for the class's name."""
    return _EXPORT_MACRO.sub(lambda found: " " * len(found[0]), code)


def _text(node: Node, data: bytes) -> str:
    return data[node.start_byte : node.end_byte].decode("utf-8", "replace")


def _scope_name(node: Node, data: bytes) -> str:
    if node.type == "object":
        return ""
    named = node.child_by_field_name("name") or node.child_by_field_name("type")
    return _text(named, data) if named is not None else ""


def _span(node: Node, language: str, scope: tuple[Node, ...], data: bytes) -> FunctionSpan | None:
    body = node.child_by_field_name("body") or _child_of_type(node, "body_statement")
    own = _own_name(node, language, data)
    if own is None or (body is None and language != "ruby"):
        return None
    outer = _outermost(node)
    docstring, statements = None, _count_statements(body)
    if language == "python":
        held = docstring_node(node)
        if held is not None:
            docstring = docstring_text(_text(held, data))
            statements -= 1
    if docstring is None:
        above = comment_above(outer, data)
        # Above a Python function stands a remark to its maintainers, not its documentation.
        docstring = above[0] if above and language != "python" else None
    code = _dedented(outer, data)
    return FunctionSpan(
        name=_qualified(own, node, language, scope, data),
        code=code,
        docstring=docstring,
        start_line=outer.start_point.row + 1,
        end_line=outer.end_point.row + 1,
        has_error=outer.has_error or (language in PREPROCESSED and not has_whole_conditions(code)),
        statements=statements,
        scopes=tuple(head_of(within, data) for within in scope),
    )


def _child_of_type(node: Node, kind: str) -> Node | None:
    return next((child for child in node.named_children if child.type == kind), None)


def _count_statements(body: Node | None) -> int:
    if body is None:
        return 0
    if body.type.endswith(("expression", "identifier")) or not body.named_child_count:
        return int(body.type not in {"block", "statement_block", "compound_statement", "body_statement"})
    return sum(_is_statement(child) for child in body.named_children)


def _is_statement(child: Node) -> bool:
    if child.type in _EMPTY_STATEMENTS:
        return False
    if child.type == "expression_statement" and child.named_child_count == 1:
        return child.named_children[0].type != "ellipsis"
    return True


def _outermost(node: Node) -> Node:
    """The definition with decorators, `export`, `const x =` and the like around it."""
    outer = node
    while (parent := outer.parent) is not None:
        alone = parent.type == "expression_statement" and outer.type == "assignment_expression"
        assigned = parent.type == "assignment_expression" and outer == parent.child_by_field_name("right")
        one = parent.named_child_count == 1 or parent.type not in {
            "lexical_declaration",
            "variable_declaration",
        }
        if not (alone or assigned or (parent.type in _WRAPPERS and one)):
            break
        outer = parent
    return outer


def _own_name(node: Node, language: str, data: bytes) -> str | None:
    named = node.child_by_field_name("name")
    if language in ("javascript", "typescript") and node.type in _JS_VALUES:
        parent = node.parent
        if parent is None:
            return None
        field = {
            "variable_declarator": "name",
            "assignment_expression": "left",
            "pair": "key",
            "public_field_definition": "name",
            "field_definition": "property",
        }.get(parent.type)
        named = parent.child_by_field_name(field) if field else None
    elif language in ("c", "cpp"):
        named = node.child_by_field_name("declarator")
        while named is not None and (inner := named.child_by_field_name("declarator")) is not None:
            named = inner
        if named is not None and named.type in ("reference_declarator", "pointer_declarator"):
            inner_function = _child_of_type(named, "function_declarator")
            named = inner_function.child_by_field_name("declarator") if inner_function else named
        if named is not None and _is_macro_block(node, _text(named, data)):
            return None
    if named is None:
        return None
    name = _text(named, data).strip()
    return re.sub(r"\s*::\s*", "::", " ".join(name.split())) if language == "cpp" else name


def _is_macro_block(node: Node, name: str) -> bool:
    """Whether a definition is `TEST(Suite, Name) { ... }`; in a type such a head is a constructor's."""
    parent = node.parent
    is_member = parent is not None and parent.type == "field_declaration_list"
    return node.child_by_field_name("type") is None and not is_member and bool(_MACRO.match(name))


def _qualified(own: str, node: Node, language: str, scope: tuple[Node, ...], data: bytes) -> str:
    if language == "go" and node.type == "method_declaration":
        receiver = node.child_by_field_name("receiver")
        kind = receiver.text.decode("utf-8", "replace") if receiver is not None and receiver.text else ""
        words = kind.strip("() ").replace("*", " ").split()
        return f"{words[-1].partition('[')[0]}.{own}" if words else own
    names = [name for within in scope if (name := _scope_name(within, data))]
    if not names:
        return own
    separator = _SEPARATORS.get(language, ".")
    if language == "ruby" and "singleton" in node.type + scope[-1].type:
        separator = "."
    return f"{_SCOPE_SEPARATORS.get(language, '.').join(names)}{separator}{own}"


def _dedented(node: Node, data: bytes) -> str:
    start = data.rfind(b"\n", 0, node.start_byte) + 1
    lead = data[start : node.start_byte]
    text = _text(node, data)
    if lead.strip():  # code before it on the line: nothing to dedent by
        return text.rstrip()
    return textwrap.dedent(lead.decode("utf-8", "replace") + text).strip("\n").rstrip()
