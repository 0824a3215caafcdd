"""A model folder, or an adapter on it, behind a vLLM or SGLang that is started here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codetune.edits.formats.special_tokens import NEXT_START
from codetune.evaluate.backends.probe import StyleChoice
from codetune.models.batched.folder_model import chat_template
from codetune.models.client.concurrent_requests import Outcome
from codetune.models.folder import ModelFolder
from codetune.models.open import run_requests
from codetune.models.protocol import ChatRequest
from codetune.models.servers.server import ModelServer

__all__ = ["ServerBackend"]

_IN_FLIGHT = 256
"""What vLLM and SGLang decode at a time by default."""


@dataclass(frozen=True)
class ServerBackend:
    """One of the models of a server.

    Attributes:
        found: The model, with its adapter.
        server: Started for the first request that is not stored.
        keeps_server: True where another model of the same server is asked next.
    """

    found: ModelFolder
    server: ModelServer
    keeps_server: bool = False

    @property
    def name(self) -> str:
        return self.found.name

    @property
    def inputs(self) -> Mapping[str, str]:
        return {"model": self.found.name}

    @property
    def styles(self) -> Sequence[StyleChoice]:
        # Both servers go on from a begun turn where they are asked to, which the client does.
        has_template = chat_template(self.found) is not None
        return (StyleChoice("chat-prefill", "plain") if has_template else StyleChoice("completion"),)

    @property
    def assumption(self) -> str | None:
        if chat_template(self.found) is not None:
            return None
        return f"{self.found.tokenizer} has no chat template, so it is taken for a base model: prompt style completion"

    @property
    def has_edit_tokens(self) -> bool:
        return self.found.knows(NEXT_START)

    @property
    def answered_by(self) -> str:
        return self.server.program

    def answers(
        self,
        requests: Sequence[ChatRequest],
        store: Path,
        in_flight: int | None,
        on_progress: Callable[[], None],
    ) -> Iterator[tuple[int, Outcome]]:
        adapter = self.found.name if self.found.adapter is not None else None
        for outcome in run_requests(
            self.server, requests, store=store, in_flight=in_flight or _IN_FLIGHT, model=adapter
        ):
            on_progress()
            yield outcome

    def close(self) -> None:
        if not self.keeps_server:
            self.server.stop()
