"""YAML with the line of every key, so that a fault can say where it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from codetune.errors import ConfigError

__all__ = ["KeyPath", "YamlFile", "load_yaml", "parse_yaml"]

KeyPath = tuple[str | int, ...]
"""Keys and positions from the document's root, e.g. `("stages", 2, "with", "seed")`."""


@dataclass(frozen=True)
class YamlFile:
    """A parsed document.

    Attributes:
        name: The file, as messages call it.
        data: Plain dicts, lists and scalars.
        lines: Path of each key and item -> line, counted from 1.
        repeated: Keys that stand twice in one mapping, with their line.
    """

    name: str
    data: Any
    lines: Mapping[KeyPath, int]
    repeated: tuple[tuple[str, int], ...] = ()

    def line(self, path: KeyPath) -> int:
        """Line of a path, or of the nearest thing around it that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def load_yaml(path: Path) -> YamlFile:
    """Read a YAML file.

    Raises:
        ConfigError: Absent, unreadable, not UTF-8, or not YAML; with the line where it breaks.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError as error:
        raise ConfigError("there is no such file", where=str(path), next_step="check the path") from error
    except UnicodeDecodeError as error:
        raise ConfigError("the file is not UTF-8", where=str(path), next_step="save it as UTF-8") from error
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise ConfigError(
            f"the file can't be read: {reason}",
            where=str(path),
            next_step="check the path and its permissions",
        ) from error
    return parse_yaml(text, str(path))


def parse_yaml(text: str, name: str) -> YamlFile:
    """Parse YAML text; `name` is what messages call it.

    Raises:
        ConfigError: Not YAML.
    """
    loader = yaml.SafeLoader(text)
    lines: dict[KeyPath, int] = {}
    repeated: list[tuple[str, int]] = []
    try:
        root = loader.get_single_node()
        data = _build(loader, root, (), lines, repeated) if root is not None else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{name}, line {mark.line + 1}" if mark else name
        problem = getattr(error, "problem", None) or "it can't be parsed"
        raise ConfigError(
            f"the file is not valid YAML: {problem}", where=where, next_step="mend that line"
        ) from error
    finally:
        loader.dispose()
    return YamlFile(name, data, lines, tuple(repeated))


def _build(
    loader: yaml.SafeLoader,
    node: yaml.Node,
    path: KeyPath,
    lines: dict[KeyPath, int],
    repeated: list[tuple[str, int]],
) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        built: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node, deep=True)
            here = key_node.start_mark.line + 1
            if not isinstance(key, str):
                key = str(key_node.value)
            if key in built:
                repeated.append((key, here))
            lines[(*path, key)] = here
            built[key] = _build(loader, value_node, (*path, key), lines, repeated)
        return built
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, child, (*path, i), lines, repeated) for i, child in enumerate(node.value)]
    return loader.construct_object(node, deep=True)
