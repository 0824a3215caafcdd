"""Small faults put into a solution in any language with a grammar, and the solution with empty bodies.

The operators are those of `codetune.synth.python.mutants`: relational, arithmetic and logical replacement,
constants, negated conditions, removed statements and branches. A mutant need not compile: who runs it sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from codetune.code.parsing import parse
from codetune.seeding import draw

__all__ = ["FUNCTIONS", "OTHER_VALUES", "emptied", "mutants"]

_SWAPS = {
    "+": "-", "-": "+", "*": "+", "/": "*", "%": "+", "<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=",
    "!=": "==", "===": "!==", "!==": "===", "&&": "||", "||": "&&", "&": "|", "|": "&", "^": "&", "<<": ">>",
    ">>": "<<", "and": "or", "or": "and", "+=": "-=", "-=": "+=", "*=": "+=", "/=": "*=",
}  # fmt: skip
_BINARY = frozenset({
    "binary_expression", "binary", "binary_operator", "augmented_assignment_expression", "assignment_expression",
    "operator_assignment", "compound_assignment_expr", "assignment_statement",
})  # fmt: skip
_NUMBERS = frozenset({
    "number", "integer", "float", "int_literal", "float_literal", "number_literal", "integer_literal", "real_literal",
    "decimal_integer_literal", "decimal_floating_point_literal",
})  # fmt: skip
_BOOLEANS = {"true": "false", "false": "true", "True": "False", "False": "True"}
_STRINGS = frozenset({
    "string", "string_literal", "interpreted_string_literal", "encapsed_string",
})  # fmt: skip
_CONDITIONAL = frozenset({
    "if_statement", "while_statement", "if_expression", "while_expression", "if", "unless", "while", "do_statement",
    "conditional_expression", "ternary_expression", "conditional",
})  # fmt: skip
_BLOCKS = frozenset({
    "statement_block", "block", "compound_statement", "body_statement", "then", "constructor_body", "statement_list",
})  # fmt: skip
_DROPPED = frozenset({
    "expression_statement", "assignment_statement", "assignment", "operator_assignment", "inc_statement",
    "dec_statement", "if_statement", "call", "break_statement", "continue_statement", "if_modifier",
})  # fmt: skip
_NO_PLACE = frozenset({
    "import_declaration", "import_statement", "use_declaration", "preproc_include", "using_directive", "import_spec",
    "attribute_item", "comment", "line_comment", "block_comment", "namespace_use_declaration", "macro_definition",
})  # fmt: skip
FUNCTIONS = frozenset({
    "function_declaration", "method_declaration", "function_definition", "function_item", "method_definition", "method",
    "singleton_method", "generator_function_declaration", "arrow_function", "function_expression", "func_literal",
    "local_function_statement",
})  # fmt: skip

Edit = tuple[int, int, str]


def mutants(code: str, language: str, *, count: int, seed: int, row: str) -> list[str]:
    """Up to `count` different mutants, drawn for the row; each differs from the code by one fault.

    Args:
        code: A solution that parses.
        language: A name in `PARSED_LANGUAGES`.
        count: At most so many.
        seed: Of the run.
        row: Id of the row the code belongs to.
    """
    tree, data = parse(code, language)
    edits = list(dict.fromkeys(_edits(tree.root_node, data, language)))
    draw(seed, row, "mutants").shuffle(edits)
    found: dict[str, None] = {}
    for start, end, text in edits:
        if len(found) == count:
            break
        found.setdefault(_with(data, [(start, end, text)]), None)
    return list(found)


def _with(data: bytes, edits: list[Edit]) -> str:
    for start, end, text in sorted(edits, reverse=True):
        data = data[:start] + text.encode() + data[end:]
    return data.decode("utf-8", "replace")


def _edits(root: Node, data: bytes, language: str) -> Iterator[Edit]:
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, inside = stack.pop()
        if node.type in _NO_PLACE or _is_main(node):
            continue
        inside = inside or node.type in FUNCTIONS
        if inside:
            yield from _of_node(node, data, language)
        stack.extend((child, inside) for child in node.children)


def _is_main(node: Node) -> bool:
    """Whether it is a program's entry, which tests do not start."""
    if node.type not in FUNCTIONS:
        return False
    named = node.child_by_field_name("name") or node.child_by_field_name("declarator")
    return named is not None and re.match(rb"[Mm]ain\b", named.text or b"") is not None


def _of_node(node: Node, data: bytes, language: str) -> Iterator[Edit]:
    text = data[node.start_byte : node.end_byte].decode("utf-8", "replace")
    kind = node.type
    if not node.is_named:
        parent = node.parent
        if text in _SWAPS and parent is not None and parent.type in _BINARY:
            yield node.start_byte, node.end_byte, _SWAPS[text]
        elif text in _BOOLEANS and kind == text:
            yield node.start_byte, node.end_byte, _BOOLEANS[text]
        return
    if kind in _NUMBERS:
        found = re.fullmatch(r"(?!0[xXbBoO])(\d+)(?:\.(\d+))?([a-zA-Z_]\w*)?", text)
        if found:
            point = f".{found[2]}" if found[2] is not None else ""
            yield node.start_byte, node.end_byte, f"{int(found[1]) + 1}{point}{found[3] or ''}"
    elif text in _BOOLEANS and not node.named_child_count:
        yield node.start_byte, node.end_byte, _BOOLEANS[text]
    elif kind in _STRINGS and len(text) > 2 and text[-1] == text[0] and text[0] in "\"'":
        yield node.end_byte - 1, node.end_byte - 1, "x"
    if kind in _CONDITIONAL and (held := node.child_by_field_name("condition")) is not None:
        yield _negated(held, data, language)
    if (
        node.parent is not None
        and node.parent.type in _BLOCKS
        and kind in _DROPPED
        and node.parent.named_child_count > 1
    ):
        yield node.start_byte, node.end_byte, "" if language in ("ruby", "go") else ";"


