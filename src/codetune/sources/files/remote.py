"""Files at an address: `http(s)://`, `hf://` (the Hugging Face hub), `s3://`, `gs://`, by fsspec.

An address goes in, a list of files or their bytes come out, streamed. Nothing is kept on disk: a run
that was interrupted reads the file again and writes only what is missing. A connection that is cut is
taken up where it was cut.
"""

from __future__ import annotations

import io
import json
import time
import urllib.parse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from codetune.errors import DataError, MissingExtraError
from codetune.sources.files.remote_errors import unreadable

__all__ = ["address_in", "files_below", "identity", "is_remote", "listing", "open_remote"]

_TIMEOUT_SECONDS = 60
_PIECE = 1 << 18
_BLOCK_BYTES = 8 << 20
_RETRIES = 4
_WAIT_SECONDS = 0.25
_PROGRESS_BYTES = 1 << 20
"""A connection that brought as much may be taken up again as if it were the first."""
_PACKED = (".zip", ".tar", ".tar.gz", ".tgz", ".7z")
_EXTRAS = {"s3": "s3", "gs": "gcs"}
_SCHEMES = ("http", "https", "hf", *_EXTRAS)


def is_remote(location: str) -> bool:
    """Whether a path is an address and no local path."""
    return location.partition("://")[0] in _SCHEMES


def address_in(given: Path | str) -> str | None:
    """The address that a path argument holds, or None where it is a path.

    A `Path` has lost one of the two slashes of `https://`; it is put back.
    """
    scheme, colon, rest = str(given).partition(":/")
    return f"{scheme}://{rest.lstrip('/')}" if colon and scheme in _SCHEMES else None


def files_below(address: str) -> list[str]:
    """Paths of all files of a folder at an address, relative to it, in order.

    Raises:
        DataError: Nothing there, it can't be read, or the scheme knows no folders.
        MissingExtraError: The package for this scheme is not installed.
    """
    if _scheme(address) in ("http", "https"):
        raise DataError(
            "a folder can't be listed over http", where=address,
            next_step="give it as s3://, gs:// or hf://, or download it",
        )  # fmt: skip
    system, folder = _system(address)
    try:
        found = sorted(str(name) for name in system.find(folder))
    except Exception as error:  # each file system raises errors of several libraries
        raise unreadable(address, error) from error
    if not found:
        raise DataError("there is nothing at this address", where=address, next_step="check the address")
    return [name.removeprefix(folder).strip("/") for name in found]


def listing(path: str, suffixes: Sequence[str]) -> list[tuple[str, str]]:
    """(name, location) of the files at an address, by name.

    Args:
        path: A URL of one file; or a file, data set, bucket or folder behind the other schemes.
        suffixes: Endings (without `.gz`) of the files wanted from a folder.

    Raises:
        DataError: Nothing there that fits, or the address can't be read.
        MissingExtraError: The package for this scheme is not installed.
    """
    if _scheme(path) in ("http", "https"):
        name = _last(urllib.parse.unquote(urllib.parse.urlsplit(path).path)) or "download"
        _refuse_packed(name, path)
        return [(name, path)]
    system, folder = _system(path)
    prefix = f"{_scheme(path)}://"
    try:
        if system.isfile(folder):
            _refuse_packed(_last(folder), path)
            return [(_last(folder), prefix + folder)]
        found = sorted(str(name) for name in system.find(folder))
    except Exception as error:  # each file system raises errors of several libraries
        raise unreadable(path, error) from error
    files = [name for name in found if name.lower().removesuffix(".gz").endswith(tuple(suffixes))]
    if not files:
        raise DataError("no file that can be read was found", where=path, next_step="check the address")
    return [(name.removeprefix(folder).strip("/"), prefix + name) for name in files]


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _refuse_packed(name: str, path: str) -> None:
    if name.endswith(_PACKED):
        raise DataError(
            "archives are not read over the network", where=path, next_step="download it and give its path"
        )


def open_remote(location: str) -> BinaryIO:
    """The bytes of a remote file, as they come; Parquet can be read by ranges where the server offers them.

    Raises:
        DataError: It can't be read, at once or while reading.
        MissingExtraError: The package for this scheme is not installed.
    """
    if location.partition("?")[0].endswith(".parquet") and _scheme(location) not in ("http", "https"):
        return io.BufferedReader(_ByRanges(location), 1 << 18)
    return io.BufferedReader(_Stream(location), 1 << 18)


