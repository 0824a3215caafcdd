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
from codetune.evaluate.benchmarks.multipl_e.java import with_tuples
from codetune.evaluate.benchmarks.multipl_e.whole_program import joined_with_tests
from codetune.execution.languages.go_program import go_program
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
_CHECKSUMS = {
    "humaneval-cpp": "a1a0796d028d53cd385cb295e906f57b721181a6152ebbec9fa4efaae126c82c",
    "humaneval-cs": "396274e55ea86aea17336068e2b9ea8805c0cc16e795a6b4b894fc1707af24d7",
    "humaneval-d": "e042479f6c550d3692ccadd7bafc17d021c427c8b875a290b6a34e32376016c5",
    "humaneval-go": "3e8889bdb4d566185c1a5e0489626c68eb288d4fbeaf9bc9c6abab1fae56674f",
    "humaneval-java": "6250789eb51e9f9463f750d3a228e13657cde5ca2a5fd2af0189161624a72482",
    "humaneval-jl": "dc5403e4553dcafdf9224eee0bf2eb4a6aebebe3278381943ed5e8bc7666f9aa",
    "humaneval-js": "5faa6c748fef5834526292b176ac6097b8feddc10002006fd49f12e4d193746f",
    "humaneval-lua": "19401269c52bb1a5470e2414220fbf660e50101f7b914e293881f1bab9856e50",
    "humaneval-php": "5e974c19d5c6285f3c8adb880c5bffc08af30bf3e148d6a2069d8ae340c39172",
    "humaneval-pl": "9b6c05603204867ffb037218f14438be41b9d43b8d9e2b0696bc66b01be0639c",
    "humaneval-r": "5ea2648f52600b7737d2406c0990f7508818113df6408db742222b3d01381d46",
    "humaneval-rb": "d12eb14a8a75893b2ba09de9f8f7dd59b35995bae1c44186902cba5144f6e7d2",
    "humaneval-rkt": "66c8330eec09f39359b0d40b6e28817b2b3863a87d5dfb5e8eb01d8d3e0f2727",
    "humaneval-rs": "7886c7646cfa0561cb7230befe945a514a4e9c182a8cff561d0ea4c7bb3b59da",
    "humaneval-scala": "b8151152aae8e52dd4acb3d50b81f5ac9f71c88b418ee6fd6eed225ff4dd4255",
    "humaneval-sh": "339613e446df07743cb05fb70328d20e4f0819fc66169291c5f7cc48a65bc8c7",
    "humaneval-swift": "10c2ad2068595301cacb96288b46046fd10348dfa9ac70fad7e2cfa76330e819",
    "humaneval-ts": "02b891d976ec6496de73781d6c65742a027f77537b808d74173c4411731dc127",
    "mbpp-cpp": "622a2eb6493dc0c78396553cb1575c390f1564f5027963f0322a921167f649d4",
    "mbpp-go": "3a6ab4437a2ead5fb5f925bc1ead81c0fae2fa8eced45026448fec92bb9e0a17",
    "mbpp-java": "d3c96f91cde77df5a905627c96fd335b4f6d0a86404b4a91552ab69b496d4f1a",
    "mbpp-js": "14d8c6c946ab9d04621c0c1bf47ac669bb90fae5807b4a6adc8c886182fa09d1",
    "mbpp-rs": "269147f9c323e12ea287409f606f48a600d5b477d1c625f7625d544c16b145d3",
}
"""`SOURCE-LANGUAGE` -> SHA-256 of the file that bytedance/SandboxFusion carries (469de0845cb7)."""
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
    for stem, checksum in sorted(_CHECKSUMS.items())
)
