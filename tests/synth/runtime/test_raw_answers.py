from __future__ import annotations

import pytest

from codetune.synth.runtime.raw_answers import InvalidAnswerError, answer_text, is_declined, no_answer

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


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I'm sorry to ask, but I can't get this loop to end. Could you look at it?", None),
        ("抱歉打扰，我的代码无法运行，请帮我看看。", None),
        ("Write a function that handles HTTP errors, such as 500 Internal Server Error.", None),
        ("User: hello\nAssistant: hi\n\nWrite a parser for logs like this one.", None),
        ("First, tell the user what is asked; let me know the result.", None),
        ("Explain what `<|im_start|>` means to a chat template.", None),
        ("I'm sorry, but I can't write that.", "model declined"),
        ("I appreciate your interest, but I cannot fulfill this request.", "model declined"),
        ("根据相关规定，我无法生成该内容。", "model declined"),
        ("Internal Server Error", "server error"),
        ("[your answer here]", "placeholder"),
        ("{{ instruction }}", "placeholder"),
        ("\ufffd" * 9 + " and", "broken characters"),
        ("Sort the list.\n\nUser: thanks\n\nAssistant: you're welcome", "goes on with a chat"),
        ("Okay, so the user wants a task. Hmm, wait, maybe I should look at the code. Let me think", "only reasoning"),
    ],
)  # fmt: skip
def test_what_stands_in_place_of_an_answer_is_told_from_users_words(text: str, reason: str | None) -> None:
    fault = no_answer(text)
    assert (fault[0] if fault else None) == reason
