"""The benchmarks, by name. A new one is a file beside this one and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from codetune.config.faults import nearest
from codetune.errors import ConfigError
from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.benchmarks.humaneval import HUMANEVAL
from codetune.evaluate.benchmarks.mbpp import MBPP, MBPP_SANITIZED
from codetune.records import Problem

__all__ = ["BENCHMARKS", "benchmark", "load_problems"]

BENCHMARKS: Mapping[str, Benchmark] = {b.name: b for b in (HUMANEVAL, MBPP, MBPP_SANITIZED)}


def benchmark(name: str) -> Benchmark:
    """A benchmark by its name.

    Raises:
        ConfigError: There is none of that name.
    """
    if name not in BENCHMARKS:
        raise ConfigError(f"there is no benchmark {name!r}{nearest(name, BENCHMARKS)}")
    return BENCHMARKS[name]


def load_problems(name: str, data: Path | None = None) -> list[Problem]:
    """The items of a benchmark, in its own order.

    Raises:
        ConfigError: No such benchmark.
        DataError: Its data is not here, or is another edition.
    """
    return benchmark(name).load(data)
