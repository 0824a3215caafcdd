"""A model folder asked through the request store: an answer that any process stored is not made again.

Every process has a store of its own, `requests.sqlite` or `requests-rank3.sqlite`, as one file can't
be written from several machines; all are read. The keys are those of any other model's requests.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from codetune.errors import BackendError
from codetune.evaluate.backends.ranks import Ranks
from codetune.models.batched.folder_model import FolderModel
from codetune.models.client.concurrent_requests import Outcome
from codetune.models.client.payload import COMPLETION, ParsedAnswer, build_payload, parse_answer, request_key
from codetune.models.folder import ModelFolder
from codetune.models.protocol import ChatReply, ChatRequest
from codetune.models.store.request_store import RequestStore, StoredAnswer

__all__ = ["ask_folder"]


def _own_store(store: Path, rank: int) -> Path:
    return store if rank == 0 else store.with_name(f"{store.stem}-rank{rank}{store.suffix}")


def _all_stores(store: Path) -> list[Path]:
    return sorted(
        path for path in [store, *store.parent.glob(f"{store.stem}-rank*{store.suffix}")] if path.is_file()
    )


def ask_folder(
    folder: ModelFolder,
    requests: Sequence[ChatRequest],
    *,
    store: Path,
    ranks: Ranks,
    load: Callable[[], FolderModel],
    on_progress: Callable[[], None] = lambda: None,
) -> Iterator[tuple[int, Outcome]]:
    """Answer requests, so many at a time.

    Args:
        folder: The model.
        requests: All of them, in every process.
        store: Where the first process keeps its answers; the others' lie beside it.
        ranks: Which share is this process's.
        load: Loads it; called only if something is left to ask.
        on_progress: Called once an answer of this process's share.

    Yields:
        (index, reply or error), in order, once every process is through; nothing in the others.
    """
    worded = [build_payload(request, {}) for request in requests]
    keys = [
        request_key(folder.name, path, payload, request.sample)
        for request, (path, payload) in zip(requests, worded, strict=True)
    ]
    share = range(ranks.rank, len(requests), ranks.world)
    with ExitStack() as stack:
        stores = [stack.enter_context(RequestStore(path)) for path in _all_stores(store)]
        missing = []
        for index in share:
            if any(kept.get(keys[index]) is not None for kept in stores):
                on_progress()
            else:
                missing.append(index)
    failed: dict[int, BackendError] = {}
    if missing:
        model = load()
        began, clock = time.time(), time.monotonic()
        with RequestStore(_own_store(store, ranks.rank)) as kept:
            for place, answer in model.answers([requests[index] for index in missing]):
                index = missing[place]
                if isinstance(answer, BackendError):
                    failed[index] = answer
                else:
                    path, payload = worded[index]
                    seconds = time.monotonic() - clock
                    kept.put(
                        _kept(folder.name, keys[index], requests[index], path, payload, answer, model.device, began, seconds)
                    )  # fmt: skip
                on_progress()
    ranks.meet()
    if not ranks.is_first:
        return
    asked = set(missing)
    with ExitStack() as stack:
        stores = [stack.enter_context(RequestStore(path)) for path in _all_stores(store)]
        for index, key in enumerate(keys):
            response = next((r for kept in stores if (r := kept.response(key)) is not None), None)
            if response is None:
                yield (
                    index,
                    failed.get(index)
                    or BackendError("another process could not answer it", next_step="see its message above"),
                )
                continue
            parsed = parse_answer(response)
            yield (
                index,
                ChatReply(
                    text=parsed.text,
                    finish_reason=parsed.finish_reason,
                    prompt_tokens=parsed.prompt_tokens,
                    completion_tokens=parsed.completion_tokens,
                    model=folder.name,
                    key=key.hex(),
                    stored=index in share and index not in asked,
                ),
            )


def _kept(
    name: str, key: bytes, request: ChatRequest, path: str, payload: bytes, answer: ParsedAnswer, device: str,
    began: float, seconds: float,
) -> StoredAnswer:  # fmt: skip
    said = (
        {"text": answer.text}
        if path == COMPLETION
        else {"message": {"role": "assistant", "content": answer.text}}
    )
    response = {
        "choices": [{"index": 0, "finish_reason": answer.finish_reason, **said}],
        "usage": {"prompt_tokens": answer.prompt_tokens, "completion_tokens": answer.completion_tokens},
    }
    return StoredAnswer(
        key=key, model=name, sample=request.sample, payload=payload, response=json.dumps(response).encode(),
        finish_reason=answer.finish_reason, prompt_tokens=answer.prompt_tokens,
        completion_tokens=answer.completion_tokens, cost_usd=None, endpoint=device, attempts=1,
        asked_at=began, seconds=seconds,
    )  # fmt: skip
