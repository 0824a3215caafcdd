"""A model folder as a backend: loaded for the first request, and gone from memory once it is closed."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest
from tests.tiny_llama import write_tiny_llama

from codetune.evaluate.backends.folder_backend import LoadedFolder
from codetune.models.folder import ModelFolder
from codetune.models.protocol import ChatRequest

pytest.importorskip("torch")


def test_a_closed_model_waits_for_no_collection(tmp_path: Path) -> None:
    """The next model is loaded then, and both would not fit."""
    backend = LoadedFolder(ModelFolder.find(write_tiny_llama(tmp_path / "tiny")))
    request = ChatRequest(prompt="def f():", max_new_tokens=2)
    gc.disable()
    try:
        for turn in range(2):
            assert backend.loaded is None
            list(backend.answers([request], tmp_path / f"{turn}.sqlite", None, lambda: None))
            assert backend.loaded is not None
            model = weakref.ref(backend.loaded._model)
            backend.close()
            assert model() is None
    finally:
        gc.enable()
