"""The client: sends a request to the right server, and again if that can help.

What enters is a canonical payload, what leaves is the server's bytes and what they say. It knows
endpoints, limits and retries; it knows nothing of the store, of budgets or of what is asked.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from codetune.errors import BackendUnavailableError
from codetune.models.endpoint import Endpoint, EndpointPool, Lease
from codetune.models.payload import ParsedAnswer, parse_answer
from codetune.models.spec import ModelSpec
from codetune.models.transport import Refusal, Unavailable

__all__ = ["OpenAIClient", "ServerAnswer"]

_BACKOFF_SECONDS = (0.25, 30.0)
_LONGEST_RETRY_AFTER_SECONDS = 600.0
_UNUSABLE_TRIES = 3


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """What came back, and what it took."""

    body: bytes
    parsed: ParsedAnswer
    endpoint: str
    attempts: int
    asked_at: float
    seconds: float


class OpenAIClient:
    """`/v1/chat/completions` and `/v1/completions` of one model, on all its endpoints.

    Args:
        spec: The model and its endpoints.
        share: Number of processes that use the same endpoints; each takes its part of the limits.

    Attributes:
        troubles: Kind of failure -> how often it was met, retried ones included.
    """

    def __init__(self, spec: ModelSpec, *, share: int = 1) -> None:
        self.spec = spec
        self.pool = EndpointPool([Endpoint(endpoint, share=share) for endpoint in spec.endpoints])
        self.troubles: Counter[str] = Counter()

    async def complete(
        self,
        path: str,
        payload: bytes,
        *,
        expected_tokens: float = 0.0,
        prefix: str = "",
        may_be_empty: bool = False,
        fields: Mapping[str, Any] | None = None,
    ) -> ServerAnswer:
        """Ask until there is an answer, a refusal, or no patience left.

        Args:
            path: `/chat/completions` or `/completions`.
            payload: Canonical JSON of an object, without `model`.
            expected_tokens: Of prompt and answer, for tokens-per-minute limits.
            prefix: See `parse_answer`.
            may_be_empty: An answer without text is an answer (stop words, prefixes).
            fields: Merged into the body without being part of the request's identity.

        Raises:
            RequestRefusedError: The server said no.
            BackendUnavailableError: Retries or patience are used up.
        """
        asked_at, begun = time.time(), time.monotonic()
        failures = busy = unusable = 0
        avoid: Endpoint | None = None
        while True:
            lease = await self.pool.acquire(expected_tokens, avoid)
            endpoint = lease.endpoint
            try:
                body = await endpoint.transport.post(path, self._body(endpoint, payload, fields))
                parsed = parse_answer(body, prefix=prefix)
                if not parsed.text.strip() and not may_be_empty and parsed.finish_reason != "length":
                    raise BackendUnavailableError("the server's answer is empty")
            except Unavailable as error:
                problem: BackendUnavailableError = error
                self.troubles[error.kind] += 1
                self._note_failure(lease, error)
                if error.kind == "429":
                    busy += 1
                else:
                    failures += 1
            except BackendUnavailableError as error:  # it answered, but with nothing usable
                problem = error
                self.troubles["answer"] += 1
                self._release(lease, complaint=False)
                unusable += 1
                failures += 1
            except Refusal as error:
                self.troubles[f"refused {error.status}"] += 1
                endpoint.well()
                self._release(lease, complaint=False)
                raise
            except BaseException:
                self._release(lease, complaint=None)
                raise
            else:
                endpoint.well()
                used = (parsed.prompt_tokens or 0) + (parsed.completion_tokens or 0)
                self.pool.release(lease, complaint=False, used_tokens=used or expected_tokens)
                seconds = time.monotonic() - begun
                attempts = 1 + failures + busy
                return ServerAnswer(body, parsed, endpoint.transport.label, attempts, asked_at, seconds)
            avoid = endpoint
            waited = time.monotonic() - begun
            if failures >= self.spec.attempts or unusable >= _UNUSABLE_TRIES:
                raise self._given_up(problem, f"after {failures + busy} tries")
            delay = self._delay(problem, failures, busy)
            if waited + delay > self.spec.patience_seconds:
                raise self._given_up(problem, f"after {waited:.0f} s and {failures + busy} tries")
            await asyncio.sleep(delay)

    def _body(self, endpoint: Endpoint, payload: bytes, fields: Mapping[str, Any] | None) -> bytes:
        own = endpoint.spec.body
        added = {"model": endpoint.spec.model or self.spec.name, **own, **(fields or {})}
        # Payload and additions are both JSON objects: join them without parsing the payload again.
        return orjson.dumps(added)[:-1] + b"," + payload[1:]

    def _note_failure(self, lease: Lease, error: Unavailable) -> None:
        now = asyncio.get_running_loop().time()
        endpoint = lease.endpoint
        if error.retry_after:
            endpoint.pause(min(error.retry_after, _LONGEST_RETRY_AFTER_SECONDS), now)
        if not error.reached:
            endpoint.unreachable(error.what, now)
        elif error.kind != "connection":
            endpoint.failures_in_a_row = 0
        self._release(lease, complaint=True if error.crowded else None)

    def _release(self, lease: Lease, *, complaint: bool | None) -> None:
        # A request that failed used no tokens: its whole reservation goes back.
        self.pool.release(lease, complaint=complaint, used_tokens=0)

    def _delay(self, problem: BackendUnavailableError, failures: int, busy: int) -> float:
        """Full jitter; a Retry-After of the server comes on top of nothing of ours."""
        if isinstance(problem, Unavailable):
            if problem.retry_after is not None:
                return min(problem.retry_after, _LONGEST_RETRY_AFTER_SECONDS) + random.uniform(0.0, 0.1)
            if problem.kind == "connection" and problem.reached and failures == 1:
                return 0.0  # a kept connection that the server had closed: nothing is wrong
        least, most = _BACKOFF_SECONDS
        return random.uniform(0.0, min(most, least * 2.0 ** min(failures + busy, 10)))

    def _given_up(self, problem: BackendUnavailableError, when: str) -> BackendUnavailableError:
        return BackendUnavailableError(
            f"given up {when}: {problem.what}",
            where=problem.where,
            next_step=problem.next_step or "run the same command again; what was answered is kept",
        )

    async def models(self) -> list[str]:
        """Names that the first reachable endpoint lists under `/models`.

        Raises:
            BackendError: No endpoint lists them.
        """
        last: Exception | None = None
        for endpoint in self.pool.endpoints:
            try:
                answer = orjson.loads(await endpoint.transport.get("/models"))
                return [str(item["id"]) for item in answer["data"]]
            except (BackendUnavailableError, Refusal, orjson.JSONDecodeError, KeyError, TypeError) as error:
                last = error
        raise BackendUnavailableError(
            "no endpoint lists its models", next_step="name the model yourself"
        ) from last

    async def close(self) -> None:
        """Close all connections."""
        for endpoint in self.pool.endpoints:
            await endpoint.transport.close()
