"""Another solution in the given code's place, and programs without their assertions.

    imports of both ─▶ definitions of the program ─▶ the solution's functions ─▶ the program's uses

What goes in is text, what comes out is text that may or may not compile; nothing is run here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from codetune.code.functions import functions
from codetune.code.parsing import parse
from codetune.code.scopes import split_name
from codetune.execution.languages.go_program import go_program
from codetune.synth.languages.given_code import GivenCode, body_start
from codetune.synth.languages.mutants import FUNCTIONS

__all__ = ["header", "substituted", "without_asserts"]

_IMPORTS = {
    "javascript": r"^import\s[^\n]*$|^(?:const|let|var)\s[^\n=]*=\s*require\([^\n]*$",
    "typescript": r"^import\s[^\n]*$|^(?:const|let|var)\s[^\n=]*=\s*require\([^\n]*$",
    "java": r"^[ \t]*(?:import|package)\s[^\n;]*;[ \t]*$",
    "csharp": r"^[ \t]*using\s[^\n;(]*;[ \t]*$",
    "rust": r"^(?:pub\s+)?use\s[^;]*;",
    "c": r"^[ \t]*#[ \t]*include[^\n]*$",
    "cpp": r"^[ \t]*#[ \t]*include[^\n]*$|^using\s[^\n;]*;[ \t]*$",
    "php": r"\A\s*<\?(?:php)?|\?>\s*\Z|^(?:use|declare)\b[^\n;]*;[ \t]*$",
    "ruby": r"^require\s[^\n]*$",
}
"""Language -> lines of a solution that stand before the program, if they are not there already."""
_IN_TYPES = ("java", "csharp")
_ENTRIES = ("main", "Main")
_FAILS = r"(?:throw\b|panic!?\s*\(|raise\b|fail\b|abort\b|exit\b|process\.exit|log\.Fatal|os\.Exit|System\.exit|std::abort)"
_ASSERTION = re.compile(r"(?:console\.|std::|debug_)?assert\w*\s*[!.(]|(?:Debug|Trace)\.Assert|Assert\.")
_IF_FAILS = re.compile(rf"\s*\{{?\s*{_FAILS}[^{{}}]*\}}?\s*(?:end)?\s*")
_RAISES = re.compile(r"(?:raise|fail|abort)\b")


def header(given: GivenCode) -> str | None:
    """The given code up to its body, on one line; None where it isn't one function with a body."""
    found = given.functions()
    body = found[0].child_by_field_name("body") if len(found) == 1 else None
    if body is None and (not found or body_start(found[0]) is None):
        return None
    end = body.start_byte if body is not None else body_start(found[0])
    return " ".join(given.program[given.start : end].decode("utf-8", "replace").split()).rstrip("{ ")


def substituted(given: GivenCode, solution: str, name: str) -> str | None:
    """The program with a solution of the same function in the given code's place.

    Args:
        given: The code in its program.
        solution: Code that defines the function, perhaps in a class, with imports, helpers and examples.
        name: Of the function.

    Returns:
        None where the solution does not define it.
    """
    language = given.language
    spans = list(functions(solution, language))
    if not any(split_name(span.name)[-1] == name for span in spans):
        return None
    if language == "go":
        return "".join(
            go_program(
                given.replaced(_definitions(_without_package(solution), language)), _go_imports(solution)
            )
        )
    heads = [match[0].strip() for match in re.finditer(_IMPORTS[language], solution, re.MULTILINE)]
    rest = re.sub(_IMPORTS[language], "", solution, flags=re.MULTILINE)
    if language in _IN_TYPES and any(span.scopes for span in spans):
        rest = "\n\n".join(span.code for span in spans if split_name(span.name)[-1] not in _ENTRIES)
    else:
        rest = _definitions(rest, language)
    text = given.program.decode("utf-8", "replace")
    new = [
        head
        for head in dict.fromkeys(heads)
        if head not in text and not head.startswith(("<?", "?>", "package", "declare"))
    ]
    if language in ("rust", "php", "ruby"):  # may stand wherever the function stands
        return given.replaced("\n".join([*new, rest]))
    return "\n".join([*new, given.replaced(rest)])


def _without_package(solution: str) -> str:
    code = re.sub(r"^\s*package\s+\w+[ \t]*$", "", solution, flags=re.MULTILINE)
    return re.sub(r"^import\s*(?:\([^)]*\)|[^\n]*)", "", code, flags=re.MULTILINE)


def _go_imports(solution: str) -> str:
    return "\n".join(re.findall(r"^import\s*(?:\([^)]*\)|[^\n]*)", solution, re.MULTILINE))


def _definitions(code: str, language: str) -> str:
    """The code without its entry, exports and examples."""
    tree, data = parse(code, language)
    top = [child for child in tree.root_node.children if not (language == "php" and child.type == "php_tag")]
    return _without(data, [node for node in top if _is_use(node, language)])


def _is_use(node: Node, language: str) -> bool:
    text = (node.text or b"").decode("utf-8", "replace")
    if node.type in FUNCTIONS:
        named = node.child_by_field_name("name") or node.child_by_field_name("declarator")
        return named is not None and re.match(rb"[Mm]ain\b", named.text or b"") is not None
    if language in ("javascript", "typescript"):
        calls = any(child.type in ("call_expression", "await_expression") for child in node.named_children)
        exports = text.startswith(("module.exports", "exports.", "export default "))
        return (node.type == "expression_statement" and (calls or exports)) or node.type == "if_statement"
    if language == "php":
        return node.type in ("echo_statement", "expression_statement", "print_intrinsic")
    return language == "ruby" and (
        node.type in ("call", "if_modifier") or text.startswith(("puts ", "p ", "if __FILE__"))
    )


def without_asserts(given: GivenCode) -> GivenCode:
    """The program without the assertions around the given code, so that one that fails does not end it."""
    tree, _ = parse(given.program.decode(), given.language)
    found = [
        node
        for node in _assertions(tree.root_node, given.language)
        if node.end_byte <= given.start or node.start_byte >= given.end
    ]
    filler = "" if given.language in ("ruby", "go") else ";"
    text = _without(given.program, found, filler)
    moved = sum(
        node.end_byte - node.start_byte - len(filler) for node in found if node.end_byte <= given.start
    )
    return GivenCode(text.encode(), given.language, given.start - moved, given.end - moved)


def _assertions(root: Node, language: str) -> Iterator[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        text = (node.text or b"").decode("utf-8", "replace")
        if (
            node.type == "assert_statement"
            or (node.type == "expression_statement" and _ASSERTION.match(text))
            or (node.type in ("if_modifier", "unless_modifier") and _RAISES.match(text))
        ):
            yield node
        elif node.type in ("if_statement", "if_expression", "unless", "if") and _only_fails(node):
            # An expression stands in a statement of its own.
            parent = node.parent
            yield parent if parent is not None and parent.type == "expression_statement" else node
        else:
            stack.extend(reversed(node.children))


def _only_fails(node: Node) -> bool:
    if node.child_by_field_name("alternative") is not None:
        return False
    body = node.child_by_field_name("consequence") or node.child_by_field_name("body")
    text = (body.text or b"").decode("utf-8", "replace") if body is not None else ""
    return _IF_FAILS.fullmatch(text.removeprefix("then")) is not None and text.count("\n") <= 2


def _without(data: bytes, nodes: list[Node], filler: str = "") -> str:
    for node in sorted(nodes, key=lambda one: one.start_byte, reverse=True):
        data = data[: node.start_byte] + filler.encode() + data[node.end_byte :]
    return data.decode("utf-8", "replace")
