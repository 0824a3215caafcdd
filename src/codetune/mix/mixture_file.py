"""A mixture's YAML file -> checked settings; all faults at once, each with its line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from codetune.config.reading import read_settings
from codetune.mix.config import MixConfig

__all__ = ["load_mixture"]


def load_mixture(path: Path, assignments: Sequence[str] = (), **changes: Any) -> MixConfig:
    """Read a mixture's recipe.

    Args:
        path: YAML file with the keys of `MixConfig`.
        assignments: `KEY=VALUE` of the mixture or `PART.KEY=VALUE` of one part, with YAML values.
        changes: Values of the mixture that win over the file, where they are not None.

    Raises:
        ConfigError: Every fault, with its line.
    """
    return read_settings(MixConfig, path, assignments, changes)
