"""Engines by name, as `--engine` takes them."""

from __future__ import annotations

from codetune.engine.local import LocalEngine
from codetune.engine.protocol import Engine
from codetune.errors import ConfigError

__all__ = ["open_engine"]


def open_engine(name: str = "local", *, workers: int | None = None) -> Engine:
    """Open an engine.

    Args:
        name: `local`, `ray` (a cluster on this machine), or `ray:ADDRESS`.
        workers: Processes or tasks in flight; None takes what there is.

    Raises:
        ConfigError: No such engine.
        MissingExtraError: Its packages are not installed.
    """
    kind, _, address = name.partition(":")
    if kind == "local" and not address:
        return LocalEngine(workers)
    if kind == "ray" and not name.endswith(":"):  # with nothing behind it, an address was forgotten
        from codetune.engine.ray import RayEngine

        return RayEngine(address or None, workers)
    raise ConfigError(f"there is no engine {name!r}", next_step="choose local, ray or ray:ADDRESS")
