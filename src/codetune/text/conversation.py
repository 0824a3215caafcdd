"""Records as turns of a chat: the one place that decides what the user says.

Training, export and synthesis prompts that replay a row all word it here, so that a row trained on
and a row exported read the same.
"""

from __future__ import annotations

from codetune.records import Conversation, Instruction, Message

__all__ = ["conversation_of", "user_text"]


def user_text(instruction: str, input: str = "") -> str:
    """The user's turn of an Alpaca-style row: the instruction, a blank line, then the input.

    Args:
        instruction: What is asked.
        input: What it is asked about, often code; left out, with its blank line, when empty.
    """
    return f"{instruction}\n\n{input}" if input else instruction


def conversation_of(record: Instruction) -> Conversation:
    """An instruction as two turns, user and assistant; no system turn is added.

    A model's chat template may add a default system turn of its own; it then does so in training,
    evaluation and serving alike.
    """
    return Conversation(
        messages=(
            Message(role="user", content=user_text(record.instruction, record.input)),
            Message(role="assistant", content=record.output),
        ),
        row_id=record.id,
        source=record.source,
        license=record.license,
    )
