"""Which well-known modules of the standard library a name can be imported from."""

from __future__ import annotations

import importlib
import types
from functools import cache

__all__ = ["modules_that_export"]

_WELL_KNOWN = (
    "abc", "asyncio", "base64", "bisect", "collections", "collections.abc", "contextlib", "copy", "dataclasses",
    "datetime", "decimal", "enum", "fractions", "functools", "hashlib", "heapq", "html", "inspect", "io",
    "itertools", "json", "logging", "math", "operator", "os", "os.path", "pathlib", "pickle", "random", "re",
    "shutil", "statistics", "string", "struct", "subprocess", "tempfile", "textwrap", "threading", "time",
    "traceback", "types", "typing", "urllib.parse", "uuid", "warnings", "weakref",
)  # fmt: skip
"""Modules people import names from; importing them has no effect worth mentioning."""


@cache
def _public() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for module in _WELL_KNOWN:
        loaded = importlib.import_module(module)
        for name in getattr(loaded, "__all__", None) or dir(loaded):
            value = getattr(loaded, name, None)
            if name.startswith("_") or isinstance(value, types.ModuleType):
                continue
            found.setdefault(name, []).append(module)
    return {name: tuple(modules) for name, modules in found.items()}


def modules_that_export(name: str) -> tuple[str, ...]:
    """Modules whose public names hold `name`, in alphabetical order; empty where none does.

    >>> modules_that_export("islice")
    ('itertools',)
    """
    return _public().get(name, ())
