"""The client of an embedded server, which it starts for the first request that is not stored yet."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from codetune.models.client.client import OpenAIClient, ServerAnswer
from codetune.models.client.endpoint import Endpoint, EndpointPool
from codetune.models.embedded.server import EmbeddedServer
from codetune.models.spec import EndpointSpec, ModelSpec

__all__ = ["EmbeddedClient"]


class EmbeddedClient(OpenAIClient):
    """Sends requests to an `EmbeddedServer`, and starts it where it is not running.

    Args:
        server: Running or not; `close` stops it only where it was started here.
        name: One of its models.
    """

    def __init__(self, server: EmbeddedServer, name: str) -> None:
        super().__init__(_spec(server, name))
        self._server = server
        self._lora = {"lora": server.lora_field(name)} if server.loras else {}
        self._starting: asyncio.Task[object] | None = None

    async def complete(
        self,
        path: str,
        payload: bytes,
        *,
        expected_tokens: float = 0.0,
        prefix: str = "",
        may_be_empty: bool = False,
    ) -> ServerAnswer:
        if not self._server.url:
            if self._starting is None:
                self._starting = asyncio.create_task(asyncio.to_thread(self._server.__enter__))
                self._starting.add_done_callback(self._started)
            await asyncio.shield(self._starting)
        return await super().complete(
            path, payload, expected_tokens=expected_tokens, prefix=prefix, may_be_empty=may_be_empty
        )

    def _fields(self) -> Mapping[str, Any]:
        return self._lora

    def _started(self, task: asyncio.Task[object]) -> None:
        if not task.cancelled() and task.exception() is None:
            spec = _spec(self._server, self.spec.name)
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
        self._server.stop()


def _spec(server: EmbeddedServer, name: str) -> ModelSpec:
    # A few more than slots, so that a free slot has its next request at once.
    in_flight = server.slots + 2
    endpoint = EndpointSpec(
        base=server.url or "http://127.0.0.1/v1",
        max_in_flight=in_flight,
        start_in_flight=in_flight,
        timeout_seconds=3600.0,
    )
    return ModelSpec(name=name, endpoints=(endpoint,), structured="json_schema")
