from __future__ import annotations

import pytest

from codetune.synth.runtime.raw_answers import InvalidAnswerError, answer_text, is_declined

QUESTION = "Python function: chunks\nCode:\n```\ndef chunks(items, size): ...\n```\n\nWrite the task in one sentence."


@pytest.mark.parametrize(
    "text",
    [
        "<think>\nIs it about slices?\n</think>\n\nWrite `chunks`.",
        "Is it about slices? (the template opened the tag)\n</think>\nWrite `chunks`.",
        "<thinking>a</thinking><think>b</think> Write `chunks`. ",
    ],
)
def test_reasoning_is_removed(text: str) -> None:
    assert answer_text(text, QUESTION) == "Write `chunks`."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<think>\nThis goes on and on", "only reasoning"),
        ("<think>done</think>\n", "only reasoning"),
        ("", "empty answer"),
        ("I'm sorry, but I can't help with that.", "model declined"),
        ("I’m unable to write this.", "model declined"),
        ("As an AI language model, I cannot do it.", "model declined"),
        ("很抱歉，我无法完成。", "model declined"),
        (QUESTION, "prompt repeated"),
        ("Sure: " + QUESTION.replace("\n", "  "), "prompt repeated"),
    ],
)
def test_an_answer_that_is_none_has_its_own_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidAnswerError) as caught:
        answer_text(text, QUESTION)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "text",
    [
        "Sorry for the length. Here it is:\n```python\nx = 1\n```",  # an answer follows
        "Write a function that says `I'm sorry, but no`.",
        f"You asked: {QUESTION}\n\n" + "The task is to write a generator of slices, as follows. " * 8,
        "short",
    ],
)
def test_an_unusual_answer_is_an_answer(text: str) -> None:
    assert answer_text(text, QUESTION) == text.strip()


def test_only_the_opening_declines() -> None:
    assert is_declined("Unfortunately, I can't do this.") and not is_declined("Print 'sorry, no such file'.")
