"""Calls of a function in a program of any language with a grammar, and whether their arguments are data."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from codetune.code.parsing import parse
from codetune.synth.languages.given_code import GivenCode

__all__ = ["only_meaningless_calls"]

_CALLS = {
    "call_expression": "function", "new_expression": "constructor", "method_invocation": "name",
    "object_creation_expression": "type", "invocation_expression": "function", "function_call_expression": "function",
    "member_call_expression": "name", "scoped_call_expression": "name", "call": "method",
}  # fmt: skip
"""Kind of call -> the field with what is called."""
_NOTHING = frozenset({"null", "undefined", "nil", "None", "NULL", "nullptr", "default", "()", "{}"})
_FUNCTION = re.compile(r"lambda|arrow_function|function_expression|closure|anonymous|func_literal|^block")


def only_meaningless_calls(given: GivenCode, name: str) -> bool:
    """Whether a program calls a function, outside its own code, with nothing but null and functions.

    Calls without arguments count as meaningful: there is nothing to give. So do programs in which no call by name
    is found, as the function may have been handed on.
    """
    found = list(_arguments(given, name))
    return bool(found) and not any(not held or any(map(_is_data, held)) for held in found)


def _arguments(given: GivenCode, name: str) -> Iterator[list[Node]]:
    tree, _ = parse(given.program.decode("utf-8", "replace"), given.language)
    stack = [tree.root_node]
    while stack:
        node = stack.pop()
        if given.start <= node.start_byte and node.end_byte <= given.end:
            continue
        called = node.child_by_field_name(_CALLS[node.type]) if node.type in _CALLS else None
        if called is not None:
            last = re.search(
                r"([\w$]+[?!]?)\s*(?:<[^()]*>)?$", (called.text or b"").decode("utf-8", "replace")
            )
            if last is not None and last[1] == name:
                held = node.child_by_field_name("arguments")
                yield held.named_children if held is not None else []
        if node.type == "token_tree":  # of a Rust macro: not parsed, so taken for a call with data
            if re.search(rf"\b{re.escape(name)}\b", (node.text or b"").decode("utf-8", "replace")):
                yield []
            continue
        stack.extend(node.children)


def _is_data(argument: Node) -> bool:
    inner = (
        argument.named_children[-1] if argument.type == "argument" and argument.named_children else argument
    )
    return (inner.text or b"").decode("utf-8", "replace") not in _NOTHING and not _FUNCTION.search(inner.type)
