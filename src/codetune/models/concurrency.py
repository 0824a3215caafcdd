"""How many requests an endpoint gets at a time, found while working.

Additive increase, multiplicative decrease, as in TCP: while the limit is what holds us back, each
round of answers without a complaint raises it (doubling it until the first complaint); a complaint
(429, 503, a timeout, a refused connection) lowers it, once for all requests that were on their way
when it came. Requests and tokens per minute are kept by buckets that refill continuously.
Source: Chiu and Jain 1989, "Analysis of the Increase and Decrease Algorithms".
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AdaptiveLimit", "RateBucket"]


class AdaptiveLimit:
    """The number of requests that may be in flight.

    Args:
        maximum: Never more than this; at least 1.
        start: Where to begin.
        decrease: Factor in (0, 1) applied on a complaint.
    """

    def __init__(self, maximum: int, *, start: int = 32, decrease: float = 0.7) -> None:
        self.maximum = maximum
        self.limit = float(min(start, maximum))
        self.in_flight = 0
        self.complaints = 0
        self._decrease = decrease
        self._doubling = True
        self._round = 0

    @property
    def has_room(self) -> bool:
        return self.in_flight < int(self.limit)

    def begin(self) -> int:
        """A request goes out; keep the number for `end`."""
        self.in_flight += 1
        return self._round

    def end(self, round_: int, *, complaint: bool | None) -> None:
        """It came back: well (False), with a complaint (True), or saying nothing (None)."""
        was_full = self.in_flight >= int(self.limit)
        self.in_flight -= 1
        if complaint is None:
            return
        if complaint:
            self.complaints += 1
            self._doubling = False
            if round_ == self._round:
                self._round += 1
                self.limit = max(1.0, self.limit * self._decrease)
        elif was_full and self.limit < self.maximum:
            self.limit = min(self.maximum, self.limit + (1.0 if self._doubling else 1.0 / self.limit))


@dataclass
class RateBucket:
    """So much a minute, refilled continuously, at most `burst_seconds` worth at once.

    A debit may take the level below zero: an answer that cost more than was reserved is paid back
    by waiting.
    """

    per_minute: float
    burst_seconds: float = 5.0
    level: float | None = None
    updated: float = 0.0

    @property
    def capacity(self) -> float:
        return max(1.0, self.per_minute * self.burst_seconds / 60.0)

    def _refill(self, now: float) -> float:
        if self.level is None:
            self.level = self.capacity
        else:
            self.level = min(self.capacity, self.level + (now - self.updated) * self.per_minute / 60.0)
        self.updated = now
        return self.level

    def wait_seconds(self, amount: float, now: float) -> float:
        """Seconds until `amount` may be taken; 0 when it may be now.

        An amount above the capacity waits for a full bucket, and is then taken on credit.
        """
        missing = min(amount, self.capacity) - self._refill(now)
        return max(0.0, missing * 60.0 / self.per_minute)

    def take(self, amount: float, now: float) -> None:
        """Debit, or with a negative amount give back."""
        self.level = self._refill(now) - amount
