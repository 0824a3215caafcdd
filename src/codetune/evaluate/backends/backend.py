"""Who is asked: a server by its URL, the embedded server, or a model folder; found before anything runs.

A backend says what it is (for the plan), which prompt styles may fit it, and answers requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from codetune.errors import ConfigError
from codetune.evaluate.backends.base_check import check_base
from codetune.evaluate.backends.folder_backend import LoadedFolder
from codetune.evaluate.backends.probe import REMOTE_STYLES, StyleChoice
from codetune.evaluate.backends.ranks import Ranks
from codetune.models.client.concurrent_requests import Outcome
from codetune.models.embedded.gguf_file import fingerprint
from codetune.models.embedded.server import EmbeddedServer
from codetune.models.embedded.smollm2 import smollm2_weights
from codetune.models.folder import ModelFolder
from codetune.models.hub import local_model
from codetune.models.open import run_requests
from codetune.models.protocol import ChatRequest

__all__ = ["Backend", "find_backend"]

_BYTES_PER_TOKEN = 2.5
"""A low guess for code, so that a slot of the embedded server is rather too long."""
_LEAST_CONTEXT = 2048
_SLOTS = 8
"""Of the embedded server: two cores are busy with eight answers."""
_IN_FLIGHT = 64
"""At a server, which queues what it can't answer at once."""


class Backend(Protocol):
    """Anything that answers a benchmark's requests."""

    @property
    def name(self) -> str:
        """What the score calls it until an answer says better."""
        ...

    @property
    def inputs(self) -> Mapping[str, str]:
        """What its answers depend on: name -> hash or name."""
        ...

    @property
    def styles(self) -> Sequence[StyleChoice]:
        """The prompt styles that may fit it, the best first; a single one needs no trial."""
        ...

    @property
    def assumption(self) -> str | None:
        """A sentence where a single style is a guess."""
        ...

    @property
    def has_edit_tokens(self) -> bool:
        """Whether it is known to have the edit tokens, so that edits are asked for in turns of their own."""
        ...

    def answers(
        self,
        requests: Sequence[ChatRequest],
        store: Path,
        in_flight: int | None,
        on_progress: Callable[[], None],
    ) -> Iterator[tuple[int, Outcome]]:
        """Answer each; one that can't be had comes as the error."""
        ...

    @property
    def answered_by(self) -> str:
        """What computes the answers, and in which number format; part of a score's conditions."""
        ...

    def close(self) -> None:
        """Give back the memory; it can be asked again."""
        ...


@dataclass(frozen=True)
class _Served:
    """Behind a URL, or the embedded server."""

    where: str
    weights: Path | None = None
    adapter: Path | None = None
    served_name: str | None = None
    model_map: Path | None = None
    api_key_env: str | None = None
    is_embedded: bool = False
    assumption: str | None = None
    has_edit_tokens: bool = False

    @property
    def styles(self) -> Sequence[StyleChoice]:
        # llama.cpp's server continues a last assistant turn.
        return (StyleChoice("chat-prefill", "plain"),) if self.is_embedded else REMOTE_STYLES

    @property
    def name(self) -> str:
        return self.served_name or self.where

    @property
    def inputs(self) -> Mapping[str, str]:
        found = {"model": self.where}
        if self.weights is not None:
            found["model"] = fingerprint(self.weights)
        if self.served_name is not None:
            found["served as"] = self.served_name
        if self.adapter is not None:
            found["adapter"] = fingerprint(self.adapter)
        return found

    def answers(
        self,
        requests: Sequence[ChatRequest],
        store: Path,
        in_flight: int | None,
        on_progress: Callable[[], None],
    ) -> Iterator[tuple[int, Outcome]]:
        where: str | EmbeddedServer = self.where
        if self.is_embedded:
            adapters = [self.adapter] if self.adapter is not None else []
            context = max(_LEAST_CONTEXT, *map(_tokens, requests))
            slots = in_flight or _SLOTS
            where = EmbeddedServer(self.weights, adapters, slots=slots, context_per_slot=context)
        for outcome in run_requests(
            where,
            requests,
            store=store,
            in_flight=in_flight or (_SLOTS if self.is_embedded else _IN_FLIGHT),
            model=self.served_name,
            model_map=self.model_map,
            api_key_env=self.api_key_env,
        ):
            on_progress()
            yield outcome

    @property
    def answered_by(self) -> str:
        return "llama.cpp" if self.is_embedded else "server"

    def close(self) -> None:
        pass  # the server is stopped after each call


