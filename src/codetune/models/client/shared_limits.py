"""Limits per minute that several processes keep together, through a file.

Each worker of a stage adapts its own concurrency. Requests and tokens per minute are the provider's
limit for all workers. Dividing the limit would not keep it (each worker starts each part with a full
bucket) nor use it fully (one worker is left at the end), so all workers debit one bucket in a file.
Imported only where several processes use the same endpoints.
"""

from __future__ import annotations

import fcntl
import math
import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from codetune.models.client.adaptive_limit import RateBucket

__all__ = ["SharedLimits", "SharedRateBucket"]

_LEVEL = struct.Struct("<dd")


@dataclass(frozen=True)
class SharedLimits:
    """How many processes use the same endpoints, and where they keep their common limits.

    Attributes:
        processes: Each takes its share of an endpoint's `max_in_flight`.
        folder: Of the buckets; on a file system with file locks that all machines share.
    """

    processes: int
    folder: Path

    def bucket(self, base: str, what: str, per_minute: float) -> SharedRateBucket:
        """The bucket of one limit (`requests`, `tokens`) of one endpoint."""
        name = blake2b(base.encode(), digest_size=8).hexdigest()
        return SharedRateBucket(self.folder / f"{name}.{what}", per_minute)


class SharedRateBucket:
    """A `RateBucket` whose level is in a locked file.

    Another process may debit between a look and its debit. The level then goes below zero and all
    processes wait for it: the rate is kept, only less evenly.

    Args:
        path: The file; created when it is first used.
        per_minute: As for `RateBucket`.
    """

    def __init__(self, path: Path, per_minute: float) -> None:
        self.path = path
        self.per_minute = per_minute

    def wait_seconds(self, amount: float, now: float) -> float:
        """As `RateBucket.wait_seconds`; `now` is ignored, since processes share only the system's clock."""
        with self._locked() as (bucket, shared_now):
            return bucket.wait_seconds(amount, shared_now)

    def take(self, amount: float, now: float) -> None:
        """As `RateBucket.take`."""
        with self._locked() as (bucket, shared_now):
            bucket.take(amount, shared_now)

    @contextmanager
    def _locked(self) -> Iterator[tuple[RateBucket, float]]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            bucket, now = RateBucket(self.per_minute), time.time()
            kept = os.pread(file, _LEVEL.size, 0)
            if len(kept) == _LEVEL.size:
                level, updated = _LEVEL.unpack(kept)
                if math.isfinite(level) and math.isfinite(updated):
                    bucket.level, bucket.updated = level, min(updated, now)  # clocks may be set back
            yield bucket, now
            os.pwrite(file, _LEVEL.pack(bucket.level, bucket.updated), 0)
        finally:
            os.close(file)
