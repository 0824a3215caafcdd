"""A model folder, or an adapter on it, behind a vLLM or SGLang that is started here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from codetune.evaluate.backends.folder_backend import FolderBackend
from codetune.models.client.concurrent_requests import Outcome
from codetune.models.open import run_requests
from codetune.models.protocol import ChatRequest
from codetune.models.servers.server import ModelServer

__all__ = ["ServerBackend"]

_IN_FLIGHT = 256
"""What vLLM and SGLang decode at a time by default."""


@dataclass
class ServerBackend(FolderBackend):
    """One of the models of a server.

    Attributes:
        server: Started for the first request that is not stored.
        keeps_server: True where another model of the same server is asked next.
    """

    server: ModelServer
    keeps_server: bool = False

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
