"""Tags read off the syntax tree: programming paradigm and level.

The rule, written down so that it can be checked by eye (docs/tasks.md tells it at length):

    paradigm   the first that holds:
        event-driven      a handler is registered (`button.on("click", f)`), or the function is one (`on_click`,
                          `handleClick(event)`), or it takes one to keep (`addListener(callback)`)
        functional        a function is returned, and the own object is not used
        object-oriented   a type with members is defined, the function is a member of one that is not static, or
                          its own object is used (`self`, `this`, `@x`)
        functional        a function that was given is applied, or the value is composed of functions
                          (`codetune.tasks.tagging.functional_style` says when)
        procedural        everything else
    level      see `codetune.tasks.tagging.levels`
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

from tree_sitter import Node

from codetune.code.languages import PARSED_LANGUAGES
from codetune.code.parsing import parse, wrappers_of
from codetune.tasks.tagging.functional_style import (
    CALLS,
    LAMBDAS,
    LOOPS,
    applies_function,
    called_name,
    composes_functions,
)
from codetune.tasks.tagging.levels import level_of_score
from codetune.tasks.tagging.membership import is_instance_member

__all__ = ["SyntaxProfile", "level_of", "paradigm_of", "profile_of", "score_of", "tags_of"]

_BRANCHES = frozenset({
    "if_statement", "if_expression", "elif_clause", "else_if_clause", "elsif", "if", "unless",
    "if_modifier", "unless_modifier", "conditional_expression", "ternary_expression", "conditional",
    "case_clause", "switch_section", "switch_case", "case_statement", "expression_case",
    "switch_block_statement_group", "switch_rule", "match_arm", "when", "except_clause", "catch_clause", "rescue",
    "if_clause",
})  # fmt: skip
_TYPES = frozenset({
    "class_definition", "class_declaration", "class_specifier", "class", "interface_declaration",
    "impl_item", "trait_item", "trait_declaration", "record_declaration", "enum_declaration", "singleton_class",
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
_OWN_NAMES = {
    "python": (b"self",), "rust": (b"self",), "ruby": (b"self",), "c": (), "go": (), "cpp": (b"this",),
    "php": (b"$this", b"this"),
}  # fmt: skip
"""Language -> how code calls its own object; `this` in the others."""
_KEPT_HANDLER = re.compile(r"(?<![\w$])(?:callback|handler|listener|observer)(?![\w$])")
_TAKES_HANDLER = re.compile(r"^_*(?:add|set|register|subscribe|before|after|on|bind|connect)(?=_|[A-Z]|$)")
_LINES_A_POINT = 5
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
    _BRANCHES | LOOPS | {"try_statement", "with_statement", "match_statement", "switch_statement", "begin"}
)
_FLAT = frozenset({"elif_clause", "else_if_clause", "elsif"})
_COUNTED = frozenset({"identifier"}).union(_NESTS, _TYPES, _SELVES, CALLS, *_ADVANCED.values())
"""Nodes that the rule looks at; most of a tree is none of them."""


@dataclass(slots=True)
class SyntaxProfile:
    """What the rule looks at."""

    branches: int = 0
    loops: int = 0
    depth: int = 0
    """Deepest nesting of branches, loops and their like."""
    registers: int = 0
    has_members: bool = False
    is_member: bool = False
    """A member of a type that works on an object, by its place."""
    is_handler: bool = False
    advanced: Counter[str] = field(default_factory=Counter)

    returns_function: bool = False
    is_composed: bool = False
    """It applies functions that it was given, or its value is composed of functions."""
    lines: int = 0

    @property
    def complexity(self) -> int:
        """Paths through the code."""
        return 1 + self.branches + self.loops


def profile_of(code: str, programming_language: str) -> SyntaxProfile:
    """Count what the rule needs, in one walk over the tree."""
    roots = _roots(code, programming_language)
    profile = SyntaxProfile(lines=sum(bool(line.strip()) for line in code.splitlines()))
    _look_at_head(roots, profile, programming_language)
    stack: list[tuple[Node, int]] = [(root, 0) for root in reversed(roots)]
    while stack:
        node, depth = stack.pop()
        kind = node.type
        if node.is_named:
            depth = _look(node, kind, depth, profile, programming_language)
        elif kind in _BITS and node.parent is not None and "binary" in node.parent.type:
            profile.advanced["bit arithmetic"] += 1
        elif kind == "async":
            profile.advanced["async"] += 1
        elif kind in _SELVES and _is_own_object(node, programming_language):
            profile.has_members = True
        stack.extend((child, depth) for child in node.children)
    return profile


def _roots(code: str, language: str) -> list[Node]:
    """The code's outermost nodes, read as members of a type where it does not parse alone."""
    for before, after in wrappers_of(language, "members"):
        tree, _ = parse(before + code + after, language)
        if tree.root_node.has_error:
            continue
        found, stack = [], [tree.root_node]
        start, end = len(before.encode()), len((before + code).encode("utf-8", "replace"))
        while stack:
            node = stack.pop()
            if node.start_byte >= start and node.end_byte <= end and (before or node.parent is None):
                found.append(node)
            elif node.end_byte > start:
                stack.extend(reversed(node.children))
        if found:
            return found
    return [parse(code, language)[0].root_node]


