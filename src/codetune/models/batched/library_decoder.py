"""The same for models that keep something else than all keys: batches decoded by the library's own loop.

Sliding windows, states and mixed layers are kept as transformers keeps them. A batch is over when its
longest answer is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

import torch
import transformers
from transformers import LogitsProcessor, StoppingCriteria

from codetune.models.batched.decoder import Row
from codetune.models.batched.key_budget import KeyBudget, key_bytes
from codetune.models.batched.sampling import TAIL_TOKENS, choose_tokens, first_stop

__all__ = ["LibraryDecoder"]


class LibraryDecoder:
    """Decodes batches by `generate`.

    Args:
        model: A causal language model of transformers.
        rows: Most rows of a batch; fewer where their keys would not fit.
        ends: Tokens that end an answer.
        decode: Token ids -> text, for stop strings.
        budget: Of the memory for keys and values.
    """

    def __init__(
        self,
        model: Any,
        rows: int,
        ends: Sequence[int],
        decode: Callable[[list[int]], str],
        budget: KeyBudget,
    ) -> None:
        self._model = model
        self._limit = self._most = rows
        self._padding = ends[0] if ends else 0
        self._decode = decode
        token_bytes = key_bytes(model.config, model.dtype.itemsize)
        self._tokens = budget.tokens(token_bytes, rows) if token_bytes else None
        self._waiting: deque[Row] = deque()
        # What the folder recommends (sampling, penalties) is not what was asked for.
        model.generation_config = transformers.GenerationConfig(  # type: ignore[no-untyped-call]
            do_sample=False, eos_token_id=list(ends) or None, pad_token_id=self._padding
        )

    @property
    def free(self) -> int:
        """How many more rows the next batch takes."""
        return max(0, self._most - len(self._waiting))

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do."""
        return not self._waiting

    def add(self, row: Row) -> None:
        """Put a row in line."""
        self._waiting.append(row)

    def clear(self) -> None:
        """Forget every row."""
        self._waiting.clear()
        self._most = self._limit

    def _next_rows(self) -> list[Row]:
        """The rows of the next batch: their keys are padded to the longest answer that is allowed."""
        rows: list[Row] = []
        longest = 0
        for row in islice(self._waiting, self._most):
            longest = max(longest, len(row.prompt) + row.request.max_new_tokens)
            if rows and self._tokens is not None and longest * (len(rows) + 1) > self._tokens:
                break
            rows.append(row)
        return rows

    def step(self) -> list[Row]:
        """Decode one batch.

        Returns:
            Its rows; none where the device had too little memory, and half as many are taken next.
        """
        rows = self._next_rows()
        try:
            self._decode_batch(rows)
        except torch.OutOfMemoryError:
            torch.cuda.empty_cache()
            if len(rows) > 1:
                self._most = len(rows) // 2
                return []
            rows[0].does_not_fit = True
            self._most = self._limit
        for _ in rows:
            self._waiting.popleft()
        return rows

    def _decode_batch(self, rows: Sequence[Row]) -> None:
        width = max(len(row.prompt) for row in rows)
        gaps = [width - len(row.prompt) for row in rows]
        device = self._model.device
        with torch.inference_mode():
            output = self._model.generate(
                input_ids=torch.tensor(
                    [[self._padding] * gap + list(row.prompt) for gap, row in zip(gaps, rows, strict=True)],
                    device=device,
                ),
                attention_mask=torch.tensor([[0] * gap + [1] * (width - gap) for gap in gaps], device=device),
                max_new_tokens=max(row.request.max_new_tokens for row in rows),
                logits_processor=[_Chosen(rows)],
                stopping_criteria=[_Stopped(rows, width, self._decode)],
            )
        for row, made in zip(rows, output[:, width:].tolist(), strict=True):
            row.made = made


class _Chosen(LogitsProcessor):
    """Leaves each row the one token that its request chooses."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        for row in rows:
            row.begin_again()

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Args: token ids, shape (rows, length), and logits, shape (rows, vocabulary)."""
        requests, generators = [row.request for row in self._rows], [row.generator for row in self._rows]
        chosen = torch.tensor(choose_tokens(scores, requests, generators), device=scores.device)[:, None]
        return torch.full_like(scores, -torch.inf).scatter_(1, chosen, 0.0)  # type: ignore[return-value]


class _Stopped(StoppingCriteria):
    """Says which rows came to one of their stop strings."""

    def __init__(self, rows: Sequence[Row], start: int, decode: Callable[[list[int]], str]) -> None:
        self._stops = [row.request.stop for row in rows]
        self._start = start
        self._decode = decode
        self._done = [False] * len(rows)

    def __call__(self, input_ids: torch.LongTensor, scores: Any, **more: Any) -> torch.BoolTensor:
        tails = input_ids[:, max(self._start, input_ids.shape[1] - TAIL_TOKENS) :].tolist()
        for row, tail in enumerate(tails):
            if not self._done[row] and self._stops[row]:
                self._done[row] = first_stop(self._decode(tail), self._stops[row]) is not None
        return torch.tensor(self._done, dtype=torch.bool, device=input_ids.device)  # type: ignore[return-value]
