"""What makes a function functional: its value is composed of functions, and not made step by step.

    applies     a function that was given is called in a loop, a lambda or a comprehension, or is all that is called;
                or the last statement hands it on to another function
    composes    no loops, nothing assigned twice, and half of the statements map, filter, reduce or comprehend,
                the last one among them

A `map` with its lambda is one such step, and a lambda that is given to anything else is none. A function that is only
called once, on the way, is a callback. Functions that are returned, and members, are told in `tags`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

__all__ = [
    "CALLS",
    "COMPREHENSIONS",
    "LAMBDAS",
    "LOOPS",
    "applies_function",
    "called_name",
    "composes_functions",
]

LOOPS = frozenset({
    "for_statement", "while_statement", "do_statement", "for_in_statement", "enhanced_for_statement",
    "foreach_statement", "for_range_loop", "for_expression", "while_expression", "loop_expression",
    "for", "while", "until", "while_modifier", "until_modifier",
})  # fmt: skip
LAMBDAS = frozenset({
    "lambda", "lambda_expression", "arrow_function", "closure_expression", "func_literal",
    "anonymous_function", "anonymous_function_creation_expression", "function_expression", "block", "do_block",
})  # fmt: skip
COMPREHENSIONS = frozenset({
    "list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression", "query_expression",
})  # fmt: skip
CALLS = frozenset({
    "call", "call_expression", "method_invocation", "invocation_expression", "member_call_expression",
    "function_call_expression", "scoped_call_expression", "macro_invocation",
})  # fmt: skip
_STEPS = frozenset({
    "map", "filter", "reduce", "fold", "foldl", "foldr", "flat_map", "flatmap", "compose", "curry", "partial",
    "zip_with", "take_while", "takewhile", "array_map", "array_filter", "array_reduce", "inject", "filter_map", "zip",
    "chain", "islice", "starmap", "accumulate", "dropwhile", "skip_while", "array_walk", "usort", "scan", "map_err",
    "and_then", "selectmany",
})  # fmt: skip
"""Names that mean the same wherever they stand."""
_STEPS_WITH_FUNCTION = frozenset({
    "select", "where", "aggregate", "find", "findindex", "find_index", "find_any", "find_map", "some", "every", "any",
    "all", "anymatch", "allmatch", "nonematch", "any_of", "all_of", "none_of", "find_if", "count_if", "copy_if",
    "transform", "count", "sum", "sumby", "sum_by", "sort_by", "sortby", "orderby", "groupby", "group_by", "min_by",
    "max_by", "minby", "maxby", "partition", "detect", "reject", "first", "firstordefault", "last", "single", "collect",
    "tomap", "todictionary", "unwrap_or_else", "or_else", "ok_or_else", "map_or", "then", "is_some_and", "position",
})  # fmt: skip
"""Names that queries and containers use too: a step where a function is given."""
_EACH = frozenset(
    {"each", "foreach", "for_each", "each_with_index", "each_pair", "each_with_object", "times"}
)
_CHANGES = frozenset({
    "augmented_assignment", "augmented_assignment_expression", "update_expression", "compound_assignment_expr",
    "operator_assignment", "inc_statement", "dec_statement", "postfix_unary_expression", "prefix_unary_expression",
})  # fmt: skip
_ASSIGNMENTS = frozenset({"assignment", "assignment_expression", "assignment_statement"})
_FUNCTION_PARAMETER = re.compile(
    r"(?:fn|func|function|iteratee|predicate|pred|mapper|reducer|comparator|transform|selector|key_func|reducer)s?$"
)
_FUNCTION_TYPE = re.compile(
    r"=>|\bcallable\b|\bCallable\[|\bClosure\b|\bfunc\(|\b(?:Func|Predicate|Comparison|Converter|Function|BiFunction|Supplier"
    r"|UnaryOperator|BinaryOperator|Comparator|ToIntFunction|ToLongFunction|ToDoubleFunction)\b|\bstd::function\b|\bFn(?:Mut|Once)?\("
)
_CALLBACK = re.compile(r"(?:callback|handler|listener|observer|cb|done|next)$", re.IGNORECASE)
_APPLYING = frozenset({"apply", "call", "invoke", "()"})
_APPLYING_TYPED = frozenset(
    {"test", "accept", "applyasint", "applyaslong", "applyasdouble", "get", "compare"}
)
_BARE = frozenset({"identifier", "variable_name", "name"})


def composes_functions(body: Node, statements: list[Node], language: str) -> bool:
    """Whether the value of a body is composed of functions.

    Args:
        body: Of the outermost function.
        statements: Its statements, without comments and docstring.
        language: The programming language.
    """
    steps, bound = 0, set[bytes]()
    for node, _ in _walk(body, language):
        kind = node.type
        if kind in LOOPS or kind in _CHANGES or _is_each(node):
            return False
        if kind in _ASSIGNMENTS and _changes(node, language, bound):
            return False
        steps += kind in COMPREHENSIONS or _is_step(node, language)
    if not steps or 2 * steps < len(statements):
        return False
    last = statements[-1] if statements else body
    if len(statements) == 1 and last.type in _COMPOUND:
        return False
    return any(n.type in COMPREHENSIONS or _is_step(n, language) for n, _ in _walk(last, language))


_COMPOUND = frozenset(
    {"try_statement", "if_statement", "with_statement", "switch_statement", "using_statement"}
)


def applies_function(parameters: Node | None, body: Node, statements: list[Node], language: str) -> bool:
    """Whether applying functions that it was given is what a function does.

    Args:
        parameters: As it declares them; None where it takes none.
        body: As above.
        statements: As above.
        language: As above.
    """
    if parameters is None:
        return False
    names = dict(_parameters(parameters))
    functions = {
        name for name, declared in names.items()
        if (_FUNCTION_PARAMETER.search(name.lower()) or _FUNCTION_TYPE.search(declared)) and not _CALLBACK.search(name)
    }  # fmt: skip
    last = statements[-1] if statements else body
    is_all = len(statements) == 1 and last.type not in _COMPOUND
    loops = False
    for node, inside in _walk(body, language):
        loops = loops or node.type in LOOPS
        if node.type in CALLS and _calls(node, names, functions) and (inside or is_all):
            return True
    return not loops and any(
        node.type in CALLS and any(given in functions for given in _bare_arguments(node))
        for node, _ in _walk(last, language)
    )


def called_name(node: Node) -> str:
    """The last part of what a call calls, in lower case: `map` of `xs.iter().map::<T>`."""
    callee = next(
        (
            found
            for field in ("function", "name", "method", "macro")
            if (found := node.child_by_field_name(field))
        ),
        None,
    )
    text = (callee.text or b"").decode("utf-8", "replace") if callee is not None else ""
    text = re.sub(r"(?:::)?<[^()]*>\s*$", "", text)
    return re.split(r"[.:>]", text)[-1].strip().lower().rstrip("?!")


def _walk(root: Node, language: str) -> Iterator[tuple[Node, bool]]:
    """The nodes below, each with whether it stands in a loop, a lambda or a comprehension."""
    stack = [(root, False)]
    while stack:
        node, inside = stack.pop()
        yield node, inside
        within = inside or node.type in LOOPS or node.type in COMPREHENSIONS or _is_lambda(node, language)
        stack.extend((child, within) for child in reversed(node.named_children))


def _is_lambda(node: Node, language: str) -> bool:
    # `block` is a statement list in most grammars, and a closure in Ruby alone.
    return node.type in LAMBDAS and (language == "ruby" or node.type not in ("block", "do_block"))


def _is_each(node: Node) -> bool:
    return node.type in CALLS and called_name(node) in _EACH


def _is_step(node: Node, language: str) -> bool:
    if node.type not in CALLS:
        return False
    name = called_name(node)
    return name in _STEPS or (name in _STEPS_WITH_FUNCTION and _is_given_function(node, language))


def _is_given_function(call: Node, language: str) -> bool:
    given = _arguments(call)
    if language == "ruby" and (block := call.child_by_field_name("block")) is not None:
        given = [*given, block]
    return any(
        _is_lambda(part, language) or part.type in ("block_argument", "method_reference")
        for argument in given
        for part in (argument, *argument.named_children)
    )


def _arguments(call: Node) -> list[Node]:
    found = call.child_by_field_name("arguments")
    return found.named_children if found is not None else []


def _bare_arguments(call: Node) -> Iterator[str]:
    for argument in _arguments(call):
        part = (
            argument.named_children[0]
            if argument.type == "argument" and argument.named_children
            else argument
        )
        if part.type in (*_BARE, "spread_element", "list_splat"):
            yield _word(part)


def _changes(node: Node, language: str, bound: set[bytes]) -> bool:
    """Whether an assignment gives something a second value; where none is declared, the first binds it."""
    left = node.child_by_field_name("left") or (node.named_children[0] if node.named_children else None)
    if left is None or language not in ("python", "ruby", "php") or left.type not in _BARE:
        return not (language in ("python", "ruby", "php") and left is not None and "list" in left.type)
    again = left.text in bound
    bound.add(left.text or b"")
    return again


def _calls(call: Node, names: dict[str, str], functions: set[str]) -> bool:
    callee = call.child_by_field_name("function")
    if callee is not None and callee.type in _BARE:
        return _word(callee) in names
    owner = callee.named_children[0] if callee is not None and callee.named_children else None
    owner = call.child_by_field_name("object") or call.child_by_field_name("receiver") or owner
    if owner is None or owner.type not in _BARE or _word(owner) not in names:
        return False
    applied = called_name(call)
    return applied in _APPLYING or (applied in _APPLYING_TYPED and _word(owner) in functions)


def _parameters(node: Node) -> Iterator[tuple[str, str]]:
    """Name -> the whole declaration."""
    for child in [node] if node.type in _BARE else node.named_children:
        named = child
        while named.type not in _BARE:
            fields = (named.child_by_field_name(field) for field in ("name", "pattern", "declarator"))
            inner = next((part for part in fields if part is not None), None)
            if inner is None:
                inner = next((part for part in named.named_children if part.type in _BARE), None)
            if inner is None:
                break
            named = inner
        if named.type in _BARE:
            yield _word(named), (child.text or b"").decode("utf-8", "replace")


def _word(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace").lstrip("$*.&")
