"""Verdicts by content: the same program under the same conditions is not run twice."""

from __future__ import annotations

import json
import sqlite3
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from codetune.errors import DataError
from codetune.execution.languages.toolchains import LANGUAGES, toolchain
from codetune.execution.protocol import Execution, Program
from codetune.records import Verdict, content_id

__all__ = ["VerdictCache"]

_FORMAT = "5"
"""Goes up when the same program may get another verdict than before."""
_UNCERTAIN = (Verdict.HARNESS_ERROR, Verdict.SKIPPED, Verdict.WALL_TLE)
"""About us, or the machine's load: never remembered."""
_COMMIT_EVERY = 200


class VerdictCache:
    """A SQLite file; several processes may use it at once.

    Args:
        path: Made if absent.
        tier: Isolation of this executor.
        test_isolation: `standard` or `strict`.

    Raises:
        DataError: The file is no verdict cache.
    """

    def __init__(self, path: Path, *, tier: str, test_isolation: str) -> None:
        self._path = path
        self._conditions = (_FORMAT, tier, test_isolation)
        self._unwritten = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # One thread at a time uses an executor, but not always the one that opened it.
            self._store = sqlite3.connect(path, timeout=60, check_same_thread=False)
            self._store.execute("PRAGMA journal_mode=WAL")
            self._store.execute("PRAGMA synchronous=NORMAL")
            self._store.execute("CREATE TABLE IF NOT EXISTS verdicts (key TEXT PRIMARY KEY, execution TEXT)")
        except sqlite3.DatabaseError as error:
            raise _store_error(error, path) from error

    def key(self, program: Program) -> str:
        """Hash of everything the verdict depends on: program, tests, input, limits, toolchain, tier, isolation."""
        version = sys.version
        if program.language != "python" and program.language in LANGUAGES:
            version = toolchain(program.language).version or ""
        return content_id(
            "Execution",
            *self._conditions,
            program.language,
            version,
            json.dumps(asdict(program.limits), sort_keys=True),
            program.code,
            program.tests,
            program.stdin,
            program.expected_stdout,
            program.comparison,
            str(program.in_process_tests),
            *(part for case in program.cases for part in (case.stdin, case.expected_stdout)),
            *((f"attempt {program.attempt}",) if program.attempt else ()),
        )

    def get(self, key: str, program: Program) -> Execution | None:
        """The remembered execution, under this program's id."""
        row = self._store.execute("SELECT execution FROM verdicts WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        known: dict[str, Any] = json.loads(row[0])
        return Execution(**{**known, "id": program.id, "verdict": Verdict(known["verdict"])})

    def put(self, key: str, execution: Execution) -> None:
        """Remember it, if it tells of the program alone."""
        if execution.verdict in _UNCERTAIN:
            return
        text = json.dumps({**asdict(execution), "id": ""})
        try:
            self._store.execute("INSERT OR IGNORE INTO verdicts VALUES (?, ?)", (key, text))
        except sqlite3.DatabaseError as error:
            raise _store_error(error, self._path) from error
        self._unwritten += 1
        if self._unwritten >= _COMMIT_EVERY:
            self.commit()

    def commit(self) -> None:
        """Make what was put last."""
        try:
            self._store.commit()
        except sqlite3.DatabaseError as error:
            raise _store_error(error, self._path) from error
        self._unwritten = 0

    def close(self) -> None:
        try:
            self.commit()
        finally:
            self._store.close()


def _store_error(error: sqlite3.DatabaseError, path: Path) -> DataError:
    if "full" in str(error):
        return DataError(
            "the disk is full",
            where=str(path),
            next_step="make room and run the same command again: the verdicts so far are kept",
        )
    return DataError(
        f"the verdict cache can't be used: {error}", where=str(path), next_step="remove the file"
    )
