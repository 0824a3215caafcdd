"""ChatML with turns for the history, the current file and the request: the chat templates of edit models.

- `plain`: a chat; an answer is begun as a turn of the assistant.
- `assistant-conversation`: the same, and the answer is begun as an edit.
- `prefix-response`: the last turn is left open, so that the model goes on from the text in it.

Source: the layout of CursorCore's models (arXiv:2410.07002).
"""

from __future__ import annotations

from types import MappingProxyType

from codetune.edits.formats.special_tokens import NEXT_START
from codetune.text.chat_template import ChatTemplate

__all__ = ["CHATML_TOKENS", "EDIT_TEMPLATES"]

_START, _END = CHATML_TOKENS = ("<|im_start|>", "<|im_end|>")
"""What a turn begins and ends with."""

_SYSTEM = "You are a helpful programming assistant."


def _template(name: str, end: str, begun: str = "") -> ChatTemplate:
    lines = (
        "{%- for message in messages %}",
        "{%- if loop.first and message['role'] != 'system' %}",
        f"{{{{- '{_START}system\\n{_SYSTEM}{_END}\\n' }}}}",
        "{%- endif %}",
        "{%- if not loop.first %}{{- '\\n' }}{%- endif %}",
        f"{{{{- '{_START}' + message['role'] + '\\n' + message['content'] }}}}",
        end,
        "{%- endfor %}",
    )
    opening = f"{{%- if add_generation_prompt %}}{{{{- '\\n{_START}assistant\\n{begun}' }}}}{{%- endif %}}"
    return ChatTemplate("".join((*lines, opening)), eos_token=_END, name=name)


_CLOSED = f"{{{{- '{_END}' }}}}"
EDIT_TEMPLATES = MappingProxyType(
    {
        "plain": _template("plain", _CLOSED),
        "assistant-conversation": _template("assistant-conversation", _CLOSED, NEXT_START),
        "prefix-response": _template("prefix-response", f"{{%- if not loop.last %}}{_CLOSED}{{%- endif %}}"),
    }
)
"""Name -> template."""
