"""A Ray cluster: shards are worked on as tasks on its machines.

Needs a file system that all machines share for the dataset directories, as every worker writes its
own part. Nothing here changes what comes out; only where it is worked on.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from codetune.errors import BackendUnavailableError, MissingExtraError

__all__ = ["RayEngine"]

T = TypeVar("T")
R = TypeVar("R")


class RayEngine:
    """Workers of a Ray cluster.

    Args:
        address: The cluster, e.g. `auto` or `ray://head:10001`; None starts one on this machine.
        workers: Tasks in flight; None takes the cluster's CPUs.

    Raises:
        MissingExtraError: Ray is not installed.
        BackendUnavailableError: The cluster can't be reached.
    """

    name = "ray"

    def __init__(self, address: str | None = None, workers: int | None = None) -> None:
        # Ray would start its usage report and copy the environment's colours into worker logs.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        try:
            import ray
        except ImportError as error:
            raise MissingExtraError.of("the Ray engine", "ray") from error
        self._ray: Any = ray
        self._started = not self._ray.is_initialized()
        if self._started:
            try:
                self._ray.init(
                    address=address,
                    num_cpus=workers if address is None else None,
                    include_dashboard=False,
                    log_to_driver=False,
                    logging_level=logging.ERROR,
                )
            except ConnectionError as error:
                raise BackendUnavailableError(
                    "the Ray cluster can't be reached",
                    where=address,
                    next_step="start it with: ray start --head, or leave the address out",
                ) from error
        self.workers = workers or int(self._ray.cluster_resources().get("CPU", 1))

    def map(self, function: Callable[[T], R], shards: Iterable[T]) -> Iterator[R]:
        # Lost machines are Ray's to replace: a part is written whole or not at all, so a second
        # try of the same shard writes the same bytes.
        task = self._ray.remote(max_retries=3)(function) if _is_plain(function) else None
        shared = None if task is not None else self._ray.put(function)
        remote = task or self._ray.remote(max_retries=3)(_call)
        remaining = iter(shards)

        def submit(shard: T) -> Any:
            return remote.remote(shard) if shared is None else remote.remote(shared, shard)

        window = deque(submit(shard) for shard in islice(remaining, 2 * self.workers))
        try:
            while window:
                result = self._get(window.popleft())
                window.extend(submit(shard) for shard in islice(remaining, 1))
                yield result
        finally:
            for reference in window:
                self._ray.cancel(reference, force=False)

    def _get(self, reference: Any) -> Any:
        try:
            return self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            # The worker's own error, as the local engine raises it.
            raise (error.cause if isinstance(error.cause, Exception) else error) from None

    def close(self) -> None:
        if self._started and self._ray.is_initialized():
            self._ray.shutdown()

    def __enter__(self) -> RayEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _is_plain(function: object) -> bool:
    import types

    return isinstance(function, types.FunctionType)


def _call(function: Callable[[T], R], shard: T) -> R:
    return function(shard)
