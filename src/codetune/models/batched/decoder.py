"""Rows of a batch decoded together: a row that ends makes room for the next one at once.

In: prompts as token ids with their requests. Out: the tokens of each answer, in the order in which
they end. Texts, templates and the store are not its business.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from codetune.engine.memory import give_back_memory
from codetune.models.batched.key_budget import KeyBudget
from codetune.models.batched.row_cache import ATTENTION, RowCache
from codetune.models.batched.sampling import TAIL_TOKENS, choose_tokens, first_stop, generator_of
from codetune.models.protocol import ChatRequest

__all__ = ["Row", "RowDecoder"]

_PROMPT_TOKENS = 8192
"""Of prompts read in one call on an accelerator. A CPU is as fast with one prompt, which needs no padding."""
_AHEAD = 64
"""Columns that rows may grow by before one of them has to wait."""


@dataclass(slots=True, eq=False)
class Row:
    """One answer in the making."""

    number: int
    """Whose it is; the caller's."""
    request: ChatRequest
    prompt: Sequence[int]
    made: list[int] = field(default_factory=list)
    does_not_fit: bool = False
    """Whether the device has too little memory for it alone."""
    generator: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.begin_again()

    def begin_again(self) -> None:
        """Forget what was made; the same tokens come again."""
        self.made = []
        self.generator = generator_of(self.request)

    @property
    def tokens(self) -> list[int]:
        """Prompt and what was made: what is read where the row begins, or goes on."""
        return [*self.prompt, *self.made]

    @property
    def length(self) -> int:
        """Tokens whose keys are kept: all but the newest."""
        return len(self.prompt) + len(self.made) - 1


