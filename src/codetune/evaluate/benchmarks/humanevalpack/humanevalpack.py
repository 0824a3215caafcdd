"""HumanEvalPack: HumanEval in six languages, to be fixed, explained or written again.

Source: Muennighoff et al. 2023, arXiv:2308.07124. Four benchmarks a language:

- `humanevalfixtests-*`: a broken function and its tests; the function is to be mended;
- `humanevalfixdocs-*`: the same with the documentation in place of the tests;
- `humanevalexplain-*`: the model describes the right function, and then writes it from its own
  description, which must not quote the code;
- `humanevalsynthesize-*`: the function is written from its description.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.benchmarks.data_file import json_rows, local_file
from codetune.evaluate.benchmarks.humanevalpack.programs import pack_program
from codetune.execution.protocol import Limits
from codetune.records import Problem

__all__ = ["HUMANEVALPACK"]

_URL = "https://github.com/bigcode-project/octopack"
_FOLDER = "evaluation/create/humaneval-x/data"
_LANGUAGES = {
    "python": ("python", "Python", "b1376d72be4bd016a62ad043d9de3846edb8d63edf1222da802a31330c14c3a7"),
    "js": ("javascript", "JavaScript", "04c86c1fac5f33818d9187cba278ed1dfc66cc259372dd8342126aa580fb7569"),
    "java": ("java", "Java", "a8d077d300bbdc2eda91e1a733deb2944678bce8fcc7eb272214626516768cc1"),
    "go": ("go", "Go", "0ee2cdca46d70afb33d913a0d4b205624fe4ded2f28c2efdb241727221837993"),
    "cpp": ("cpp", "C++", "891a390c1b9d2cb85dd8fbebcf1d88dbdd565734a6b2b3259f9ddb3fe95e33d7"),
    "rust": ("rust", "Rust", "01ece28eaf490d7af037ce53095083dacfd38022cf5b82662ccb78024dc269a1"),
}
_WHOLE_FUNCTION = re.compile(r"^func [^\n]*\{\n(?:[ \t]+[^\n]*\n|\n)*^\}", re.MULTILINE)
_TASKS = {
    "fixtests": "fix a function, given its tests",
    "fixdocs": "fix a function, given its documentation",
    "explain": "describe a function, then write it from the description",
    "synthesize": "write a function from its description",
}
_STOP = {
    "python": ("\nclass", "\ndef", "\n#", "\n@", "\nprint", "\nif", "\nassert"),
    "go": ("\n//", "\nfunc main(", "\nfunc", "\ntype "),
    "javascript": ("\nconst ", "\nfunction ", "\nconsole."),
    "java": ("\npublic class", "\nclass "),
    "cpp": ("\nint main",),
    "rust": ("\nfn ", "\n#[cfg(test)]", "\nmod "),
}


def _reader(task: str, key: str) -> Callable[[bytes], Iterator[Problem]]:
    language, title, _ = _LANGUAGES[key]

    def read(raw: bytes) -> Iterator[Problem]:
        for row in json_rows(raw):
            prefix = _prefix(task, row, language)
            asked = _asked(task, row, prefix, title)
            setup = row.get("test_setup", "")
            sent, goes_on_from = _harness(task, row, language)
            number = row["task_id"].rpartition("/")[2]
            yield Problem(
                benchmark=f"humaneval{task}-{key}",
                task_id=row["task_id"],
                prompt=f"{asked}\n\n{prefix}",
                prefix=prefix,
                instruction=_in_chat(asked, prefix, language),
                tests=f"{setup}\n{row['test']}" if setup else row["test"],
                entry_point=row["entry_point"],
                canonical_solution=row["canonical_solution"],
                programming_language=language,
                cluster=f"HumanEval/{number}",
                stop=_STOP[language],
                harness_prompt=sent,
                harness_prefix=goes_on_from,
                groups=(f"bug={row['bug_type']}",) if task.startswith("fix") else (),
                describe=_describe(row, prefix) if task == "explain" else "",
                describe_characters=len(row["docstring"]) if task == "explain" else None,
            )

    return read


def _harness(task: str, row: dict[str, Any], language: str) -> tuple[str | None, str]:
    """The harness's prompt `instruct` and the code that an answer goes on from, character for character."""
    if task == "explain":
        return None, ""
    documented = task in ("fixdocs", "synthesize")
    bare = f"fn main(){{}}\n{row['declaration']}" if language == "rust" else row["declaration"]
    base = row["prompt"] if documented else bare
    if task == "synthesize":
        asked = row["instruction"].strip()
    else:
        tests = "" if documented else f"\n{row['test']}"
        asked = f"{base}{row['buggy_solution']}{tests}\nFix bugs in {row['entry_point']}."
    return f"{asked}\n\n{base}".strip(), base.rstrip()


