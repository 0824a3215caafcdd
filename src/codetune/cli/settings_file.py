"""One stage's settings from a YAML file and `--set KEY=VALUE`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from codetune.config.faults import Fault, check_settings, raise_faults
from codetune.config.settings import Settings
from codetune.config.yaml_file import YamlFile, load_yaml, parse_yaml
from codetune.errors import ConfigError

__all__ = ["read_settings"]

S = TypeVar("S", bound=Settings)


def read_settings(kind: type[S], path: Path | None, assignments: Sequence[str]) -> S:
    """Read and check settings.

    Args:
        kind: Their class.
        path: A YAML mapping, or None for the defaults.
        assignments: `KEY=VALUE` with a YAML value; they win over the file.

    Raises:
        ConfigError: Every fault, with its line.
    """
    file = load_yaml(path) if path is not None else YamlFile("--set", {}, {})
    faults = [Fault(line, f"the key {key!r} stands twice") for key, line in file.repeated]
    data: Any = file.data if file.data is not None else {}
    if not isinstance(data, dict):
        raise ConfigError(
            "the settings have to be a mapping", where=file.name, next_step="write KEY: VALUE lines"
        )
    values = dict(data)
    for text in assignments:
        key, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"--set {text!r} is not of the form KEY=VALUE")
        values[key.strip()] = parse_yaml(value, f"--set {key}").data
    settings = check_settings(kind, values, file, (), faults)
    raise_faults(file, faults)
    assert settings is not None
    return settings
