"""The client of a server that is started for the first request that is not stored yet.

The server may be shared by several clients (a model and its adapters), so only its owner stops it.
"""

from __future__ import annotations

import asyncio
import contextlib

from codetune.errors import CodetuneError
from codetune.models.client.client import OpenAIClient, ServerAnswer
from codetune.models.client.endpoint import Endpoint, EndpointPool
from codetune.models.servers.server import ModelServer

__all__ = ["ServerClient"]

_LOOK_SECONDS = 0.5
"""After so long it is seen that the server is gone."""


class ServerClient(OpenAIClient):
    """Asks a `ModelServer`.

    Args:
        server: Running or not.
        adapter: One of its adapters, or None for the model itself.
    """

    def __init__(self, server: ModelServer, adapter: str | None = None) -> None:
        super().__init__(server.spec(adapter))
        self._server = server
        self._adapter = adapter
        self._starting: asyncio.Task[None] | None = None

    async def complete(
        self,
        path: str,
        payload: bytes,
        *,
        expected_tokens: float = 0.0,
        prefix: str = "",
        may_be_empty: bool = False,
    ) -> ServerAnswer:
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())
        await asyncio.shield(self._starting)
        asking = asyncio.ensure_future(
            super().complete(
                path, payload, expected_tokens=expected_tokens, prefix=prefix, may_be_empty=may_be_empty
            )
        )
        try:
            while not asking.done():
                await asyncio.wait({asking}, timeout=_LOOK_SECONDS)
                if not self._server.is_running:  # trying again is of no use
                    raise self._server.ended_by_itself()
            return asking.result()
        finally:
            if not asking.done():
                asking.cancel()
                with contextlib.suppress(asyncio.CancelledError, CodetuneError):
                    await asking

    async def _start(self) -> None:
        await asyncio.to_thread(self._server.start)
        spec = self._server.spec(self._adapter)
        self.spec = spec
        self.pool = EndpointPool([Endpoint(one) for one in spec.endpoints])

    async def close(self) -> None:
        await super().close()
        if self._starting is None:
            return
        while not self._starting.done():  # a start in progress is cancelled
            self._server.stop()
            await asyncio.wait({self._starting}, timeout=0.05)
        with contextlib.suppress(Exception):
            self._starting.result()
