"""Data flow of a program: which value each use of a name comes from.

A walk over the syntax tree keeps, for each name, the tokens that last set it; a use of the name
then comes from those. The arms of a branch are walked from the same beginning and joined; the
body of a loop is walked twice, so that what it sets reaches its own beginning.

Source: GraphCodeBERT and CodeBLEU (arXiv:2009.08366, arXiv:2009.10297), one walk for all
languages over the tables of `flow_rules`.
"""

from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from codetune.code.parsing import parse
from codetune.tasks.grading.codebleu.flow_rules import FLOW_RULES, FlowRules

__all__ = ["Flow", "flows_of"]

States = dict[str, tuple[int, ...]]
"""Name -> places of the tokens that may have set it."""

_STRINGS = frozenset({
    "string", "string_literal", "character_literal", "char_literal", "interpreted_string_literal",
    "raw_string_literal", "rune_literal",
})  # fmt: skip
_DEEPEST_DOUBLE_WALK = 6
"""Loops nested deeper are walked once: each level doubles the work, and untrusted code nests at will."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One token and what it comes from, names replaced by numbers in order of appearance."""

    name: int
    relation: str
    """`comesFrom` (a use, a declaration) or `computedFrom` (an assignment)."""
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Edge:
    name: str
    place: int
    relation: str
    sources: tuple[tuple[int, str], ...]


class _Walk:
    def __init__(self, root: Node, rules: FlowRules) -> None:
        self.rules = rules
        self.places: dict[int, int] = {}
        self._number(root)
        self._depth = 0

    def _number(self, root: Node) -> None:
        stack = [root]
        while stack:
            node = stack.pop()
            if self._is_leaf(node):
                self.places[node.id] = len(self.places)
            else:
                stack.extend(reversed(node.children))

    @staticmethod
    def _is_leaf(node: Node) -> bool:
        return node.child_count == 0 or node.type in _STRINGS

    def variables(self, node: Node | None) -> list[tuple[int, str]]:
        """Place and text of the names and literals below a node, in order."""
        found: list[tuple[int, str]] = []
        stack = [node] if node is not None else []
        while stack:
            here = stack.pop()
            if not self._is_leaf(here):
                stack.extend(reversed(here.children))
            elif (text := _text(here)) != here.type and "comment" not in here.type:
                found.append((self.places[here.id], text))
        return found

    def walk(self, node: Node, states: States) -> tuple[list[_Edge], States]:
        rules = self.rules
        kind = node.type
        if self._is_leaf(node):
            return self._use(node, states)
        if kind in rules.declares:
            return self._set(node, rules.declares[kind], "comesFrom", states)
        if kind in rules.assigns:
            return self._set(node, rules.assigns[kind], "computedFrom", states)
        if kind in rules.increments:
            return self._increment(node, states)
        if kind in rules.branches:
            return self._branch(node, states)
        if kind in rules.each_loops:
            return self._each(node, rules.each_loops[kind], states)
        if kind in rules.counting_loops:
            return self._counting(node, states)
        if kind in rules.loops:
            return self._again(node.children, states)
        children = [child for child in node.children if child.type in rules.first]
        children += [child for child in node.children if child.type not in rules.first]
        return self._in_turn(children, states)

    def _in_turn(self, nodes: list[Node], states: States) -> tuple[list[_Edge], States]:
        edges: list[_Edge] = []
        for node in nodes:
            more, states = self.walk(node, states)
            edges += more
        return edges, states

    def _use(self, node: Node, states: States) -> tuple[list[_Edge], States]:
        text = _text(node)
        if text == node.type or "comment" in node.type:
            return [], states
        place = self.places[node.id]
        if text in states:
            return [_Edge(text, place, "comesFrom", tuple((source, text) for source in states[text]))], states
        if node.type in self.rules.names:
            states = {**states, text: (place,)}
        return [_Edge(text, place, "comesFrom", ())], states

    def _set(
        self, node: Node, fields: tuple[str, str], relation: str, states: States
    ) -> tuple[list[_Edge], States]:
        target, value = node.child_by_field_name(fields[0]), node.child_by_field_name(fields[1] or "value")
        if target is None:
            return self._in_turn(node.children, states)
        if value is None and not fields[1]:  # grammars that leave the value's field unnamed: `x = value`
            after = [child for child in node.named_children if child.start_byte > target.start_byte]
            value = after[-1] if after and any(child.type == "=" for child in node.children) else None
        if value is None:
            if relation == "computedFrom":
                return [], states  # `x: int` says nothing about a value
            return self._assigned(target, None, relation, states)
        edges, states = self.walk(value, states)
        for one, other in _paired(target, value):
            more, states = self._assigned(one, other, relation, states)
            edges += more
        return edges, states

    def _assigned(
        self, target: Node, value: Node | None, relation: str, states: States
    ) -> tuple[list[_Edge], States]:
        sources = tuple(self.variables(value))
        names = self.variables(target)
        edges = [_Edge(name, place, relation, sources) for place, name in names]
        return edges, {**states, **{name: (place,) for place, name in names}}

    def _increment(self, node: Node, states: States) -> tuple[list[_Edge], States]:
        if not any(child.type in ("++", "--") for child in node.children):
            return self._in_turn(node.children, states)
        return self._assigned(node, node, "computedFrom", states)

    def _branch(self, node: Node, states: States) -> tuple[list[_Edge], States]:
        edges: list[_Edge] = []
        current, others = states, []
        other_way = False
        for child in node.children:
            starts = child.type in self.rules.other_ways
            # After a bare `else` the rest is the other arm; clauses hold theirs within.
            other_way = other_way or (starts and child.child_count == 0)
            if starts or other_way:
                more, ended = self.walk(child, states)
                others.append(ended)
            else:
                more, current = self.walk(child, current)
            edges += more
        always = bool(others)
        return edges, _joined([*others, current] if always else [current, states])

    def _each(self, node: Node, fields: tuple[str, str], states: States) -> tuple[list[_Edge], States]:
        if fields[0]:
            target, value = (node.child_by_field_name(name) for name in fields)
        else:  # PHP's `foreach (value as target)` names no fields
            named = [child for child in node.named_children if child.type != "comment"]
            value, target = (named[0], named[1]) if len(named) > 1 else (None, None)
        if target is None or value is None:
            return self._again(node.children, states)
        rest = [
            child for child in node.named_children if child.start_byte >= max(target.end_byte, value.end_byte)
        ]
        edges: list[_Edge] = []
        for _ in range(self._turns()):
            self._depth += 1
            more, states = self.walk(value, states)
            edges += more
            for one, other in _paired(target, value):
                more, states = self._assigned(one, other, "computedFrom", states)
                edges += more
            more, states = self._in_turn(rest, states)
            edges += more
            self._depth -= 1
        return edges, states

    def _counting(self, node: Node, states: States) -> tuple[list[_Edge], States]:
        edges, states = self._in_turn(node.children, states)
        initial = next((n for n, child in enumerate(node.children) if "declaration" in child.type), None)
        if initial is not None and self._turns() == 2:
            self._depth += 1
            more, states = self._in_turn(node.children[initial + 1 :], states)
            edges += more
            self._depth -= 1
        return edges, states

    def _again(self, nodes: list[Node], states: States) -> tuple[list[_Edge], States]:
        edges: list[_Edge] = []
        turns = self._turns()
        self._depth += 1
        for _ in range(turns):
            more, states = self._in_turn(nodes, states)
            edges += more
        self._depth -= 1
        return edges, states

    def _turns(self) -> int:
        return 2 if self._depth < _DEEPEST_DOUBLE_WALK else 1


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _joined(arms: list[States]) -> States:
    joined: dict[str, set[int]] = {}
    for states in arms:
        for name, places in states.items():
            joined.setdefault(name, set()).update(places)
    return {name: tuple(sorted(places)) for name, places in joined.items()}


