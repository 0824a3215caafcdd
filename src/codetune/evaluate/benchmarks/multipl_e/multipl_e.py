"""MultiPL-E: HumanEval and MBPP translated to other languages. Source: Cassano et al. 2022, arXiv:2208.08227.

A program is prompt, continuation and tests, one after the other; the file's stop tokens end the
continuation, and are not part of it. The file has no reference solutions. Its licence forbids
training on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.benchmarks.data_file import json_rows, local_file
from codetune.evaluate.benchmarks.humanevalpack.go import go_program
from codetune.evaluate.benchmarks.multipl_e.files import CHECKSUMS
from codetune.evaluate.benchmarks.multipl_e.java import with_tuples
from codetune.evaluate.benchmarks.multipl_e.whole_program import joined_with_tests
from codetune.execution.protocol import Limits, Program
from codetune.records import Problem

__all__ = ["MULTIPL_E", "multipl_e_program"]

_URL = "https://github.com/nuprl/MultiPL-E"
_CARRIER = "https://github.com/bytedance/SandboxFusion/raw/main/sandbox/tests/datasets/samples/Multi-PLE"
LANGUAGES = {
    "cpp": "cpp", "cs": "csharp", "d": "d", "go": "go", "java": "java", "jl": "julia", "js": "javascript",
    "lua": "lua", "php": "php", "pl": "perl", "r": "r", "rb": "ruby", "rkt": "racket", "rs": "rust",
    "scala": "scala", "sh": "bash", "swift": "swift", "ts": "typescript",
}  # fmt: skip
"""MultiPL-E's suffix -> our name of the language."""
_DECLARED = re.compile(r"(?:HumanEval|mbpp)_\d+_(\w+)")


def _reader(source: str, suffix: str) -> Callable[[bytes], Iterator[Problem]]:
    def read(raw: bytes) -> Iterator[Problem]:
        for row in json_rows(raw):
            named = _DECLARED.match(row["name"])
            number = row["name"].split("_")[1]
            yield Problem(
                benchmark=f"multipl-e-{source}-{suffix}",
                task_id=row["name"],
                prompt=row["prompt"],
                prefix=row["prompt"],
                tests=row["tests"],
                entry_point=_entry(named[1], row["prompt"]) if named else None,
                programming_language=LANGUAGES[suffix],
                cluster=f"{'HumanEval' if source == 'humaneval' else 'Mbpp'}/{number}",
                stop=tuple(row["stop_tokens"]),
            )

    return read


def _entry(name: str, prompt: str) -> str | None:
    """The function as the language writes it, in whatever case: the prompt's last word of that name, with
    brackets behind it if there is one, or else the word with which its last line begins its brackets."""
    plain = name.replace("_", "").lower()
    for words in (r"\w+(?=\s*\()", r"\w+"):
        forms: list[str] = [
            word for word in re.findall(words, prompt) if word.replace("_", "").lower() == plain
        ]
        if forms:
            return forms[-1]
    signature = re.search(r"(\w+)\s*\(", prompt.rstrip().rpartition("\n")[2])
    return signature[1] if signature else None


def multipl_e_program(problem: Problem, solution: str, limits: Limits) -> Program:
    """What is executed: the tests stand directly behind the program, in the same text.

    The tests close the function (and class) that the prompt opens, for a continuation ends before it
    does. A whole program is closed already.
    """
    code, tests, language = solution, problem.tests, problem.programming_language
    if language == "php" and tests.lstrip().startswith("?>"):
        code = code.rstrip().removesuffix("?>")
    if _depth(code, language) <= 0:
        code, tests = joined_with_tests(code, problem.prompt, tests, problem.entry_point, language)
    if language == "java":
        code, tests = with_tuples(code, tests)
    if language == "go":
        code, tests = go_program(code, tests)
    return Program(id=problem.task_id, code=code, tests=tests, language=language, limits=limits)


_TEXTS = r"\"(?:\\.|[^\"\\\n])*\"|`[^`]*`|'(?:\\.|[^'\\\n])'"
_SILENT = re.compile(rf"//[^\n]*|/\*.*?\*/|{_TEXTS}", re.DOTALL)
_SILENT_BASH = re.compile(rf"(?:^|(?<=\s))#[^\n]*|{_TEXTS}", re.MULTILINE)
"""Comments, texts and characters, whose braces count for nothing; two slashes are no comment in Bash."""


def _depth(text: str, language: str) -> int:
    """Braces opened and not closed; negative where more are closed."""
    words = (_SILENT_BASH if language == "bash" else _SILENT).sub(" ", text)
    return words.count("{") - words.count("}")


def _benchmark(source: str, suffix: str, checksum: str) -> Benchmark:
    name = "HumanEval" if source == "humaneval" else "MBPP"
    return Benchmark(
        name=f"multipl-e-{source}-{suffix}",
        title=f"MultiPL-E {name}, {LANGUAGES[suffix]}",
        licence="BSD-3-Clause, not for training",
        url=_URL,
        download=f"{_CARRIER}/{source}-{suffix}.jsonl",
        read=_reader(source, suffix),
        language=LANGUAGES[suffix],
        checksums={checksum: "reworded, as bytedance/SandboxFusion carries it"},
        fields=("name", "language", "prompt", "tests", "stop_tokens"),
        find=local_file(f"multipl_e/{source}-{suffix}.jsonl", f"{source}-{suffix}.jsonl"),
        program=multipl_e_program,
        trains=False,
        limits=Limits(cpu_seconds=15.0, memory_bytes=2 << 30),
    )


MULTIPL_E = tuple(
    _benchmark(stem.partition("-")[0], stem.partition("-")[2], checksum)
    for stem, checksum in sorted(CHECKSUMS.items())
)
