"""CodeBLEU's syntax part: how many subtrees of the right program the other one has too."""

from __future__ import annotations

from tree_sitter import Node

from codetune.code.parsing import parse

__all__ = ["matched_subtrees", "shared_shapes"]

_Shape = tuple[str, tuple[tuple[str | None, int], ...]]


class _Shapes:
    """Numbers for tree shapes: equal shapes have equal numbers, whatever the names in them."""

    def __init__(self) -> None:
        self._numbers: dict[_Shape, int] = {}

    def of(self, root: Node) -> list[int]:
        """Shapes of all inner nodes under `root`, itself included; comments left out."""
        inner: list[int] = []
        done: dict[int, int] = {}
        stack: list[tuple[Node, bool]] = [(root, False)]
        while stack:
            node, seen = stack.pop()
            named = [
                (number, child)
                for number, child in enumerate(node.children)
                if child.is_named and "comment" not in child.type
            ]
            if not seen:
                stack.append((node, True))
                stack.extend((child, False) for _, child in named)
                continue
            below = tuple((node.field_name_for_child(number), done[child.id]) for number, child in named)
            shape = self._numbers.setdefault((node.type, below), len(self._numbers))
            done[node.id] = shape
            if node.child_count:
                inner.append(shape)
        return inner


def matched_subtrees(reference: str, hypothesis: str, language: str) -> tuple[int, int]:
    """Subtrees of a right program that stand in another one, and subtrees it has.

    A subtree is a node that has children, with everything named below it; names and literals
    don't count, only their kind.
    """
    return shared_shapes(parse(reference, language)[0].root_node, parse(hypothesis, language)[0].root_node)


def shared_shapes(reference: Node, hypothesis: Node) -> tuple[int, int]:
    """Subtrees of one tree that stand in the other, and subtrees it has; whatever grammar made them."""
    shapes = _Shapes()
    given = set(shapes.of(hypothesis))
    wanted = shapes.of(reference)
    return sum(shape in given for shape in wanted), len(wanted)
