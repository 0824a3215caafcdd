"""Pickles of numbers, texts and containers, read so that a forged one can run nothing."""

from __future__ import annotations

import io
import pickle
from typing import Any

from codetune.rejection import Rejection

__all__ = ["plain_pickle"]


class _PlainUnpickler(pickle.Unpickler):
    """Whatever would import something is refused."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in {("builtins", "set"), ("__builtin__", "set")}:
            return set
        raise pickle.UnpicklingError(f"it wants {module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("it wants an outside object")


def plain_pickle(data: bytes, name: str) -> Any:
    """What a pickle holds; texts of Python 2 are read as UTF-8.

    Raises:
        Rejection: It is damaged, or wants to import something.
    """
    try:
        return _PlainUnpickler(io.BytesIO(data), encoding="utf-8", errors="replace").load()
    except (
        pickle.UnpicklingError,
        EOFError,
        ValueError,
        IndexError,
        KeyError,
        AttributeError,
        TypeError,
    ) as error:
        raise Rejection("pickle refused", f"{name}: {error}") from error
