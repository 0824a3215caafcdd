"""Sends requests to the endpoints of one model, with limits and retries.

In: a canonical payload. Out: the server's bytes, parsed. It does not know the request store,
budgets, or what is asked.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from codetune.errors import BackendUnavailableError, ConfigError, UsageError
from codetune.models.client.context_length import context_length
from codetune.models.client.endpoint import Endpoint, EndpointPool, Lease
from codetune.models.client.payload import ParsedAnswer, parse_answer
from codetune.models.client.stop_limit import MAX_STOPS
from codetune.models.client.structured_fallback import StructuredFallback, StructuredRequest
from codetune.models.client.structured_modes import StructuredMode, request_body
from codetune.models.client.transport import EmptyAnswer, ServerRefusal, Transport, Unavailable
from codetune.models.spec import EndpointSpec, ModelSpec

if TYPE_CHECKING:
    from codetune.models.client.shared_limits import SharedLimits

__all__ = ["EndpointsDownError", "OpenAIClient", "ServerAnswer", "key_refused", "list_models"]

_BACKOFF_SECONDS = (0.25, 30.0)
_LONGEST_RETRY_AFTER_SECONDS = 600.0
_UNUSABLE_TRIES = 3


class EndpointsDownError(UsageError):
    """No endpoint of a model can be reached: no request can be answered, so the run stops."""


async def list_models(transport: Transport) -> list[str]:
    """Names that a server lists under `/models`.

    Raises:
        Unavailable: The server can't be reached.
        ServerRefusal: It refuses the key, or has no such list.
        BackendUnavailableError: Its answer is not a list of models.
    """
    data = await transport.get("/models")
    try:
        return [str(item["id"]) for item in orjson.loads(data)["data"]]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise BackendUnavailableError(
            "the answer under /models is not a list of models",
            where=transport.label,
            next_step="check the URL, which usually ends in /v1",
        ) from error


def key_refused(endpoint: EndpointSpec, error: ServerRefusal) -> ConfigError:
    """The error for a 401 or 403: which key was refused, or that none was sent."""
    source = endpoint.key_source
    if not source:
        return ConfigError(
            f"the server wants a key: {error.what}",
            where=error.where,
            next_step="set OPENAI_API_KEY, name another variable with --api-key-env, or put api_env in the model map",
        )
    return ConfigError(
        f"the server refuses the key: {error.what}", where=error.where, next_step=f"check {source}"
    )


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """One answer, and how it was obtained."""

    body: bytes
    parsed: ParsedAnswer
    endpoint: str
    attempts: int
    asked_at: float
    """Seconds since 1970."""
    seconds: float
    payload: bytes
    """The payload as it was sent, without the fields that every body of an endpoint has."""
    asked_as: StructuredMode | None
    """How JSON was asked for; None where it was not."""


@dataclass(slots=True)
class _Tries:
    """Failures of one request so far, by kind."""

    failures: int = 0
    busy: int = 0
    unreached: int = 0
    unusable: int = 0

    @property
    def total(self) -> int:
        return self.failures + self.busy + self.unreached


class OpenAIClient:
    """`/v1/chat/completions` and `/v1/completions` of one model, on all its endpoints.

    Args:
        spec: The model and its endpoints.
        shared_limits: With other processes that use the same endpoints; None is alone.

    Attributes:
        troubles: Kind of failure -> how often it happened, retried ones included.
        notices: Sentences for the user about what the servers do not support, in order.
    """

    def __init__(self, spec: ModelSpec, *, shared_limits: SharedLimits | None = None) -> None:
        self.troubles: Counter[str] = Counter()
        self.notices: list[str] = []
        self._reach(spec, shared_limits)

    def _reach(self, spec: ModelSpec, shared_limits: SharedLimits | None = None) -> None:
        """Ask the model's endpoints from now on."""
        self.spec = spec
        self.pool = EndpointPool(
            [
                Endpoint(one, shared_limits=shared_limits, structured=StructuredFallback(spec.structured))
                for one in spec.endpoints
            ]
        )

    async def complete(
        self,
        path: str,
        payload: bytes,
        *,
        expected_tokens: float = 0.0,
        prefix: str = "",
        may_be_empty: bool = False,
    ) -> ServerAnswer:
        """Send until there is an answer or a refusal, or until retries or patience are used up.

        Args:
            path: `/chat/completions` or `/completions`.
            payload: Canonical JSON of an object, without `model`.
            expected_tokens: Of prompt and answer, for tokens-per-minute limits.
            prefix: See `parse_answer`.
            may_be_empty: Accept an answer without text (with stop words or a prefix it can be right).

        Raises:
            RequestRefusedError: The server refused this request.
            BackendUnavailableError: Retries or patience are used up for this request.
            ConfigError: The server does not have the model, or refuses the key; no other request of
                this run could succeed.
            EndpointsDownError: No endpoint can be reached; the run stops likewise.
        """
        asked_at = begun = 0.0
        tries = _Tries()
        avoid: Endpoint | None = None
        weaker_requests: dict[Endpoint, StructuredRequest] = {}
        while True:
            lease = await self.pool.acquire(expected_tokens, avoid)
            if not asked_at:  # waiting for a free endpoint does not count as the request's time
                asked_at, begun = time.time(), time.monotonic()
            endpoint = lease.endpoint
            problem: BackendUnavailableError
            asked = weaker_requests.get(endpoint) or endpoint.structured.request(payload)
            sent = endpoint.stops.shortened(asked.payload)
            try:
                body = request_body(
                    sent,
                    model=self.spec,
                    endpoint=endpoint.spec,
                    fields=self._fields(),
                    prefixed=bool(prefix),
                )
                data = await endpoint.transport.post(path, body)
                parsed = parse_answer(data, prefix=prefix)
                if not parsed.text.strip() and not may_be_empty and parsed.finish_reason != "length":
                    raise EmptyAnswer("the server's answer is empty", where=endpoint.label)
            except Unavailable as error:
                problem = error
                self._note_failure(lease, error, tries)
            except BackendUnavailableError as error:  # an answer, but not a usable one
                problem = error
                self.troubles["answer"] += 1
                endpoint.record_answer()
                self._release(lease, complaint=False)
                tries.unusable += 1
                tries.failures += 1
            except ServerRefusal as error:
                self.troubles[f"refused {error.status}"] += 1
                endpoint.record_answer()
                self._release(lease, complaint=False)
                if endpoint.stops.learn(sent, error.status, error.body):
                    self._notice_stops(endpoint)
                    continue
                weaker = endpoint.structured.weaker(payload, asked, error.status, error.body)
                if weaker is not None:
                    weaker_requests[endpoint] = weaker
                    continue
                await self._stop_if_hopeless(endpoint, error)
                raise
            except BaseException:
                self._release(lease, complaint=None)
                raise
            else:
                endpoint.record_answer()
                used = (parsed.prompt_tokens or 0) + (parsed.completion_tokens or 0)
                self.pool.release(lease, complaint=False, used_tokens=used or expected_tokens)
                if endpoint.structured.answered(payload, asked):
                    self._notice(endpoint, asked)
                return ServerAnswer(
                    data, parsed, endpoint.label, 1 + tries.total, asked_at, time.monotonic() - begun,
                    asked.payload, asked.mode,
                )  # fmt: skip
            avoid = endpoint
            await self._wait_or_give_up(problem, tries, time.monotonic() - begun)

    def _fields(self) -> Mapping[str, Any]:
        """Merged into each body without being part of a request's identity."""
        return {}

    def _note_failure(self, lease: Lease, error: Unavailable, tries: _Tries) -> None:
        self.troubles[error.kind] += 1
        now = asyncio.get_running_loop().time()
        endpoint = lease.endpoint
        if error.retry_after:
            endpoint.pause(min(error.retry_after, _LONGEST_RETRY_AFTER_SECONDS), now)
        if error.kind == "429":
            tries.busy += 1
        elif error.reached:
            tries.failures += 1
        else:
            tries.unreached += 1
            endpoint.record_unreachable(now)
        if error.reached:
            endpoint.failures_in_a_row = 0
        self._release(lease, complaint=True if error.crowded else None)

    def _release(self, lease: Lease, *, complaint: bool | None) -> None:
        # A failed request used no tokens, so its whole reservation is returned.
        self.pool.release(lease, complaint=complaint, used_tokens=0)

    async def _wait_or_give_up(self, problem: BackendUnavailableError, tries: _Tries, waited: float) -> None:
        when = f"after {waited:.0f} s and {tries.total} tries"
        hint = problem.next_step or "run the same command again; answered requests are kept"
        what = f"gave up {when}: {problem.what}"
        reachable = any(endpoint.answered for endpoint in self.pool.endpoints)
        if tries.unreached >= self.spec.attempts and not reachable:
            raise EndpointsDownError(
                f"no endpoint of {self.spec.name} answers; {problem.what}",
                where=", ".join(endpoint.label for endpoint in self.pool.endpoints),
                next_step="check that the server runs and the URL is right",
            )
        if tries.failures >= self.spec.attempts or tries.unusable >= _UNUSABLE_TRIES:
            kind = EmptyAnswer if isinstance(problem, EmptyAnswer) else BackendUnavailableError
            raise kind(what, where=problem.where, next_step=hint)
        delay = self._delay(problem, tries)
        if waited + delay > self.spec.patience_seconds:
            if isinstance(problem, Unavailable) and not problem.reached:
                raise EndpointsDownError(what, where=problem.where, next_step=hint)
            raise BackendUnavailableError(what, where=problem.where, next_step=hint)
        await asyncio.sleep(delay)

    def _delay(self, problem: BackendUnavailableError, tries: _Tries) -> float:
        """Seconds until the next try: full jitter, or the server's Retry-After and a little jitter."""
        if isinstance(problem, Unavailable):
            if problem.retry_after is not None:
                return min(problem.retry_after, _LONGEST_RETRY_AFTER_SECONDS) + random.uniform(0.0, 0.1)
            if problem.kind == "connection" and problem.reached and tries.failures == 1:
                return 0.0  # the server had closed an idle connection; nothing is wrong
        least, most = _BACKOFF_SECONDS
        return random.uniform(0.0, min(most, least * 2.0 ** min(tries.total, 10)))

    def _notice_stops(self, endpoint: Endpoint) -> None:
        notice = (
            f"{endpoint.label} takes {MAX_STOPS} stop strings at most; answers are cut at the others here"
        )
        if notice not in self.notices:  # several requests may be refused at the same time
            self.notices.append(notice)

    def _notice(self, endpoint: Endpoint, asked: StructuredRequest) -> None:
        words = {
            "simple_schema": "a JSON Schema with these bounds; it now gets one with types alone",
            "json_object": "a JSON Schema; it is asked for any JSON object, and the prompt states the schema",
            "prompt": "response_format; the prompt states the schema",
        }
        self.notices.append(f"{endpoint.label} refuses {words[asked.mode or 'prompt']}")

    async def _stop_if_hopeless(self, endpoint: Endpoint, error: ServerRefusal) -> None:
        if error.status in (401, 403):
            raise key_refused(endpoint.spec, error) from error
        if error.status not in (400, 404):
            return
        name = endpoint.spec.model or self.spec.name
        names = await self._listed(endpoint)
        if names and name not in names and "model" in error.what.lower():
            raise ConfigError(
                f"the server has no model called {name}; it has {', '.join(names[:20])}",
                where=endpoint.label,
                next_step="take one of those",
            ) from error

    async def _listed(self, endpoint: Endpoint) -> list[str]:
        try:
            return await list_models(endpoint.transport)
        except (BackendUnavailableError, ServerRefusal):
            return []

    async def context_length(self) -> int | None:
        """Tokens of prompt and answer that all endpoints take, as far as they say it."""
        return await context_length(
            (endpoint.transport, endpoint.spec.model or self.spec.name) for endpoint in self.pool.endpoints
        )

    async def close(self) -> None:
        """Close all connections."""
        for endpoint in self.pool.endpoints:
            await endpoint.transport.close()
