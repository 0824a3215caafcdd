from __future__ import annotations

import ast

from codetune.synth.python.mutants import emptied, mutants

CODE = '''def clamp(x, low, high):
    """Keep x within bounds."""
    if x < low:
        return low
    total = x + 0
    return min(total, high)
'''


def passes(code: str) -> bool:
    names: dict = {}
    exec(compile(code, "x", "exec"), names)
    try:
        return names["clamp"](5, 1, 3) == 3 and names["clamp"](0, 1, 3) == 1 and names["clamp"](2, 1, 3) == 2
    except Exception:
        return False


def test_every_mutant_is_another_program() -> None:
    found = mutants(CODE, count=100, seed=0, row="a")
    trees = {ast.dump(ast.parse(code)) for code in [CODE, *found]}
    assert len(found) >= 7
    assert len(trees) == len(found) + 1


def test_good_tests_notice_most_of_them_and_weak_ones_do_not() -> None:
    found = mutants(CODE, count=100, seed=0, row="a")
    assert passes(CODE)
    assert sum(not passes(code) for code in found) >= 0.6 * len(found)
    assert not passes(emptied(CODE))


def test_the_draw_goes_by_row_and_seed_alone() -> None:
    assert mutants(CODE, count=3, seed=0, row="a") == mutants(CODE, count=3, seed=0, row="a")
    assert mutants(CODE, count=3, seed=0, row="a") != mutants(CODE, count=3, seed=0, row="b")
    assert len(mutants(CODE, count=3, seed=0, row="a")) == 3


def test_code_without_anything_to_break_has_no_mutants() -> None:
    assert mutants("def f():\n    pass\n", count=5, seed=0, row="a") == []


def test_what_no_test_can_look_at_is_left_alone() -> None:
    code = (
        '"""A module."""\nimport math\n\nLIMIT = 3\n\n\ndef half(x: "int" = 4) -> "float":\n    """Half of 1."""\n'
        '    if x < LIMIT:\n        raise ValueError(f"x is {x + 1}")\n    return x / 2\n\n\nprint(half(9))\n\n'
        'if __name__ == "__main__":\n    print(half(10))\n'
    )
    found = mutants(code, count=100, seed=0, row="a")
    for kept in (
        '"""A module."""',
        '"""Half of 1."""',
        "'int'",
        "'float'",
        "x + 1",
        "half(9)",
        "half(10)",
        "__name__ ==",
    ):
        assert all(kept in text for text in found), kept
    assert len(found) == 7  # LIMIT, the default, `<`, the condition, `/`, 2, and the result