def _look(node: Node, kind: str, depth: int, profile: SyntaxProfile, language: str) -> int:
    if ("function" in kind or "method" in kind) and (name := node.child_by_field_name("name")) is not None:
        profile.is_handler |= _is_handler(node, (name.text or b"").decode("utf-8", "replace"))
    if kind not in _COUNTED:
        return depth
    if kind in _BRANCHES:
        profile.branches += 1
    if kind in LOOPS:
        profile.loops += 1
    if kind in _NESTS and kind not in _FLAT and not _is_else_if(node):
        depth += 1
        profile.depth = max(profile.depth, depth)
    if kind in _TYPES or (
        (kind in _SELVES or (kind == "identifier" and node.text in _OWN_NAMES.get(language, (b"this",))))
        and _is_own_object(node, language)
    ):
        profile.has_members = True
    if kind in CALLS:
        called = called_name(node)
        profile.registers += called in _REGISTER and _registers_function(node, called)
    for word, kinds in _ADVANCED.items():
        if kind in kinds:
            profile.advanced[word] += 1
    return depth


def _is_own_object(node: Node, language: str) -> bool:
    """Whether `self`, `this` and the like mean the object: no parameter of that name, no `def self.x`, no `self::X`."""
    parent = node.parent
    if parent is None:
        return True
    if language == "php" and node.type in ("self", "super"):
        return False
    if parent.type == "singleton_method":
        return parent.child_by_field_name("object") != node
    if language == "typescript" and "parameter" in parent.type:
        return False
    return not (language == "rust" and parent.type in ("scoped_identifier", "use_list", "scoped_use_list"))


_DEFINITIONS = frozenset({
    "function_definition", "function_declaration", "method_declaration", "method_definition", "function_item", "method",
    "singleton_method", "arrow_function", "function_expression", "generator_function_declaration",
    "local_function_statement", "constructor_declaration",
})  # fmt: skip
_RETURNED = LAMBDAS - {"block", "do_block"}


def _look_at_head(roots: list[Node], profile: SyntaxProfile, language: str) -> None:
    """What the outermost function takes and gives."""
    queue = list(roots)
    while queue and queue[0].type not in _DEFINITIONS:
        queue.extend(queue.pop(0).named_children)
    if not queue:
        return
    node = queue[0]
    body = node.child_by_field_name("body")
    taken = node.child_by_field_name("parameters") or _declared_parameters(node)
    if body is None:
        return
    parameters = (taken.text or b"").decode("utf-8", "replace") if taken is not None else ""
    named = node.child_by_field_name("name")
    own = (named.text or b"").decode("utf-8", "replace") if named is not None else ""
    profile.is_handler |= bool(_KEPT_HANDLER.search(parameters) and _TAKES_HANDLER.match(own))
    listed = body.named_children
    if len(listed) == 1 and listed[0].type == "statement_list":  # Go
        listed = listed[0].named_children
    statements = [child for child in listed if "comment" not in child.type and not _is_text(child)]
    statements = statements if body.type not in _EXPRESSIONS else [body]
    profile.is_composed = composes_functions(body, statements, language) or applies_function(
        taken, body, statements, language
    )
    profile.returns_function = bool(statements) and _gives_function(statements, language)
    if body.type in _RETURNED:
        profile.returns_function = True


