"""One stage's settings, from a YAML file, command-line options and `--set KEY=VALUE`.

The only place where `--set` is parsed. Values of options are taken as they are; they are never
printed to YAML and parsed again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from yaml import YAMLError

from codetune.config.faults import Fault, check_settings, raise_faults
from codetune.config.settings import Settings
from codetune.config.yaml_file import YamlFile, load_yaml, parse_yaml
from codetune.errors import ConfigError

__all__ = ["parse_assignment", "read_settings", "repeated_keys"]

S = TypeVar("S", bound=Settings)


def read_settings(
    kind: type[S],
    file: Path | None = None,
    assignments: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
    flags: Mapping[str, str] | None = None,
) -> S:
    """Read and check settings.

    Args:
        kind: Their class.
        file: A YAML mapping, or None for the defaults.
        assignments: `KEY=VALUE` with a YAML value; they win over the file.
        options: Key -> value of a command-line option of that name; None where it was not given.
            They win over the file too.
        flags: Key -> the option's name, where it is not the key's.

    Raises:
        ConfigError: Every fault with its place; or an option and `--set` set the same key.
    """
    source = load_yaml(file) if file is not None else YamlFile("", {}, {})
    if source.data is None:
        source = YamlFile(source.name, {}, source.lines)
    if not isinstance(source.data, dict):
        raise ConfigError(
            "the settings have to be a mapping", where=source.name, next_step="write KEY: VALUE lines"
        )
    faults = repeated_keys(source)
    for key, value in (options or {}).items():
        if value is not None:
            source.assign((key,), value, (flags or {}).get(key, f"--{key.replace('_', '-')}"))
    for text in assignments:
        key, value = parse_assignment(text)
        path = kind.path_of(key, source.data)
        earlier = source.options.get(path)
        if earlier is not None and not earlier.startswith("--set "):
            raise ConfigError(f"{earlier} and --set {key} set the same value", next_step="leave one out")
        source.assign(path, value, f"--set {key}")
    settings = check_settings(kind, source.data, source, (), faults)
    raise_faults(source, faults)
    assert settings is not None
    return settings


def parse_assignment(text: str, form: str = "KEY=VALUE") -> tuple[str, Any]:
    """Split what `--set` was given into key and value.

    Args:
        text: `KEY=VALUE`; the value is YAML: a number, a text, true, null, or [a, list].
        form: What it has to look like, for the message.

    Raises:
        ConfigError: It has no `=`, no key, or its value is not YAML.
    """
    key, equals, value = text.partition("=")
    key = key.strip()
    if not equals or not key:
        raise ConfigError(f"--set {text!r} is not of the form {form}")
    option = f"--set {key}"
    try:
        return key, parse_yaml(value, option).data
    except ConfigError as error:
        if isinstance(error.__cause__, YAMLError):  # in words about one value, not about lines of a file
            raise ConfigError(
                f"{value!r} is not a value in YAML", where=option,
                next_step="close every bracket and quote, or put the value in quotes",
            ) from error  # fmt: skip
        raise


def repeated_keys(file: YamlFile) -> list[Fault]:
    """One fault for each key that stands twice in a mapping of the file."""
    return [Fault(line, f"the key {key!r} stands twice") for key, line in file.repeated]
