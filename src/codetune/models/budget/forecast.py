"""Estimates what a run would cost from a sample of its requests; used by `--dry-run`.

The sample is really sent, and its answers are stored, so the run itself does not pay for them again.
The estimate is the sample's mean times the number of requests, with its standard error.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from codetune.errors import BackendError
from codetune.models.protocol import ChatReply

__all__ = ["Forecast", "forecast"]


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Expected totals of the whole run."""

    requests: int
    sampled: int
    """Requests in the sample."""
    failed: int
    """Of the sampled, those without an answer."""
    prompt_tokens: float
    completion_tokens: float
    tokens_error: float
    """Standard error of all tokens."""
    usd: float | None
    """None where a model that was asked has no price."""
    hours: float | None
    """At the sample's rate; None where nothing was sent."""

    def __str__(self) -> str:
        tokens = self.prompt_tokens + self.completion_tokens
        parts = [
            f"{self.requests:,} requests",
            f"{_tokens(tokens)} (± {_tokens(1.96 * self.tokens_error)})",
        ]
        if self.usd is not None:
            parts.append(f"{self.usd:,.2f} USD" if self.usd >= 1 else f"{self.usd:.2g} USD")
        if self.hours is not None:
            parts.append(f"{self.hours:,.1f} h" if self.hours >= 1 else _under_an_hour(self.hours))
        return ", ".join(parts) + f"; estimated from {self.sampled} of them, {self.failed} failed"


def _tokens(number: float) -> str:
    return f"{number / 1e6:,.2f} Mtok" if number >= 1e6 else f"{number:,.0f} tokens"


def _under_an_hour(hours: float) -> str:
    return f"{hours * 60:.0f} min" if hours * 3600 >= 120 else f"{hours * 3600:.0f} s"


def forecast(
    outcomes: Iterable[ChatReply | BackendError],
    *,
    requests: int,
    seconds: float,
    usd: Callable[[ChatReply], float | None] = lambda reply: None,
) -> Forecast:
    """Scale a sample up to the whole run.

    Args:
        outcomes: Of the sample, failures included.
        requests: Number in the whole run, the sample included.
        seconds: Wall time of the sample, with as many requests in flight as the run will have.
        usd: Price of a reply, or None where it is not known.
    """
    replies: list[ChatReply] = []
    failed = 0
    for outcome in outcomes:
        if isinstance(outcome, ChatReply):
            replies.append(outcome)
        else:
            failed += 1
    prompts = [reply.prompt_tokens or 0 for reply in replies]
    completions = [reply.completion_tokens or 0 for reply in replies]
    totals = [p + c for p, c in zip(prompts, completions, strict=True)]
    prompt_tokens = statistics.fmean(prompts) * requests if replies else 0.0
    completion_tokens = statistics.fmean(completions) * requests if replies else 0.0
    error = statistics.stdev(totals) / math.sqrt(len(totals)) * requests if len(totals) > 1 else 0.0
    costs = [cost for cost in map(usd, replies) if cost is not None]
    sent = sum(not reply.stored for reply in replies)
    return Forecast(
        requests=requests,
        sampled=len(replies) + failed,
        failed=failed,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        tokens_error=error,
        usd=statistics.fmean(costs) * requests if costs and len(costs) == len(replies) else None,
        hours=seconds / sent * requests / 3600 if sent else None,
    )
