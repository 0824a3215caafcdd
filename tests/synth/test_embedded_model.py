"""Both rounds and solve-and-test with the real embedded model and the real sandbox."""

from __future__ import annotations

import ast
import inspect
import statistics
import textwrap
from pathlib import Path

import pytest
from tests.synth.conftest import snippet, write_dataset

from codetune.models.embedded.server import EmbeddedServer
from codetune.models.embedded.smollm2 import smollm2_path
from codetune.records import Instruction, Snippet
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset
from codetune.synth.checks.code_preserved import holds_unchanged
from codetune.synth.config import SynthConfig
from codetune.synth.stage import run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(smollm2_path() is None, reason="the embedded model is not installed"),
]

FUNCTIONS = (
    statistics.mean, statistics.harmonic_mean, textwrap.indent, textwrap.shorten, inspect.cleandoc,
    inspect.indentsize, ast.literal_eval, ast.iter_child_nodes,
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, StageContext]:
    folder = tmp_path_factory.mktemp("embedded")
    rows = [snippet(inspect.getsource(f), f.__name__, inspect.getdoc(f)) for f in FUNCTIONS]
    source = write_dataset(folder / "in", Snippet, [rows])
    context = StageContext(cache=folder / "cache")
    run(SynthConfig(options={"accept": "statement"}), [source], folder / "out", context)
    return source, folder, context


def test_every_row_is_kept_or_refused_and_what_is_kept_holds(made) -> None:
    _, folder, _ = made
    dataset = Dataset(folder / "out", Instruction)
    rows, refused = list(dataset), list(dataset.rejects())
    assert len(rows) + len(refused) == len(FUNCTIONS)
    assert len(rows) >= len(FUNCTIONS) // 2
    sources = {f.__name__: inspect.getsource(f) for f in FUNCTIONS}
    for row in rows:
        name = next(name for name in sources if f"def {name}(" in row.output)
        assert name in row.instruction
        assert holds_unchanged(row.output, sources[name], "python")
        assert row.lineage.checks[0].check == "statement"
        assert row.lineage.generated[0].model.startswith("SmolLM2-135M-Instruct")


def test_a_fully_stored_rerun_starts_no_server(made, monkeypatch: pytest.MonkeyPatch) -> None:
    source, folder, context = made

    def must_not_start(self: EmbeddedServer) -> EmbeddedServer:
        raise AssertionError("the server was started")

    monkeypatch.setattr(EmbeddedServer, "__enter__", must_not_start)
    run(SynthConfig(options={"accept": "statement"}), [source], folder / "again", context)
    first, second = (Dataset(folder / name, Instruction) for name in ("out", "again"))
    assert list(first) == list(second)
    assert list(first.rejects()) == list(second.rejects())


def test_solve_and_test_ends_with_a_verdict_for_each_row(made) -> None:
    _, folder, context = made
    config = SynthConfig(generator="solve-and-test", rows=4, options={"solution_tokens": 160})
    card = run(config, [folder / "out"], folder / "tested", context)
    assert card.counts["kept"] + card.counts["rejected"] == 4
    for row in Dataset(folder / "tested", Instruction):
        assert row.tests and {c.check for c in row.lineage.checks} >= {"tests pass twice", "empty body fails"}
