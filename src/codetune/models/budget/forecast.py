"""What a run would take, told from a sample of it: for `--dry-run`, before anything is spent.

The sample is asked for real (its answers are in the store, so the run itself does not pay for them
again); the rest is the sample's mean times the number of requests, with the standard error.
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
    """What is to be expected; each number is for the whole run."""

    requests: int
    sampled: int
    """Requests the forecast rests on."""
    failed: int
    """Of the sampled, those without an answer."""
    prompt_tokens: float
    completion_tokens: float
    tokens_error: float
    """Standard error of all tokens."""
    usd: float | None
    """None where a model that was asked has no price."""
    hours: float | None
    """At the rate the sample was answered, and as many in flight; None if nothing was sent."""

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
        return ", ".join(parts) + f"; told from {self.sampled} of them, {self.failed} failed"


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
    """Scale a sample up.

    Args:
        outcomes: The sample's, failed ones too.
        requests: How many the whole run has, the sample among them.
        seconds: Wall time of the sample, with as many in flight as the run will have.
        usd: What a reply cost, or None where that is not known.
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
