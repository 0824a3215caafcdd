"""What ends a command badly becomes one sentence and an exit code; tracebacks go to a log file."""

from __future__ import annotations

import errno
import os
import tempfile
import time
import traceback
from pathlib import Path

import typer

__all__ = ["log_traceback", "sentence_of", "usage_sentence"]

_USERS = {
    errno.ENOENT: "there is no such file or folder",
    errno.EACCES: "it can't be opened: permission denied",
    errno.EPERM: "it can't be opened: permission denied",
    errno.EISDIR: "a file is needed here, and this is a folder",
    errno.ENOTDIR: "part of the path is a file, not a folder",
    errno.ENAMETOOLONG: "the path is too long",
    errno.ELOOP: "the path leads through a loop of links",
    errno.EROFS: "the file system is read-only",
    errno.ENOSPC: "no space is left on the disk",
    errno.EDQUOT: "the disk quota is used up",
}


def sentence_of(error: BaseException) -> tuple[str, int]:
    """Say in one sentence what nobody foresaw.

    Args:
        error: Not a `CodetuneError`.

    Returns:
        The sentence, with the log file's name unless the cause is plain, and the exit code.
    """
    if isinstance(error, OSError) and error.errno in _USERS:
        where = f" ({os.fsdecode(error.filename)})" if error.filename is not None else ""
        return f"{_USERS[error.errno]}{where}.", 2
    if isinstance(error, MemoryError):
        return "memory ran out; take fewer --workers, or less data.", 1
    kind, text = type(error).__name__, " ".join(str(error).split())
    if len(text) > 200:
        text = text[:197] + "..."
    said = f"{kind}: {text}" if text else kind
    return f"codetune failed unexpectedly ({said}); the traceback is in {log_traceback(error)}.", 1


def usage_sentence(error: typer.TyperException) -> str:
    """Say what is wrong with an option or argument, without its full stop.

    A value of the wrong kind is said in the words that settings have.
    """
    cause, param = error.__cause__, getattr(error, "param", None)
    if cause is not None and hasattr(cause, "errors") and param is not None:
        from codetune.config.explain import explain

        return explain(cause.errors(include_url=False)[0], max(param.opts, key=len))
    return error.format_message().rstrip(".")


def log_traceback(error: BaseException) -> Path:
    """Write the traceback to the cache's logs, or where that can't be written to the temporary folder."""
    from codetune.store.cache import cache_folder, make_cache

    name = f"{time.strftime('%Y-%m-%d-%H%M%S')}-{os.getpid()}.log"
    text = "".join(traceback.format_exception(error))
    try:
        folder = make_cache(cache_folder()) / "logs"
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_text(text, "utf-8", "backslashreplace")
    except Exception:
        path = Path(tempfile.gettempdir(), f"codetune-{name}")
        path.write_text(text, "utf-8", "backslashreplace")
    return path
