"""Sends one HTTP request once: bytes out, bytes back, or an error that says what to do.

Each failure becomes one of three errors: `ServerRefusal` (asking again is useless), `Unavailable`
(it may pass), or `ConfigError` (no request of this run can succeed). It does not retry, limit or parse.
"""

from __future__ import annotations

import asyncio
import email.utils
import time
from collections.abc import Mapping

import aiohttp
import orjson

from codetune.errors import BackendUnavailableError, ConfigError, RequestRefusedError
from codetune.models.spec import host_label

__all__ = ["EmptyAnswer", "GarbledAnswer", "ServerRefusal", "Transport", "Unavailable"]

_RETRIED = frozenset({408, 409, 425, 429})
_CROWDED = frozenset({429, 503, 529})
_GARBLED = "model produced output that does not match"
"""llama.cpp's chat parser says this of a text that is not the JSON asked for, or was cut off inside it."""
_SHORTEST_SECRET = 8
"""Shorter header values (`Bearer`, `en`) are ordinary words and stay in messages."""


class Unavailable(BackendUnavailableError):
    """A failure that may pass.

    Attributes:
        kind: `429`, `500`, `timeout`, `connection`, `answer`, for counts.
        retry_after: Seconds the server asked for, or None.
        crowded: True when fewer requests at a time would help.
        reached: False when no connection could be made at all.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        next_step: str | None = None,
        kind: str = "",
        retry_after: float | None = None,
        crowded: bool = False,
        reached: bool = True,
    ) -> None:
        super().__init__(what, where=where, next_step=next_step)
        self.kind = kind
        self.retry_after = retry_after
        self.crowded = crowded
        self.reached = reached


class ServerRefusal(RequestRefusedError):
    """The server refused the request.

    Attributes:
        status: HTTP status, 400 to 499; 0 for an answer that is too large.
        body: The server's words, cut to 2,000 characters.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        next_step: str | None = None,
        status: int = 0,
        body: str = "",
    ) -> None:
        super().__init__(what, where=where, next_step=next_step)
        self.status = status
        self.body = body


class GarbledAnswer(ServerRefusal):
    """The model answered, but the server withheld the text; the same request would fail again."""


class EmptyAnswer(BackendUnavailableError):
    """The model answered with no text at all, also when asked again."""


