"""The calls of OpenAI's batch API: upload, create, look up, list, fetch.

A batch is a file of requests that the server answers within a day, usually for half the price. No
state is kept here; `models.batch_api.ledger` does that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from codetune.errors import BackendUnavailableError
from codetune.models.client.transport import Transport

__all__ = ["BatchApi", "BatchLine", "RemoteBatch"]

_MAX_FILE_BYTES = 1 << 30
_ENDED = frozenset({"completed", "expired", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class RemoteBatch:
    """A batch as the server sees it."""

    id: str
    status: str
    output_file: str | None
    error_file: str | None
    mark: str | None
    """The mark we gave it when it was created."""
    said: str
    """The server's message about what is wrong with the whole batch."""

    @property
    def ended(self) -> bool:
        return self.status in _ENDED


@dataclass(frozen=True, slots=True)
class BatchLine:
    """The outcome of one request."""

    key: str
    body: bytes | None
    """The answer; None where there is none."""
    status: int
    error: str


class BatchApi:
    """Batches on one server."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, lines: list[dict[str, Any]], *, path: str, mark: str) -> RemoteBatch:
        """Upload requests and start a batch of them.

        Args:
            lines: `custom_id`, `method`, `url`, `body` each.
            path: E.g. `/v1/chat/completions`.
            mark: Kept by the server with the batch, so that it can be found again.
        """
        content = b"\n".join(orjson.dumps(line) for line in lines) + b"\n"
        uploaded = _object(
            await self._transport.upload(
                "/files", content, file_name=f"{mark}.jsonl", fields={"purpose": "batch"}
            )
        )
        made = {
            "input_file_id": uploaded["id"],
            "endpoint": path,
            "completion_window": "24h",
            "metadata": {"codetune": mark},
        }
        return _batch(_object(await self._transport.post("/batches", orjson.dumps(made))))

    async def look(self, batch_id: str) -> RemoteBatch:
        """A batch's present state."""
        return _batch(_object(await self._transport.get(f"/batches/{batch_id}")))

    async def find(self, mark: str) -> RemoteBatch | None:
        """The batch with our mark, among the newest hundred."""
        listed = _object(await self._transport.get("/batches?limit=100"))
        for item in listed.get("data", ()):
            batch = _batch(item)
            if batch.mark == mark:
                return batch
        return None

    async def lines(self, batch: RemoteBatch) -> list[BatchLine]:
        """All answers and errors of a batch that ended."""
        found: list[BatchLine] = []
        for name in (batch.output_file, batch.error_file):
            if name is not None:
                content = await self._transport.get(f"/files/{name}/content", max_bytes=_MAX_FILE_BYTES)
                found.extend(_lines(content))
        return found


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BackendUnavailableError("the batch API's answer is not JSON") from error
    if not isinstance(value, dict):
        raise BackendUnavailableError("the batch API's answer is not an object")
    return value


def _batch(value: Mapping[str, Any]) -> RemoteBatch:
    errors = (value.get("errors") or {}).get("data") or ()
    return RemoteBatch(
        id=str(value["id"]),
        status=str(value.get("status", "")),
        output_file=value.get("output_file_id"),
        error_file=value.get("error_file_id"),
        mark=(value.get("metadata") or {}).get("codetune"),
        said="; ".join(str(error.get("message", error)) for error in errors)[:500],
    )


def _lines(content: bytes) -> Iterator[BatchLine]:
    for line in content.splitlines():
        if not line.strip():
            continue
        value = orjson.loads(line)
        response = value.get("response") or {}
        status = int(response.get("status_code") or 0)
        body = response.get("body")
        error = value.get("error") or (body or {}).get("error") or {}
        said = str(error.get("message", error) if isinstance(error, dict) else error)[:500]
        good = status == 200 and body is not None
        yield BatchLine(
            str(value["custom_id"]), orjson.dumps(body) if good else None, status, "" if good else said
        )
