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
from typing import Any, BinaryIO, cast

from codetune.errors import DataError, MissingExtraError

__all__ = ["identity", "is_remote", "listing", "open_remote"]

_TIMEOUT_SECONDS = 60


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
    if location.startswith("hf://"):
        try:
            return cast(BinaryIO, _hub().open(location.removeprefix("hf://"), "rb"))
        except Exception as error:
            raise _unreachable(location, error) from error
    return io.BufferedReader(_Response(location), 1 << 18)


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
    reason = getattr(error, "reason", None) or str(error) or type(error).__name__
    return DataError(
        f"the address can't be read: {str(reason).splitlines()[0][:200]}",
        where=_without_secrets(location),
        next_step="check the address and the network, or download the file and give its path",
    )


def _without_secrets(location: str) -> str:
    parts = urllib.parse.urlsplit(location)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


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
