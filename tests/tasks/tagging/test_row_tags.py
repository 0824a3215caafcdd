from __future__ import annotations

from pathlib import Path

from tests.synth.conftest import write_dataset

from codetune.records import Instruction
from codetune.store.dataset import Dataset
from codetune.tasks.tagging.row_tags import row_tags


def row(output: str, text: str = "", language: str | None = "python", **more) -> Instruction:
    return Instruction(
        task="code_generation", instruction="Do.", input=text, output=output, programming_language=language,
        source="test", **more,
    )  # fmt: skip


CODE = "def add(a, b):\n    return a + b\n"


def test_rows_that_a_source_worded_are_tagged_by_their_answer_or_their_input() -> None:
    told = ("paradigm:procedural", "level:beginner")
    assert row_tags(row(f"Here it is:\n```python\n{CODE}```")) == told
    assert row_tags(row("It adds two numbers.", CODE)) == told


def test_rows_without_a_function_or_a_language_and_tagged_ones_stay() -> None:
    assert row_tags(row("yes")) == () == row_tags(row("x = 1"))
    assert row_tags(row(CODE, language=None)) == () == row_tags(row(CODE, language="sql"))
    assert row_tags(row(CODE, tags=("paradigm:functional",))) == ()


def test_the_cards_count_tags_and_what_has_none(tmp_path: Path) -> None:
    rows = [
        row(CODE, tags=("split:train", "paradigm:procedural", "level:beginner")),
        row(CODE + "\n", tags=("paradigm:functional", "level:beginner")),
        row("yes"),
    ]
    card = Dataset(write_dataset(tmp_path / "a", Instruction, [rows])).card
    assert card.results["tags"] == {
        "paradigm": {"functional": 1, "procedural": 1, "none": 1},
        "level": {"beginner": 2, "none": 1},
    }
    page = (tmp_path / "a" / "README.md").read_text("utf-8")
    assert "## Paradigm" in page and "| beginner | 2 |" in page
    untagged = write_dataset(tmp_path / "b", Instruction, [[row("yes")]])
    assert "tags" not in Dataset(untagged).card.results
    assert "## Level" not in (untagged / "README.md").read_text("utf-8")
