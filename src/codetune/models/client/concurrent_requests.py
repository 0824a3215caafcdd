"""Many requests at once, in bounded memory.

    requests ─(drawn as they are sent)─▶ `in_flight` workers ─▶ outbox ─(groups)─▶ consumer

Outcomes travel in groups, all that are ready at a time: at thousands a second, waking somebody for
each would cost more than the request.
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
"""A reply, or why there is none; a failed request is never an empty reply."""

Group = list[tuple[int, Outcome]]
"""All that were ready at one time."""


async def complete_all(
    model: ChatModel, requests: Iterable[ChatRequest], *, in_flight: int = 64
) -> AsyncGenerator[tuple[int, Outcome]]:
    """Ask many; outcomes come as they are ready, each with its request's number.

    Requests are drawn from the iterable only as they are sent, and about `in_flight` outcomes at
    most wait for the consumer: memory doesn't grow with the number of requests.

    Args:
        model: Who answers.
        requests: Any number; drawn lazily, in the event loop's thread.
        in_flight: At most so many at a time; the endpoints' own limits come on top.

    Yields:
        (index, reply), or (index, error) where the request failed for good.

    Raises:
        CodetuneError: Whatever stops the whole run: a budget that is spent, endpoints that are
            down, a key that is refused.
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
    some, room = asyncio.Event(), asyncio.Event()
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
                # What is on its way was reserved for: it comes home, and nothing new goes out.
                spent.append(error)
                return
            outbox.append((index, outcome))
            some.set()
            if len(outbox) >= in_flight:
                room.clear()
                await room.wait()

    async def work_all() -> None:
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(in_flight):
                    workers.create_task(work())
        finally:
            some.set()

    everyone = asyncio.create_task(work_all())
    try:
        while True:
            await some.wait()
            some.clear()
            group, outbox[:] = outbox[:], []
            room.set()
            if group:
                yield group
            elif everyone.done():
                break
            if everyone.done():
                some.set()
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
