"""The benchmarks, by name. A new one is a file beside this one and a line here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from codetune.config.faults import nearest
from codetune.errors import ConfigError
from codetune.evaluate.benchmarks.apeval import APEVAL, APEVAL_PLUS, APEVAL_PLUS_2023_04
from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.benchmarks.canitedit import CANITEDIT_DESCRIPTIVE, CANITEDIT_LAZY
from codetune.evaluate.benchmarks.code_contests import CODE_CONTESTS
from codetune.evaluate.benchmarks.evalplus.evalplus import (
    HUMANEVAL_PLUS,
    HUMANEVAL_PLUS_2023_04,
    MBPP_PLUS,
    MBPP_PLUS_2023_11,
)
from codetune.evaluate.benchmarks.humaneval import HUMANEVAL
from codetune.evaluate.benchmarks.humanevalpack.humanevalpack import HUMANEVALPACK
from codetune.evaluate.benchmarks.live_code_bench import LIVE_CODE_BENCH
from codetune.evaluate.benchmarks.mbpp import MBPP, MBPP_SANITIZED
from codetune.evaluate.benchmarks.multipl_e.multipl_e import MULTIPL_E
from codetune.evaluate.benchmarks.tasks import TASK_BENCHMARKS
from codetune.records import Problem

__all__ = ["BENCHMARKS", "benchmark", "load_problems"]

_ALL = (
    HUMANEVAL,
    HUMANEVAL_PLUS,
    HUMANEVAL_PLUS_2023_04,
    MBPP,
    MBPP_SANITIZED,
    MBPP_PLUS,
    MBPP_PLUS_2023_11,
    CANITEDIT_DESCRIPTIVE,
    CANITEDIT_LAZY,
    APEVAL,
    APEVAL_PLUS,
    APEVAL_PLUS_2023_04,
    CODE_CONTESTS,
    LIVE_CODE_BENCH,
    *HUMANEVALPACK,
    *MULTIPL_E,
    *TASK_BENCHMARKS,
)
BENCHMARKS: dict[str, Benchmark] = {b.name: replace(b, siblings=lambda: _ALL) for b in _ALL}


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