class RowDecoder:
    """Decodes up to so many rows at a time.

    Args:
        model: A causal language model of transformers whose layers keep all keys (`fits_rows`).
        rows: Most rows at a time; fewer where their keys would not fit.
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
        self._device = model.device
        if self._device.type == "cpu":
            model.set_attn_implementation(ATTENTION)
        self._ends = frozenset(ends)
        self._decode = decode
        self._waiting: deque[Row] = deque()
        self._rows: list[Row] = []
        self._cache = RowCache(model.config.get_text_config().num_hidden_layers, rows, budget)
        self._limit = self._most = rows

    @property
    def free(self) -> int:
        """How many more rows can be decoded at once."""
        return max(0, self._most - len(self._rows) - len(self._waiting))

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do."""
        return not self._rows and not self._waiting

    def add(self, row: Row) -> None:
        """Put a row in line."""
        self._waiting.append(row)

    def clear(self) -> None:
        """Forget every row."""
        self._waiting.clear()
        self._rows = []
        self._most = self._limit
        self._drop()

    @torch.inference_mode()
    def step(self) -> list[Row]:
        """Begin what waits, as far as there is room, and make one token of each row.

        Returns:
            The rows that ended, with what they made. Where the keys of all rows do not fit any more, some
            wait with what they made; where the device says that it has too little memory, half of the rows
            begin again later.
        """
        ended: list[Row] = []
        try:
            while self._waiting and len(self._rows) < self._room(len(self._waiting[0].tokens)):
                self._read_prompts()
                ended += self._take_ended()
            if self._rows:
                self._make_tokens()
                ended += self._take_ended()
        except torch.OutOfMemoryError:
            ended += self._make_room()
        return ended

    def _room(self, columns: int) -> int:
        """How many rows may be decoded together with one of so many columns, so that they can grow a while."""
        return min(self._most, self._cache.room_for(max(columns, self._longest()) + _AHEAD))

    def _longest(self) -> int:
        return max((row.length for row in self._rows), default=0)

    def _read_prompts(self) -> None:
        """Read the prompts of one or several waiting rows, and make the next token of each."""
        tokens = 0 if self._device.type == "cpu" else _PROMPT_TOKENS
        chosen = [self._waiting[0]]
        longest = len(chosen[0].tokens)
        for row in list(self._waiting)[1 : self._most]:
            longest = max(longest, len(row.tokens))
            together = len(chosen) + 1
            if longest * together > tokens or len(self._rows) + together > self._room(longest):
                break
            chosen.append(row)
        read = [row.tokens for row in chosen]
        longest = max(map(len, read))
        self._cache.expect_prompts(len(self._rows), len(chosen), longest, self._longest())
        padded = [[*one, *[0] * (longest - len(one))] for one in read]
        places = torch.arange(longest, device=self._device)[None].expand(len(chosen), -1)
        ends = torch.tensor([len(one) - 1 for one in read], device=self._device)
        scores = self._scores(torch.tensor(padded, device=self._device), places, None, ends)
        self._extend(chosen, scores)
        for row in chosen:
            self._rows.append(self._waiting.popleft())
            assert row is self._rows[-1]

    def _make_tokens(self) -> None:
        self._set_aside()
        lengths = torch.tensor([row.length for row in self._rows], device=self._device)
        self._cache.expect_tokens(lengths)
        newest = torch.tensor([[row.made[-1]] for row in self._rows], device=self._device)
        scores = self._scores(newest, lengths[:, None], self._cache.mask(), None)
        self._extend(self._rows, scores)

    def _set_aside(self) -> None:
        """Let rows wait whose keys have no room any more: the shortest, which are read again in no time."""
        room = self._cache.room_for(self._longest() + 1)
        while len(self._rows) > room:
            place = min(range(len(self._rows)), key=lambda place: self._rows[place].length)
            self._waiting.appendleft(self._take_out(place))

    def _take_out(self, place: int) -> Row:
        """Take out a row; the last one moves into the gap."""
        row, last = self._rows[place], self._rows.pop()
        if last is not row:
            self._cache.move(len(self._rows), place, last.length)
            self._rows[place] = last
        return row

    def _scores(
        self, tokens: torch.Tensor, places: torch.Tensor, mask: torch.Tensor | None, ends: torch.Tensor | None
    ) -> torch.Tensor:
        """Logits of each row's next token, shape (rows, vocabulary).

        Args:
            tokens: Shape (rows, columns).
            places: Of the tokens in their row, same shape.
            mask: See `RowCache.mask`; None for whole prompts.
            ends: Each row's last column; None takes the last of all.
        """
        # Logits of every token of a prompt would take most of the time and gigabytes.
        wanted = torch.tensor([tokens.shape[1] - 1]) if ends is None else torch.unique(ends)
        logits: torch.Tensor = self._model(
            input_ids=tokens, position_ids=places, attention_mask=mask, past_key_values=self._cache,
            use_cache=True, logits_to_keep=wanted,
        ).logits  # fmt: skip
        if ends is None:
            return logits[:, 0].float()
        columns = torch.searchsorted(wanted, ends)
        return logits[torch.arange(len(ends), device=ends.device), columns].float()

    def _extend(self, rows: Sequence[Row], scores: torch.Tensor) -> None:
        chosen = choose_tokens(scores, [row.request for row in rows], [row.generator for row in rows])
        for row, token in zip(rows, chosen, strict=True):
            row.made.append(token)

    def _take_ended(self) -> list[Row]:
        """Take out the rows that came to their end."""
        ended = []
        place = 0
        while place < len(self._rows):
            if self._has_ended(self._rows[place]):
                ended.append(self._take_out(place))
            else:
                place += 1
        return ended

    def _has_ended(self, row: Row) -> bool:
        if row.made[-1] in self._ends or len(row.made) >= row.request.max_new_tokens:
            return True
        stops = row.request.stop
        return bool(stops) and first_stop(self._decode(row.made[-TAIL_TOKENS:]), stops) is not None

    def _make_room(self) -> list[Row]:
        """Put the rows back in line and take half as many at a time; a row that doesn't fit alone is out."""
        out = []
        if self._most == 1:
            out = [self._rows.pop() if self._rows else self._waiting.popleft()]
            out[0].does_not_fit = True
            self._most = self._limit
        else:
            self._most = max(1, min(self._most, len(self._rows) or self._most) // 2)
        for row in reversed(self._rows):
            row.begin_again()
            self._waiting.appendleft(row)
        self._rows = []
        self._drop()
        return out

    def _drop(self) -> None:
        self._cache = RowCache(len(self._cache.layers), self._most, self._cache.budget)
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        else:
            give_back_memory()
