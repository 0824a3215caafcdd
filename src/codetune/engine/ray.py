"""A Ray cluster: shards are worked on as tasks on its machines.

Needs a file system that all machines share for the dataset directories, as every worker writes its
own part. Nothing here changes what comes out; only where it is worked on.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from codetune.engine.ray_cluster import check_address, check_cluster, unreachable
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
        BackendUnavailableError: The cluster can't be reached, or is of another version.
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
        address = address or os.environ.get("RAY_ADDRESS")
        self._started = not self._ray.is_initialized()
        self._is_here = self._started and address is None
        """Whether the cluster is this machine alone: it has our versions and our files."""
        self._checked: set[Path] = set()
        if self._started:
            if address is not None:
                check_address(address)
            try:
                self._ray.init(
                    address=address,
                    num_cpus=workers if address is None else None,
                    include_dashboard=False,
                    log_to_driver=False,
                    logging_level=logging.ERROR,
                )
            except ConnectionError as error:
                raise unreachable(address) from error
            except RuntimeError as error:
                said = " ".join(str(error).split())
                if "mismatch" not in said:
                    raise BackendUnavailableError(
                        f"Ray could not be started: {said[:300]}", where=address
                    ) from error
                raise BackendUnavailableError(
                    f"the Ray cluster is of another version: {said[:300]}",
                    where=address,
                    next_step="install the same versions of Ray and Python on both",
                ) from error
        if not self._is_here:
            check_cluster(ray, ())
        self.workers = workers or int(self._ray.cluster_resources().get("CPU", 1))

    def check_folders(self, folders: Sequence[Path]) -> None:
        new = [folder for folder in folders if folder not in self._checked]
        if new and not self._is_here:
            check_cluster(self._ray, new)
            self._checked.update(new)

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
