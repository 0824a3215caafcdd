"""Sums up a request store: requests answered and failed, tokens and money, by model."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from codetune.errors import DataError
from codetune.models.store.request_store import RequestStore

__all__ = ["ModelUsage", "cost_of", "find_stores", "usage_by_model"]

_GIVEN_UP = re.compile(r"^gave up after \d+ s and \d+ tries: ")
"""Removed from failures, so that equal ones can be counted together."""
STORE_NAME = "requests.sqlite"
_KEYS_AT_A_TIME = 500
_KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, kw_only=True)
class ModelUsage:
    """One model's requests."""

    model: str
    answered: int
    failed: int
    """Failed and not answered since."""
    retried: int
    """Answered after more than one try."""
    cut: int
    """Answers cut off at the token limit."""
    prompt_tokens: int
    completion_tokens: int
    without_usage: int
    """Answers without token counts; they are in no sum."""
    usd: float | None
    """None where no answer had a price."""
    without_price: int
    mean_seconds: float | None
    first: float | None
    """When the first was asked, seconds since 1970."""
    last: float | None
    failures: dict[str, int] = field(default_factory=dict)
    """Message -> requests."""


def find_stores(folder: Path, cache: Path | None = None) -> list[Path]:
    """The request stores of a run: the file itself, the one in a folder, or all below it.

    Args:
        folder: Where to look.
        cache: Folder whose store a run has used beside its own; None where it is no run.

    Raises:
        DataError: There is none.
    """
    if folder.is_file():
        return [folder]
    found = [folder / STORE_NAME] if (folder / STORE_NAME).is_file() else []
    if not found and folder.is_dir():
        found = sorted(folder.rglob(STORE_NAME))
    shared = cache / STORE_NAME if cache is not None else None
    if shared is not None and shared.is_file() and shared.resolve() not in [path.resolve() for path in found]:
        found.append(shared)
    if not found:
        raise DataError(
            "no request store is here",
            where=str(folder),
            next_step=f"name a folder with {STORE_NAME} in it",
        )
    return found


def usage_by_model(path: Path, keys: Iterable[str] | None = None) -> list[ModelUsage]:
    """Sum up a store; safe while a run writes to it.

    Args:
        path: The store.
        keys: Hexadecimal keys of the answers that count; None takes all, and the failures too.

    Raises:
        DataError: The file is not a request store.
    """
    RequestStore(path).close()  # raises where the file is not a request store
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        wanted = ""
        if keys is not None:
            connection.execute("CREATE TEMP TABLE wanted (key BLOB PRIMARY KEY)")
            rows = ((bytes.fromhex(key),) for key in set(keys) if _KEY.fullmatch(key))
            connection.executemany("INSERT INTO wanted VALUES (?)", rows)
            wanted = "WHERE key IN (SELECT key FROM wanted) "
        answered = {
            row[0]: row[1:]
            for row in connection.execute(
                "SELECT model, count(*), sum(attempts > 1), sum(finish_reason = 'length'), "
                "sum(prompt_tokens), sum(completion_tokens), "
                "sum(prompt_tokens IS NULL OR completion_tokens IS NULL), "
                "sum(cost_usd), sum(cost_usd IS NULL), avg(seconds), min(asked_at), max(asked_at + seconds) "
                f"FROM answers {wanted}GROUP BY model"
            )
        }
        failures = _failures(connection) if keys is None else {}
    return [
        _summed(model, answered.get(model, (0,) * 11), failures.get(model, {}))
        for model in sorted({*answered, *failures})
    ]


def _failures(connection: sqlite3.Connection) -> dict[str, dict[str, int]]:
    """Model -> message -> requests without an answer whose last failure it is."""
    found: dict[str, dict[str, int]] = {}
    for model, detail, count in connection.execute(
        "SELECT model, detail, count(*) FROM failures f WHERE id = "
        "(SELECT max(id) FROM failures g WHERE g.key = f.key) AND NOT EXISTS "
        "(SELECT 1 FROM answers a WHERE a.key = f.key) GROUP BY model, detail ORDER BY count(*) DESC"
    ):
        message = _GIVEN_UP.sub("", detail)
        of_model = found.setdefault(model, {})
        of_model[message] = of_model.get(message, 0) + count
    return found


def cost_of(path: Path, keys: Sequence[str]) -> float | None:
    """What these answers cost when they were asked, in dollars; None where no price of any is known.

    Args:
        path: A request store.
        keys: Keys of the answers, in hexadecimal; others belong to backends that keep no store.
    """
    keys = [key for key in keys if _KEY.fullmatch(key)]
    prices: list[float] = []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        for start in range(0, len(keys), _KEYS_AT_A_TIME):
            some = [bytes.fromhex(key) for key in keys[start : start + _KEYS_AT_A_TIME]]
            marks = ",".join("?" * len(some))
            prices += [
                row[0]
                for row in connection.execute(
                    f"SELECT cost_usd FROM answers WHERE key IN ({marks}) AND cost_usd IS NOT NULL", some
                )
            ]
    return sum(prices) if prices else None


def _summed(model: str, row: tuple[float | None, ...], failures: dict[str, int]) -> ModelUsage:
    count = int(row[0] or 0)
    priced = count - int(row[7] or 0)
    return ModelUsage(
        model=model,
        answered=count,
        failed=sum(failures.values()),
        retried=int(row[1] or 0),
        cut=int(row[2] or 0),
        prompt_tokens=int(row[3] or 0),
        completion_tokens=int(row[4] or 0),
        without_usage=int(row[5] or 0),
        usd=row[6] if priced else None,
        without_price=int(row[7] or 0),
        mean_seconds=row[8] if count else None,
        first=row[9] if count else None,
        last=row[10] if count else None,
        failures=failures,
    )