class Transport:
    """HTTP to one base URL, over connections that are kept open.

    Args:
        base: e.g. `http://127.0.0.1:8000/v1`.
        headers: Sent with every request; they may hold a key, so they are never shown.
        timeout_seconds: For one try, from sending to the last byte.
        max_response_bytes: A larger answer is refused while it is read, so that a faulty server
            can't fill the memory.
    """

    def __init__(
        self,
        base: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float = 600.0,
        max_response_bytes: int = 16 << 20,
    ) -> None:
        self.base = base.rstrip("/")
        self.label = host_label(self.base)
        self._headers = {
            "Content-Type": "application/json",
            # A compressed answer could be far larger than the bytes counted while reading.
            "Accept-Encoding": "identity",
            **(headers or {}),
        }
        # Some servers quote the refused key in their message.
        self._secrets = [word for value in (headers or {}).values() for word in _spellings(value)]
        self._max_response_bytes = max_response_bytes
        self._timeout_seconds = timeout_seconds
        self._session: aiohttp.ClientSession | None = None

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30.0),
                timeout=aiohttp.ClientTimeout(total=self._timeout_seconds, sock_connect=10.0),
                headers=self._headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session

    async def post(self, path: str, body: bytes) -> bytes:
        """Send JSON, return the body of a 200.

        Raises:
            Unavailable: 408, 409, 425, 429, 5xx, timeout, connection refused or cut.
            ServerRefusal: Any other status, or an answer that is too large.
            ConfigError: The server's certificate is not trusted.
        """
        # Wrapped here, because aiohttp's lookup of a payload type costs as much as sending it.
        return await self._send("POST", path, aiohttp.BytesPayload(body, content_type="application/json"))

    async def get(self, path: str, *, max_bytes: int | None = None) -> bytes:
        """The body of a GET; errors as in `post`. `max_bytes` takes the place of the usual limit."""
        return await self._send("GET", path, None, max_bytes=max_bytes)

    async def upload(self, path: str, content: bytes, *, file_name: str, fields: Mapping[str, str]) -> bytes:
        """Send a file as a form; errors as in `post`."""
        form = aiohttp.FormData(dict(fields))
        form.add_field("file", content, filename=file_name, content_type="application/jsonl")
        parts = form()
        return await self._send("POST", path, parts, headers={"Content-Type": parts.content_type})

    async def _send(
        self,
        method: str,
        path: str,
        body: aiohttp.Payload | None,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
    ) -> bytes:
        session = self._open_session()
        try:
            async with session.request(
                method, self.base + path, data=body, headers=headers, allow_redirects=False
            ) as response:
                data = await self._read(response, max_bytes or self._max_response_bytes)
                if response.status == 200:
                    return data
                status, headers = response.status, response.headers
        except TimeoutError as error:
            raise Unavailable(
                f"no answer within {self._timeout_seconds:g} s",
                where=self.label,
                kind="timeout",
                crowded=True,
            ) from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise ConfigError(
                f"the server's certificate is not trusted: {_certificate_fault(error)}",
                where=self.label,
                next_step="set SSL_CERT_FILE to a file with the certificate that signed it",
            ) from error
        except aiohttp.ClientConnectorError as error:
            raise Unavailable(
                f"no connection: {error.strerror or error}",
                where=self.label,
                next_step="check that the server runs and the URL is right",
                kind="connection",
                crowded=True,
                reached=False,
            ) from error
        except (aiohttp.ClientError, ConnectionError, asyncio.IncompleteReadError) as error:
            raise Unavailable(
                f"the connection broke: {str(error)[:200] or type(error).__name__}",
                where=self.label,
                kind="connection",
            ) from error
        raise self._error(status, headers, data)

    async def _read(self, response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
        length = response.content_length
        if length is not None and length <= max_bytes:
            return await response.read()
        if length is None:  # sent in chunks: count while reading
            pieces: list[bytes] = []
            total = 0
            while total <= max_bytes:
                piece = await response.content.readany()
                if not piece:
                    return b"".join(pieces)
                total += len(piece)
                pieces.append(piece)
        response.close()
        raise ServerRefusal(
            f"the answer is larger than {max_bytes >> 20} MiB",
            where=self.label,
            next_step="lower max_new_tokens, or raise max_response_bytes in the model map",
        )

    def _error(self, status: int, headers: Mapping[str, str], data: bytes) -> Unavailable | ServerRefusal:
        for secret in self._secrets:
            data = data.replace(secret, b"**")
        said = _message(data)
        if status == 500 and _GARBLED in said:
            return GarbledAnswer(
                f"the answer is not the JSON that was asked for, or was cut: {said}",
                where=self.label,
                status=status,
            )
        if status in _RETRIED or status >= 500:
            return Unavailable(
                f"the server answered {status}: {said}",
                where=self.label,
                kind=str(status),
                retry_after=_retry_after(headers.get("Retry-After")),
                crowded=status in _CROWDED,
            )
        return ServerRefusal(
            f"the server refused with {status}: {said}",
            where=self.label,
            status=status,
            body=data[:2000].decode("utf-8", "replace"),
        )

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _certificate_fault(error: aiohttp.ClientConnectorCertificateError) -> str:
    reason = error.certificate_error
    return str(getattr(reason, "verify_message", "") or reason)


def _spellings(header: str) -> list[bytes]:
    """A header's value and the key inside it, the longest first."""
    words = [header, *header.split()]
    return sorted({word.encode() for word in words if len(word) >= _SHORTEST_SECRET}, key=len, reverse=True)


def _message(data: bytes) -> str:
    """The server's own words, in the shapes that servers use."""
    try:
        answer = orjson.loads(data)
    except orjson.JSONDecodeError:
        return data[:300].decode("utf-8", "replace").strip() or "(no words)"
    error = answer.get("error", answer) if isinstance(answer, dict) else answer
    if isinstance(error, dict):
        error = error.get("message") or error.get("detail") or error
    return str(error)[:500]


def _retry_after(value: str | None) -> float | None:
    """Seconds of a Retry-After header, which is a number or a date."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
