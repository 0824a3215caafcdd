"""How many requests an endpoint gets at a time, adapted while it works.

Additive increase, multiplicative decrease: after each round (as many answers as the limit allows in
flight) the limit is raised where few complaints came, and cut in proportion to them where many did.
A complaint is a 429 or 503, a timeout, or a refused connection. The share of complaints decides, so
a server that fails now and then for other reasons stays busy. Requests and tokens per minute are
kept by buckets that refill continuously.
Sources: Chiu and Jain 1989 (AIMD); Alizadeh et al. 2010, "Data Center TCP" (cut by the share).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AdaptiveLimit", "RateBucket"]


_RAISE_BELOW = 0.05
_CUT_ABOVE = 0.15
_RAISE_SHARE = 0.05
"""Answers take seconds, so one more request a round would need hours to reach the limit."""


class AdaptiveLimit:
    """The number of requests that may be in flight.

    Args:
        maximum: The highest limit; at least 1.
        start: The first limit; doubled each round until the first complaints.
    """

    def __init__(self, maximum: int, *, start: int = 32) -> None:
        self.maximum = maximum
        self.limit = float(min(start, maximum))
        self.in_flight = 0
        self.complaint_share: float | None = None
        """Smoothed over rounds, the last one counting half; in [0, 1]; None before the first round ends."""
        self._doubling = True
        self._answered = 0
        self._complaints = 0
        self._was_full = False

    @property
    def has_room(self) -> bool:
        return self.in_flight < int(self.limit)

    def begin(self) -> None:
        """Note that a request is sent."""
        self.in_flight += 1
        self._was_full = self._was_full or self.in_flight >= int(self.limit)

    def end(self, *, complaint: bool | None) -> None:
        """Note its end: without complaint (False), with one (True), or neither (None)."""
        self.in_flight -= 1
        if complaint is None:
            return
        self._answered += 1
        self._complaints += complaint
        if self._answered >= max(8, int(self.limit)):
            self._end_round(self._complaints / self._answered)

    def _end_round(self, share: float) -> None:
        before = share if self.complaint_share is None else self.complaint_share
        self.complaint_share = 0.5 * before + 0.5 * share
        if self.complaint_share > _CUT_ABOVE:
            self.limit = max(1.0, self.limit * (1.0 - self.complaint_share / 2.0))
            self._doubling = False
        elif self.complaint_share >= _RAISE_BELOW:
            self._doubling = False
        elif self._was_full:
            step = self.limit if self._doubling else max(1.0, _RAISE_SHARE * self.limit)
            self.limit = min(float(self.maximum), self.limit + step)
        self._answered = self._complaints = 0
        self._was_full = False


@dataclass
class RateBucket:
    """A rate per minute, refilled continuously; at most `burst_seconds` worth may be used at once.

    A debit may take the level below zero: later requests then wait until it is positive again.
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
        """Seconds until `amount` may be taken; 0 where it may be taken now.

        An amount above the capacity waits for a full bucket, and then takes the level below zero.
        """
        missing = min(amount, self.capacity) - self._refill(now)
        return max(0.0, missing * 60.0 / self.per_minute)

    def take(self, amount: float, now: float) -> None:
        """Debit; a negative amount gives back."""
        self.level = self._refill(now) - amount
