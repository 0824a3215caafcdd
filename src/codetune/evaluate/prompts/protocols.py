"""Published ways of asking, by name."""

from __future__ import annotations

from typing import Any

from codetune.errors import ConfigError
from codetune.evaluate.benchmarks.benchmark import Benchmark

__all__ = ["apply_protocol"]


def apply_protocol(chosen: Benchmark, settings: dict[str, Any]) -> tuple[Benchmark, dict[str, Any]]:
    """The benchmark and the settings as the protocol fixes them."""
    if settings.get("protocol") is not None:
        raise ConfigError("there are no protocols yet")
    return chosen, settings
