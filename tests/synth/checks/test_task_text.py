from __future__ import annotations

import pytest

from codetune.synth.checks.task_text import count_words, gives_solution, names_another, text_fault

SPECIFICATION = """## Rolling statistics

Implement a class `RollingStats` for the last `size` readings:

* `add(value)` takes one reading
* `mean()` gives their mean, or `None`

```python
stats = RollingStats(2)
stats.add(1.5)
```"""


@pytest.mark.parametrize(
    "text",
    [
        SPECIFICATION,
        "Write a function to find the first repeated character in a given string",
        "Given a list such as `['北京', '上海']`, sort it by the number of strokes, which a table gives",
        "Merge two dicts; on equal keys the right one wins:\n- no third-party packages\n- inputs stay as they are",
        "Find the bug: ```python\nfor i in range(n): pass\n```",
    ],
)
def test_what_is_unusual_is_no_fault(text: str) -> None:
    assert text_fault(text, language="en", words=(3, 400)) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Good.", "length"),
        ("word " * 500, "length"),
        ("I'm sorry, but this cannot be made into a task.", "model declined"),
        ("Sure! Here is a task for you: sort the list.", "chatter around the answer"),
        ("Write a function that returns the sum of the", "unfinished text"),
        ("Write a function as follows:\n```python\nf(1)", "unfinished text"),
        ("Take the list. " + "Then add the next value to the list. " * 20, "repetition"),
        ("Schreiben Sie eine Funktion, die für jede Zeile der Eingabe die Summe der Zahlen zurückgibt.", "wrong language"),
        ("Напишите функцию, которая возвращает сумму чисел списка.", "wrong language"),
        ("编写一个函数，返回列表中所有偶数之和。", "wrong language"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_reason(text: str, reason: str) -> None:
    fault = text_fault(text, language="en", words=(3, 400))
    assert fault is not None and fault[0] == reason


def test_chinese_is_asked_for_and_counted_as_such() -> None:
    text = "编写函数 `total(items)`，返回列表中所有偶数之和，列表为空时返回零。"
    assert text_fault(text, language="zh", words=(5, 100)) is None
    fault = text_fault("Write a function that returns a sum of numbers.", language="zh", words=(3, 100))
    assert fault is not None and fault[0] == "wrong language"
    assert count_words("编写函数 total") == 3


CODE = "def move(source, target):\n    path = os.path.join(target, source)\n    os.rename(source, path)\n    return path\n"


def test_the_body_is_the_solution_and_the_signature_is_not() -> None:
    assert gives_solution(f"Write this:\n```python\n{CODE}```", CODE)
    assert not gives_solution(
        "Write `def move(source, target):` that moves a file and returns its path.", CODE
    )
    assert not gives_solution("It ends with `return path`, and calls `os.rename(source, path)`.", CODE)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Write a function `copy` that copies.", "copy"),
        ("Implement `def copy(a): ...` well.", "copy"),
        ("Write a function `move` beside the function `copy`.", None),
        ("Write a function that moves a file.", None),
        ("Write a function `os.rename` could not do better.", None),
        ("Write a method `Mover.move` for it.", None),
    ],
)
def test_a_statement_that_asks_for_another_function_is_found(text: str, other: str | None) -> None:
    assert names_another(text, "move", "rename", "join") == other
