"""Rows as turns of a chat."""

from __future__ import annotations

from codetune.records import Instruction, Message
from codetune.text.conversation import conversation_of, user_text


def test_the_input_follows_after_a_blank_line() -> None:
    assert user_text("Fix it.", "x = 1") == "Fix it.\n\nx = 1"
    assert user_text("Fix it.") == "Fix it."


def test_a_row_is_two_turns_that_keep_its_origin() -> None:
    row = Instruction(task="t", instruction="Do", input="this", output="done", source="s", license="MIT")
    talk = conversation_of(row)
    assert talk.messages == (
        Message(role="user", content="Do\n\nthis"),
        Message(role="assistant", content="done"),
    )
    assert (talk.row_id, talk.source, talk.license) == (row.id, "s", "MIT")
