"""Which requests are in which batch; kept in the request store's file beside the answers.

    planned ──▶ sent ──▶ closed          planned: recorded before the batch is sent

A run that dies while it sends a batch finds the batch as planned. It then asks the server for the
batch by its mark, so that nothing is sent twice.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["BatchLedger", "Pending", "SentBatch"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS batches (
    id INTEGER PRIMARY KEY,
    mark TEXT NOT NULL UNIQUE,
    model TEXT NOT NULL,
    remote_id TEXT,
    status TEXT NOT NULL,
    sent_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS batch_requests (
    key BLOB PRIMARY KEY,
    batch INTEGER NOT NULL,
    sample INTEGER NOT NULL,
    path TEXT NOT NULL,
    payload BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS batch_requests_by_batch ON batch_requests (batch);
"""


@dataclass(frozen=True, slots=True)
class Pending:
    """A request that waits for a batch or is in one."""

    key: bytes
    sample: int
    path: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class SentBatch:
    """A batch that has not been closed."""

    id: int
    mark: str
    remote_id: str | None
    """None while it is planned."""
    sent_at: float


class BatchLedger:
    """The open batches of one model.

    Args:
        path: The request store's file.
        model: The model's name in requests.
    """

    def __init__(self, path: Path, model: str) -> None:
        self._model = model
        self._connection = sqlite3.connect(path, timeout=60.0, isolation_level=None)
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_SCHEMA)

    def plan(self, requests: Sequence[Pending]) -> SentBatch:
        """Record a batch before it is sent."""
        mark, now = uuid.uuid4().hex, time.time()
        with self._transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO batches (mark, model, status, sent_at) VALUES (?, ?, 'planned', ?)",
                (mark, self._model, now),
            )
            batch = int(cursor.lastrowid or 0)
            connection.executemany(
                "INSERT OR REPLACE INTO batch_requests (key, batch, sample, path, payload) "
                "VALUES (?, ?, ?, ?, ?)",
                [(one.key, batch, one.sample, one.path, one.payload) for one in requests],
            )
        return SentBatch(batch, mark, None, now)

    def sent(self, batch: SentBatch, remote_id: str) -> SentBatch:
        """Record that the server has it."""
        self._connection.execute(
            "UPDATE batches SET status = 'sent', remote_id = ? WHERE id = ?", (remote_id, batch.id)
        )
        return SentBatch(batch.id, batch.mark, remote_id, batch.sent_at)

    def close_batch(self, batch: SentBatch) -> None:
        """Record that it ended and its answers are stored; its requests may be sent again."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM batch_requests WHERE batch = ?", (batch.id,))
            connection.execute("UPDATE batches SET status = 'closed' WHERE id = ?", (batch.id,))

    def open_batches(self) -> list[SentBatch]:
        """Those planned or sent, oldest first."""
        rows = self._connection.execute(
            "SELECT id, mark, remote_id, sent_at FROM batches "
            "WHERE model = ? AND status != 'closed' ORDER BY id",
            (self._model,),
        )
        return [SentBatch(*row) for row in rows]

    def is_open(self, key: bytes) -> bool:
        """Whether a request is in a batch that is not closed."""
        found = self._connection.execute("SELECT 1 FROM batch_requests WHERE key = ?", (key,)).fetchone()
        return found is not None

    def requests(self, batch: SentBatch) -> dict[str, Pending]:
        """A batch's requests by their key in hexadecimal."""
        rows = self._connection.execute(
            "SELECT key, sample, path, payload FROM batch_requests WHERE batch = ?", (batch.id,)
        )
        return {row[0].hex(): Pending(*row) for row in rows}

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _transaction(self) -> _Transaction:
        return _Transaction(self._connection)


class _Transaction:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> sqlite3.Connection:
        self._connection.execute("BEGIN IMMEDIATE")
        return self._connection

    def __exit__(self, kind: object, *_: object) -> None:
        self._connection.execute("COMMIT" if kind is None else "ROLLBACK")