_EXPRESSIONS = frozenset({"arrow_expression_clause", "call_expression", "binary_expression"})


def _declared_parameters(node: Node) -> Node | None:
    declarator = node.child_by_field_name("declarator")
    return declarator.child_by_field_name("parameters") if declarator is not None else None


def _is_text(statement: Node) -> bool:
    return (
        statement.type == "expression_statement"
        and bool(statement.named_children)
        and (statement.named_children[0].type == "string")
    )


def _gives_function(statements: list[Node], language: str) -> bool:
    """Whether the last statement returns a function that is written here."""
    last = statements[-1]
    if last.type in _RETURNED:
        return language in ("rust", "ruby")
    if "return" not in last.type:
        return False
    values = last.named_children
    if values and values[0].type == "expression_list":  # Go
        values = values[0].named_children
    if any(value.type in _RETURNED for value in values):
        return True
    if language != "python":
        return False
    inner = {
        name.text
        for statement in statements
        if statement.type == "function_definition"
        and (name := statement.child_by_field_name("name")) is not None
    }
    return any(
        part.text in inner
        for value in values
        for part in (value, *_arguments(value))
        if part.type == "identifier"
    )


def _arguments(value: Node) -> list[Node]:
    found = value.child_by_field_name("arguments")
    return found.named_children if found is not None else []


def _is_else_if(node: Node) -> bool:
    parent = node.parent
    if parent is None or node.type not in _BRANCHES:
        return False
    return parent.type in ("else_clause",) or (
        parent.type == node.type and parent.child_by_field_name("alternative") == node
    )


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
    if any(child.type in LAMBDAS for child in given):
        return True
    # `on` and `once` are common words: they take the name of an event and a function.
    if called in ("on", "once") and (len(given) < 2 or "string" not in given[0].type):
        return False
    return any(child.type in _NAMES for child in given)


def paradigm_of(profile: SyntaxProfile) -> str:
    """The paradigm that the rule gives a profile."""
    if profile.registers or profile.is_handler:
        return "event-driven"
    if profile.returns_function and not profile.has_members:
        return "functional"
    if profile.has_members or profile.is_member:
        return "object-oriented"
    if profile.is_composed:
        return "functional"
    return "procedural"


def score_of(profile: SyntaxProfile) -> float:
    """What levels are cut from; `codetune.tasks.tagging.levels` says how it is reckoned."""
    return profile.complexity + profile.depth + 2 * len(profile.advanced) + profile.lines / _LINES_A_POINT


def level_of(profile: SyntaxProfile, programming_language: str) -> str:
    """The level that the rule gives a profile, compared with code of its language."""
    level = level_of_score(score_of(profile), programming_language)
    # Short code that takes knowing such a construct is no beginner's; generics are everyday in typed languages.
    return "intermediate" if level == "beginner" and set(profile.advanced) - {"generics"} else level


@lru_cache(maxsize=64)  # the tasks made of one snippet ask for the same code in turn
def tags_of(
    code: str, programming_language: str, name: str | None = None, scopes: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """`paradigm:...` and `level:...` of a piece of code; nothing for languages without a grammar.

    Args:
        code: One definition, or more.
        programming_language: Lower-case name.
        name: Qualified name of the definition, as in `Snippet.name`: it tells a member from a function.
        scopes: Heads of the types and namespaces around it, as in `Snippet.scopes`.
    """
    if programming_language not in PARSED_LANGUAGES:
        return ()
    profile = profile_of(code, programming_language)
    profile.is_member = is_instance_member(code, programming_language, name, scopes)
    return (f"paradigm:{paradigm_of(profile)}", f"level:{level_of(profile, programming_language)}")
