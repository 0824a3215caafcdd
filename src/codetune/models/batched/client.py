"""A model folder as a `ChatModel`: requests that come at any time join the batch that is being decoded.

Everything above the connection is the client of a server, so limits, the request store and JSON asked
for in the prompt work as they do there. The model is loaded for the first request that is not stored.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from codetune.errors import BackendError, DataError
from codetune.models.client.client import OpenAIClient
from codetune.models.client.payload import COMPLETION, ParsedAnswer
from codetune.models.client.transport import ServerRefusal, Transport
from codetune.models.folder import ModelFolder, model_config
from codetune.models.protocol import ChatRequest
from codetune.models.spec import EndpointSpec, ModelSpec
from codetune.records import Message

if TYPE_CHECKING:
    from codetune.models.batched.folder_model import FolderModel

__all__ = ["FolderClient"]

_NOWHERE = "http://127.0.0.1/v1"
"""No request goes there; the settings of a model need an address."""


class FolderClient(OpenAIClient):
    """Asks a model folder that is loaded into this process.

    Args:
        found: Which.
        rows: Answers made at a time; None takes what fits the device.
    """

    def __init__(self, found: ModelFolder, rows: int | None = None) -> None:
        endpoint = EndpointSpec(base=_NOWHERE, timeout_seconds=24 * 3600.0, start_in_flight=1024)
        super().__init__(ModelSpec(name=found.name, endpoints=(endpoint,), structured="prompt"))
        self._batch = _Batch(found, rows)
        self.pool.endpoints[0].transport = _InProcess(found, self._batch)

    async def close(self) -> None:
        await super().close()
        await asyncio.to_thread(self._batch.stop)


class _InProcess(Transport):
    """What a server would answer, without one."""

    def __init__(self, found: ModelFolder, batch: _Batch) -> None:
        super().__init__(_NOWHERE, headers={}, timeout_seconds=1.0)
        self.label = found.name
        self._found = found
        self._batch = batch

    async def post(self, path: str, body: bytes) -> bytes:
        request = _request(path, orjson.loads(body))
        answer = await self._batch.ask(request)
        said: dict[str, Any] = (
            {"text": answer.text}
            if path == COMPLETION
            else {"message": {"role": "assistant", "content": answer.text}}
        )
        usage = {"prompt_tokens": answer.prompt_tokens, "completion_tokens": answer.completion_tokens}
        return orjson.dumps(
            {"choices": [{"index": 0, "finish_reason": answer.finish_reason, **said}], "usage": usage}
        )

    async def get(self, path: str, *, max_bytes: int | None = None) -> bytes:
        context = model_config(self._found.path).get("max_position_embeddings")
        return orjson.dumps({"data": [{"id": self._found.name, "max_model_len": context}]})


def _request(path: str, body: dict[str, Any]) -> ChatRequest:
    turns = [Message(role=turn["role"], content=turn["content"]) for turn in body.get("messages") or ()]
    return ChatRequest(
        messages=tuple(turns),
        prompt=body["prompt"] if path == COMPLETION else None,
        max_new_tokens=body["max_tokens"],
        temperature=body.get("temperature", 0.0),
        top_p=body.get("top_p"),
        top_k=body.get("top_k"),
        seed=body.get("seed"),
        stop=tuple(body.get("stop") or ()),
        extra={key: body[key] for key in ("skip_special_tokens",) if key in body},
    )


@dataclass(slots=True, eq=False)
class _Job:
    request: ChatRequest
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[ParsedAnswer]

    def settle(self, answer: ParsedAnswer | Exception) -> None:
        def settle() -> None:
            if self.future.done():
                return
            if isinstance(answer, Exception):
                self.future.set_exception(answer)
            else:
                self.future.set_result(answer)

        with contextlib.suppress(RuntimeError):  # the loop has ended
            self.loop.call_soon_threadsafe(settle)


class _Batch:
    """One thread that decodes whatever is asked; it begins with the first request."""

    def __init__(self, found: ModelFolder, rows: int | None) -> None:
        self._found = found
        self._rows = rows
        self._asked: queue.Queue[_Job | None] = queue.Queue()
        self._jobs: dict[int, _Job] = {}
        self._count = 0
        self._thread: threading.Thread | None = None

    async def ask(self, request: ChatRequest) -> ParsedAnswer:
        loop = asyncio.get_running_loop()
        job = _Job(request, loop, loop.create_future())
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="batch", daemon=True)
            self._thread.start()
        self._asked.put(job)
        return await job.future

    def stop(self) -> None:
        """End the thread after the step it is at; requests in flight stay without an answer."""
        if self._thread is not None:
            self._asked.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        try:
            from codetune.models.batched.folder_model import FolderModel

            model = FolderModel(self._found, rows=self._rows)
        except Exception as error:
            while (job := self._asked.get()) is not None:
                job.settle(error)
            return
        while self._take(model):
            try:
                ended = model.decoder.step()
            except Exception as error:
                model.decoder.clear()
                for job in self._jobs.values():
                    job.settle(BackendError(f"the batch failed: {error}", where=self._found.name))
                self._jobs.clear()
                continue
            for row in ended:
                parsed = model.parsed(row)
                self._jobs.pop(row.number).settle(
                    _refusal(parsed) if isinstance(parsed, BackendError) else parsed
                )

    def _take(self, model: FolderModel) -> bool:
        """Put what was asked meanwhile in line; wait where there is nothing to do. False at the end."""
        from codetune.models.batched.decoder import Row

        while True:
            try:
                job = self._asked.get(block=model.decoder.is_idle)
            except queue.Empty:
                return True
            if job is None:
                return False
            try:
                prompt = model.encode(job.request)
            except DataError as error:
                job.settle(_refusal(error))
                continue
            refused = model.refusal(job.request, prompt)
            if refused is not None:
                job.settle(_refusal(refused))
                continue
            self._count += 1
            self._jobs[self._count] = job
            model.decoder.add(Row(self._count, job.request, prompt))


def _refusal(error: BackendError | DataError) -> ServerRefusal:
    """The request can't be answered, also if it is sent again."""
    return ServerRefusal(
        error.what, where=error.where, next_step=error.next_step, status=400, body=error.what
    )
