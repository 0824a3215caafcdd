from __future__ import annotations

import pytest

from codetune.synth.checks.statements import chinese_share, grounded_share, statement_fault

CODE = (
    "def move_file(source, target):\n    os.rename(source, os.path.join(target, source))\n    return target\n"
)
GOOD = "Write a function `move_file` that moves the source file into the target folder."


def fault(text: str, **more: object) -> str | None:
    settings = {"language": "en", "words": (5, 40), "must_name": ("move_file",), "body": CODE, "ground": CODE}
    found = statement_fault(text, **{**settings, "min_grounded": 0.5, **more})
    return found[0] if found else None


def test_a_good_statement_has_no_fault() -> None:
    assert fault(GOOD) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Do `move_file`.", "length"),
        (GOOD[:-1], "unfinished statement"),
        (GOOD.replace("move_file", "moves_file"), "name not mentioned"),
        (
            "Write a function `move_file` that returns the maximum sum of a contiguous sublist.",
            "not about the code",
        ),
        (GOOD[:-1] + " with os.rename(source, os.path.join(target, source)).", "code in the statement"),
        (GOOD[:-1] + ":\n```\nx\n```.", "code in the statement"),
        ("Write `move_file` that moves a source file " * 3 + "to the target.", "repetition"),
        ("编写函数 `move_file`，把源文件移动到目标文件夹。", "wrong language"),
    ],
)
def test_each_fault_has_its_reason(text: str, reason: str) -> None:
    assert fault(text) == reason


def test_chinese_statements_are_judged_as_chinese() -> None:
    assert fault("编写函数 `move_file`，把源文件移动到目标文件夹。", language="zh") is None
    assert fault(GOOD, language="zh") == "wrong language"
    assert chinese_share("移动 `move_file` 文件") == 1.0


def test_words_are_compared_by_their_beginning() -> None:
    assert (
        grounded_share("moving files", "def move_file(): pass") == 0.5
    )  # moving/move differ in five letters
    assert grounded_share("removes entries", "remove_entry") == 0.5
    assert grounded_share("the of and", "x") == 1.0
