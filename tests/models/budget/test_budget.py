"""A budget is never overrun, and stops a run cleanly."""

import asyncio
import dataclasses

import pytest

from codetune.errors import ConfigError
from codetune.models.budget.budget import Budget, BudgetSpentError
from codetune.models.budget.forecast import Forecast, forecast
from codetune.models.client.client import OpenAIClient
from codetune.models.client.concurrent_requests import complete_all
from codetune.models.protocol import ChatReply, ChatRequest
from codetune.models.spec import EndpointSpec, ModelSpec, Price
from codetune.models.store.request_store import RequestStore
from codetune.models.store.stored_model import StoredModel
from codetune.records import Message


@pytest.mark.parametrize(
    ("text", "usd", "seconds", "tokens"),
    [
        ("5usd|2h|1Mtok", 5, 7200, 1e6),
        ("0.5 USD", 0.5, None, None),
        ("$|", None, None, None),
        ("30min", None, 1800, None),
        ("250ktok|90s", None, 90, 250e3),
        ("", None, None, None),
        ("5", None, None, None),
        ("1h|2h", None, None, None),
        ("5eur", None, None, None),
        ("0h", None, None, None),
    ],
)
def test_parse(text, usd, seconds, tokens):
    if usd is seconds is tokens is None:
        with pytest.raises(ConfigError, match="can't be read"):
            Budget.parse(text)
    else:
        budget = Budget.parse(text)
        assert (budget.usd, budget.seconds, budget.tokens) == (usd, seconds, tokens)


def questions(count):
    for number in range(count):
        message = Message(role="user", content=f"question {number}")
        yield ChatRequest(messages=(message,), max_new_tokens=20)


def run(scripted, budget, count, store=None, price=None, in_flight=8):
    async def main():
        async with scripted:
            spec = ModelSpec(name="m", endpoints=(EndpointSpec(base=scripted.url),), price=price)
            client = OpenAIClient(spec)
            outcomes = []
            try:
                model = StoredModel(client, store, budget=budget)
                async for item in complete_all(model, questions(count), in_flight=in_flight):
                    outcomes.append(item)
            except BudgetSpentError as error:
                return outcomes, error
            finally:
                await client.close()
            return outcomes, None

    return asyncio.run(main())


def test_tokens_are_never_overrun_and_what_was_answered_is_kept(scripted, tmp_path):
    with RequestStore(tmp_path / "r.sqlite") as store:
        budget = Budget(tokens=1000)
        _, error = run(scripted, budget, 500, store)
        assert "budget of 1,000 tokens is spent" in str(error) and "larger --budget" in str(error)
        kept = len(list(store.answers()))
        assert kept == len(scripted.asked), "everything that was asked was kept"
        assert 900 <= 15 * kept == budget.spent_tokens <= 1000
        scripted.asked.clear()
        outcomes, error = run(scripted, Budget(tokens=10**6), 100, store)
        assert error is None and len(outcomes) == 100
        assert len(scripted.asked) == 100 - kept, "the larger budget goes on from there"


def test_money_is_never_overrun(scripted):
    price = Price(input=1000.0, output=2000.0)  # an answer costs 10 * 0.001 + 5 * 0.002 = 0.02
    budget = Budget(usd=1.0)
    _, error = run(scripted, budget, 500, price=price)
    assert "1.00 USD is spent" in str(error)
    assert budget.spent_usd <= 1.0
    assert len(scripted.asked) == pytest.approx(budget.spent_usd / 0.02)


def test_money_needs_a_price(scripted):
    with pytest.raises(ConfigError, match="needs the model's price"):
        run(scripted, Budget(usd=1.0), 1)


def test_time_stops_what_is_in_flight(scripted):
    now = 0.0

    async def slow(server, body):
        nonlocal now
        now += 0.1
        if now > 0.95:  # this answer never comes; 0.05 s are left for it
            await asyncio.Event().wait()
        return server.reply("x")

    scripted.answer = slow
    budget = Budget(seconds=1.05, clock=lambda: now)
    outcomes, error = run(scripted, budget, 10_000, in_flight=1)
    assert "1 s of time is spent" in str(error)
    assert len(outcomes) == 9 and len(scripted.asked) == 10


def test_no_request_is_sent_once_the_time_is_up(scripted):
    ticks = iter(range(1000))
    outcomes, error = run(scripted, Budget(seconds=5, clock=lambda: float(next(ticks))), 100, in_flight=1)
    assert "5 s of time is spent" in str(error)
    assert len(outcomes) == len(scripted.asked) < 5


def test_forecast_scales_the_sample():
    def reply(tokens):
        return ChatReply(
            text="x", finish_reason="stop", prompt_tokens=100, completion_tokens=tokens, model="m", key="k"
        )

    found = forecast(
        [reply(50), reply(150)], requests=1000, seconds=2.0, usd=lambda reply: reply.completion_tokens / 1e5
    )
    assert (found.prompt_tokens, found.completion_tokens) == (100_000, 100_000)
    assert found.usd == pytest.approx(1.0)
    unpriced = forecast([reply(50), reply(150)], requests=1000, seconds=2.0)
    assert unpriced.usd is None, "no price is not a price of nothing"
    assert found.hours == pytest.approx(1000 / 3600)
    # standard deviation of (150, 250) is 70.71; of their mean 50; times 1000
    assert found.tokens_error == pytest.approx(50_000)
    assert "1,000 requests, 200,000 tokens" in str(found) and "0 failed" in str(found)


def test_a_small_forecast_is_not_told_as_nothing():
    small = Forecast(
        requests=40, sampled=16, failed=0, prompt_tokens=700, completion_tokens=300, tokens_error=10.0,
        usd=0.00016, hours=0.002,
    )  # fmt: skip
    assert "1,000 tokens (± 20 tokens), 0.00016 USD, 7 s" in str(small)
    large = dataclasses.replace(small, prompt_tokens=3e6, usd=12.345, hours=2.25)
    assert "3.00 Mtok" in str(large) and "12.35 USD" in str(large) and "2.2 h" in str(large)
    assert "15 min" in str(dataclasses.replace(small, hours=0.25))
