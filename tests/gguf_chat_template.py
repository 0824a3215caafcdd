"""The chat template that a GGUF file carries, read back to compare it with ours."""

from __future__ import annotations

from pathlib import Path

from codetune.text.chat_template import ChatTemplate


def gguf_chat_template(path: Path) -> ChatTemplate:
    from gguf import GGUFReader

    fields = GGUFReader(path).fields
    tokens = fields["tokenizer.ggml.tokens"]

    def token(key: str) -> str:
        field = fields.get(f"tokenizer.ggml.{key}_token_id")
        return str(tokens.contents(int(field.contents()))) if field is not None else ""

    source = str(fields["tokenizer.chat_template"].contents())
    return ChatTemplate(source=source, eos_token=token("eos"), bos_token=token("bos"), name=path.name)