def _tokens(request: ChatRequest) -> int:
    """Room for one request, in steps that don't change with every prompt."""
    text = request.prompt or "".join(message.content for message in request.messages)
    return (
        -(-int(len(text.encode("utf-8", "replace")) / _BYTES_PER_TOKEN + request.max_new_tokens) // 512) * 512
    )


def find_backend(
    model: str,
    *,
    adapter: Path | None = None,
    served_name: str | None = None,
    model_map: Path | None = None,
    api_key_env: str | None = None,
    ranks: Ranks | None = None,
    is_checked: bool = False,
) -> Backend:
    """Find out what a name means.

    Args:
        model: `local`, a .gguf file, a model or adapter folder, `org/name` of the hub, one or several URLs
            up to `/v1`, or a name in the model map.
        adapter: A GGUF LoRA adapter (or a training's output that has one) for the embedded server; a
            PEFT adapter's folder for a model folder.
        served_name: Which of a server's models.
        model_map: File of models by name.
        api_key_env: Environment variable with the key for a URL; None takes OPENAI_API_KEY.
        ranks: This process among those started together; only a model folder can be shared.
        is_checked: True where it is known already that the adapter was trained on this base.

    Raises:
        ConfigError: What was given doesn't go together, or isn't there.
        DataError: The model folder lacks something.
    """
    ranks = ranks or Ranks()
    if model_map is not None:
        _file(model_map.expanduser(), "the model map")
    if model == "local" or model.endswith(".gguf"):
        _alone(ranks, model)
        weights = None if model == "local" else _file(Path(model).expanduser(), "the model")
        chosen = None if adapter is None else _gguf_adapter(adapter.expanduser())
        if chosen is not None:
            check_base(chosen, weights or smollm2_weights())
        return _Served(model, weights, chosen, model_map=None, is_embedded=True)
    if model_map is None:
        model = local_model(model)
    folder = Path(model).expanduser()
    if folder.is_dir() and not model.startswith(("http://", "https://")):
        if adapter is not None and (adapter / "adapter" / "adapter_config.json").is_file():
            adapter = adapter / "adapter"
        if adapter is not None and not is_checked:
            check_base(adapter, folder)
        return LoadedFolder(ModelFolder.find(folder, adapter), ranks)
    _alone(ranks, model)
    if adapter is not None:
        raise ConfigError(
            f"--adapter can't be given to {model!r}",
            next_step="name the adapter the server has loaded with --served-name, or evaluate a .gguf file or a model folder",
        )
    return _Served(model, served_name=served_name, model_map=model_map, api_key_env=api_key_env)


def _alone(ranks: Ranks, model: str) -> None:
    if ranks.world > 1:
        raise ConfigError(
            f"{ranks.world} processes were started, but {model!r} is asked by one",
            next_step="start codetune eval without torchrun or accelerate",
        )


def _file(path: Path, what: str) -> Path:
    if not path.is_file():
        raise ConfigError(f"{what} is not there", where=str(path), next_step="check the path")
    return path


def _gguf_adapter(path: Path) -> Path:
    inside = path / "adapter.gguf"
    if path.is_dir() and inside.is_file():
        return inside
    if path.is_dir():
        raise ConfigError(
            "the embedded server needs a LoRA adapter as GGUF, and this folder has no adapter.gguf",
            where=str(path),
            next_step="give the output of codetune train, or evaluate the model folder with the adapter instead",
        )
    return _file(path, "the adapter")
