"""The cache: what was paid for once and may be used again by any run of a project.

    .codetune/
      requests.sqlite    answers of models, by the hash of the request
      verdicts.sqlite    how programs ended, by the hash of program, tests and limits
      weights/           de-quantised weights of GGUF models
      datasets/          dataset directories read from an address
      mix/               collected parts of mixtures
      limits/            rate limits that worker processes share
      logs/              tracebacks of unexpected errors

Everything in it can be deleted at any time: it is asked, run or computed again. Nothing in it
decides what comes out. The folder is outside of any output, so that a new output folder does not
pay again.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from codetune.store.atomic import make_folder

__all__ = ["CACHE_NAME", "CACHE_VARIABLE", "cache_folder", "make_cache"]

CACHE_NAME = ".codetune"
CACHE_VARIABLE = "CODETUNE_CACHE"
_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache of codetune; delete it at any time.\n"
"""The first line is fixed by the Cache Directory Tagging specification (bford.info/cachedir)."""


def cache_folder(given: Path | None = None) -> Path:
    """The folder given, else the one `$CODETUNE_CACHE` names, else `.codetune` in the current folder."""
    if given is not None:
        return given
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else Path(CACHE_NAME)


def make_cache(folder: Path) -> Path:
    """Make the cache folder, marked so that git and backups leave it out.

    Raises:
        OutputError: It can't be made.
    """
    make_folder(folder, next_step=f"choose another cache with --cache or ${CACHE_VARIABLE}")
    for name, text in ((".gitignore", "*\n"), ("CACHEDIR.TAG", _TAG)):
        if not (folder / name).exists():
            with contextlib.suppress(OSError):  # a cache that is only readable still serves
                (folder / name).write_text(text, "utf-8")
    return folder
