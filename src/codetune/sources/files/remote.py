"""Files behind a URL, and data sets on the Hugging Face hub, streamed.

Nothing is kept: a run that was interrupted reads the file again, and writes only what is missing.
"""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException
from typing import Any, BinaryIO

from codetune.errors import DataError, MissingExtraError

__all__ = ["identity", "is_remote", "listing", "open_remote"]

_TIMEOUT_SECONDS = 60
_PIECE = 1 << 18


def is_remote(location: str) -> bool:
    """Whether a path is a URL or an hf:// address."""
    return location.startswith(("http://", "https://", "hf://"))


def listing(path: str, suffixes: Sequence[str]) -> list[tuple[str, str]]:
    """(name, location) of the files at an address, by name.

    Raises:
        DataError: Nothing there that fits.
        MissingExtraError: hf:// without the Hugging Face packages.
    """
    if not path.startswith("hf://"):
        name = (
            urllib.parse.unquote(urllib.parse.urlsplit(path).path.rstrip("/").rpartition("/")[2])
            or "download"
        )
        if name.endswith((".zip", ".tar", ".tar.gz", ".tgz", ".7z")):
            raise DataError(
                "archives are not read over the network",
                where=path,
                next_step="download it and give its path",
            )
        return [(name, path)]
    folder = "datasets/" + path.removeprefix("hf://").removeprefix("datasets/").strip("/")
    system = _hub()
    try:
        if system.isfile(folder):
            return [(folder.rpartition("/")[2], f"hf://{folder}")]
        found = sorted(str(name) for name in system.find(folder))
    except Exception as error:  # the hub's client raises errors of several libraries
        raise _unreachable(path, error) from error
    wanted = tuple(suffixes)
    files = [name for name in found if name.lower().removesuffix(".gz").endswith(wanted)]
    if not files:
        raise DataError(
            "no file that can be read was found", where=path, next_step="check the name on the hub"
        )
    return [(name.removeprefix(folder).strip("/"), f"hf://{name}") for name in files]


def open_remote(location: str) -> BinaryIO:
    """The bytes of a remote file, as they come.

    Raises:
        DataError: It can't be reached.
    """
    return io.BufferedReader(
        _HubFile(location) if location.startswith("hf://") else _Response(location), 1 << 18
    )


def identity(location: str) -> str:
    """What tells this content from a later one, without reading it: the server's own mark."""
    if location.startswith("hf://"):
        try:
            info = _hub().info(location.removeprefix("hf://"))
        except Exception as error:
            raise _unreachable(location, error) from error
        return json.dumps([location, info.get("size"), str(info.get("blob_id") or info.get("lfs"))])
    with _request(location, "HEAD") as response:
        marks = [response.headers.get(name) for name in ("ETag", "Last-Modified", "Content-Length")]
    return json.dumps([location, *marks])


def _hub() -> Any:
    try:
        from huggingface_hub import HfFileSystem
    except ImportError as error:
        raise MissingExtraError.of("reading from the Hugging Face hub", "train") from error
    return HfFileSystem()


def _request(location: str, method: str) -> Any:
    try:
        return urllib.request.urlopen(
            urllib.request.Request(location, method=method), timeout=_TIMEOUT_SECONDS
        )
    except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()  # it holds the connection
        raise _unreachable(location, error) from error


def _unreachable(location: str, error: Exception) -> DataError:
    said = getattr(error, "reason", None) or str(error) or type(error).__name__
    reason = " ".join(str(said).splitlines()[0].split())[:200]
    next_step = "check the address and the network, or download the file and give its path"
    names = {kind.__name__ for kind in type(error).__mro__}
    if "GatedRepoError" in names:
        reason = "its owners gave access to named users only"
        next_step = "ask for access on the data set's page and set HF_TOKEN, or download it and give its path"
    elif "HfHubHTTPError" in names and getattr(getattr(error, "response", None), "status_code", 0) in (
        401,
        403,
    ):
        reason = "the hub refuses access to it"
        next_step = "check the name, and set HF_TOKEN to a token that may read it"
    return DataError(
        f"the address can't be read: {reason}", where=_without_secrets(location), next_step=next_step
    )


def _without_secrets(location: str) -> str:
    parts = urllib.parse.urlsplit(location)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


class _HubFile(io.RawIOBase):
    """A file on the hub: streamed over one connection, Parquet by ranges; what goes wrong is one sentence.

    A connection that is lost is taken up again by the hub's client where it was lost, once.
    """

    def __init__(self, location: str) -> None:
        self._location = location
        # Of Parquet a reader wants the end first.
        how = {} if location.endswith(".parquet") else {"block_size": 0}
        try:
            self._file = _hub().open(location.removeprefix("hf://"), "rb", **how)
        except Exception as error:  # the hub's client raises errors of several libraries
            raise _unreachable(location, error) from error
        self._can_seek = not how

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._can_seek

    def seek(self, offset: int, whence: int = 0) -> int:
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def readinto(self, target: Any) -> int:
        view = memoryview(target).cast("B")
        try:
            # No more at a time: what a lost connection leaves of one read is asked for again.
            data = self._file.read(min(len(view), _PIECE))
        except Exception as error:
            raise _unreachable(self._location, error) from error
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed and hasattr(self, "_file"):
            self._file.close()
        super().close()


class _Response(io.RawIOBase):
    """A response's body; a connection lost on the way is an error, never a short file."""

    def __init__(self, location: str) -> None:
        self._location = location
        self._response = _request(location, "GET")
        length = self._response.headers.get("Content-Length")
        self._left = int(length) if length and length.isdigit() else None

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        view = memoryview(target).cast("B")
        try:
            data = self._response.read(len(view))
        except (HTTPException, OSError) as error:
            raise _unreachable(self._location, error) from error
        if self._left is not None:
            self._left -= len(data)
            if not data and self._left > 0:
                raise DataError(
                    f"the connection ended {self._left:,} bytes early",
                    where=_without_secrets(self._location),
                    next_step="run the same command again; what was written is kept",
                )
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._response.close()
        super().close()
