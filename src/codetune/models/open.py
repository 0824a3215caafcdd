"""Opens a model by name, URL or file; everything that asks a model starts here.

    async with open_model("local", store=cache / "requests.sqlite") as model:
        async for index, outcome in complete_all(model, requests, in_flight=64):
            ...

`run_requests` does the same for synchronous code. Starting servers for other programs is `codetune serve`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from codetune.errors import ConfigError
from codetune.models.batched.client import FolderClient
from codetune.models.budget.budget import Budget
from codetune.models.client.client import EndpointsDownError, OpenAIClient, key_refused, list_models
from codetune.models.client.concurrent_requests import Group, Outcome, complete_all, in_groups
from codetune.models.client.transport import ServerRefusal, Transport, Unavailable
from codetune.models.embedded.client import EmbeddedClient
from codetune.models.embedded.gguf_file import check_gguf
from codetune.models.embedded.server import EmbeddedServer
from codetune.models.folder import ModelFolder
from codetune.models.hub import is_hub_name, local_model
from codetune.models.mixed_model import MixedModel
from codetune.models.model_map import load_model_map
from codetune.models.protocol import ChatModel, ChatRequest
from codetune.models.servers.client import ServerClient
from codetune.models.servers.commands import program_here
from codetune.models.servers.server import ModelServer
from codetune.models.spec import EndpointSpec, ModelSpec, check_urls, host_label
from codetune.models.store.request_store import RequestStore
from codetune.models.store.stored_model import StoredModel

if TYPE_CHECKING:
    from codetune.models.client.shared_limits import SharedLimits

__all__ = ["BACKENDS", "check_model_name", "complete_all", "open_model", "run_requests"]


_LIST_TIMEOUT_SECONDS = 30.0

BACKENDS: dict[str, Callable[[str], ChatModel]] = {}
"""Model backends of your own: `BACKENDS["mine"]` is called with what follows in `mine:REST`. It keeps its
answers itself; the request store and the budget belong to the HTTP client."""


@contextlib.asynccontextmanager
async def open_model(
    where: str | EmbeddedServer | ModelServer,
    *,
    store: Path | RequestStore | None,
    model: str | None = None,
    model_map: Path | None = None,
    api_key_env: str | None = None,
    budget: Budget | str | None = None,
    loras: Sequence[Path] = (),
    slots: int = 8,
    context_per_slot: int = 2048,
    shared_limits: SharedLimits | None = None,
) -> AsyncIterator[ChatModel]:
    """Open a model; connections, the store and an embedded server are closed at the end.

    Args:
        where: `local` (the embedded model), a path of a .gguf file, a URL up to `/v1` (or several
            of one model, with commas between), a name in the model map, a model folder or a name on
            the hub (`org/name`), whose weights are loaded here, `BACKEND:REST` with a name
            in `BACKENDS`, an `EmbeddedServer`, which keeps running if it was running before, or a
            `ModelServer`, which is started where it does not run and stopped by its owner.
        store: Request store; a path is opened and closed here. None keeps nothing, so a killed run
            pays for its requests again.
        model: Which of the server's models. For a URL, None takes the only one it lists; for an
            embedded server, its `model_name`; for a `ModelServer`, None is the model without an adapter.
        model_map: JSON or YAML file of models by name.
        api_key_env: Environment variable with the key for a URL; None takes OPENAI_API_KEY where it
            is set (sent only over https or to this machine).
        budget: E.g. `5usd|2h|1Mtok`; one `Budget` may be shared by several models.
        loras: Adapters for the embedded server; the first one answers unless `model` names another.
        slots: Requests that the embedded server answers at a time.
        context_per_slot: Tokens of prompt and answer for each.
        shared_limits: Limits kept together with other processes; None where there are none.

    Raises:
        UsageError: Unknown name, missing key, missing model file.
        BackendError: The server can't be started or reached.
    """
    if isinstance(budget, str):
        budget = Budget.parse(budget)
    if isinstance(where, str) and (where == "local" or where.endswith(".gguf")):
        where = EmbeddedServer(None if where == "local" else Path(where), loras, slots, context_per_slot)
    async with contextlib.AsyncExitStack() as stack:
        kept = stack.enter_context(RequestStore(store)) if isinstance(store, Path) else store

        def remote(spec: ModelSpec) -> ChatModel:
            if not spec.batch:
                return stored(OpenAIClient(spec, shared_limits=shared_limits))
            from codetune.models.batch_api.model import BatchModel

            if kept is None or budget is not None:
                raise ConfigError(
                    f"{spec.name} uses the batch API, which "
                    + ("needs a request store" if kept is None else "can't keep a budget"),
                    next_step="take `batch: true` out of the model map",
                )
            model = BatchModel(spec, kept)
            stack.push_async_callback(model.close)
            return model

        def stored(client: OpenAIClient) -> StoredModel:
            stack.push_async_callback(client.close)
            return StoredModel(client, kept, budget=budget)

        if isinstance(where, EmbeddedServer):
            yield stored(EmbeddedClient(where, model or where.model_name))
        elif isinstance(where, ModelServer):
            yield stored(ServerClient(where, model))
        elif where.startswith(("http://", "https://")):
            spec_of_url = await _spec_of_url(where, model, api_key_env)
            yield stored(OpenAIClient(spec_of_url, shared_limits=shared_limits))
        elif (name := where.partition(":"))[0] in BACKENDS:
            yield BACKENDS[name[0]](name[2])
        else:
            known = load_model_map(model_map) if model_map is not None else {}
            spec = known.get(where)
            if spec is None and (folder := _folder(where)) is not None:
                found, program = ModelFolder.find(folder), program_here()
                if program is None:
                    yield stored(FolderClient(found))
                    return
                server = _server_of(found, program, kept)
                stack.callback(server.stop)
                yield stored(ServerClient(server, found.name if found.adapter is not None else None))
                return
            if spec is None:
                raise _unknown(where, known, model_map)
            if isinstance(spec, ModelSpec):
                yield remote(spec)
            else:
                parts = [cast("ModelSpec", known[name]) for name in spec.mix]
                models = [remote(part) for part in parts]
                yield MixedModel(where, models, spec.mix)


def check_model_name(where: str, model_map: Path | None = None) -> None:
    """Whether `open_model` knows what a name means; nothing is opened, asked or downloaded.

    Args:
        where: As there.
        model_map: As there.

    Raises:
        ConfigError: The name means nothing, or the map can't be read.
        UsageError: A .gguf file is not there, or is none.
    """
    if where.endswith(".gguf"):
        check_gguf(Path(where))
    elif where != "local" and "://" not in where and where.partition(":")[0] not in BACKENDS:
        known = load_model_map(model_map) if model_map is not None else {}
        if where not in known and not is_hub_name(where) and not Path(where).expanduser().is_dir():
            raise _unknown(where, known, model_map)


def _folder(where: str) -> Path | None:
    """The model folder that a name means: a path, or a name on the hub; None for any other name."""
    path = Path(local_model(where)).expanduser()
    return path if path.is_dir() else None


def _server_of(found: ModelFolder, program: str, store: RequestStore | None) -> ModelServer:
    """vLLM or SGLang for a model folder; its log lies beside the request store."""
    folder = store.path.parent if store is not None else Path(tempfile.gettempdir())
    base = found if found.adapter is None else ModelFolder.find(found.path)
    adapters = {} if found.adapter is None else {found.name: found.adapter}
    return ModelServer(program, found.path, base.name, adapters, log=folder / f"{program}.log")


def _unknown(name: str, known: Iterable[str], model_map: Path | None) -> ConfigError:
    names = ", ".join(known)
    return ConfigError(
        f"no model is called {name}",
        where=str(model_map) if model_map is not None else None,
        next_step=f"take {names}, local, a URL that ends in /v1, a .gguf file, a model folder or org/name of the hub"
        if names
        else "take local, a URL that ends in /v1, a .gguf file, a model folder, org/name of the hub, or give a model map",
    )


async def _spec_of_url(urls: str, model: str | None, api_key_env: str | None) -> ModelSpec:
    """The model behind one URL, or behind several with commas between them, which share the requests."""
    try:
        check_urls(urls)
        endpoints = tuple(
            EndpointSpec(base=url, api_env=api_key_env or _default_key_variable(url))
            for url in map(str.strip, urls.split(","))
            if url
        )
    except ValueError as error:
        raise ConfigError(str(error)) from None
    names = [model] if model is not None else [await _only_model(endpoint) for endpoint in endpoints]
    if len(set(names)) > 1:
        raise ConfigError(
            f"the servers have different models: {', '.join(sorted(set(names)))}",
            where=", ".join(host_label(endpoint.base) for endpoint in endpoints),
            next_step="name servers of the same model, or write a model map",
        )
    return ModelSpec(name=names[0], endpoints=endpoints)


def _default_key_variable(url: str) -> str | None:
    """OPENAI_API_KEY where it is set, but never over plain HTTP to another machine."""
    parts = urlsplit(url)
    is_safe = parts.scheme == "https" or parts.hostname in ("127.0.0.1", "localhost", "::1")
    return "OPENAI_API_KEY" if is_safe and os.environ.get("OPENAI_API_KEY", "").strip() else None


async def _only_model(endpoint: EndpointSpec) -> str:
    transport = Transport(
        endpoint.base, headers=endpoint.resolved_headers(), timeout_seconds=_LIST_TIMEOUT_SECONDS
    )
    try:
        names = await list_models(transport)
    except Unavailable as error:
        raise EndpointsDownError(
            f"no server answers there: {error.what}",
            where=transport.label,
            next_step="check the URL, which usually ends in /v1, and that the server runs",
        ) from error
    except ServerRefusal as error:
        if error.status in (401, 403):
            raise key_refused(endpoint, error) from error
        raise ConfigError(
            f"the server does not list its models: {error.what}",
            where=transport.label,
            next_step="check the URL, which usually ends in /v1, or name the model with --served-name",
        ) from error
    finally:
        await transport.close()
    if len(names) == 1:
        return names[0]
    raise ConfigError(
        f"the server has {len(names)} models: {', '.join(names[:20])}"
        if names
        else "the server has no model",
        where=transport.label,
        next_step="name one with --served-name, or in a model map" if names else "load a model there first",
    )


def run_requests(
    where: str | EmbeddedServer | ModelServer,
    requests: Iterable[ChatRequest],
    *,
    store: Path | RequestStore | None,
    in_flight: int = 64,
    opened: Callable[[ChatModel], None] | None = None,
    **options: Any,
) -> Iterator[tuple[int, Outcome]]:
    """`open_model` and `complete_all` for synchronous code.

    The event loop runs in its own thread. Leaving the iteration early stops the requests in flight;
    answers that came are kept in the store.

    Args:
        where: As in `open_model`.
        requests: Drawn lazily, in the loop's thread.
        store: As in `open_model`.
        in_flight: As in `complete_all`.
        opened: Called once with the open model, e.g. to learn its name.
        options: Any other argument of `open_model`.
    """
    handed: queue.Queue[Group | BaseException | None] = queue.Queue(maxsize=8)
    left = threading.Event()

    def hand(item: Group | BaseException | None) -> None:
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
            async with contextlib.aclosing(in_groups(model, requests, in_flight)) as groups:
                async for group in groups:
                    try:
                        handed.put_nowait(group)
                    except queue.Full:
                        await loop.run_in_executor(None, hand, group)

    stop: list[Callable[[], object]] = []

    def body() -> None:
        try:
            with asyncio.Runner() as runner:
                loop = runner.get_loop()
                task = loop.create_task(ask())
                stop.append(lambda: loop.call_soon_threadsafe(task.cancel))
                if left.is_set():  # before there was anything to stop
                    task.cancel()
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
            yield from item
    finally:
        left.set()
        if thread.is_alive() and stop:
            with contextlib.suppress(RuntimeError):
                stop[0]()
        thread.join()
