"""A model backend: anything that answers a `ChatRequest`, here a file of answers by question.

After `import examples.new_backend` every command that takes a model takes `canned:FILE`; the file is a JSON object
of part of a question -> the answer. A backend keeps its answers itself: the request store belongs to the
HTTP client.
"""

from __future__ import annotations

import json
from hashlib import blake2b
from pathlib import Path

from codetune.errors import RequestRefusedError
from codetune.models.open import BACKENDS
from codetune.models.protocol import ChatReply, ChatRequest


class CannedModel:
    """Answers with what stands in a file; what stands nowhere is refused."""

    def __init__(self, path: str) -> None:
        self.name = Path(path).stem
        self._answers: dict[str, str] = json.loads(Path(path).read_text("utf-8"))

    async def chat(self, request: ChatRequest) -> ChatReply:
        question = request.prompt or "\n".join(message.content for message in request.messages)
        for part, answer in self._answers.items():
            if part in question:
                return ChatReply(
                    text=answer,
                    finish_reason="stop",
                    prompt_tokens=len(question.split()),
                    completion_tokens=len(answer.split()),
                    model=self.name,
                    key=blake2b(f"{question}:{request.sample}".encode(), digest_size=16).hexdigest(),
                )
        raise RequestRefusedError("the file has no answer to this question", where=self.name)


BACKENDS["canned"] = CannedModel
