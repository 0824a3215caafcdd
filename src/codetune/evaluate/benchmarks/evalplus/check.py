"""The test program of an EvalPlus item: base inputs, then more, against the reference solution.

The comparison is EvalPlus's (Liu et al. 2023, arXiv:2305.01210; its `eval/__init__.py`): equal, or
close where the item has a tolerance or the reference answers with floats; some items have an oracle
of their own, because several answers are right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["base_tests", "test_program"]

_SET_EQUAL = frozenset(
    {
        "similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly", "larg_nnum",
        "intersection_array", "find_dissimilar", "Diff",
    }
)  # fmt: skip
"""MBPP items whose answer is a collection in any order."""
_NOT_NONE = frozenset({"check_str", "text_match_three", "text_starta_endb"})
"""MBPP items that may answer with any object for yes and None for no."""
_ANY = frozenset({"are_equivalent"})
"""The reference of Mbpp/164 is contested; EvalPlus takes any answer that comes back."""

_PRELUDE = """
import copy as _copy, math as _math
inf, nan = float("inf"), float("nan")

def _close(out, wanted, atol):
    if isinstance(wanted, (list, tuple)):
        return len(out) == len(wanted) and all(_close(a, b, atol) for a, b in zip(out, wanted))
    if out == wanted:
        return True
    return abs(out - wanted) <= atol + 1e-7 * abs(wanted)

def _is_floats(value):
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(item, float) for item in value)
    return isinstance(value, float)

def _agrees(out, wanted, atol):
    if out == wanted:
        return True
    if not atol and not _is_floats(wanted):
        return False
    return type(out) is type(wanted) and _close(out, wanted, atol or 1e-6)
"""
_ORACLES = {
    "find_zero": "abs(sum(c * _math.pow(out, i) for i, c in enumerate(args[0]))) <= ATOL",
    "sum_div": "_agrees(out, wanted, ATOL) or out == 0",
    "surface_Area": "_agrees(out, wanted, ATOL) or abs(out - _pyramid(*args)) <= ATOL",
    "digit_distance_nums": "_agrees(out, wanted, ATOL) or out == _digits(*args)",
}
_MORE = {
    "surface_Area": """
def _pyramid(base, height):
    return round(base**2 + 2 * base * _math.sqrt((base / 2) ** 2 + height**2))
""",
    "digit_distance_nums": """
def _digits(one, other):
    width = max(len(str(one)), len(str(other)))
    return sum(abs(int(a) - int(b)) for a, b in zip(str(one).zfill(width), str(other).zfill(width)))
""",
}
_PLUS_CALL = "_check(_candidate, _PLUS, 'plus')\n"


def test_program(
    entry_point: str,
    reference: str,
    base: Sequence[Any],
    plus: Sequence[Any],
    *,
    atol: float,
    skips_invalid: bool = False,
) -> str:
    """Code that compares a function with a reference on inputs.

    Args:
        entry_point: Name of the function in both programs.
        reference: The reference program.
        base: Argument lists of the older benchmark's tests.
        plus: The added ones.
        atol: Absolute tolerance; 0 asks for equality unless the reference answers with floats.
        skips_invalid: Whether added inputs that the reference itself refuses (its contract, or any
            other error) are left out; releases have none, the files before them do.
    """
    refused = "if kind == 'plus': continue\n            raise" if skips_invalid else "raise"
    return f"""{_PRELUDE}{_MORE.get(entry_point, "")}
_reference = {{}}
exec({reference!r}, _reference)
_BASE = {base!r}
_PLUS = {plus!r}

def _check(candidate, inputs, kind):
    for number, args in enumerate(inputs):
        try:
            wanted = _reference[{entry_point!r}](*_copy.deepcopy(args))
        except Exception:
            {refused}
        out = candidate(*_copy.deepcopy(args))
        assert {_oracle(entry_point).replace("ATOL", repr(atol))}, f"{{kind}} input {{number}}"

_candidate = {entry_point}
_check(_candidate, _BASE, 'base')
{_PLUS_CALL}"""


def _oracle(entry_point: str) -> str:
    if entry_point in _ANY:
        return "True"
    if entry_point in _SET_EQUAL:
        return "set(out) == set(wanted)"
    if entry_point in _NOT_NONE:
        return "(out if isinstance(out, bool) else out is not None) == (wanted is not None)"
    return _ORACLES.get(entry_point, "_agrees(out, wanted, ATOL)")


def base_tests(tests: str) -> str:
    """The same test program without the added inputs."""
    if not tests.endswith(_PLUS_CALL):
        raise ValueError("these tests have no added inputs")
    return tests.removesuffix(_PLUS_CALL)
