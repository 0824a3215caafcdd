"""The mixtures that come with codetune: `mixtures/NAME.yaml` beside this file."""

from __future__ import annotations

from pathlib import Path

from codetune.config.faults import nearest
from codetune.errors import ConfigError

__all__ = ["find_mixture", "shipped_mixtures"]

_FOLDER = Path(__file__).parent / "mixtures"


def shipped_mixtures() -> dict[str, Path]:
    """Name -> YAML file."""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.yaml"))}


def find_mixture(given: str) -> Path:
    """The YAML file a user means.

    Args:
        given: A path, or the name of a shipped mixture. A folder of that name is the output of an
            earlier run, not a mixture.

    Raises:
        ConfigError: It is neither; the nearest name is given.
    """
    path = Path(given)
    if path.suffix or path.is_file() or "/" in given:
        return path
    shipped = shipped_mixtures()
    if given not in shipped:
        raise ConfigError(
            f"there is no mixture {given!r}{nearest(given, shipped).removesuffix('?')}",
            next_step=f"name a YAML file, or one that comes with codetune: {', '.join(shipped)}",
        )
    return shipped[given]
