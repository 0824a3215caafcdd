"""Limits that are found while working, and limits per minute that are set."""

import pytest

from codetune.models.client.adaptive_limit import AdaptiveLimit, RateBucket


def rounds(limit, count, complaints=0.0):
    """Full rounds in which every 1/complaints-th answer is a complaint."""
    owed = 0.0
    for _ in range(count):
        sent = int(limit.limit)
        for _ in range(sent):
            limit.begin()
        for _ in range(sent):
            owed += complaints
            limit.end(complaint=owed >= 1)
            owed -= owed >= 1


def test_limit_doubles_then_creeps_up_to_the_maximum():
    limit = AdaptiveLimit(1000, start=16)
    rounds(limit, 3)
    assert limit.limit == 128
    rounds(limit, 10, complaints=0.5)
    cut = limit.limit
    assert cut < 32
    rounds(limit, 8)
    assert cut < limit.limit < 2 * cut, "after complaints it no longer doubles"
    rounds(limit, 200)
    assert limit.limit == 1000


def test_a_few_complaints_hold_the_limit():
    limit = AdaptiveLimit(1000, start=200)
    rounds(limit, 50, complaints=0.08)
    assert limit.limit == 200


def test_limit_is_not_raised_when_it_does_not_bind():
    limit = AdaptiveLimit(1000, start=16)
    for _ in range(200):
        limit.begin()
        limit.end(complaint=False)
    assert limit.limit == 16


def test_limit_never_falls_below_one():
    limit = AdaptiveLimit(1000, start=16)
    rounds(limit, 100, complaints=1.0)
    assert limit.limit == 1 and limit.has_room


def test_bucket_refills_and_lends():
    bucket = RateBucket(60, burst_seconds=5)
    assert [bucket.wait_seconds(1, 0.0) or bucket.take(1, 0.0) for _ in range(5)] == [None] * 5
    assert bucket.wait_seconds(1, 0.0) == pytest.approx(1.0)
    assert bucket.wait_seconds(1, 1.0) == 0
    bucket.take(20, 1.0)  # an answer that cost far more than was thought
    assert bucket.wait_seconds(1, 1.0) == pytest.approx(20.0)
    bucket.take(-20, 1.0)
    assert bucket.wait_seconds(1, 1.0) == 0
    assert RateBucket(60).wait_seconds(1000, 0.0) == 0, "more than fits waits for a full bucket only"
