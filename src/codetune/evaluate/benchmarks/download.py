"""A benchmark file behind an address, kept in the user's cache folder after the first time."""

from __future__ import annotations

import os
import shutil
from hashlib import blake2b
from pathlib import Path

from codetune.sources.files.remote import open_remote
from codetune.store.atomic import replacing

__all__ = ["download", "downloads"]


def downloads() -> Path:
    """The folder that downloaded benchmark files are kept in."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "codetune" / "benchmarks"


def download(url: str) -> Path:
    """Fetch a file, or find the one fetched before.

    Raises:
        DataError: The address can't be reached. Nothing half fetched is left.
    """
    name = url.partition("?")[0].rstrip("/").rpartition("/")[2] or "data"
    path = downloads() / f"{blake2b(url.encode(), digest_size=6).hexdigest()}-{name}"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_remote(url) as body, replacing(path) as temporary, open(temporary, "wb") as file:
            shutil.copyfileobj(body, file)
    return path
