"""CanItEdit: programs to be edited as an instruction says. Source: Cassano et al. 2023, arXiv:2312.12450.

Each item has two instructions, so there are two benchmarks: `descriptive` says what to do in detail,
`lazy` in a line. The answer is the whole program after the edit. The licence forbids training on it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.benchmarks.data_file import json_rows, local_file
from codetune.execution.protocol import Limits
from codetune.records import Problem

__all__ = ["CANITEDIT_DESCRIPTIVE", "CANITEDIT_LAZY", "edit_request"]

_URL = "https://github.com/nuprl/CanItEdit"


def edit_request(code: str, instruction: str, language: str = "python") -> str:
    """What is asked of a model that shall edit a program."""
    return (
        f"This is a {language.capitalize()} program:\n\n```{language}\n{code.rstrip()}\n```\n\n"
        f"Change it as follows: {instruction.strip()}\n\n"
        "Answer with the whole program after the change, in one code block."
    )


def _reader(kind: str) -> Callable[[bytes], Iterator[Problem]]:
    def read(raw: bytes) -> Iterator[Problem]:
        for number, given in enumerate(json_rows(raw)):
            row = _renamed(given) if "labels" in given else given
            request = edit_request(row["before"], row[f"instruction_{kind}"])
            yield Problem(
                benchmark=f"canitedit-{kind}",
                task_id=f"CanItEdit/{row.get('full_name') or row.get('name') or number}",
                prompt=f"{request}\n\n",
                prefix="",
                instruction=request,
                tests=row["tests"],
                canonical_solution=row["after"],
                cluster=f"CanItEdit/{row.get('full_name') or row.get('name') or number}",
            )

    return read


def _renamed(row: Mapping[str, Any]) -> dict[str, Any]:
    """SandboxFusion's repackaging, under CanItEdit's own field names."""
    labels = json.loads(row["labels"])
    return {
        "full_name": labels["tags"],
        "before": row["content"],
        "after": row["canonical_solution"],
        "tests": json.loads(row["test"])["code"],
        "instruction_descriptive": labels["instruction_descriptive"],
        "instruction_lazy": labels["instruction_lazy"],
    }


def _canitedit(kind: str) -> Benchmark:
    return Benchmark(
        name=f"canitedit-{kind}",
        title=f"CanItEdit, {kind} instructions",
        licence="BSD-3-Clause, not for training",
        url=_URL,
        read=_reader(kind),
        checksums={
            "cd81301979b36cf0da39ce50cd2343a9d8b23aa7d8d47f8e316df0997d2298ad": "20 of the 105 items, as "
            "bytedance/SandboxFusion carries them",
            "77a2d3230b610b139d57c41cbfef2ab6e623d46e0f7e08a12be8133331d0c19a": "20 of the 105 items, under "
            "CanItEdit's field names",
        },
        fields=("before", "after", "tests", f"instruction_{kind}"),
        find=local_file(
            "CanItEdit.jsonl", "canitedit/CanItEdit.jsonl", "canitedit/code_eval_can_it_edit.jsonl"
        ),
        pinned=False,
        trains=False,
        limits=Limits(cpu_seconds=20.0),
        max_new_tokens=1024,
    )


CANITEDIT_DESCRIPTIVE = _canitedit("descriptive")
CANITEDIT_LAZY = _canitedit("lazy")
