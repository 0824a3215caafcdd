"""A benchmark's published file: where it lies, whether it is the right one, and its rows."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from codetune.errors import DataError
from codetune.evaluate.benchmarks.download import download
from codetune.sources.files.remote import address_in

__all__ = ["DATA_VARIABLE", "DataEdition", "DataFile", "Edition", "json_rows", "local_file", "wheel_file"]

DATA_VARIABLE = "CODETUNE_DATA"
"""Environment variable: a folder with benchmark files, under the names their publishers use."""


@dataclass(frozen=True, slots=True)
class Edition:
    """Which file a score is about."""

    sha256: str
    name: str
    """What `checksums` calls it, or `not a known edition`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataEdition:
    """Which benchmark and which data a score is of, as the score records it."""

    name: str
    """The benchmark's name on the command line."""
    sha256: str = ""
    edition: str = ""
    """E.g. `v0.1.10`; "" where the file's checksum is unknown."""
    licence: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class DataFile:
    """One published file.

    Attributes:
        title: What people call it.
        url: Where people find it.
        checksums: SHA-256 of the file, packed or unpacked -> which edition it is.
        find: The file that is here already, or None.
        names: What it is called where it lies beside another file that needs it.
        fields: What each row has to have; tells this file from another benchmark's.
        download: Address of the file itself.
        pinned: False where there are editions whose checksum could not be noted; such a file is taken
            if its rows fit, and the score says that its edition is not known.
    """

    title: str
    url: str
    checksums: Mapping[str, str] = field(default_factory=dict)
    find: Callable[[], Path | None] = lambda: None
    names: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    download: str | None = None
    pinned: bool = True

    def path(self, given: Path | None = None) -> Path:
        """The file: the one given (a path or an address), or the one that is here already.

        Raises:
            DataError: There is none, or the address gives nothing.
        """
        if given is not None and (url := address_in(given)) is not None:
            return download(url)
        path = given or self.find()
        if path is None or not path.is_file():
            get = f"--data {self.download} fetches it" if self.download else f"get it from {self.url}"
            raise DataError(
                f"the data of {self.title} is not here",
                where=str(path) if path else None,
                next_step=f"{get}; a file that is here is named with --data",
            )
        return path

    def read(self, given: Path | None = None) -> tuple[bytes, Edition]:
        """The file's content, unpacked, and which edition it is.

        Raises:
            DataError: No file, or a broken one.
        """
        path = self.path(given)
        packed = path.read_bytes()
        found = sha256(packed).hexdigest()
        raw = _unpacked(packed, path)
        if found not in self.checksums and raw is not packed:
            inner = sha256(raw).hexdigest()
            found = inner if inner in self.checksums else found
        return raw, Edition(found, self.checksums.get(found, "not a known edition"))

    def knows(self, edition: Edition) -> bool:
        """Whether that edition may be scored under this file's name without a further look."""
        return not self.checksums or edition.sha256 in self.checksums

    def fits(self, raw: bytes) -> bool:
        """Whether the first row has this file's fields."""
        try:
            row = next(json_rows(raw), None)
        except ValueError:
            return False
        return isinstance(row, dict) and bool(self.fields) and all(name in row for name in self.fields)


def _unpacked(packed: bytes, path: Path) -> bytes:
    if packed[:2] != b"\x1f\x8b":
        return packed
    try:
        return gzip.decompress(packed)
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(
            "the gzip file is cut short or broken", where=str(path), next_step="get it again"
        ) from error


def json_rows(raw: bytes) -> Iterator[dict[str, Any]]:
    """Rows of JSON Lines or of one JSON array, gzipped or not.

    Raises:
        ValueError: Not JSON, or not UTF-8.
    """
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8-sig")
    if text.lstrip().startswith("["):
        yield from json.loads(text)
        return
    for line in text.split("\n"):
        if line.strip():
            yield json.loads(line)


def wheel_file(package: str, *parts: str) -> Path | None:
    """A data file inside an installed package, found without importing it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(next(iter(spec.submodule_search_locations))).joinpath(*parts)
    return path if path.is_file() else None


def local_file(*names: str) -> Callable[[], Path | None]:
    """A finder: the first of these names that lies in the folder `CODETUNE_DATA` names."""

    def find() -> Path | None:
        folder = os.environ.get(DATA_VARIABLE)
        paths = [Path(folder, name) for name in names] if folder else []
        return next((path for path in paths if path.is_file()), None)

    return find
