from __future__ import annotations

import random

import pytest

from codetune.train.cpu.batching import micro_batches, plan_epoch


@pytest.fixture
def lengths() -> list[int]:
    draw = random.Random(3)
    return [min(1000, int(draw.lognormvariate(5, 0.8)) + 10) for _ in range(203)]


@pytest.mark.parametrize("batch", [1, 3, 8])
def test_every_row_once_an_epoch_in_whole_steps(lengths: list[int], batch: int) -> None:
    steps = plan_epoch(lengths, batch, seed=1, epoch=0)
    assert sorted(row for step in steps for row in step) == list(range(203))
    assert {len(step) for step in steps[:-1]} == {batch}
    assert len(steps) == -(-203 // batch)


def test_the_draw_depends_on_seed_and_epoch_alone(lengths: list[int]) -> None:
    first = plan_epoch(lengths, 8, seed=1, epoch=0)
    assert first == plan_epoch(lengths, 8, seed=1, epoch=0)
    assert first != plan_epoch(lengths, 8, seed=1, epoch=1)
    assert first != plan_epoch(lengths, 8, seed=2, epoch=0)


def test_rows_of_like_length_meet_and_steps_still_mix(lengths: list[int]) -> None:
    def padding(steps: list[list[int]]) -> float:
        pieces = [p for step in steps for p in micro_batches(step, lengths, 4, 10_000)]
        padded = sum(len(p) * max(lengths[i] for i in p) for p in pieces)
        return 1 - sum(lengths) / padded

    order = list(range(203))
    random.Random(0).shuffle(order)
    as_drawn = [order[i : i + 8] for i in range(0, 203, 8)]
    bucketed = plan_epoch(lengths, 8, seed=1, epoch=0)
    assert padding(bucketed) < 0.5 * padding(as_drawn)
    means = [sum(lengths[i] for i in step) / len(step) for step in bucketed]
    assert sorted(means) != means


def test_pieces_respect_both_limits() -> None:
    lengths = [100, 10, 20, 30, 900, 40]
    pieces = micro_batches(range(6), lengths, most_rows=3, most_tokens=200)
    assert sorted(i for piece in pieces for i in piece) == list(range(6))
    assert [4] in pieces  # longer than the limit: alone
    for piece in pieces:
        assert len(piece) <= 3
        assert len(piece) == 1 or len(piece) * max(lengths[i] for i in piece) <= 200
