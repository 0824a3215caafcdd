"""What went wrong at an address, in one sentence: which of the libraries raised it makes no difference."""

from __future__ import annotations

import os
import sys
import urllib.parse

from codetune.errors import DataError

__all__ = ["unreadable"]

_DEFAULT = "check the address and the network, or download the file and give its path"
_GATED = "ask for access on the data set's page and set HF_TOKEN, or download it and give its path"
_TOKEN = "check the name, and set HF_TOKEN to a token that may read it"
_CREDENTIALS = {
    "s3": "set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or FSSPEC_S3_ANON=true for a public bucket",
    "gs": "log in with gcloud auth application-default login, or set FSSPEC_GS_TOKEN=anon for a public bucket",
    "hf": _TOKEN,
}


def unreadable(location: str, error: BaseException, *, after: int = 0) -> DataError:
    """The error for an address that can't be read.

    Args:
        location: The address; user names, passwords and queries are left out of the text.
        error: What was raised.
        after: Bytes that had been read.
    """
    scheme = location.partition("://")[0]
    # fsspec's HTTP file system reports whatever happened as a missing file.
    if scheme in ("http", "https") and isinstance(error, FileNotFoundError) and error.__cause__ is not None:
        error = error.__cause__
    reason, next_step = _explained(scheme, error)
    read = f" after {after:,} bytes" if after else ""
    return DataError(
        f"the address can't be read{read}: {reason}", where=_without_secrets(location), next_step=next_step
    )


def _explained(scheme: str, error: BaseException) -> tuple[str, str]:
    if _is(error, "huggingface_hub.errors", "GatedRepoError"):
        return "its owners gave access to named users only", _GATED
    status = getattr(getattr(error, "response", None), "status_code", None) or getattr(error, "status", None)
    if _is(error, "huggingface_hub.errors", "HfHubHTTPError") and status in (401, 403):
        return "the hub refuses access to it", _TOKEN
    if isinstance(error, PermissionError) or _is(error, "botocore.exceptions", "NoCredentialsError"):
        return "access to it is refused", _CREDENTIALS.get(scheme, _DEFAULT)
    if status in (401, 403):
        return f"the server refuses access to it ({status})", "check the address and its credentials"
    if isinstance(error, FileNotFoundError) or status == 404:
        words = _first_line(error)
        return (words if scheme == "hf" and words else "Not Found"), _DEFAULT
    if isinstance(error, TimeoutError):
        return "the server timed out", _DEFAULT
    if _is(error, "aiohttp", "ClientConnectorError"):
        errno = getattr(error, "errno", None) or 0
        return os.strerror(errno) if errno > 0 else str(getattr(error, "strerror", error)), _DEFAULT
    if _is(error, "aiohttp", "ClientPayloadError"):
        return "the connection ended early", "run the same command again; what was written is kept"
    return _first_line(error) or type(error).__name__, _DEFAULT


def _first_line(error: BaseException) -> str:
    said = str(getattr(error, "reason", None) or error)
    return " ".join(said.splitlines()[0].split())[:200] if said else ""


def _is(error: BaseException, module: str, name: str) -> bool:
    """Whether an error is of a class of a package that may not be installed."""
    kind = getattr(sys.modules.get(module), name, None)
    return kind is not None and isinstance(error, kind)


def _without_secrets(location: str) -> str:
    parts = urllib.parse.urlsplit(location)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
