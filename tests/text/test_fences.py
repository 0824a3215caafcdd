"""Fenced blocks of Markdown."""

from __future__ import annotations

import pytest

from codetune.text.fences import fence, fenced_blocks, first_block, without_fenced_blocks


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x = 1\n", "x = 1\n"),
        ("Here:\n```python\nx = 1\n```\nDone.", "x = 1"),
        ("```\na\n```\n```\nb\n```", "a"),
        ("```py\ncut off", "cut off"),
        ("````md\n```\nin\n```\n````", "```\nin\n```"),
        ("~~~\n```\n~~~", "```"),
        ("So: ```js\r\nx\r\n```\r\n", "x\r"),
        ("Say ```x``` and ```y```", "Say ```x``` and ```y```"),
    ],
)
def test_first_block(text: str, code: str) -> None:
    assert first_block(text) == code


def test_blocks_have_labels_and_places() -> None:
    text = "One ```C++ title\na\n```\ntwo\n  ~~~\nb\n"
    first, second = fenced_blocks(text)
    assert (first.label, first.code, first.closed) == ("c++", "a\n", True)
    assert (second.label, second.code, second.closed) == ("", "b\n", False)
    assert text[first.start : first.end] == "```C++ title\na\n```"
    assert without_fenced_blocks(text) == "One \ntwo\n  "


def test_long_answers_are_read_in_linear_time() -> None:
    text = "\n".join("words " * 10 for _ in range(50_000)) + "\n```python\nx = 1\n```"
    assert [block.code for block in fenced_blocks(text)] == ["x = 1\n"]


@pytest.mark.parametrize("code", ["x = 1", "```\ny\n```", "a ````` b", ""])
def test_what_is_fenced_is_read_back(code: str) -> None:
    assert first_block(fence(code, "python")) == code
