"""What there is to be scored: each benchmark, its items and licence, its data, and what it lacks here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from codetune.errors import DataError
from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.benchmarks.registry import BENCHMARKS
from codetune.execution.languages.toolchains import LANGUAGES, toolchain

__all__ = ["Listed", "listing"]


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list, as texts."""

    name: str
    title: str
    items: str
    licence: str
    found: str
    """Where its data is: a path, or nothing."""
    missing: str
    """What it needs and isn't here: data, another file, a toolchain."""


def listing() -> Iterator[Listed]:
    """All benchmarks in the registry's order. No data file is opened."""
    for one in BENCHMARKS.values():
        found = one.find()
        licence = (
            one.licence if one.trains or "training" in one.licence else f"{one.licence}, not for training"
        )
        yield Listed(
            one.name, one.title, str(one.items or "the file's"), licence, str(found or ""), _missing(one)
        )


def _missing(one: Benchmark) -> str:
    lacks = []
    if one.find() is None:
        lacks.append(
            f"data (from {urlsplit(one.download).hostname})" if one.download else "data (--data FILE)"
        )
    for companion in one.companions:
        try:
            companion.path()
        except DataError:
            lacks.append(companion.title)
    if one.graded is not None:
        return "data (--data FOLDER or FILE)"
    if one.language not in LANGUAGES:
        lacks.append(f"codetune does not run {one.language}")
    elif toolchain(one.language).version is None:
        lacks.append(toolchain(one.language).install)
    return "; ".join(lacks)
