"""Which endpoint gets the next request, and when."""

import asyncio
import math

import pytest
from tests.models.virtual_time import run_virtually

from codetune.models.client.endpoint import Endpoint, EndpointPool
from codetune.models.client.shared_limits import SharedLimits
from codetune.models.spec import EndpointSpec


def make():
    return Endpoint(EndpointSpec(base="http://127.0.0.1:9/v1"))


def test_set_aside_after_three_failures_for_a_time_that_doubles_up_to_a_minute():
    endpoint, now, waits = make(), 0.0, []
    for _ in range(9):
        endpoint.record_unreachable(now)
        wait = endpoint.wait_seconds(0, now)
        waits.append(wait)
        now += wait
    assert waits == [0, 0, 2, 4, 8, 16, 32, 60, 60]
    endpoint.record_answer()
    endpoint.record_unreachable(now)
    assert endpoint.wait_seconds(0, now) == 0, "one answer and it is trusted again"


def test_it_proves_itself_with_a_single_request():
    endpoint = make()
    for _ in range(3):
        endpoint.record_unreachable(0.0)
    assert endpoint.wait_seconds(0, 100.0) == 0
    endpoint.limit.begin()
    assert endpoint.wait_seconds(0, 100.0) == math.inf
    endpoint.record_answer()
    assert endpoint.wait_seconds(0, 100.0) == 0


def test_processes_divide_what_is_in_flight_and_share_what_is_per_minute(tmp_path):
    spec = EndpointSpec(
        base="http://127.0.0.1:9/v1", max_in_flight=100, start_in_flight=64, requests_per_minute=600
    )
    one, other = (Endpoint(spec, shared_limits=SharedLimits(4, tmp_path)) for _ in range(2))
    assert one.limit.maximum == 25 and one.limit.limit == 16
    taken = 0
    while one.requests.wait_seconds(1, 0.0) == 0:  # 50 are five seconds' worth
        (one if taken % 2 else other).requests.take(1, 0.0)
        taken += 1
    assert 50 <= taken <= 52
    assert other.requests.wait_seconds(1, 0.0) > 0
    late = Endpoint(
        spec, shared_limits=SharedLimits(4, tmp_path)
    )  # a worker's next part starts with no new bucket
    assert late.requests.wait_seconds(1, 0.0) > 0


def seconds_for(count, used_tokens, **limits):
    """Virtual seconds until so many requests were let through, each answered at once."""

    async def one(pool):
        lease = await pool.acquire(30)
        await asyncio.sleep(0)
        pool.release(lease, complaint=False, used_tokens=used_tokens)

    async def all_of_them():
        pool = EndpointPool([Endpoint(EndpointSpec(base="http://127.0.0.1:9/v1", **limits))])
        await asyncio.gather(*(one(pool) for _ in range(count)))

    return run_virtually(all_of_them())[1]


def test_requests_per_minute_are_kept():
    # 600 a minute are 10 a second; 50 of them (five seconds' worth) may go out at once.
    assert seconds_for(60, 30, requests_per_minute=600) == pytest.approx(1.0, abs=0.3)
    assert seconds_for(650, 30, requests_per_minute=600) == pytest.approx(60.0, abs=2.0)


def test_unused_tokens_are_given_back():
    # 100 tokens a second, and 500 at once. Each request reserves 30 and is given back what it did not use.
    assert seconds_for(60, 30, tokens_per_minute=6000) == pytest.approx((60 * 30 - 500) / 100, rel=0.1)
    assert seconds_for(60, 15, tokens_per_minute=6000) == pytest.approx((60 * 15 - 500) / 100, rel=0.2)


def test_a_pause_is_kept_by_all_requests():
    endpoint = make()
    endpoint.pause(5.0, now=10.0)
    endpoint.pause(1.0, now=10.0)
    assert [endpoint.wait_seconds(0, now) for now in (10.0, 13.0, 15.0)] == [5.0, 2.0, 0.0]
