"""What a benchmark is: data with a checksum and a licence, and how a solution becomes a program."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from codetune.errors import DataError
from codetune.execution.protocol import Limits, Program
from codetune.records import Problem

__all__ = ["Benchmark", "json_rows", "wheel_file"]


def _appended(problem: Problem, solution: str, limits: Limits) -> Program:
    return Program(
        id=problem.task_id,
        code=solution,
        tests=problem.tests,
        language=problem.programming_language,
        limits=limits,
    )


@dataclass(frozen=True)
class Benchmark:
    """One benchmark.

    Attributes:
        name: What commands call it.
        title: What people call it.
        licence: SPDX id of the data, or what its publisher says in words.
        url: Where it was published.
        read: Raw bytes of the data file -> its items.
        checksums: SHA-256 of the data files known to be this benchmark -> which edition it is.
        find: The file that comes with an installed package, or None.
        program: (item, solution, limits) -> what is executed.
        trains: False where the licence forbids training on it.
    """

    name: str
    title: str
    licence: str
    url: str
    read: Callable[[bytes], Iterator[Problem]]
    checksums: Mapping[str, str]
    find: Callable[[], Path | None] = lambda: None
    program: Callable[[Problem, str, Limits], Program] = _appended
    trains: bool = True
    limits: Limits = field(default_factory=Limits)

    def path(self, given: Path | None = None) -> Path:
        """The data file: the one given, or the one that is installed.

        Raises:
            DataError: There is none.
        """
        path = given or self.find()
        if path is None or not path.is_file():
            raise DataError(
                f"the data of {self.title} is not here",
                where=str(path) if path else None,
                next_step=f"get it from {self.url} and name the file with --data",
            )
        return path

    def load(self, given: Path | None = None) -> list[Problem]:
        """Read the items, after checking that the file is what it says it is.

        Raises:
            DataError: No file, another file, or a broken one.
        """
        path = self.path(given)
        raw = path.read_bytes()
        found = sha256(raw).hexdigest()
        if self.checksums and found not in self.checksums:
            raise DataError(
                f"this is not a known edition of {self.title}: its SHA-256 is {found[:16]}...",
                where=str(path),
                next_step="take the published file, or score it under a name of its own",
            )
        return list(self.read(raw))

    def edition(self, given: Path | None = None) -> dict[str, str]:
        """Checksum, edition and licence of the data, for the score's record."""
        found = sha256(self.path(given).read_bytes()).hexdigest()
        return {
            "name": self.name,
            "sha256": found,
            "edition": self.checksums.get(found, "not a known edition"),
            "licence": self.licence,
            "url": self.url,
        }


def json_rows(raw: bytes) -> Iterator[dict[str, Any]]:
    """Rows of JSON Lines or of one JSON array, gzipped or not."""
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8")
    if text.lstrip().startswith("["):
        rows: Sequence[dict[str, Any]] = json.loads(text)
        yield from rows
        return
    for line in text.splitlines():
        if line.strip():
            yield json.loads(line)


def wheel_file(package: str, *parts: str) -> Path | None:
    """A data file inside an installed package, found without importing it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(next(iter(spec.submodule_search_locations))).joinpath(*parts)
    return path if path.is_file() else None
