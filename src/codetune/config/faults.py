"""All faults of a configuration at once, each with its place and the nearest right name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from codetune.config.explain import explain
from codetune.config.settings import Settings
from codetune.config.yaml_file import KeyPath, YamlFile
from codetune.errors import ConfigError

__all__ = ["Fault", "build_settings", "check_settings", "nearest", "raise_faults"]

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong, and where."""

    line: int
    message: str
    option: str = ""
    """The command-line option that set the value, e.g. `--set limit`; empty where the file did."""


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?`, or the names there are, or nothing."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known are {', '.join(names)}" if names else ""


def check_settings(
    kind: type[M], data: Mapping[str, Any], file: YamlFile, path: KeyPath, faults: list[Fault]
) -> M | None:
    """Build settings, or add what is wrong to `faults`.

    Args:
        kind: The settings' class.
        data: Their plain values.
        file: Where they come from, for the places.
        path: Path of `data` in the file.
        faults: Grows by one entry a fault.
    """
    try:
        return kind.model_validate(dict(data))
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            location = tuple(part for part in problem["loc"] if isinstance(part, str | int))
            where = (*path, *location)
            message = _sentence(kind, data, problem, location)
            faults.append(Fault(file.line(where), message, file.option(where) or ""))
        return None


def build_settings(kind: type[M], data: Mapping[str, Any]) -> M:
    """Build settings from plain values, without a file.

    Args:
        kind: The settings' class.
        data: Key -> value, with the keys that `--set` takes.

    Raises:
        ConfigError: Every fault of them, in one sentence each.
    """
    file = YamlFile("", {}, {})
    for key, value in data.items():
        path = kind.path_of(key, file.data) if issubclass(kind, Settings) else (key,)
        file.assign(path, value, "")
    faults: list[Fault] = []
    settings = check_settings(kind, file.data, file, (), faults)
    raise_faults(file, faults)
    assert settings is not None
    return settings


def _sentence(kind: type[BaseModel], data: Mapping[str, Any], problem: Any, location: KeyPath) -> str:
    key = ".".join(str(part) for part in location)
    if problem["type"] == "extra_forbidden":
        return f"unknown key {key!r}{nearest(str(location[-1]), _keys_at(kind, data, location[:-1]))}"
    if problem["type"] == "missing":
        return f"the key {key!r} is missing"
    return explain(problem, key)


def _keys_at(kind: type[BaseModel], data: Mapping[str, Any], path: KeyPath) -> Iterable[str]:
    """Names of the keys there could be at a path into nested settings."""
    if not path and issubclass(kind, Settings):
        return [name for name, _ in kind.keys(data)]
    for part in path:
        if isinstance(part, str):
            field = kind.model_fields.get(part)
            inner = next(_models_in(field.annotation), None) if field is not None else None
            if inner is None:
                return ()
            kind = inner
    return kind.model_fields


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


def raise_faults(file: YamlFile, faults: Iterable[Fault]) -> None:
    """Raise one error that names every fault, in the order of the lines; without faults, do nothing.

    Raises:
        ConfigError: There was at least one.
    """
    found = sorted(set(faults))
    if not found:
        return
    if len(found) == 1:
        raise ConfigError(found[0].message, where=_where(file, found[0]) or None)
    heading = f"{file.name} has {len(found)} faults" if file.name else f"{len(found)} settings are wrong"
    listed = "".join(f"\n  {_place(file, fault)}{fault.message}" for fault in found)
    raise ConfigError(f"{heading}:{listed}\ncorrect them and run again")


def _where(file: YamlFile, fault: Fault) -> str:
    return fault.option or (f"{file.name}, line {fault.line}" if file.name else "")


def _place(file: YamlFile, fault: Fault) -> str:
    if fault.option:
        return f"{fault.option}: "
    return f"line {fault.line}: " if file.lines else ""
