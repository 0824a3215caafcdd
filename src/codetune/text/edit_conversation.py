"""Edits as turns of a chat: what a programmer shows and asks, and the answer that makes the edit.

Two layouts: one user turn that any chat model takes, and CursorCore's turns of their own for the
history, the current text and the request.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

from codetune.edits.formats.registry import EditFormat
from codetune.edits.formats.special_tokens import EDIT_TOKENS, mark_area
from codetune.records import Conversation, Edit, Message
from codetune.rejection import Rejection
from codetune.text.marked_text import PlainText

__all__ = [
    "check_tokens",
    "cursorcore_turns",
    "edit_conversation",
    "edit_request",
    "plain_edit",
    "request_turns",
    "turns_conversation",
]

_OPENING = "A programmer is working on a file."
_GUESS = "Make the edit that they are about to make next."
_AREA = "<|target|> marks their cursor; <|target_start|> and <|target_end|> mark what they selected."


def check_tokens(edit: Edit) -> None:
    """Check that no text of an edit holds one of the tokens that mark its parts.

    Raises:
        Rejection: One does. A tokenizer that knows the tokens would take the text for a mark.
    """
    texts = (*(state.code for state in edit.history), edit.current.code, edit.next, edit.user, edit.chat)
    for token in EDIT_TOKENS:
        if any(token in text for text in texts):
            raise Rejection("special-token", f"the text holds {token}")


def edit_conversation(edit: Edit, form: EditFormat, *, steps: int | None = None) -> Conversation:
    """An edit as two turns, user and assistant.

    Args:
        edit: The edit.
        form: How the answer is written.
        steps: At most so many of the latest steps of the history; None for all.

    Raises:
        Rejection: The edit's texts hold a token that marks its parts.
    """
    check_tokens(edit)
    answer = form.render(edit.current.code, edit.next, edit.current.programming_language or "", edit.chat)
    return Conversation(
        messages=(
            Message(role="user", content=edit_request(edit, form, steps=steps)),
            Message(role="assistant", content=answer),
        ),
        row_id=edit.id,
        source=edit.source,
        license=edit.license,
    )


def edit_request(edit: Edit, form: EditFormat, *, steps: int | None = None) -> str:
    """What any chat model is asked, so that it makes the next edit; arguments as for `edit_conversation`."""
    language = edit.current.programming_language or ""
    parts = [_OPENING]
    for number, (older, newer) in enumerate(_steps(edit, steps), 1):
        parts.append(f"Step {number} so far, {form.step_says}:\n\n{form.show_step(older, newer, language)}")
    parts.append(f"The file now:\n\n{form.show(mark_area(edit.current.code, edit.area), language)}")
    if edit.area is not None:
        parts.append(_AREA)
    parts.append(f"They ask: {edit.user}" if edit.user else _GUESS)
    parts.append(form.answer_rule)
    return "\n\n".join(parts)


def plain_edit(edit: Edit, plain: PlainText) -> Edit:
    """The edit with all its texts escaped, for a tokenizer that knows the marks."""
    code = edit.current.code
    return replace(
        edit,
        history=tuple(replace(state, code=plain(state.code)) for state in edit.history),
        current=replace(edit.current, code=plain(code)),
        area=None if edit.area is None else tuple(plain.offset(code, offset) for offset in edit.area),
        user=plain(edit.user),
        next=plain(edit.next),
        chat=plain(edit.chat),
    )


def turns_conversation(edit: Edit, form: EditFormat, *, steps: int | None = None) -> Conversation:
    """`cursorcore_turns` as a conversation."""
    turns = cursorcore_turns(edit, form, steps=steps)
    return Conversation(
        messages=tuple(Message(role=turn["role"], content=turn["content"]) for turn in turns),
        row_id=edit.id,
        source=edit.source,
        license=edit.license,
    )


def cursorcore_turns(edit: Edit, form: EditFormat, *, steps: int | None = None) -> list[dict[str, Any]]:
    """An edit as CursorCore's models read it: turns with the roles history, current, user, assistant.

    Args:
        edit: The edit.
        form: How the history and the answer are written.
        steps: At most so many of the latest steps of the history; None for all.

    Raises:
        Rejection: The edit's texts hold a token that marks its parts.

    Source: CursorCore, `train/prepare_data.py`.
    """
    check_tokens(edit)
    language = edit.current.programming_language or ""
    answer = form.render(edit.current.code, edit.next, language, edit.chat)
    return [*request_turns(edit, form, steps=steps), {"role": "assistant", "content": answer}]


def request_turns(edit: Edit, form: EditFormat, *, steps: int | None = None) -> list[dict[str, Any]]:
    """The turns before the answer, as CursorCore's models read them."""
    language = edit.current.programming_language or ""
    turns = [("history", form.show_step(older, newer, language)) for older, newer in _steps(edit, steps)]
    turns.append(("current", form.show(mark_area(edit.current.code, edit.area), language)))
    if edit.user:
        turns.append(("user", edit.user))
    return [{"role": role, "content": content} for role, content in turns]


def _steps(edit: Edit, most: int | None) -> list[tuple[str, str]]:
    states = [*(state.code for state in edit.history), edit.current.code]
    steps = list(pairwise(states))
    return steps if most is None else steps[len(steps) - most :] if most < len(steps) else steps