def identity(location: str) -> str:
    """What tells this content from a later one, without reading it: the server's own marks.

    Raises:
        DataError: It can't be read.
    """
    system, path = _system(location)
    try:
        info = system.info(path)
    except Exception as error:
        raise unreadable(location, error) from error
    if _scheme(location) == "hf":
        return json.dumps([location, info.get("size"), str(info.get("blob_id") or info.get("lfs"))])
    marks = (
        "ETag",
        "etag",
        "Content-MD5",
        "md5Hash",
        "Digest",
        "Last-Modified",
        "LastModified",
        "updated",
        "size",
    )
    return json.dumps([location, *(str(info.get(mark)) for mark in marks)])


def _scheme(location: str) -> str:
    return location.partition("://")[0]


def _system(location: str) -> tuple[Any, str]:
    """The file system of an address, and the path inside it."""
    scheme, _, path = location.partition("://")
    if scheme == "hf":
        return _hub(), "datasets/" + path.removeprefix("datasets/").strip("/")
    import fsspec

    if scheme in ("http", "https"):
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_TIMEOUT_SECONDS, sock_read=_TIMEOUT_SECONDS)
        return fsspec.filesystem("http", client_kwargs={"timeout": timeout}), location
    try:
        return fsspec.filesystem(scheme), path.strip("/")
    except ImportError as error:
        raise MissingExtraError.of(f"reading from {scheme}://", _EXTRAS[scheme]) from error


def _hub() -> Any:
    from huggingface_hub import HfFileSystem

    return HfFileSystem()


class _Stream(io.RawIOBase):
    """A file read once from its start to its end; a lost connection is taken up where it was lost."""

    def __init__(self, location: str) -> None:
        self._location = location
        self._system, self._path = _system(location)
        self._position = 0
        self._failures = 0
        self._since_failure = 0
        self._mark: str | None = None
        self._file: Any = None
        try:
            self._file = self._opened()
        except DataError:
            raise
        except Exception as error:
            raise unreadable(location, error) from error

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        view = memoryview(target).cast("B")
        data = self._read(min(len(view), _PIECE))
        self._position += len(data)
        self._since_failure += len(data)
        view[: len(data)] = data
        return len(data)

    def _read(self, size: int) -> bytes:
        while True:
            try:
                if self._file is None:
                    self._file = self._opened()
                return bytes(self._file.read(size))
            except DataError:
                raise
            except Exception as error:
                self._give_up_or_wait(error)

    def _give_up_or_wait(self, error: Exception) -> None:
        self._failures = 1 if self._since_failure >= _PROGRESS_BYTES else self._failures + 1
        self._since_failure = 0
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._failures > _RETRIES:
            raise unreadable(self._location, error, after=self._position) from error
        time.sleep(_WAIT_SECONDS * 2 ** (self._failures - 1))

    def _opened(self) -> Any:
        if _scheme(self._location) in ("http", "https"):
            return self._opened_response()
        if _scheme(self._location) == "hf" and not self._position:
            return self._system.open(self._path, "rb", block_size=0)  # one connection
        file = self._system.open(self._path, "rb", block_size=_BLOCK_BYTES, cache_type="readahead")
        file.seek(self._position)
        return file

    def _opened_response(self) -> Any:
        headers = {"Accept-Encoding": "identity"}
        if self._position:
            headers["Range"] = f"bytes={self._position}-"
        # With a size given, no request is made to learn it; it is not used for streams.
        file = self._system.open(self._path, "rb", block_size=0, size=1, headers=headers)
        mark = file.r.headers.get("ETag") or file.r.headers.get("Last-Modified")
        if self._position and mark != self._mark:
            file.close()
            raise DataError(
                "the file changed while it was read",
                where=self._location.partition("?")[0],
                next_step="run the same command again",
            )
        self._mark = mark
        left = self._position if file.r.status != 206 else 0  # a server without ranges begins again
        try:
            while left and (data := file.read(min(left, _PIECE))):
                left -= len(data)
        except BaseException:
            file.close()
            raise
        return file

    def close(self) -> None:
        if not self.closed and getattr(self, "_file", None) is not None:
            self._file.close()
        super().close()


class _ByRanges(io.RawIOBase):
    """A file that can be sought in, read by ranges; the file system asks again for a range that failed."""

    def __init__(self, location: str) -> None:
        self._location = location
        system, path = _system(location)
        try:
            self._file = system.open(path, "rb")
        except Exception as error:
            raise unreadable(location, error) from error

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def readinto(self, target: Any) -> int:
        view = memoryview(target).cast("B")
        try:
            data = self._file.read(min(len(view), _PIECE))
        except Exception as error:
            raise unreadable(self._location, error) from error
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed and hasattr(self, "_file"):
            self._file.close()
        super().close()
