"""The one door to a model: by name, by URL, by file.

    async with open_model("local", store=cache / "requests.sqlite") as model:
        async for index, outcome in complete_all(model, requests, in_flight=64):
            ...

or, from code that isn't asynchronous,

    for index, outcome in run_requests("local", requests, store=cache / "requests.sqlite"):
        ...
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from codetune.errors import BackendError, CodetuneError, ConfigError
from codetune.models.client import OpenAIClient
from codetune.models.embedded import EmbeddedServer
from codetune.models.protocol import ChatModel, ChatReply, ChatRequest
from codetune.models.spec import EndpointSpec, ModelSpec
from codetune.models.store import RequestStore
from codetune.models.stored_model import StoredModel

__all__ = ["complete_all", "open_model", "run_requests"]

Outcome = ChatReply | BackendError


@contextlib.asynccontextmanager
async def open_model(
    where: str | EmbeddedServer,
    *,
    store: Path | None,
    model: str | None = None,
    model_map: Path | None = None,
    loras: Sequence[Path] = (),
    slots: int = 8,
    context_per_slot: int = 2048,
    share: int = 1,
) -> AsyncIterator[StoredModel]:
    """Open a model; connections, the store and a server of ours are closed at the end.

    Args:
        where: `local` (the embedded model), a path of a .gguf file, a URL up to `/v1`, a name in
            the model map, or a running `EmbeddedServer`, which stays running.
        store: Request store; None keeps nothing, and then a killed run pays twice.
        model: Which of the server's models. For a URL, None takes the only one it lists; for an
            embedded server, its `model_name`.
        model_map: JSON or YAML file of models by name.
        loras: Adapters for the embedded server; the first answers unless `model` says otherwise.
        slots: Requests that the embedded server answers at a time.
        context_per_slot: Tokens of prompt and answer for each.
        share: Number of processes among which the endpoints' limits are divided.

    Raises:
        UsageError: Unknown name, missing key, missing model file.
        BackendError: The server can't be started or reached.
    """
    async with contextlib.AsyncExitStack() as stack:
        if isinstance(where, str) and (where == "local" or where.endswith(".gguf")):
            path = None if where == "local" else Path(where)
            where = EmbeddedServer(path, loras, slots, context_per_slot)
            await asyncio.to_thread(where.__enter__)
            stack.callback(where.stop)
        if isinstance(where, EmbeddedServer):
            name = model or where.model_name
            fields = {"lora": where.lora_field(name)} if where.loras else None
            client = OpenAIClient(_embedded_spec(where, name))
        else:
            fields = None
            client = OpenAIClient(await _remote_spec(where, model, model_map), share=share)
        stack.push_async_callback(client.close)
        kept = stack.enter_context(RequestStore(store)) if store is not None else None
        yield StoredModel(client, kept, name=client.spec.name, fields=fields)


def _embedded_spec(server: EmbeddedServer, name: str) -> ModelSpec:
    # A few more than there are slots, so that a slot that falls free finds its next request there.
    in_flight = server.slots + 2
    endpoint = EndpointSpec(
        base=server.url, max_in_flight=in_flight, start_in_flight=in_flight, timeout_seconds=3600.0
    )
    return ModelSpec(name=name, endpoints=(endpoint,), structured="json_schema")


async def _remote_spec(where: str, model: str | None, model_map: Path | None) -> ModelSpec:
    if not where.startswith(("http://", "https://")):
        raise ConfigError(
            f"no model is called {where}", next_step="take local, a URL that ends in /v1, or a .gguf file"
        )
    endpoint = EndpointSpec(base=where)
    if model is None:
        client = OpenAIClient(ModelSpec(name="?", endpoints=(endpoint,)))
        try:
            names = await client.models()
        finally:
            await client.close()
        if len(names) != 1:
            raise ConfigError(
                f"the server has {len(names)} models: {', '.join(names[:20])}",
                where=where,
                next_step="say which",
            )
        model = names[0]
    return ModelSpec(name=model, endpoints=(endpoint,))


async def complete_all(
    model: ChatModel, requests: Iterable[ChatRequest], *, in_flight: int = 64
) -> AsyncIterator[tuple[int, Outcome]]:
    """Ask many; outcomes come as they are ready, each with its request's number.

    Requests are drawn from the iterable only as they are sent, and no more than `in_flight`
    outcomes wait for the consumer: memory doesn't grow with the number of requests.

    Args:
        model: Who answers.
        requests: Any number; drawn lazily, in the event loop's thread.
        in_flight: At most so many at a time; the endpoints' own limits come on top.

    Yields:
        (index, reply), or (index, error) where the request failed for good. A failed request is
        never an empty reply.
    """
    numbered = enumerate(requests)
    ready: asyncio.Queue[tuple[int, Outcome] | None] = asyncio.Queue(maxsize=in_flight)

    async def work() -> None:
        for index, request in numbered:
            try:
                outcome: Outcome = await model.chat(request)
            except BackendError as error:
                outcome = error
            await ready.put((index, outcome))

    async def work_all() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(in_flight):
                    group.create_task(work())
        finally:
            await ready.put(None)

    everyone = asyncio.create_task(work_all())
    try:
        while (item := await ready.get()) is not None:
            yield item
        try:
            await everyone
        except* CodetuneError as group:
            raise group.exceptions[0] from None
    finally:
        if not everyone.done():
            everyone.cancel()
            while not everyone.done():  # it may be waiting to say that it has ended
                if not ready.empty():
                    ready.get_nowait()
                await asyncio.sleep(0)
        with contextlib.suppress(BaseException):
            await everyone


def run_requests(
    where: str | EmbeddedServer,
    requests: Iterable[ChatRequest],
    *,
    store: Path | None,
    in_flight: int = 64,
    opened: Callable[[StoredModel], None] | None = None,
    **options: Any,
) -> Iterator[tuple[int, Outcome]]:
    """`open_model` and `complete_all` for code that isn't asynchronous.

    The event loop runs in a thread of its own; outcomes are handed over one by one. Leaving the
    loop early, or an exception in it, stops what is in flight; what was answered is kept.

    Args:
        where: As in `open_model`.
        requests: Drawn lazily, in the loop's thread.
        store: As in `open_model`.
        in_flight: As in `complete_all`.
        opened: Called once with the open model, e.g. to learn its name.
        options: Whatever else `open_model` takes.
    """
    handed: queue.Queue[tuple[int, Outcome] | BaseException | None] = queue.Queue(maxsize=2 * in_flight)
    left = threading.Event()

    def hand(item: tuple[int, Outcome] | BaseException | None) -> None:
        while not left.is_set():
            try:
                handed.put(item, timeout=0.1)
            except queue.Full:
                continue
            return

    async def ask() -> None:
        loop = asyncio.get_running_loop()
        async with open_model(where, store=store, **options) as model:
            if opened is not None:
                opened(model)
            async with contextlib.aclosing(
                cast("Any", complete_all(model, requests, in_flight=in_flight))
            ) as outcomes:
                async for item in outcomes:
                    try:
                        handed.put_nowait(item)
                    except queue.Full:
                        await loop.run_in_executor(None, hand, item)

    stop: list[Callable[[], object]] = []

    def body() -> None:
        try:
            with asyncio.Runner() as runner:
                loop = runner.get_loop()
                task = loop.create_task(ask())
                stop.append(lambda: loop.call_soon_threadsafe(task.cancel))
                with contextlib.suppress(asyncio.CancelledError):
                    loop.run_until_complete(task)
            hand(None)
        except BaseException as error:
            hand(error)

    thread = threading.Thread(target=body, name="requests", daemon=True)
    thread.start()
    try:
        while (item := handed.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        left.set()
        if thread.is_alive() and stop:
            with contextlib.suppress(RuntimeError):
                stop[0]()
        thread.join()
