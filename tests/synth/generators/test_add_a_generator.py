"""docs/add-a-generator.md: its example is complete, runs, and is found by name."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.synth.conftest import ScriptedModel, snippet

from codetune.synth.config import SynthConfig
from codetune.synth.options import OPTIONS
from codetune.synth.prompts.prompt_loading import load_prompts
from codetune.synth.registry import GENERATORS, build_generator
from codetune.synth.runtime.generation_context import AskSettings, GenerationContext
from codetune.synth.runtime.program_runner import ProgramRunner
from codetune.text.fences import fenced_blocks

PAGE = (Path(__file__).parents[3] / "docs" / "add-a-generator.md").read_text("utf-8")
BLOCKS = {block.label: block.code for block in fenced_blocks(PAGE) if block.label}


@pytest.fixture
def registered():
    exec(compile(BLOCKS["python"], "add-a-generator.md", "exec", dont_inherit=True), {"__name__": __name__})
    yield
    del OPTIONS["name-it"], GENERATORS["name-it"]


@pytest.mark.parametrize(
    ("said", "kept", "reason"),
    [('{"name": "add_one"}', "add_one", None), ('{"name": "add one"}', None, "not a name")],
)
def test_the_example_keeps_a_name_and_rejects_what_is_none(registered, tmp_path, said, kept, reason) -> None:
    (tmp_path / "name_it.en.jinja").write_text(BLOCKS["jinja"])
    built = build_generator(SynthConfig(generator="name-it"), seed=0)
    context = GenerationContext(
        ScriptedModel(lambda request: said),
        load_prompts(built, "en", tmp_path),
        ProgramRunner(lambda: None),
        AskSettings(retries=0),
    )
    shard = asyncio.run(built.make((snippet("def f(x):\n    return x + 1", "f"),), context))
    assert [row.output for row in shard.kept] == ([kept] if kept else [])
    assert [row.reason for row in shard.rejected] == ([reason] if reason else [])


def test_the_example_is_short() -> None:
    assert len(BLOCKS["python"].splitlines()) <= 65
