"""The seam between codetune and whatever spreads work over cores and machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

__all__ = ["Engine"]

T = TypeVar("T")
R = TypeVar("R")


@runtime_checkable
class Engine(Protocol):
    """Maps shards to results.

    A shard's result may depend on the shard alone: then the number of workers, and the machine
    they are on, can't change a byte of what comes out.
    """

    @property
    def name(self) -> str: ...

    @property
    def workers(self) -> int: ...

    def map(self, function: Callable[[T], R], shards: Iterable[T]) -> Iterator[R]:
        """Apply a picklable function to each shard; results come in the shards' order.

        An exception in a worker is raised here, at its shard's turn. A worker that is ended from outside
        raises `CodetuneError`.
        """
        ...

    def check_folders(self, folders: Sequence[Path]) -> None:
        """See that workers can write into these folders (or the nearest ones that exist) as this process can.

        Raises:
            OutputError: They can't.
            BackendUnavailableError: Workers do not answer, or have another version of codetune.
        """
        ...

    def close(self) -> None:
        """Stop workers."""
        ...

    def __enter__(self) -> Engine: ...

    def __exit__(self, *_: Any) -> None: ...
