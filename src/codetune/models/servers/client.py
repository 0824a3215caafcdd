"""The client of a vLLM or SGLang server of ours.

The server may be shared by several clients (a model and its adapters), so only its owner stops it.
"""

from __future__ import annotations

import asyncio
import contextlib

from codetune.errors import CodetuneError
from codetune.models.client.client import ServerAnswer
from codetune.models.client.started_client import StartedClient
from codetune.models.servers.server import ModelServer
from codetune.models.spec import ModelSpec

__all__ = ["ServerClient"]

_LOOK_SECONDS = 0.5
"""After so long it is seen that the server is gone."""


class ServerClient(StartedClient):
    """Asks a `ModelServer`.

    Args:
        server: Running or not.
        adapter: One of its adapters, or None for the model itself.
    """

    def __init__(self, server: ModelServer, adapter: str | None = None) -> None:
        super().__init__(server.spec(adapter))
        self._server = server
        self._adapter = adapter

    def _start_server(self) -> None:
        self._server.start()

    def _stop_server(self) -> None:
        self._server.stop()

    def _running_spec(self) -> ModelSpec:
        return self._server.spec(self._adapter)

    async def complete(
        self,
        path: str,
        payload: bytes,
        *,
        expected_tokens: float = 0.0,
        prefix: str = "",
        may_be_empty: bool = False,
    ) -> ServerAnswer:
        asking = asyncio.ensure_future(
            super().complete(
                path, payload, expected_tokens=expected_tokens, prefix=prefix, may_be_empty=may_be_empty
            )
        )
        try:
            while not asking.done():
                await asyncio.wait({asking}, timeout=_LOOK_SECONDS)
                if (
                    not asking.done() and self._has_started and not self._server.is_running
                ):  # trying again is of no use
                    raise self._server.ended_by_itself()
            return asking.result()
        finally:
            if not asking.done():
                asking.cancel()
                with contextlib.suppress(asyncio.CancelledError, CodetuneError):
                    await asking
