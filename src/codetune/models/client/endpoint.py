"""The endpoints of one model: which one gets the next request, and which are left alone for a while.

    acquire ─▶ least loaded of those that are up, not paused, and within their limits ─▶ release

An endpoint that can't be reached three times in a row is left alone for a time that doubles, and
is then tried with a single request.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codetune.models.client.adaptive_limit import AdaptiveLimit, RateBucket
from codetune.models.client.stop_limit import StopLimit
from codetune.models.client.structured_fallback import StructuredFallback
from codetune.models.client.transport import Transport
from codetune.models.spec import EndpointSpec

if TYPE_CHECKING:
    from codetune.models.client.shared_limits import SharedLimits, SharedRateBucket

__all__ = ["Endpoint", "EndpointPool", "Lease"]

_FAILURES_UNTIL_ASIDE = 3
_ASIDE_SECONDS = (2.0, 60.0)


class Endpoint:
    """One server: its connections, limits and health."""

    def __init__(
        self,
        spec: EndpointSpec,
        *,
        shared_limits: SharedLimits | None = None,
        structured: StructuredFallback | None = None,
    ) -> None:
        self.spec = spec
        self.structured = structured or StructuredFallback()
        self.stops = StopLimit()
        self.transport = Transport(
            spec.base,
            headers=spec.resolved_headers(),
            timeout_seconds=spec.timeout_seconds,
            max_response_bytes=spec.max_response_bytes,
        )
        self.label = self.transport.label
        processes = shared_limits.processes if shared_limits is not None else 1
        self.limit = AdaptiveLimit(
            max(1, spec.max_in_flight // processes), start=max(1, spec.start_in_flight // processes)
        )
        self.requests = _bucket(spec, "requests", spec.requests_per_minute, shared_limits)
        self.tokens = _bucket(spec, "tokens", spec.tokens_per_minute, shared_limits)
        self.paused_until = 0.0
        self.failures_in_a_row = 0
        self.times_aside = 0
        self.answered = False

    @property
    def load(self) -> float:
        """Requests in flight, relative to its limit and weight; lower is freer."""
        return self.limit.in_flight / (self.limit.limit * self.spec.weight)

    def wait_seconds(self, tokens: float, now: float) -> float:
        """Seconds until it may take a request of so many tokens; inf when only a release helps."""
        wait = max(0.0, self.paused_until - now)
        if self.times_aside and self.limit.in_flight:
            return math.inf  # one request at a time until one is answered
        if not self.limit.has_room:
            return math.inf
        if self.requests is not None:
            wait = max(wait, self.requests.wait_seconds(1, now))
        if self.tokens is not None:
            wait = max(wait, self.tokens.wait_seconds(tokens, now))
        return wait

    def pause(self, seconds: float, now: float) -> None:
        """Send nothing for a while: the server asked for it."""
        self.paused_until = max(self.paused_until, now + seconds)

    def record_answer(self) -> None:
        """Note that it answered."""
        self.answered = True
        self.failures_in_a_row = 0
        self.times_aside = 0

    def record_unreachable(self, now: float) -> None:
        """Note that no connection could be made."""
        self.failures_in_a_row += 1
        if self.failures_in_a_row >= _FAILURES_UNTIL_ASIDE or self.times_aside:
            self.pause(min(_ASIDE_SECONDS[1], _ASIDE_SECONDS[0] * 2**self.times_aside), now)
            self.times_aside += 1


def _bucket(
    spec: EndpointSpec, what: str, per_minute: float | None, shared_limits: SharedLimits | None
) -> RateBucket | SharedRateBucket | None:
    if not per_minute:
        return None
    return (
        RateBucket(per_minute) if shared_limits is None else shared_limits.bucket(spec.base, what, per_minute)
    )


@dataclass(slots=True)
class Lease:
    """The right to send one request to one endpoint."""

    endpoint: Endpoint
    tokens: float


@dataclass(slots=True)
class _Waiter:
    future: asyncio.Future[Lease]
    tokens: float
    avoid: Endpoint | None = None


@dataclass
class EndpointPool:
    """Hands out leases, first come first served; belongs to one event loop."""

    endpoints: Sequence[Endpoint]
    _waiters: deque[_Waiter] = field(default_factory=deque)
    _timer: asyncio.TimerHandle | None = None

    async def acquire(self, tokens: float, avoid: Endpoint | None = None) -> Lease:
        """Wait until an endpoint may take a request.

        Args:
            tokens: Expected tokens of prompt and answer, for the limits per minute.
            avoid: The endpoint that just failed this request; taken only if there is no other.
        """
        if not self._waiters:
            lease, _ = self._try(tokens, avoid)
            if lease is not None:
                return lease
        waiter = _Waiter(asyncio.get_running_loop().create_future(), tokens, avoid)
        self._waiters.append(waiter)
        self._serve_waiters()
        try:
            return await waiter.future
        except asyncio.CancelledError:
            if waiter.future.done() and not waiter.future.cancelled():
                self.release(waiter.future.result(), complaint=None, used_tokens=0)
            raise

    def release(self, lease: Lease, *, complaint: bool | None, used_tokens: float) -> None:
        """Return a lease.

        Args:
            lease: What `acquire` gave.
            complaint: See `AdaptiveLimit.end`.
            used_tokens: Tokens the request used; the rest of the reservation is returned.
        """
        endpoint = lease.endpoint
        endpoint.limit.end(complaint=complaint)
        if endpoint.tokens is not None:
            endpoint.tokens.take(used_tokens - lease.tokens, asyncio.get_running_loop().time())
        if self._waiters:
            self._serve_waiters()

    def _try(self, tokens: float, avoid: Endpoint | None) -> tuple[Lease | None, float]:
        """A lease, or None and the seconds after which trying again makes sense."""
        now = asyncio.get_running_loop().time()
        best: Endpoint | None = None
        soonest = math.inf
        for endpoint in self.endpoints:
            wait = endpoint.wait_seconds(tokens, now)
            if wait > 0:
                soonest = min(soonest, wait)
            elif best is None or best is avoid or (endpoint is not avoid and endpoint.load < best.load):
                best = endpoint
        if best is None:
            return None, soonest
        if best.requests is not None:
            best.requests.take(1, now)
        if best.tokens is not None:
            best.tokens.take(tokens, now)
        best.limit.begin()
        return Lease(best, tokens), 0.0

    def _serve_waiters(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiters:
            waiter = self._waiters[0]
            if waiter.future.done():
                self._waiters.popleft()
                continue
            lease, wait = self._try(waiter.tokens, waiter.avoid)
            if lease is None:
                if wait < math.inf:
                    # A random delay, so that a thousand workers don't wake at the same moment.
                    delay = wait + random.uniform(0.0, 0.02)
                    self._timer = asyncio.get_running_loop().call_later(delay, self._serve_waiters)
                return
            self._waiters.popleft()
            waiter.future.set_result(lease)
