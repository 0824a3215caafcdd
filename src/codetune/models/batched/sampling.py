"""How a row's next token is chosen and where its answer ends.

Each row draws by its own seed and stops by its own strings, so the rest of the batch changes nothing.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch

from codetune.models.protocol import ChatRequest
from codetune.seeding import draw

__all__ = ["TAIL_TOKENS", "choose_tokens", "first_stop", "generator_of"]

TAIL_TOKENS = 16
"""Looked at for a stop after each step; no stop string is longer."""
_LIKELY_TOKENS = 512
"""Sorted first; the whole vocabulary only where the draw falls outside of them."""


def generator_of(request: ChatRequest) -> random.Random:
    """The random numbers of one request: the same in any order, batch and process."""
    return draw(request.seed or 0, request.sample)


def choose_tokens(
    scores: torch.Tensor, requests: Sequence[ChatRequest], generators: Sequence[random.Random]
) -> list[int]:
    """Choose one token a row, greedily or by temperature, top-k and top-p.

    Args:
        scores: Logits, shape (rows, vocabulary).
        requests: One a row.
        generators: One a row; a row that draws takes one number.

    Returns:
        Token ids, one a row.
    """
    chosen: list[int] = scores.argmax(dim=-1).tolist()
    drawing = [row for row, request in enumerate(requests) if request.temperature > 0]
    if drawing:
        drawn = _draw(
            scores[drawing], [requests[row] for row in drawing], [generators[row].random() for row in drawing]
        )
        for row, token in zip(drawing, drawn, strict=True):
            chosen[row] = token
    return chosen


def _draw(scores: torch.Tensor, requests: Sequence[ChatRequest], numbers: Sequence[float]) -> list[int]:
    """Read each row's token off its cumulated probabilities, the likeliest first.

    A number in [0, 1) a row decides; neither the order, nor the batch, nor the device's own random
    numbers matter. Of equal logits the lower token comes first.
    """
    size = scores.shape[-1]
    scores = scores.double()
    temperatures = _column([request.temperature for request in requests], scores)
    limits = [min(request.top_k or size, size) for request in requests]
    top_p = [1.0 if request.top_p is None else request.top_p for request in requests]
    scores = scores / temperatures
    whole = scores.logsumexp(dim=-1, keepdim=True)
    count = min(size, _LIKELY_TOKENS)
    values, tokens = scores.topk(count, dim=-1)
    if count < size:
        # Which of the tokens that equal the last one are here is not defined, so none of them is taken.
        values = values.masked_fill(values <= values[:, -1:], -torch.inf)
    values, tokens = _ordered(values, tokens)
    chosen = _read_off((values - whole).exp(), limits, top_p, numbers, vocabulary=size)
    missing = [row for row, place in enumerate(chosen) if place is None]
    found = [int(tokens[row, place]) if place is not None else -1 for row, place in enumerate(chosen)]
    if missing:
        every, places = scores[missing].sort(dim=-1, descending=True, stable=True)
        far = _read_off(
            (every - whole[missing]).exp(),
            [limits[row] for row in missing],
            [top_p[row] for row in missing],
            [numbers[row] for row in missing],
            vocabulary=size,
        )
        for row, number, place in zip(missing, range(len(missing)), far, strict=True):
            assert place is not None
            found[row] = int(places[number, place])
    return found


def _ordered(values: torch.Tensor, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """By falling value; of equal values the lower token first."""
    tokens, by_token = tokens.sort(dim=-1)
    values, by_value = values.gather(1, by_token).sort(dim=-1, descending=True, stable=True)
    return values, tokens.gather(1, by_value)


def _read_off(
    chances: torch.Tensor,
    limits: Sequence[int],
    top_p: Sequence[float],
    numbers: Sequence[float],
    *,
    vocabulary: int,
) -> list[int | None]:
    """The place of each row's token among its likeliest; None where they do not decide it.

    Args:
        chances: Probabilities in falling order, shape (rows, places).
        limits: Top-k of each row.
        top_p: Nucleus of each row, as a share of what top-k leaves.
        numbers: In [0, 1), one a row.
        vocabulary: Tokens there are; with as many places nothing is missing.
    """
    is_whole = chances.shape[-1] == vocabulary
    place = torch.arange(chances.shape[-1], device=chances.device)[None, :]
    here = (chances > 0).sum(dim=-1).tolist()
    kept = chances.masked_fill(place >= _column(limits, chances), 0.0)
    # What top-k leaves is all there is; without it the probabilities of all tokens add up to one.
    is_cut = [limit <= count for limit, count in zip(limits, here, strict=True)]
    sums = kept.sum(dim=-1).tolist()
    kept = kept / _column([total if cut else 1.0 for total, cut in zip(sums, is_cut, strict=True)], chances)
    before = kept.cumsum(dim=-1) - kept
    kept = kept.masked_fill(before >= _column(top_p, chances), 0.0)  # the first is always kept
    cumulated = kept.cumsum(dim=-1)
    reached = cumulated[:, -1].tolist()
    found: list[int | None] = []
    last = ((kept > 0).sum(dim=-1) - 1).tolist()
    # Where all that may be drawn is here, its mass is known; without top-k and top-p the mass is one.
    is_here = [
        is_whole or cut or (limit >= vocabulary and share <= mass)
        for cut, limit, share, mass in zip(is_cut, limits, top_p, reached, strict=True)
    ]
    masses = [mass if all_here else 1.0 for all_here, mass in zip(is_here, reached, strict=True)]
    chosen = (cumulated <= _column(numbers, chances) * _column(masses, chances)).sum(dim=-1).tolist()
    for row, place in enumerate(chosen):
        if is_here[row]:
            found.append(min(place, last[row]))
        else:
            is_decided = limits[row] >= vocabulary and top_p[row] == 1.0 and place <= last[row]
            found.append(place if is_decided else None)
    return found


def _column(values: Sequence[float], like: torch.Tensor) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64, device=like.device)[:, None]


def first_stop(text: str, stops: Sequence[str]) -> int | None:
    """Where the earliest stop string begins, or None."""
    found = [place for stop in stops if (place := text.find(stop)) >= 0]
    return min(found, default=None)
