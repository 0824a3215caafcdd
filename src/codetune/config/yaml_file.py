"""YAML with the line of every key, so that a fault can say where it is.

What goes in is a file or a text, what comes out is a `YamlFile`: plain values and their places. What
the values mean is checked elsewhere (`faults.check_settings`).
"""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from codetune.errors import ConfigError

__all__ = ["KeyPath", "YamlFile", "load_yaml", "parse_yaml"]

KeyPath = tuple[str | int, ...]
"""Keys and positions from the document's root, e.g. `("stages", 2, "with", "seed")`."""

_MOST_BYTES = 10_000_000
_MOST_VALUES = 200_000
"""Values a document may expand to: aliases of aliases grow exponentially."""


@dataclass(frozen=True)
class YamlFile:
    """A parsed document, and what command-line options changed in it.

    Attributes:
        name: The file, as messages call it; empty where all values come from options.
        data: Plain dicts, lists and scalars.
        lines: Path of each key and item -> line, counted from 1.
        options: Path of each value that an option set -> the option, e.g. `--set limit`.
        repeated: Keys that stand twice in one mapping, with their line.
    """

    name: str
    data: Any
    lines: Mapping[KeyPath, int]
    repeated: tuple[tuple[str, int], ...] = ()
    options: dict[KeyPath, str] = field(default_factory=dict)

    def line(self, path: KeyPath) -> int:
        """Line of a path, or of the nearest thing around it that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def option(self, path: KeyPath) -> str | None:
        """The option that set the value at a path, or None where the file did."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.options:
                return self.options[path[:end]]
        # A validator may report a value inside of another by its last key alone.
        inner = [option for place, option in self.options.items() if path and place[-1] == path[-1]]
        return inner[0] if inner else None

    def assign(self, path: KeyPath, value: Any, option: str) -> None:
        """Set one value; missing mappings around it are made.

        Args:
            path: Where in `data`.
            value: A plain value.
            option: What set it, for messages.
        """
        target = self.data
        for key in path[:-1]:
            if isinstance(target, dict) and not isinstance(target.get(key), dict | list):
                target[key] = {}
            target = target[key]
        target[path[-1]] = value
        self.options[path] = option


def load_yaml(path: Path) -> YamlFile:
    """Read a YAML file.

    Raises:
        ConfigError: Absent, unreadable, not UTF-8, or not YAML; with the line where it breaks.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISFIFO(mode) and not str(path).startswith(("/dev/", "/proc/")):
            raise ConfigError(
                "this is a named pipe, not a file", where=str(path), next_step="give a regular file"
            )
        with path.open("rb") as stream:
            raw = stream.read(_MOST_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError("there is no such file", where=str(path), next_step="check the path") from error
    except UnicodeDecodeError as error:
        raise ConfigError("the file is not UTF-8", where=str(path), next_step="save it as UTF-8") from error
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = (getattr(error, "strerror", None) or "not a path").lower()
        raise ConfigError(
            f"the file can't be read: {reason}",
            where=str(path),
            next_step="check the path and its permissions",
        ) from error
    if len(raw) > _MOST_BYTES:
        raise ConfigError(
            f"the file is larger than {_MOST_BYTES // 1_000_000} MB, which no configuration is",
            where=str(path),
            next_step="check the path",
        )
    return parse_yaml(text, str(path))


def parse_yaml(text: str, name: str) -> YamlFile:
    """Parse YAML text; `name` is what messages call it.

    Raises:
        ConfigError: Not YAML, or its aliases refer to themselves or expand without bound.
    """
    reader = _Reader(name)
    try:
        loader = yaml.SafeLoader(text)
        try:
            root = loader.get_single_node()
            data = reader.build(loader, root, ()) if root is not None else None
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{name}, line {mark.line + 1}" if mark else name
        problem = getattr(error, "problem", None) or "it holds characters that YAML does not allow"
        raise ConfigError(f"this is not valid YAML: {problem}", where=where) from error
    except RecursionError as error:
        raise ConfigError("the values are nested too deeply", where=name) from error
    except (ValueError, OverflowError) as error:  # e.g. the date 2026-99-99
        raise ConfigError(f"this is not valid YAML: {error}", where=name) from error
    return YamlFile(name, data, reader.lines, tuple(reader.repeated))


class _Reader:
    """Builds plain values from YAML nodes, and notes the line of each."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[KeyPath, int] = {}
        self.repeated: list[tuple[str, int]] = []
        self._values = 0
        self._open: set[int] = set()

    def build(self, loader: yaml.SafeLoader, node: yaml.Node, path: KeyPath) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        self._values += 1
        if self._values > _MOST_VALUES:
            raise ConfigError(
                f"the aliases expand to more than {_MOST_VALUES:,} values",
                where=self.name,
                next_step="write the values out instead of repeating them with & and *",
            )
        if isinstance(node, yaml.ScalarNode):
            return loader.construct_object(node, deep=True)
        if id(node) in self._open:
            raise ConfigError("an alias refers to the value it stands in", where=f"{self.name}, line {line}")
        self._open.add(id(node))
        built = (
            self._mapping(loader, node, path)
            if isinstance(node, yaml.MappingNode)
            else [self.build(loader, child, (*path, i)) for i, child in enumerate(node.value)]
        )
        self._open.discard(id(node))
        return built

    def _mapping(self, loader: yaml.SafeLoader, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise ConfigError("a key has to be one word", where=f"{self.name}, line {line}")
            key = str(key_node.value)
            if key in built:
                self.repeated.append((key, line))
            self.lines[(*path, key)] = line
            built[key] = self.build(loader, value_node, (*path, key))
        return built
