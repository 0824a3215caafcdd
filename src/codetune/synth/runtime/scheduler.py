"""The scheduler: items of many parts in flight at once; each part is written whole.

    parts ─▶ items ─▶ at most `in_flight` at work ─▶ part complete? ─▶ written

One event loop, no thread per request. Items of the next part start while the last items of a part
are still running, so a slow row does not idle the server. Memory holds only the open parts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from codetune.errors import CodetuneError
from codetune.models.budget.budget import BudgetSpentError
from codetune.rejection import Rejection
from codetune.store.dataset import Shard
from codetune.synth.generator import Generator, StatefulGenerator, rejected
from codetune.synth.runtime.generation_context import GenerationContext
from codetune.synth.runtime.rows import joined
from codetune.text.row_text import row_text
from codetune.text.secrets import find_secret

__all__ = ["schedule"]


@dataclass
class _OpenPart:
    index: int
    rows: int
    made: list[Shard[Any] | None]
    left: int

    def one_done(self) -> int:
        """Count an item; returns the input rows that this adds to what is done."""
        items, before = len(self.made), len(self.made) - self.left
        self.left -= 1
        return (before + 1) * self.rows // items - before * self.rows // items


async def schedule(
    parts: Iterable[tuple[int, Callable[[], Sequence[Any]]]],
    generator: Generator,
    context: GenerationContext,
    *,
    write: Callable[[int, Shard[Any]], None],
    in_flight: int,
    secrets: bool = True,
    on_progress: Callable[[int], None] = lambda rows: None,
) -> None:
    """Make the parts that are not there yet.

    Args:
        parts: Number and reader of each part to be made, in order.
        generator: Makes an item.
        context: What it works with.
        write: Writes a finished part.
        in_flight: Items at work at the same time.
        secrets: Reject rows that hold a credential, so that no server is sent it.
        on_progress: Called with the number of input rows that were finished since the last call.

    Raises:
        BudgetSpentError: After the items in flight have finished. Open parts are not
            written; their answers are in the store, and a later run continues from there.
        CodetuneError: Whatever else stops the run, at once.
    """
    slots = asyncio.Semaphore(in_flight)
    spent: BudgetSpentError | None = None

    async def work(part: _OpenPart, place: int, item: tuple[Any, ...]) -> None:
        nonlocal spent
        try:
            part.made[place] = await generator.make(item, context)
        except BudgetSpentError as error:
            spent = error
            return
        finally:
            slots.release()
        on_progress(part.one_done())
        if not part.left:
            _finish(part, generator, write)

    try:
        async with asyncio.TaskGroup() as group:
            for index, read in parts:
                rows = read()
                with_secret: list[Shard[Any]] = []
                clean = []
                for row in rows:
                    # Tests are no part of what training shows of a row, but some generators send them.
                    shown = f"{row_text(row)}\n{getattr(row, 'tests', None) or ''}"
                    kind = find_secret(shown) if secrets else None
                    if kind is None:
                        clean.append(row)
                    else:  # which credential it is goes nowhere
                        with_secret.append(rejected(row, Rejection("secret", kind)))
                items = list(generator.items(clean))
                # Rejected rows stand first, and are done.
                part = _OpenPart(index, len(rows), [*with_secret, *[None] * len(items)], len(items))
                if not items:
                    write(index, joined(with_secret))
                    continue
                on_progress(part.rows * len(with_secret) // len(part.made))
                tasks: list[asyncio.Task[None]] = []
                for place, item in enumerate(items, start=len(with_secret)):
                    await slots.acquire()
                    if spent is not None:
                        break
                    tasks.append(group.create_task(work(part, place, item)))
                if isinstance(generator, StatefulGenerator):
                    await asyncio.gather(*tasks)
                if spent is not None:
                    break
    except* CodetuneError as errors:
        raise _first(errors) from None
    if spent is not None:
        raise spent


def _finish(part: _OpenPart, generator: Generator, write: Callable[[int, Shard[Any]], None]) -> None:
    made = [shard for shard in part.made if shard is not None]
    shard = generator.finalize(made) if isinstance(generator, StatefulGenerator) else joined(made)
    part.made = []
    write(part.index, shard)


def _first(errors: BaseExceptionGroup[Any]) -> BaseException:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
