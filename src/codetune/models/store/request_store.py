"""The request store: every request to a model and its answer, in one SQLite file.

The key is a hash of the model's name, the whole payload and the sample number. So an answer is found
again after rows were added or reordered, another row's prompt changed, or the run was killed; a
changed payload is a new request.

    put(answer) ──▶ queue ──▶ writer thread: one transaction for all that wait ──▶ `put` returns

An answer is committed before `put` returns, so a caller that has an answer finds it again after
kill -9 at any moment. A kill loses at most the answers of requests in flight that were not yet
committed. With `durable="power"` (the default) a commit is flushed to the disk, so the same holds
for a power cut. Waiting answers share one flush of some milliseconds.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from codetune.errors import DataError, OutputError

__all__ = ["RequestStore", "StoredAnswer", "StoredFailure"]

_VERSION = 2
_SCHEMA = """
CREATE TABLE answers (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    model TEXT NOT NULL,
    sample INTEGER NOT NULL,
    payload BLOB NOT NULL,
    response BLOB NOT NULL,
    finish_reason TEXT,
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    cost_usd REAL,
    endpoint TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    asked_at REAL NOT NULL,
    seconds REAL NOT NULL,
    asked_as TEXT
);
CREATE TABLE failures (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL,
    model TEXT NOT NULL,
    sample INTEGER NOT NULL,
    payload BLOB NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    failed_at REAL NOT NULL
);
CREATE INDEX failures_by_key ON failures (key);
"""
_FROM_VERSION_1 = "ALTER TABLE answers ADD COLUMN asked_as TEXT"
_ANSWER_COLUMNS = (
    "key, model, sample, payload, response, finish_reason, prompt_tokens, completion_tokens, "
    "cost_usd, endpoint, attempts, asked_at, seconds, asked_as"
)
_PUT = f"INSERT INTO answers ({_ANSWER_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (key) DO NOTHING"
_GET = f"SELECT {_ANSWER_COLUMNS} FROM answers WHERE key = ?"
_REPLY = "SELECT response, asked_as FROM answers WHERE key = ?"
_FAIL = "INSERT INTO failures (key, model, sample, payload, kind, detail, failed_at) VALUES (?,?,?,?,?,?,?)"
_GROUP = 2048
_READS = 4096
"""Lookups in one transaction; the write-ahead log can't be merged while it lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """One answered request."""

    key: bytes
    """16 bytes."""
    model: str
    sample: int
    payload: bytes
    """The request's JSON as it was sent, without headers and without fields that an endpoint adds to
    each request. `key` is the hash of the canonical payload, before any fallback for a server."""
    response: bytes
    """The server's whole answer, JSON."""
    finish_reason: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cost_usd: float | None
    """None where no price is known."""
    endpoint: str
    """Host and port that answered, without credentials."""
    attempts: int
    asked_at: float
    """Seconds since 1970."""
    seconds: float
    """From the first try to the answer."""
    asked_as: str | None = None
    """How JSON was asked for, a `codetune.models.client.structured_modes.StructuredMode`; None where it wasn't."""

    def row(self) -> tuple[object, ...]:
        return (
            self.key, self.model, self.sample, self.payload, self.response, self.finish_reason,
            self.prompt_tokens, self.completion_tokens, self.cost_usd, self.endpoint, self.attempts,
            self.asked_at, self.seconds, self.asked_as,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFailure:
    """A request that failed; it is sent again by the next run."""

    key: bytes
    model: str
    sample: int
    payload: bytes
    kind: str
    detail: str
    failed_at: float


_Job = tuple[StoredAnswer | StoredFailure, Callable[[StoredAnswer | None, BaseException | None], None]]


class RequestStore:
    """Opens or creates a request store; several processes may share one file.

    Args:
        path: The file, e.g. `cache/requests.sqlite`; its folder is created.
        durable: `power` flushes each commit to the disk. `process` leaves that to the system: kill -9
            loses nothing, but a power cut may lose the last seconds.

    Raises:
        OutputError: The file can't be created or opened.
        DataError: The file is not a request store, or a newer codetune made it.
    """

    def __init__(self, path: Path, *, durable: Literal["power", "process"] = "power") -> None:
        self.path = path
        self._durable = durable
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._reader = self._connect()
        except (OSError, sqlite3.OperationalError) as error:
            raise OutputError(
                f"the request store can't be opened: {error}",
                where=str(path),
                next_step="free some space, or choose another cache folder",
            ) from error
        except sqlite3.DatabaseError as error:
            raise DataError(
                f"the request store is not readable: {error}",
                where=str(path),
                next_step="move the file away; a new one will be created",
            ) from error
        self._read_lock = threading.Lock()
        self._reads = 0
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._closed = False
        self._start_lock = threading.Lock()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=60.0, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if self._durable == 'power' else 'NORMAL'}")
        connection.execute("PRAGMA cache_size = -65536")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
                for statement in _SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {_VERSION}")
            connection.execute("COMMIT")
        elif version == 1:
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("PRAGMA user_version").fetchone()[0] == 1:
                connection.execute(_FROM_VERSION_1)
                connection.execute(f"PRAGMA user_version = {_VERSION}")
            connection.execute("COMMIT")
        elif version != _VERSION:
            connection.close()
            raise DataError(
                f"the request store has format {version}, this codetune knows {_VERSION}",
                where=str(self.path),
                next_step="use the codetune version that made it, or another cache folder",
            )
        return connection

    def get(self, key: bytes) -> StoredAnswer | None:
        """The stored answer, or None; some 20 microseconds."""
        with self._read_lock:
            self._end_reading()
            row = self._reader.execute(_GET, (key,)).fetchone()
        return _answer(row) if row is not None else None

    def response(self, key: bytes) -> bytes | None:
        """The server's bytes of a stored answer, or None."""
        found = self.reply(key)
        return found[0] if found is not None else None

    def reply(self, key: bytes) -> tuple[bytes, str | None] | None:
        """A stored answer's bytes and `asked_as`; fast, because a resumed run reads millions."""
        with self._read_lock:
            found: tuple[bytes, str | None] | None = self._reader.execute(_REPLY, (key,)).fetchone()
            if found is None and self._reads:
                # It may have been stored after this transaction began.
                self._end_reading()
                found = self._reader.execute(_REPLY, (key,)).fetchone()
            elif found is not None:
                # Stored answers come in series, and cost half as much within one transaction.
                if not self._reads:
                    self._reader.execute("BEGIN")
                self._reads += 1
                if self._reads == _READS:
                    self._end_reading()
        return found

    def _end_reading(self) -> None:
        if self._reads:
            self._reads = 0
            self._reader.execute("COMMIT")

    def submit(
        self,
        item: StoredAnswer | StoredFailure,
        done: Callable[[StoredAnswer | None, BaseException | None], None],
    ) -> None:
        """Queue a write; `done` is called in the writer's thread once it is committed.

        For an answer `done` gets the stored one, which is another process's where that came first;
        for a failure it gets None.
        """
        if self._closed:
            raise ValueError("the request store is closed")
        if self._writer is None:
            with self._start_lock:
                if self._writer is None:
                    self._writer = threading.Thread(target=self._write, name="request-store", daemon=True)
                    self._writer.start()
        self._queue.put((item, done))

    def put(self, answer: StoredAnswer) -> StoredAnswer:
        """Store an answer, wait until it is committed, and return the stored one."""
        future: Future[StoredAnswer | None] = Future()
        self.submit(answer, _resolver(future))
        kept = future.result()
        assert kept is not None
        return kept

    def fail(self, failure: StoredFailure) -> None:
        """Record that a request failed."""
        future: Future[StoredAnswer | None] = Future()
        self.submit(failure, _resolver(future))
        future.result()

    def answers(self) -> Iterator[StoredAnswer]:
        """All answers, in the order they were stored."""
        with closing(self._connect()) as connection:
            for row in connection.execute(f"SELECT {_ANSWER_COLUMNS} FROM answers ORDER BY id"):
                yield _answer(row)

    def failures(self) -> Iterator[StoredFailure]:
        """Requests that failed and were not answered since, in order."""
        with closing(self._connect()) as connection:
            for row in connection.execute(
                "SELECT key, model, sample, payload, kind, detail, failed_at FROM failures f "
                "WHERE NOT EXISTS (SELECT 1 FROM answers a WHERE a.key = f.key) ORDER BY id"
            ):
                yield StoredFailure(
                    key=row[0], model=row[1], sample=row[2], payload=row[3], kind=row[4],
                    detail=row[5], failed_at=row[6],
                )  # fmt: skip

    def close(self) -> None:
        """Commit queued writes and close the file."""
        if self._closed:
            return
        self._closed = True
        if self._writer is not None:
            self._queue.put(None)
            self._writer.join()
        self._reader.close()

    def __enter__(self) -> RequestStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self) -> None:
        with closing(self._connect()) as connection:
            ended = False
            while not ended:
                jobs: list[_Job] = []
                job = self._queue.get()
                while True:
                    if job is None:
                        ended = True
                        break
                    jobs.append(job)
                    if len(jobs) >= _GROUP:
                        break
                    try:
                        job = self._queue.get_nowait()
                    except queue.Empty:
                        break
                if jobs:
                    self._commit(connection, jobs)

    def _commit(self, connection: sqlite3.Connection, jobs: list[_Job]) -> None:
        try:
            kept = _insert(connection, [item for item, _ in jobs])
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            failure = OutputError(
                f"an answer could not be stored: {error}",
                where=str(self.path),
                next_step="free some space and run the same command again; what was stored is kept",
            )
            for _, done in jobs:
                done(None, failure)
            return
        for (_, done), answer in zip(jobs, kept, strict=True):
            done(answer, None)


def _insert(
    connection: sqlite3.Connection, items: Iterable[StoredAnswer | StoredFailure]
) -> list[StoredAnswer | None]:
    kept: list[StoredAnswer | None] = []
    connection.execute("BEGIN IMMEDIATE")
    for item in items:
        if isinstance(item, StoredFailure):
            connection.execute(
                _FAIL,
                (item.key, item.model, item.sample, item.payload, item.kind, item.detail, item.failed_at),
            )
            kept.append(None)
        elif connection.execute(_PUT, item.row()).rowcount:
            kept.append(item)
        else:
            kept.append(_answer(connection.execute(_GET, (item.key,)).fetchone()))
    connection.execute("COMMIT")
    return kept


def _resolver(
    future: Future[StoredAnswer | None],
) -> Callable[[StoredAnswer | None, BaseException | None], None]:
    def done(answer: StoredAnswer | None, error: BaseException | None) -> None:
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(answer)

    return done


def _answer(row: tuple[object, ...]) -> StoredAnswer:
    return StoredAnswer(**dict(zip(StoredAnswer.__slots__, row, strict=True)))  # type: ignore[arg-type]
