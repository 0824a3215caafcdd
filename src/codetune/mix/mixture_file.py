"""A mixture's YAML file -> checked settings; all faults at once, each with its line."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from codetune.config.faults import Fault, check_settings, nearest, raise_faults
from codetune.config.yaml_file import load_yaml, parse_yaml
from codetune.errors import ConfigError
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
    file = load_yaml(path)
    faults = [Fault(line, f"the key {key!r} stands twice") for key, line in file.repeated]
    if not isinstance(file.data, dict):
        raise ConfigError("a mixture is a mapping with the key 'parts'", where=file.name)
    values: dict[str, Any] = deepcopy(file.data)
    for text in assignments:
        _assign(values, text)
    values.update({key: value for key, value in changes.items() if value is not None})
    config = check_settings(MixConfig, values, file, (), faults)
    raise_faults(file, faults)
    assert config is not None
    return config


def _assign(values: dict[str, Any], text: str) -> None:
    key, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"--set {text!r} is not of the form KEY=VALUE or PART.KEY=VALUE")
    parsed = parse_yaml(value, f"--set {key}").data
    part_name, dot, field = key.strip().partition(".")
    if not dot:
        values[part_name] = parsed
        return
    parts = [part for part in values.get("parts") or [] if isinstance(part, dict)]
    for part in parts:
        if part.get("name") == part_name:
            part[field] = parsed
            return
    names = [str(part.get("name")) for part in parts]
    raise ConfigError(f"--set {key}: the mixture has no part {part_name!r}{nearest(part_name, names)}")
