"""Model folders as backends: what each says of itself, and one that is loaded into this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from codetune.edits.formats.special_tokens import NEXT_START
from codetune.engine.memory import give_back_models
from codetune.evaluate.backends.probe import StyleChoice
from codetune.evaluate.backends.ranks import Ranks
from codetune.models.batched.folder_model import FolderModel, chat_template, number_format
from codetune.models.client.concurrent_requests import Outcome
from codetune.models.folder import ModelFolder
from codetune.models.protocol import ChatRequest

__all__ = ["FolderBackend", "LoadedFolder"]


@dataclass
class FolderBackend:
    """What is known of a model by its folder, whoever answers for it.

    Attributes:
        found: The model, with its adapter.
    """

    found: ModelFolder

    @property
    def name(self) -> str:
        return self.found.name

    @property
    def inputs(self) -> Mapping[str, str]:
        return {"model": self.found.name}

    @property
    def styles(self) -> Sequence[StyleChoice]:
        # Who answers for a folder goes on from a begun turn: the batch here, vLLM and SGLang where they are asked to.
        has_template = chat_template(self.found) is not None
        return (StyleChoice("chat-prefill", "plain") if has_template else StyleChoice("completion"),)

    @property
    def assumption(self) -> str | None:
        if chat_template(self.found) is not None:
            return None
        return f"{self.found.tokenizer} has no chat template, so it is taken for a base model: prompt style completion"

    @property
    def has_edit_tokens(self) -> bool:
        return self.found.knows(NEXT_START)


@dataclass
class LoadedFolder(FolderBackend):
    """Loaded into this process for the first request that is not stored yet, and asked in batches.

    Attributes:
        ranks: This process among those started together.
        loaded: The model; None before the first request, and after `close`.
    """

    ranks: Ranks = field(default_factory=Ranks)
    loaded: FolderModel | None = None

    @property
    def answered_by(self) -> str:
        return f"transformers, {number_format()}"

    def answers(
        self,
        requests: Sequence[ChatRequest],
        store: Path,
        in_flight: int | None,
        on_progress: Callable[[], None],
    ) -> Iterator[tuple[int, Outcome]]:
        from codetune.evaluate.backends.folder_answers import ask_folder

        def load() -> FolderModel:
            if self.loaded is None:
                self.loaded = FolderModel(self.found, self.ranks.local_rank, rows=in_flight)
            return self.loaded

        yield from ask_folder(
            self.found, requests, store=store, ranks=self.ranks, load=load, on_progress=on_progress
        )

    def close(self) -> None:
        self.loaded = None
        give_back_models()
