"""The benchmarks, by name. A new one is a file beside this one and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from codetune.config.faults import nearest
from codetune.errors import ConfigError
from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.lazy_registry import LazyRegistry, load
from codetune.records import Problem

__all__ = ["BENCHMARKS", "benchmark", "load_problems"]

_HUMANEVALPACK = [
    f"humaneval{task}-{language}"
    for task in ("fixtests", "fixdocs", "explain", "synthesize")
    for language in ("python", "js", "java", "go", "cpp", "rust")
]
_MULTIPL_E = [
    *(
        f"multipl-e-humaneval-{language}"
        for language in [
            "cpp",
            "cs",
            "d",
            "go",
            "java",
            "jl",
            "js",
            "lua",
            "php",
            "pl",
            "r",
            "rb",
            "rkt",
            "rs",
            "scala",
            "sh",
            "swift",
            "ts",
        ]
    ),
    *(f"multipl-e-mbpp-{language}" for language in ["cpp", "go", "java", "js", "rs"]),
]
_TASKS = [
    f"task:{name}"
    for name in [
        "code_summarization",
        "code_generation",
        "code_search",
        "clone_detection",
        "defect_detection",
        "code_completion",
        "code_repair",
        "code_translation",
        "edit",
        "instruction_following",
    ]
]
_PLACES: Mapping[str, str] = {
    "humaneval": "codetune.evaluate.benchmarks.humaneval:HUMANEVAL",
    "humaneval+": "codetune.evaluate.benchmarks.evalplus.evalplus:HUMANEVAL_PLUS",
    "humaneval+2023-04": "codetune.evaluate.benchmarks.evalplus.evalplus:HUMANEVAL_PLUS_2023_04",
    "mbpp": "codetune.evaluate.benchmarks.mbpp:MBPP",
    "mbpp-sanitized": "codetune.evaluate.benchmarks.mbpp:MBPP_SANITIZED",
    "mbpp+": "codetune.evaluate.benchmarks.evalplus.evalplus:MBPP_PLUS",
    "mbpp+2023-11": "codetune.evaluate.benchmarks.evalplus.evalplus:MBPP_PLUS_2023_11",
    "canitedit-descriptive": "codetune.evaluate.benchmarks.canitedit:CANITEDIT_DESCRIPTIVE",
    "canitedit-lazy": "codetune.evaluate.benchmarks.canitedit:CANITEDIT_LAZY",
    "apeval": "codetune.evaluate.benchmarks.apeval:APEVAL",
    "apeval+": "codetune.evaluate.benchmarks.apeval:APEVAL_PLUS",
    "apeval+2023-04": "codetune.evaluate.benchmarks.apeval:APEVAL_PLUS_2023_04",
    "code-contests": "codetune.evaluate.benchmarks.code_contests:CODE_CONTESTS",
    "live-code-bench": "codetune.evaluate.benchmarks.live_code_bench:LIVE_CODE_BENCH",
    **dict.fromkeys(_HUMANEVALPACK, "codetune.evaluate.benchmarks.humanevalpack.humanevalpack:HUMANEVALPACK"),
    **dict.fromkeys(_MULTIPL_E, "codetune.evaluate.benchmarks.multipl_e.multipl_e:MULTIPL_E"),
    **dict.fromkeys(_TASKS, "codetune.evaluate.benchmarks.tasks:TASK_BENCHMARKS"),
}
"""Name -> where it is written: a benchmark, or several of one kind. A benchmark's file is loaded when it is used."""


class _Benchmarks(LazyRegistry[Benchmark]):
    """By name; each knows the others, to say which of them a wrong file belongs to."""

    def found(self, name: str, place: str) -> Benchmark:
        held = load(place)
        one: Benchmark = next(b for b in held if b.name == name) if isinstance(held, tuple) else held
        return replace(one, siblings=self.values)


BENCHMARKS: _Benchmarks = _Benchmarks(_PLACES)
"""Name -> benchmark. One of your own is added by assignment."""


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
