"""Which names cross: those that the tests use and the program's text defines at its top level."""

from __future__ import annotations

import pytest

from codetune.execution.box.strict.names import (
    imports_of,
    top_level_names,
    unresolved_names,
    used_names,
)


def test_defined_and_imported_names_are_told_apart() -> None:
    source = b"import os.path as p, math\nfrom re import sub\nx = 1\nif x:\n    def f(): y = 2\nclass C: z = 3\n__all__ = []"
    assert top_level_names(source) == ({"x", "f", "C"}, {"p", "math", "sub"})


@pytest.mark.parametrize("source", [b"def f(", b"\0", b"(" * 10_000, b"\xff\xfe", b""])
def test_text_that_is_no_program_defines_nothing(source: bytes) -> None:
    assert top_level_names(source) == (set(), set())


def test_an_import_binds_only_under_a_name_of_its_own() -> None:
    source = b"import random as math\nimport json as js, os.path\nfrom re import sub, match as sub\nfrom . import x\ndef f():\n    import ast"
    assert imports_of(source) == {"js": ("json", None), "os": ("os", None), "sub": ("re", "sub")}


def test_used_names_leave_dunders_out_and_look_into_functions() -> None:
    code = compile("def check(c):\n    assert abs(c(1)) == __name__\ncheck(f)", "t", "exec")
    assert {"abs", "f", "check"} <= used_names(code)
    assert "__name__" not in used_names(code)


def test_unresolved_names_are_those_that_somebody_else_has_to_define() -> None:
    source = b"import math\ng = 1\ndef check(c):\n    h = math.pi\n    return abs(c(h, g)) - k\ncheck(f)"
    assert unresolved_names(source) == {"f", "k"}
    assert unresolved_names(b"assert sum(3, 1) == 2") == set()
