from __future__ import annotations

import pytest

from codetune.synth.checks.task_text import lacks_input, only_code


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("```python\ndef f(x):\n    return x\n```", True),
        ("# `f`\n\n```python\ndef f(x):\n    return x\n```\n", True),
        ("Here:\n```python\nlong_call(of, many, words)\n", True),
        ("### Why\n\nThere is a fault in the body.\n\n### Fix\n\n```python\nx\n```", False),
        ("`f` is wrong for `None`.", False),
        ("- **major**: it is never closed.\n  ```python\n  x\n  ```", False),
        ("返回列表中的偶数。", False),
    ],
)
def test_code_in_place_of_a_text(text: str, only: bool) -> None:
    assert only_code(text, 3) is only


@pytest.mark.parametrize(
    ("task", "lacks"),
    [
        ("Find the error in the following code.", True),
        ("修复下面代码中的错误。", True),
        ("Find the error in the following code: print(1", False),
        ("Fix the following function.\n\ndef f(): retrun 1", False),
        ("Write the following function `f(x)`.", False),
        ("Create a table with the following columns.", False),
    ],
)
def test_a_task_about_code_that_is_not_there(task: str, lacks: bool) -> None:
    assert lacks_input(task) is lacks
