"""Tags read off the syntax tree: programming paradigm and level.

The rule, written down so that it can be checked by eye (docs/tasks.md tells it at length):

    paradigm   the first that holds:
        event-driven      a handler is registered (`button.on("click", f)`), or the function is one (`on_click`,
                          `handleClick(event)`)
        object-oriented   a type with members is defined, the function is a member of one that is not static, or
                          its own object is used (`self`, `this`, `@x`)
        functional        at least two of: lambdas, comprehensions, `map`/`filter`/`reduce`..., and no more
                          loops than those
        procedural        everything else
    level
        beginner          at most 3 paths through, nested at most 2 deep, no advanced construct
        advanced          more than 10 paths through, or nested more than 4 deep, or 2 kinds of advanced
                          constructs: async, generators, concurrency, generics, metaprogramming, unsafe,
                          bit arithmetic
        intermediate      everything else

Paths through are cyclomatic complexity: branches and loops plus one.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

from tree_sitter import Node

from codetune.code.languages import PARSED_LANGUAGES
from codetune.code.parsing import parse
from codetune.tasks.membership import is_instance_member

__all__ = ["SyntaxProfile", "level_of", "paradigm_of", "profile_of", "tags_of"]

_BRANCHES = frozenset({
    "if_statement", "if_expression", "elif_clause", "else_if_clause", "elsif", "if", "unless",
    "if_modifier", "unless_modifier", "conditional_expression", "ternary_expression", "conditional",
    "case_clause", "switch_section", "switch_case", "case_statement", "expression_case",
    "switch_block_statement_group", "switch_rule", "match_arm", "when", "except_clause", "catch_clause", "rescue",
    "if_clause",
})  # fmt: skip
_LOOPS = frozenset({
    "for_statement", "while_statement", "do_statement", "for_in_statement", "enhanced_for_statement",
    "foreach_statement", "for_range_loop", "for_expression", "while_expression", "loop_expression",
    "for", "while", "until", "while_modifier", "until_modifier",
})  # fmt: skip
_TYPES = frozenset({
    "class_definition", "class_declaration", "class_specifier", "class", "interface_declaration",
    "impl_item", "trait_item", "trait_declaration", "record_declaration", "enum_declaration", "singleton_class",
})  # fmt: skip
_LAMBDAS = frozenset({
    "lambda", "lambda_expression", "arrow_function", "closure_expression", "func_literal",
    "anonymous_function", "anonymous_function_creation_expression", "function_expression", "block", "do_block",
})  # fmt: skip
_COMPREHENSIONS = frozenset({
    "list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression", "query_expression",
})  # fmt: skip
_CALLS = frozenset({
    "call", "call_expression", "method_invocation", "invocation_expression", "member_call_expression",
    "function_call_expression", "scoped_call_expression", "macro_invocation",
})  # fmt: skip
_FUNCTIONAL = frozenset({
    "map", "filter", "reduce", "fold", "foldl", "foldr", "flat_map", "flatmap", "compose", "curry",
    "partial", "zip_with", "take_while", "takewhile", "array_map", "array_filter", "array_reduce",
    "select", "inject", "aggregate", "collect",
})  # fmt: skip
_REGISTER = frozenset({
    "addeventlistener", "removeeventlistener", "addlistener", "add_listener", "on", "once", "subscribe",
    "add_handler", "addhandler", "register_callback", "registercallback", "add_callback",
    "add_done_callback", "connect_signal", "setonclicklistener", "handlefunc", "addactionlistener",
    "onclick",
})  # fmt: skip
_HANDLER_NAME = re.compile(r"^on_?(?=[A-Z])\w+$|^on_[a-z]\w*$")
_HANDLES = re.compile(r"^[Hh]andle(?:_\w+|[A-Z]\w*)?$")
_EVENT_PARAMETER = re.compile(r"\b(?:e|ev|evt|event|\w+[Ee]vent(?:Args)?)\b")
_NAMES = frozenset({
    "identifier", "attribute", "member_expression", "method_reference", "field_access", "argument", "name",
})  # fmt: skip
_SELVES = frozenset({"self", "this", "this_expression", "instance_variable", "class_variable", "super"})
_ADVANCED = {
    "async": frozenset({"await", "await_expression", "async"}),
    "generators": frozenset({"yield", "yield_expression", "yield_statement"}),
    "concurrency": frozenset({
        "go_statement", "select_statement", "send_statement", "synchronized_statement", "lock_statement", "channel_type",
    }),
    "generics": frozenset({
        "type_parameters", "type_parameter_list", "template_declaration", "where_clause", "lifetime",
        "type_parameter_constraints_clause",
    }),
    "metaprogramming": frozenset({"decorator", "macro_definition", "preproc_function_def", "decltype"}),
    "unsafe": frozenset({"unsafe_block", "unsafe_statement", "asm_statement", "gnu_asm_expression"}),
}  # fmt: skip
_BITS = frozenset({"<<", ">>", ">>>", "^", "~", "<<=", ">>=", "^="})
_NESTS = (
    _BRANCHES | _LOOPS | {"try_statement", "with_statement", "match_statement", "switch_statement", "begin"}
)
_FLAT = frozenset({"elif_clause", "else_if_clause", "elsif"})
_COUNTED = frozenset({"identifier"}).union(
    _NESTS, _TYPES, _SELVES, _LAMBDAS, _COMPREHENSIONS, _CALLS, *_ADVANCED.values()
)
"""Nodes that the rule looks at; most of a tree is none of them."""


@dataclass(slots=True)
class SyntaxProfile:
    """What the rule looks at."""

    branches: int = 0
    loops: int = 0
    depth: int = 0
    """Deepest nesting of branches, loops and their like."""
    functional: int = 0
    registers: int = 0
    has_members: bool = False
    is_handler: bool = False
    advanced: Counter[str] = field(default_factory=Counter)

    @property
    def complexity(self) -> int:
        """Paths through the code."""
        return 1 + self.branches + self.loops


def profile_of(code: str, programming_language: str) -> SyntaxProfile:
    """Count what the rule needs, in one walk over the tree."""
    tree, _ = parse(code, programming_language)
    profile = SyntaxProfile()
    stack: list[tuple[Node, int]] = [(tree.root_node, 0)]
    while stack:
        node, depth = stack.pop()
        kind = node.type
        if node.is_named:
            depth = _look(node, kind, depth, profile, programming_language)
        elif kind in _BITS and node.parent is not None and "binary" in node.parent.type:
            profile.advanced["bit arithmetic"] += 1
        elif kind == "async":
            profile.advanced["async"] += 1
        elif kind in _SELVES:
            profile.has_members = True
        stack.extend((child, depth) for child in node.children)
    return profile


def _look(node: Node, kind: str, depth: int, profile: SyntaxProfile, language: str) -> int:
    if ("function" in kind or "method" in kind) and (name := node.child_by_field_name("name")) is not None:
        profile.is_handler |= _is_handler(node, (name.text or b"").decode("utf-8", "replace"))
    if kind not in _COUNTED:
        return depth
    if kind in _BRANCHES:
        profile.branches += 1
    if kind in _LOOPS:
        profile.loops += 1
    if kind in _NESTS and kind not in _FLAT and not _is_else_if(node):
        depth += 1
        profile.depth = max(profile.depth, depth)
    if kind in _TYPES or kind in _SELVES or (kind == "identifier" and node.text in (b"self", b"this")):
        profile.has_members = True
    if kind in _COMPREHENSIONS or (kind in _LAMBDAS and _is_lambda(kind, language)):
        profile.functional += 1
    if kind in _CALLS:
        called = _called(node)
        profile.functional += called in _FUNCTIONAL
        profile.registers += called in _REGISTER and _registers_function(node, called)
    for word, kinds in _ADVANCED.items():
        if kind in kinds:
            profile.advanced[word] += 1
    return depth


def _is_else_if(node: Node) -> bool:
    parent = node.parent
    if parent is None or node.type not in _BRANCHES:
        return False
    return parent.type in ("else_clause",) or (
        parent.type == node.type and parent.child_by_field_name("alternative") == node
    )


def _is_lambda(kind: str, language: str) -> bool:
    # `block` is a statement list in most grammars, and a closure in Ruby alone.
    return kind not in ("block", "do_block") or language == "ruby"


def _called(node: Node) -> str:
    callee = node.child_by_field_name("function") or node.child_by_field_name("name")
    callee = callee or node.child_by_field_name("method") or node.child_by_field_name("macro")
    text = (callee.text or b"").decode("utf-8", "replace") if callee is not None else ""
    return re.split(r"[.:>]", text)[-1].strip().lower()


def _is_handler(node: Node, name: str) -> bool:
    if _HANDLER_NAME.match(name):
        return True
    parameters = node.child_by_field_name("parameters")
    text = (parameters.text or b"").decode("utf-8", "replace") if parameters is not None else ""
    return bool(_HANDLES.match(name) and _EVENT_PARAMETER.search(text))


def _registers_function(node: Node, called: str) -> bool:
    arguments = node.child_by_field_name("arguments")
    if arguments is None:
        return False
    given = arguments.named_children
    if any(child.type in _LAMBDAS for child in given):
        return True
    # `on` and `once` are common words: they take the name of an event and a function.
    if called in ("on", "once") and (len(given) < 2 or "string" not in given[0].type):
        return False
    return any(child.type in _NAMES for child in given)


def paradigm_of(profile: SyntaxProfile) -> str:
    """The paradigm that the rule gives a profile."""
    if profile.registers or profile.is_handler:
        return "event-driven"
    if profile.has_members:
        return "object-oriented"
    if profile.functional >= 2 and profile.functional >= profile.loops:
        return "functional"
    return "procedural"


def level_of(profile: SyntaxProfile) -> str:
    """The level that the rule gives a profile."""
    kinds = len(profile.advanced)
    if profile.complexity > 10 or profile.depth > 4 or kinds >= 2:
        return "advanced"
    if profile.complexity <= 3 and profile.depth <= 2 and kinds == 0:
        return "beginner"
    return "intermediate"


@lru_cache(maxsize=64)  # the tasks made of one snippet ask for the same code in turn
def tags_of(code: str, programming_language: str, name: str | None = None) -> tuple[str, ...]:
    """`paradigm:...` and `level:...` of a piece of code; nothing for languages without a grammar.

    Args:
        code: One definition, or more.
        programming_language: Lower-case name.
        name: Qualified name of the definition, as in `Snippet.name`: it tells a member from a function.
    """
    if programming_language not in PARSED_LANGUAGES:
        return ()
    profile = profile_of(code, programming_language)
    profile.has_members |= is_instance_member(code, programming_language, name)
    return (f"paradigm:{paradigm_of(profile)}", f"level:{level_of(profile)}")