def _negated(held: Node, data: bytes, language: str) -> Edit:
    text = data[held.start_byte : held.end_byte].decode("utf-8", "replace")
    if text.startswith("(") and text.endswith(")"):
        return held.start_byte, held.end_byte, f"(!{text})"
    return held.start_byte, held.end_byte, f"!({text})"


def emptied(
    code: str, language: str, within: tuple[int, int] | None = None, value: str | None = None
) -> str | None:
    """The solution with the bodies of its functions gone, each giving an empty value of its type.

    Constructors stay, as fields may have to be set. A function of which no empty value is known stays too.

    Args:
        code: Source text.
        language: A name in `PARSED_LANGUAGES`.
        within: Offsets, in bytes, of the part that is looked at; None: all of it.
        value: What functions give instead of nothing, in languages that do not state types; see `OTHER_VALUES`.

    Returns:
        None where no function could be emptied.
    """
    tree, data = parse(code, language)
    edits: list[Edit] = []
    stack = [tree.root_node]
    while stack:
        node = stack.pop()
        inside = within is None or (within[0] <= node.start_byte and node.end_byte <= within[1])
        if node.type in FUNCTIONS and inside:
            edit = _empty(node, data, language, value)
            if edit is not None:
                edits.append(edit)
                continue
        stack.extend(node.children)
    return _with(data, edits) if edits else None


OTHER_VALUES = {
    "javascript": ('""', "[]"), "typescript": ('""', "[]"), "php": ("''", "[]"), "ruby": ("''", "[]"),
}  # fmt: skip
"""Language without stated types -> what a body may give where nothing makes a program fail."""


def _empty(node: Node, data: bytes, language: str, value: str | None) -> Edit | None:
    body = node.child_by_field_name("body")
    body = body or next((child for child in node.named_children if child.type == "body_statement"), None)
    if body is None:
        return None
    if language == "ruby":
        return body.start_byte, body.end_byte, value or "nil"
    if language in ("javascript", "typescript", "php"):
        block = body.type in ("statement_block", "compound_statement")
        whole = f"{{ return {value}; }}" if value else "{ }"
        return body.start_byte, body.end_byte, whole if block else value or "undefined"
    if body.type not in ("block", "compound_statement"):
        return None
    given = _TYPED[language](node, data) if language in _TYPED else None
    return None if given is None else (body.start_byte, body.end_byte, f"{{ {given} }}")


def _field(node: Node, name: str, data: bytes) -> str:
    child = node.child_by_field_name(name)
    return data[child.start_byte : child.end_byte].decode("utf-8", "replace") if child is not None else ""


_MADE = {
    "List": "ArrayList", "Set": "HashSet", "Map": "HashMap", "Collection": "ArrayList", "Iterable": "ArrayList",
}  # fmt: skip


def _java(node: Node, data: bytes) -> str | None:
    kind = _field(node, "type", data)
    plain = {"void": "", "boolean": "return false;", "char": "return '\\0';"}
    numbers = ("int", "long", "short", "byte", "double", "float")
    if kind in numbers or kind in plain:
        return plain.get(kind, "return 0;")
    if kind in ("String", "CharSequence", "Object"):
        return 'return "";'
    if re.fullmatch(r"[\w.]+\[\]", kind):
        return f"return new {kind[:-1]}0];"
    made = re.match(r"(?:java\.util\.)?(List|Set|Map|Collection|Iterable)\b", kind)
    if made:
        return f"return new java.util.{_MADE[made[1]]}<>();"
    return "return null;"


def _csharp(node: Node, data: bytes) -> str | None:
    kind = _field(node, "returns", data) or _field(node, "type", data)
    body = _field(node, "body", data)
    if "yield return" in body:
        return "yield break;"
    return "" if kind == "void" else f"return default({kind});" if kind else None


def _go(node: Node, data: bytes) -> str | None:
    result = node.child_by_field_name("result")
    if result is None:
        return ""
    if result.type != "parameter_list":
        return f"var zero {_field(node, 'result', data)}; return zero"
    kinds = []
    for child in result.named_children:
        if child.child_by_field_name("name") is not None:
            return "return"
        kinds.append(data[child.start_byte : child.end_byte].decode("utf-8", "replace"))
    made = "; ".join(f"var zero{i} {kind}" for i, kind in enumerate(kinds))
    return f"{made}; return {', '.join(f'zero{i}' for i in range(len(kinds)))}"


def _rust(node: Node, data: bytes) -> str | None:
    kind = _field(node, "return_type", data)
    if not kind:
        return ""
    if kind.startswith("Result<"):
        return "Ok(Default::default())"
    return None if "impl " in kind or kind == "Self" else "Default::default()"


def _cpp(node: Node, data: bytes) -> str | None:
    kind = _field(node, "type", data)
    if not kind or kind == "auto" or "&" in _field(node, "declarator", data).partition("(")[0]:
        return None
    pointer = "*" in _field(node, "declarator", data).partition("(")[0]
    return "" if kind == "void" and not pointer else "return {};"


def _c(node: Node, data: bytes) -> str | None:
    kind = _field(node, "type", data)
    pointer = "*" in _field(node, "declarator", data).partition("(")[0]
    if kind == "void" and not pointer:
        return ""
    if pointer and kind not in ("FILE", "va_list"):
        return "static char empty[256]; return (void *) empty;"
    return None if kind.startswith(("struct", "union")) and not pointer else "return 0;"


_TYPED = {"java": _java, "csharp": _csharp, "go": _go, "rust": _rust, "cpp": _cpp, "c": _c}
