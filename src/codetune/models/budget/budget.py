"""A budget of money, time or tokens, and the stop when it is spent.

    5usd|2h|1Mtok      whichever is reached first

A request is sent only if its highest possible cost still fits. Requests in flight count at that
cost until their answers say what they used; near the limit, new requests wait for them. So money and
tokens are never overrun, provided the server reports tokens as it bills them. Answers from the store
cost nothing.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from codetune.errors import CodetuneError, ConfigError
from codetune.models.spec import Price

__all__ = ["Budget", "BudgetSpentError", "Reservation"]

_PART = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*([a-zA-Z$]+)\s*")
_SECONDS = {"s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_TOKENS = {"tok": 1.0, "ktok": 1e3, "mtok": 1e6, "gtok": 1e9}
_DOLLARS = {"usd": 1.0, "$": 1.0}


class BudgetSpentError(CodetuneError):
    """The budget does not allow another request; answers that came are kept."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """The highest possible cost of a request in flight."""

    usd: float
    tokens: float


@dataclass
class Budget:
    """Limits and what was spent of them; for one event loop.

    Attributes:
        usd: US dollars, or None.
        seconds: Wall time from `begin`, or None.
        tokens: Prompt and completion tokens together, or None.
        clock: Seconds, always rising.
    """

    usd: float | None = None
    seconds: float | None = None
    tokens: float | None = None
    spent_usd: float = 0.0
    spent_tokens: float = 0.0
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    _reserved_usd: float = 0.0
    _reserved_tokens: float = 0.0
    _in_flight: int = 0
    _settled: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    _begun: float | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Read `5usd|2h|1Mtok`: any of the three, each at most once.

        Raises:
            ConfigError: Something else.

        >>> Budget.parse("5usd|2h|1Mtok").seconds
        7200.0
        """
        limits: dict[str, float] = {}
        for part in text.split("|"):
            match = _PART.fullmatch(part)
            amount, unit = (float(match[1]), match[2].lower()) if match else (0.0, "")
            for kind, units in (("usd", _DOLLARS), ("seconds", _SECONDS), ("tokens", _TOKENS)):
                if unit in units and kind not in limits and amount > 0:
                    limits[kind] = amount * units[unit]
                    break
            else:
                raise ConfigError(
                    f"the budget {text!r} can't be read at {part.strip()!r}",
                    next_step="write e.g. 5usd, 2h, 30min, 1Mtok, or several with | between them",
                )
        return cls(limits.get("usd"), limits.get("seconds"), limits.get("tokens"))

    def begin(self) -> None:
        """Start the clock, once."""
        if self._begun is None:
            self._begun = self.clock()

    @property
    def elapsed_seconds(self) -> float:
        return self.clock() - self._begun if self._begun is not None else 0.0

    @property
    def seconds_left(self) -> float | None:
        """None where time is not limited."""
        return None if self.seconds is None else max(0.0, self.seconds - self.elapsed_seconds)

    async def reserve(self, prompt_tokens: float, max_new_tokens: float, price: Price | None) -> Reservation:
        """Reserve a request's highest possible cost; waits while requests in flight may turn out cheaper.

        Raises:
            BudgetSpentError: It does not fit.
            ConfigError: Money is limited and the model has no price.
        """
        self.begin()
        if self.usd is not None and price is None:
            raise ConfigError(
                "a budget in money needs the model's price",
                next_step="add `price: {input: ..., output: ...}` to the model map",
            )
        tokens = prompt_tokens + max_new_tokens
        usd = price.cost(prompt_tokens, max_new_tokens) if price is not None else 0.0
        while (limit := self._exceeded(usd, tokens)) is not None:
            if self._in_flight == 0 or limit.endswith("time"):
                raise self._spent(limit)
            self._settled.clear()
            await self._settled.wait()
        self._in_flight += 1
        self._reserved_usd += usd
        self._reserved_tokens += tokens
        return Reservation(usd, tokens)

    def _exceeded(self, usd: float, tokens: float) -> str | None:
        """The limit that a request of this cost would overrun, or None."""
        if self.seconds is not None and self.elapsed_seconds >= self.seconds:
            return f"{self.seconds:,.0f} s of time"
        if self.tokens is not None and self.spent_tokens + self._reserved_tokens + tokens > self.tokens:
            return f"{self.tokens:,.0f} tokens"
        if self.usd is not None and self.spent_usd + self._reserved_usd + usd > self.usd:
            return f"{self.usd:,.2f} USD"
        return None

    def settle(self, reservation: Reservation, *, usd: float | None, tokens: float | None) -> None:
        """Replace a reservation by what was used; None books the whole reservation."""
        self._in_flight -= 1
        self._settled.set()
        self._reserved_usd -= reservation.usd
        self._reserved_tokens -= reservation.tokens
        self.spent_usd += reservation.usd if usd is None else usd
        self.spent_tokens += reservation.tokens if tokens is None else tokens

    def spent_time(self) -> BudgetSpentError:
        """The error for a spent time limit."""
        return self._spent(f"{self.seconds or 0.0:,.0f} s of time")

    def _spent(self, limit: str) -> BudgetSpentError:
        return BudgetSpentError(
            f"the budget of {limit} is spent: {self.spent_tokens:,.0f} tokens, "
            f"{self.spent_usd:,.2f} USD, {self.elapsed_seconds:,.0f} s",
            next_step="run the same command with a larger --budget to continue",
        )
