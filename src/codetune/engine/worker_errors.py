"""Exceptions of libraries stay in the worker they happened in: what leaves it is one of ours or Python's.

An exception's class may be unknown, or impossible to unpickle, in the process that waits for the worker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from codetune.errors import CodetuneError

__all__ = ["Guarded"]

T = TypeVar("T")
R = TypeVar("R")

_KNOWN = ("builtins", "codetune")


@dataclass(frozen=True, slots=True)
class Guarded(Generic[T, R]):
    """A function that raises only exceptions any process can read.

    Raises:
        CodetuneError: The function raised an exception of a library; it is named with its text.
    """

    function: Callable[[T], R]

    def __call__(self, shard: T) -> R:
        try:
            return self.function(shard)
        except Exception as error:
            kind = type(error)
            if kind.__module__.partition(".")[0] in _KNOWN:
                raise
            said = " ".join(str(error).split())[:500]
            raise CodetuneError(
                f"a worker stopped with {kind.__module__.lstrip('_')}.{kind.__name__}: {said}",
                next_step="run again with --workers 1 for the whole traceback",
            ) from error
