"""What answers cost: summed by their keys, unknown where no price is."""

from __future__ import annotations

from pathlib import Path

import pytest

from codetune.models.store.request_store import RequestStore, StoredAnswer
from codetune.models.store.usage import cost_of


def answer(number: int, cost: float | None) -> StoredAnswer:
    return StoredAnswer(
        key=bytes([number]) * 16, model="m", sample=0, payload=b"{}", response=b"{}", finish_reason="stop",
        prompt_tokens=1, completion_tokens=1, cost_usd=cost, endpoint="e", attempts=1, asked_at=0.0, seconds=1.0,
    )  # fmt: skip


def test_the_cost_of_some_answers(tmp_path: Path) -> None:
    path = tmp_path / "requests.sqlite"
    with RequestStore(path) as store:
        for number, cost in ((1, 0.25), (2, 0.5), (3, None), (4, 8.0)):
            store.put(answer(number, cost))
    keys = [(bytes([number]) * 16).hex() for number in (1, 2, 3)]
    assert cost_of(path, [*keys, "a backend's own"]) == pytest.approx(0.75)
    assert cost_of(path, keys[2:]) is None
    assert cost_of(path, []) is None
