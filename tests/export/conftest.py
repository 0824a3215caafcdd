"""A small dataset of instructions, English and Chinese, with text that is hard to write down."""

from __future__ import annotations

from pathlib import Path

import pytest

from codetune.records import Instruction
from codetune.store.dataset import DatasetWriter, Shard
from codetune.store.run_card import Plan
from codetune.store.stage_output import StageOutput

ROWS = (
    Instruction(task="code_repair", instruction="Mend it.", input="x = = 1\n", output="x = 1\n", source="s", license="MIT"),
    Instruction(task="code_generation", instruction="写一个函数", output='print("\\n\t😀")', source="s", license="MIT", language="zh"),
    Instruction(task="code_repair", instruction='Say "hi"\r\n', input="\u2028 ]},\n[{", output="</s>", source="t", license=None),
)  # fmt: skip


def write_dataset(folder: Path, *parts: tuple[Instruction, ...]) -> Path:
    with StageOutput(folder, Plan(stage="test", config={}, inputs={}, code="")) as output:
        writer = DatasetWriter(output, Instruction)
        for number, part in enumerate(parts):
            writer.write(number, Shard(part))
        writer.finish(title="t", description="d")
    return folder


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "dataset", ROWS[:2], ROWS[2:])
