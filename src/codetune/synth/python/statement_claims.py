"""What a statement says of code that the code's own syntax refutes. Python alone; other languages are not looked at.

In: a statement and the code's tree. Out: a fault, or None. It does not judge what the syntax can't settle.
"""

from __future__ import annotations

import ast
import re

from codetune.code.docstrings import PYTHON_DEFINITIONS

__all__ = ["hides_the_error", "promises_a_result"]

_RETURNS = re.compile(
    r"\b(?:returns?|yields?|gives? back)\b(?!\s+(?:nothing|`?None`?|no\b|early|immediately|at once|if\b|when\b|once\b|without\b|from\b|to\b|control\b))"
    r"\s+(?:a|an|the|its|their|all|each|every|whether|how|true|false|one|both|new|only|`?[\w\[]+`?\s+(?:of|with|where|if))\b"
    r"|返回(?!\s*(?:空值|`?None`?|值为空|类型为空))(?:一个|该|其|新|所有|全部|是否|由|转换|处理|包含)",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"\b(?:rais|error|exception|throw|fail|refus|reject|unsupported|not supported|abort)|错误|异常|抛出|不支持",
    re.IGNORECASE,
)
_NOTHING = re.compile(
    r"returns? (?:nothing|`?None`?|no )|without (?:a )?return|does not return|不返回|没有返回值",
    re.IGNORECASE,
)


def promises_a_result(statement: str, tree: ast.Module | None, documentation: str) -> bool:
    """Whether a statement asks for a result where the code can never return or yield one.

    Args:
        statement: The task.
        tree: Syntax tree of the code; None where it is not Python's.
        documentation: The code's own. Where it speaks of a result too, the code may be abstract.
    """
    found = _RETURNS.search(statement)
    if found is None or tree is None or _NOTHING.search(statement) or "return" in documentation.lower():
        return False
    definition = next((node for node in tree.body if isinstance(node, PYTHON_DEFINITIONS)), None)
    if definition is None or isinstance(definition, ast.ClassDef):
        return False
    if definition.name in ("__init__", "__post_init__"):
        return False  # "returns a new Basket" is said of constructors
    body = [node for node in definition.body if not isinstance(node, ast.Expr | ast.Pass)]
    if not body and not _has_call(definition):
        return False  # a stub
    return not any(_is_result(node) for node in _own(definition))


def hides_the_error(statement: str, tree: ast.Module | None) -> bool:
    """Whether a statement says nothing of an error where raising one is all that the code does.

    Code that raises `NotImplementedError` is abstract, and its statement says what others do.
    """
    definition = (
        next((node for node in tree.body if isinstance(node, PYTHON_DEFINITIONS)), None) if tree else None
    )
    if definition is None or isinstance(definition, ast.ClassDef) or _ERROR.search(statement):
        return False
    body = [node for node in definition.body if not isinstance(node, ast.Expr | ast.Pass)]
    return (
        len(body) == 1
        and isinstance(body[0], ast.Raise)
        and body[0].exc is not None
        and not _is_result(body[0])
    )


def _own(definition: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.AST]:
    """Nodes of a function that are not those of a function in it."""
    found: list[ast.AST] = []
    todo: list[ast.AST] = list(definition.body)
    while todo:
        node = todo.pop()
        found.append(node)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            todo.extend(ast.iter_child_nodes(node))
    return found


def _is_result(node: ast.AST) -> bool:
    if isinstance(node, ast.Yield | ast.YieldFrom):
        return True
    if isinstance(node, ast.Raise):
        raised = ast.unparse(node.exc) if node.exc is not None else ""
        return raised.startswith("NotImplemented")
    if not isinstance(node, ast.Return) or node.value is None:
        return False
    return not (isinstance(node.value, ast.Constant) and node.value.value is None)


def _has_call(definition: ast.AST) -> bool:
    return any(isinstance(node, ast.Call) for node in ast.walk(definition))
