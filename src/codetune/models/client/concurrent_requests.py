"""Sends many requests at once in bounded memory.

    requests ─(drawn as they are sent)─▶ `in_flight` workers ─▶ outbox ─(groups)─▶ consumer

Outcomes are handed over in groups of all that are ready: at thousands a second, a wake-up for each
would cost more than the request.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable

from codetune.errors import BackendError
from codetune.models.budget.budget import BudgetSpentError
from codetune.models.protocol import ChatModel, ChatReply, ChatRequest

__all__ = ["Group", "Outcome", "complete_all", "in_groups"]

Outcome = ChatReply | BackendError
"""A reply, or the error of a failed request."""

Group = list[tuple[int, Outcome]]
"""Outcomes that were ready at the same time, each with its request's number."""


async def complete_all(
    model: ChatModel, requests: Iterable[ChatRequest], *, in_flight: int = 64
) -> AsyncGenerator[tuple[int, Outcome]]:
    """Send many requests; outcomes come as they are ready, each with its request's number.

    Requests are drawn from the iterable as they are sent, and at most about `in_flight` outcomes
    wait for the consumer, so memory does not grow with the number of requests.

    Args:
        model: The model that answers.
        requests: Any number; drawn lazily, in the event loop's thread.
        in_flight: Most requests at a time; the endpoints' own limits apply too.

    Yields:
        (index, reply), or (index, error) where the request failed.

    Raises:
        CodetuneError: The whole run stops: the budget is spent, no endpoint answers, or the key is
            refused.
    """
    async with contextlib.aclosing(in_groups(model, requests, in_flight)) as groups:
        async for group in groups:
            for item in group:
                yield item


async def in_groups(
    model: ChatModel, requests: Iterable[ChatRequest], in_flight: int
) -> AsyncGenerator[Group]:
    """As `complete_all`, in groups of one or more."""
    numbered = enumerate(requests)
    outbox: Group = []
    has_some, has_space = asyncio.Event(), asyncio.Event()
    spent: list[BudgetSpentError] = []

    async def work() -> None:
        for index, request in numbered:
            if spent:
                return
            try:
                outcome: Outcome = await model.chat(request)
            except BackendError as error:
                outcome = error
            except BudgetSpentError as error:
                # Requests in flight were reserved for and may end; no new one is sent.
                spent.append(error)
                return
            outbox.append((index, outcome))
            has_some.set()
            if len(outbox) >= in_flight:
                has_space.clear()
                await has_space.wait()

    async def work_all() -> None:
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(in_flight):
                    workers.create_task(work())
        finally:
            has_some.set()

    everyone = asyncio.create_task(work_all())
    try:
        while True:
            await has_some.wait()
            has_some.clear()
            group, outbox[:] = outbox[:], []
            has_space.set()
            if group:
                yield group
            elif everyone.done():
                break
            if everyone.done():
                has_some.set()
        try:
            await everyone
        except BaseExceptionGroup as stops:
            raise _first(stops) from None
        if spent:
            raise spent[0]
    finally:
        everyone.cancel()
        with contextlib.suppress(BaseException):
            await everyone


def _first(stops: BaseExceptionGroup) -> BaseException:
    first: BaseException = stops.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