def _paired(target: Node, value: Node) -> list[tuple[Node, Node]]:
    """`a, b = c, d` is two assignments; anything else is one."""
    lists = {
        "pattern_list",
        "tuple_pattern",
        "expression_list",
        "tuple",
        "left_assignment_list",
        "right_assignment_list",
    }
    if target.type in lists and value.type in lists:
        left, right = target.named_children, value.named_children
        if len(left) == len(right) and left:
            return list(zip(left, right, strict=True))
    return [(target, value)]


def _merged(edges: list[_Edge]) -> list[_Edge]:
    """One edge a token, its sources together; tokens that touch no other are left out."""
    by_place: dict[int, _Edge] = {}
    for edge in sorted(edges, key=lambda edge: edge.place):
        known = by_place.get(edge.place)
        sources = {*edge.sources, *(known.sources if known else ())}
        relation = known.relation if known else edge.relation
        by_place[edge.place] = _Edge(edge.name, edge.place, relation, tuple(sorted(sources)))
    touched = {
        place
        for edge in by_place.values()
        if edge.sources
        for place in (edge.place, *(p for p, _ in edge.sources))
    }
    return [edge for place, edge in by_place.items() if place in touched]


def flows_of(code: str, language: str) -> list[Flow]:
    """The data flow of a program, ready to be compared.

    Names are numbered in the order they appear, so renaming changes nothing. The order of sources
    is that of the source text; the published evaluator leaves it to the hash seed.

    Args:
        code: Source text; what doesn't parse still has the flow of what does.
        language: A language of `FLOW_RULES`.

    Returns:
        One entry for each token that takes part; empty where the nesting is too deep to walk.
    """
    tree, _ = parse(code, language)
    walk = _Walk(tree.root_node, FLOW_RULES[language])
    try:
        edges, _ = walk.walk(tree.root_node, {})
    except RecursionError:
        return []
    numbers: dict[str, int] = {}
    flows: list[Flow] = []
    for edge in _merged(edges):
        names = list(dict.fromkeys(name for _, name in edge.sources))
        sources = tuple(numbers.setdefault(name, len(numbers)) for name in names)
        flows.append(Flow(numbers.setdefault(edge.name, len(numbers)), edge.relation, sources))
    return flows
