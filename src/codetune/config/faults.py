"""All faults of a configuration at once, each with its line and the nearest right name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from codetune.config.yaml_file import KeyPath, YamlFile
from codetune.errors import ConfigError

__all__ = ["Fault", "build_settings", "check_settings", "nearest", "raise_faults"]

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong, and where."""

    line: int
    message: str


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean x?`, or the names there are, or nothing."""
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
        file: Where they come from, for the lines.
        path: Path of `data` in the file.
        faults: Grows by one entry a fault.
    """
    try:
        return kind.model_validate(dict(data))
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            location = tuple(part for part in problem["loc"] if isinstance(part, str | int))
            faults.append(Fault(file.line((*path, *location)), _sentence(kind, problem, location)))
        return None


def build_settings(kind: type[M], data: Mapping[str, Any]) -> M:
    """Build settings from values given on the command line.

    Raises:
        ConfigError: Every fault of them, in one sentence each.
    """
    try:
        return kind.model_validate(dict(data))
    except ValidationError as error:
        sentences = []
        for problem in error.errors(include_url=False):
            location = tuple(part for part in problem["loc"] if isinstance(part, str | int))
            sentences.append(
                _sentence(kind, problem, location).removeprefix(": ") if location else _bare(problem)
            )
        raise ConfigError("; ".join(sentences), next_step="mend it and run again") from error


def _bare(problem: Any) -> str:
    return str(problem["msg"]).removeprefix("Value error, ")


def _sentence(kind: type[BaseModel], problem: Any, location: KeyPath) -> str:
    key = ".".join(str(part) for part in location)
    if problem["type"] == "extra_forbidden":
        return f"unknown key {key!r}{nearest(str(location[-1]), _fields_at(kind, location[:-1]))}"
    if problem["type"] == "missing":
        return f"the key {key!r} is missing"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{key}: {message[:1].lower()}{message[1:]}" + (
        f" (it is {problem['input']!r})" if not isinstance(problem["input"], dict) else ""
    )


def _fields_at(kind: type[BaseModel], path: KeyPath) -> Iterable[str]:
    """Names of the fields there could be at a path into nested settings."""
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
    """Raise one error that names every fault, in the order of the lines; none, no error.

    Raises:
        ConfigError: There was at least one.
    """
    found = sorted(set(faults))
    if not found:
        return
    if len(found) == 1:
        raise ConfigError(
            found[0].message, where=f"{file.name}, line {found[0].line}", next_step="mend it and run again"
        )
    listed = "".join(f"\n  line {fault.line}: {fault.message}" for fault in found)
    raise ConfigError(f"{file.name} has {len(found)} faults:{listed}\nmend them and run again")
