"""Which nodes of each grammar move data, and through which fields: the data flow's only tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType

__all__ = ["FLOW_RULES", "FlowRules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRules:
    """Node types by what they do; a pair names the fields of target and value."""

    declares: dict[str, tuple[str, str]] = field(default_factory=dict)
    """A name comes into being, perhaps with a value: `int x = y`."""
    assigns: dict[str, tuple[str, str]] = field(default_factory=dict)
    """A target is computed from a value: `x = y`, `x += y`."""
    increments: frozenset[str] = frozenset()
    """A name is computed from itself: `x++`."""
    branches: frozenset[str] = frozenset()
    """One of several arms is taken."""
    other_ways: frozenset[str] = frozenset()
    """Children of a branch that begin another arm, e.g. `else`."""
    counting_loops: frozenset[str] = frozenset()
    """`for (init; condition; step)`."""
    each_loops: dict[str, tuple[str, str]] = field(default_factory=dict)
    """`for target in value`."""
    loops: frozenset[str] = frozenset()
    """`while`, and whatever else only goes round."""
    first: frozenset[str] = frozenset()
    """Children whose effect comes before that of their older siblings: comprehensions' `for`."""
    names: frozenset[str] = frozenset({"identifier"})
    """Leaves that name variables."""


_C_FAMILY = {
    "assigns": {"assignment_expression": ("left", "right")},
    "increments": frozenset({"update_expression"}),
    "branches": frozenset({"if_statement"}),
    "other_ways": frozenset({"else_clause"}),
    "counting_loops": frozenset({"for_statement"}),
    "loops": frozenset({"while_statement"}),
}
_C = FlowRules(
    **_C_FAMILY,  # type: ignore[arg-type]
    declares={"init_declarator": ("declarator", "value")},
    each_loops={"for_range_loop": ("declarator", "right")},
)
_JAVASCRIPT = FlowRules(
    declares={"variable_declarator": ("name", "value"), "required_parameter": ("pattern", "value")},
    assigns={
        "assignment_expression": ("left", "right"),
        "augmented_assignment_expression": ("left", "right"),
        "assignment_pattern": ("left", "right"),
    },
    increments=frozenset({"update_expression"}),
    branches=frozenset({"if_statement"}),
    other_ways=frozenset({"else_clause"}),
    counting_loops=frozenset({"for_statement"}),
    each_loops={"for_in_statement": ("left", "right")},
    loops=frozenset({"while_statement"}),
)

FLOW_RULES = MappingProxyType({
    "c": _C,
    "cpp": _C,
    "csharp": FlowRules(
        declares={"variable_declarator": ("name", "")},
        assigns={"assignment_expression": ("left", "right")},
        increments=frozenset({"postfix_unary_expression"}),
        branches=frozenset({"if_statement"}),
        other_ways=frozenset({"else"}),
        counting_loops=frozenset({"for_statement"}),
        each_loops={"foreach_statement": ("left", "right")},
        loops=frozenset({"while_statement"}),
    ),
    "go": FlowRules(
        declares={"var_spec": ("name", "value"), "const_spec": ("name", "value")},
        assigns={
            "assignment_statement": ("left", "right"),
            "short_var_declaration": ("left", "right"),
        },
        increments=frozenset({"inc_statement", "dec_statement"}),
        branches=frozenset({"if_statement"}),
        other_ways=frozenset({"else"}),
        each_loops={"range_clause": ("left", "right")},
        loops=frozenset({"for_statement"}),
    ),
    "java": FlowRules(
        declares={"variable_declarator": ("name", "value")},
        assigns={"assignment_expression": ("left", "right")},
        increments=frozenset({"update_expression"}),
        branches=frozenset({"if_statement"}),
        other_ways=frozenset({"else"}),
        counting_loops=frozenset({"for_statement"}),
        each_loops={"enhanced_for_statement": ("name", "value")},
        loops=frozenset({"while_statement"}),
    ),
    "javascript": _JAVASCRIPT,
    "php": FlowRules(
        declares={"simple_parameter": ("name", "default_value")},
        assigns={
            "assignment_expression": ("left", "right"),
            "augmented_assignment_expression": ("left", "right"),
        },
        increments=frozenset({"update_expression"}),
        branches=frozenset({"if_statement"}),
        other_ways=frozenset({"else_clause", "else_if_clause"}),
        counting_loops=frozenset({"for_statement"}),
        each_loops={"foreach_statement": ("", "")},
        loops=frozenset({"while_statement"}),
        names=frozenset({"name"}),
    ),
    "python": FlowRules(
        declares={"default_parameter": ("name", "value"), "typed_default_parameter": ("name", "value")},
        assigns={
            "assignment": ("left", "right"),
            "augmented_assignment": ("left", "right"),
            "named_expression": ("name", "value"),
            "for_in_clause": ("left", "right"),
        },
        branches=frozenset({"if_statement"}),
        other_ways=frozenset({"elif_clause", "else_clause"}),
        each_loops={"for_statement": ("left", "right")},
        loops=frozenset({"while_statement"}),
        first=frozenset({"for_in_clause"}),
    ),
    "ruby": FlowRules(
        declares={"optional_parameter": ("name", "value"), "keyword_parameter": ("name", "value")},
        assigns={"assignment": ("left", "right"), "operator_assignment": ("left", "right")},
        branches=frozenset({"if", "unless", "elsif", "case"}),
        other_ways=frozenset({"else", "elsif", "when"}),
        each_loops={"for": ("pattern", "value")},
        loops=frozenset({"while", "until"}),
        names=frozenset({"identifier", "instance_variable", "global_variable", "class_variable"}),
    ),
    "rust": FlowRules(
        declares={"let_declaration": ("pattern", "value")},
        assigns={"assignment_expression": ("left", "right"), "compound_assignment_expr": ("left", "right")},
        branches=frozenset({"if_expression"}),
        other_ways=frozenset({"else_clause"}),
        each_loops={"for_expression": ("pattern", "value")},
        loops=frozenset({"while_expression", "loop_expression"}),
    ),
    "typescript": _JAVASCRIPT,
})  # fmt: skip
"""Programming language -> its rules; a language that isn't here has no data flow to compare."""
