"""How a batch is decoded: each row draws by its own seed and ends at its own stop, so the rest of the batch changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from transformers import LogitsProcessor, StoppingCriteria

from codetune.models.protocol import ChatRequest
from codetune.seeding import draw

__all__ = ["RowDraws", "RowStops", "first_stop"]

_TAIL_TOKENS = 16
"""Looked at for a stop after each step; no stop string is longer."""


class RowDraws(LogitsProcessor):
    """Chooses each row's next token by temperature, top-k and top-p, and masks all others.

    One uniform number a row and step decides, read off the cumulated probabilities; it comes from a
    generator seeded by the row's request. So neither the order, nor the batch, nor the device's own
    random numbers matter.

    Args:
        requests: One a row; each with a temperature above 0 and a seed.
    """

    def __init__(self, requests: Sequence[ChatRequest]) -> None:
        self._random = [draw(request.seed or 0, request.sample) for request in requests]
        self._temperatures = [request.temperature for request in requests]
        self._top_p = [1.0 if request.top_p is None else request.top_p for request in requests]
        self._top_k = [request.top_k or 0 for request in requests]

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Args: token ids, shape (rows, length), and logits, shape (rows, vocabulary)."""

        def column(values: Sequence[float]) -> torch.Tensor:
            return torch.tensor(values, dtype=torch.float64, device=scores.device)[:, None]

        ordered, tokens = scores.double().div(column(self._temperatures)).sort(descending=True, stable=True)
        chances = ordered.softmax(dim=-1)
        place = torch.arange(scores.shape[-1], device=scores.device)[None, :]
        limits = column([k or scores.shape[-1] for k in self._top_k])
        chances = chances.masked_fill(place >= limits, 0.0)
        chances = chances / chances.sum(dim=-1, keepdim=True)
        before = chances.cumsum(dim=-1) - chances
        chances = chances.masked_fill(before >= column(self._top_p), 0.0)  # the first is always kept
        cumulated = chances.cumsum(dim=-1)
        drawn = column([generator.random() for generator in self._random]) * cumulated[:, -1:]
        chosen = (cumulated <= drawn).sum(dim=-1, keepdim=True)
        chosen = chosen.minimum((chances > 0).sum(dim=-1, keepdim=True) - 1)
        alone = torch.full_like(scores, -torch.inf)
        return alone.scatter_(1, tokens.gather(1, chosen), 0.0)  # type: ignore[return-value]


class RowStops(StoppingCriteria):
    """Says which rows came to one of their stop strings.

    Args:
        stops: One tuple a row.
        start: Length of the prompts, padding included.
        decode: Token ids -> text.
    """

    def __init__(
        self, stops: Sequence[tuple[str, ...]], start: int, decode: Callable[[list[int]], str]
    ) -> None:
        self._stops = stops
        self._start = start
        self._decode = decode
        self._done = [False] * len(stops)

    def __call__(self, input_ids: torch.LongTensor, scores: Any, **more: Any) -> torch.BoolTensor:
        tails = input_ids[:, max(self._start, input_ids.shape[1] - _TAIL_TOKENS) :].tolist()
        for row, tail in enumerate(tails):
            if not self._done[row] and self._stops[row]:
                self._done[row] = first_stop(self._decode(tail), self._stops[row]) is not None
        return torch.tensor(self._done, dtype=torch.bool, device=input_ids.device)  # type: ignore[return-value]


def first_stop(text: str, stops: Sequence[str]) -> int | None:
    """Where the earliest stop string begins, or None."""
    found = [place for stop in stops if (place := text.find(stop)) >= 0]
    return min(found, default=None)