def _prefix(task: str, row: dict[str, Any], language: str) -> str:
    """What the answer goes on from: with the documentation, or without it."""
    if task in ("fixdocs", "synthesize"):
        return str(row["prompt"])
    declared: str = row["declaration"]
    if language == "rust":
        return f"fn main(){{}}\n{declared}"
    if language == "go":
        return f"{row['import']}\n{_given_functions(row['prompt'])}{declared}"
    if language == "cpp":
        # The declaration of CPP/38 runs on into the body that is to be written.
        heads = list(
            re.finditer(rf"^[^\n]*\b{row['entry_point']}\s*\([^\n]*\{{[ \t]*\n", declared, re.MULTILINE)
        )
        return declared[: heads[-1].end()] if heads else declared
    return declared


def _given_functions(prompt: str) -> str:
    """Functions that a Go prompt gives whole before the one to write; the declaration lacks them."""
    return "".join(f"{found[0]}\n" for found in _WHOLE_FUNCTION.finditer(prompt))


def _asked(task: str, row: dict[str, Any], prefix: str, title: str) -> str:
    if task == "synthesize":
        return str(row["instruction"]).strip()
    if task == "explain":
        return f"{{description}}\n\nWrite functional code in {title} according to this description."
    broken = f"{prefix}{row['buggy_solution']}"
    if task == "fixtests":
        broken = f"{broken}\n{row['test']}"
    return f"{broken.strip()}\n\nFix bugs in {row['entry_point']}."


def _in_chat(asked: str, prefix: str, language: str) -> str:
    return (
        f"{asked}\n\nThe code begins like this; answer with the whole of it in one code block:\n\n"
        f"```{language}\n{prefix.strip()}\n```"
    )


def _describe(row: dict[str, Any], prefix: str) -> str:
    limit = len(row["docstring"])
    return (
        f"{prefix}{row['canonical_solution']}".strip()
        + f"\n\nDescribe in words what this code does, without quoting it, in at most {limit} characters."
    )


def _benchmark(task: str, key: str) -> Benchmark:
    language, title, checksum = _LANGUAGES[key]
    return Benchmark(
        name=f"humaneval{task}-{key}",
        title=f"HumanEvalPack {title}: {_TASKS[task]}",
        licence="MIT",
        url=f"{_URL}/tree/main/{_FOLDER}/{key}",
        download=f"{_URL}/raw/main/{_FOLDER}/{key}/data/humanevalpack.jsonl",
        read=_reader(task, key),
        language=language,
        items=164,
        checksums={checksum: f"octopack, {title}"},
        fields=("task_id", "declaration", "canonical_solution", "buggy_solution", "test", "docstring"),
        find=local_file(f"humanevalpack/{key}/data/humanevalpack.jsonl", f"{key}/data/humanevalpack.jsonl"),
        program=pack_program,
        limits=Limits(cpu_seconds=10.0, memory_bytes=2 << 30),
    )


HUMANEVALPACK = tuple(_benchmark(task, key) for task in _TASKS for key in _LANGUAGES)
