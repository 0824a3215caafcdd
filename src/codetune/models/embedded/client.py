"""The client of an embedded server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from codetune.models.client.started_client import StartedClient
from codetune.models.embedded.server import EmbeddedServer
from codetune.models.spec import EndpointSpec, ModelSpec

__all__ = ["EmbeddedClient"]


class EmbeddedClient(StartedClient):
    """Sends requests to an `EmbeddedServer`.

    Args:
        server: Running or not; `close` stops it only where it was started here.
        name: One of its models.
    """

    def __init__(self, server: EmbeddedServer, name: str) -> None:
        super().__init__(_spec(server, name))
        self._server = server
        self._lora = {"lora": server.lora_field(name)} if server.loras else {}
        self._is_ours = False

    def _start_server(self) -> None:
        if not self._server.url:
            self._is_ours = True
            self._server.__enter__()

    def _stop_server(self) -> None:
        if self._is_ours:
            self._server.stop()

    def _running_spec(self) -> ModelSpec:
        return _spec(self._server, self.spec.name)

    def _fields(self) -> Mapping[str, Any]:
        return self._lora

    async def close(self) -> None:
        await super().close()
        self._stop_server()


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
