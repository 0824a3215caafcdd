"""codetune from Python: the examples in the docstrings run, and mistakes are errors of ours."""

from __future__ import annotations

import doctest
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.synth.conftest import ModelServer, obedient
from tests.tiny_llama import write_tiny_llama

import codetune
from codetune import api
from codetune.errors import ConfigError, DataError, OutputError
from codetune.execution.host.probe import probe

PROJECT = Path(__file__).parent / "data" / "project"
IN_THE_EXAMPLES = "http://127.0.0.1:8000/v1"
RECIPE = """\
name: small
stages:
  - name: snippets
    stage: collect
    with: {source: code, path: project}
"""


def answer(body: dict) -> str:
    if "response_format" not in body:
        return "    return None"
    return obedient(body["response_format"]["json_schema"]["schema"], body["messages"][-1]["content"])


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    opened = ModelServer()
    opened.answer = answer
    yield opened
    opened.close()


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a project, a recipe and a tiny model, as the examples expect it."""
    shutil.copytree(PROJECT, tmp_path / "project")
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


EXAMPLES = {test.name: test for test in doctest.DocTestFinder().find(api, "codetune.api") if test.examples}


def test_every_function_has_an_example() -> None:
    functions = {name for name in codetune.__all__ if hasattr(api, name) and name[0].islower()}
    assert {name.rpartition(".")[2] for name in EXAMPLES} == functions


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_runs(name: str, workplace: Path, server: ModelServer) -> None:
    if "train_model" in name:
        pytest.importorskip("torch")
        write_tiny_llama(workplace / "tiny-llama")
    if name.endswith(("evaluate_model", "compare_scores")) and probe().tier == "none":
        pytest.skip("this machine allows no sandbox")
    test = EXAMPLES[name]
    for example in test.examples:
        example.source = example.source.replace(IN_THE_EXAMPLES, server.url)
    test.globs = {"codetune": codetune}
    said: list[str] = []
    failed, tried = doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert tried and not failed, "".join(said)


def test_a_wrong_keyword_is_named(workplace: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown key 'min_line'; did you mean 'min_lines'\?"):
        codetune.collect("code", "project", output="out", min_line=3, progress=False)
    with pytest.raises(ConfigError, match="rows has to be at least 1, not 0"):
        codetune.synthesize("instruct-from-code", "x", output="out", rows=0, progress=False)
    with pytest.raises(ConfigError, match="min_words has to be at least 1, not 0"):
        codetune.synthesize("instruct-from-code", "x", output="out", min_words=0, progress=False)


def test_a_missing_input_is_named(workplace: Path) -> None:
    with pytest.raises(DataError, match=r"no such dataset directory \(absent\)"):
        codetune.word_tasks("absent", output="out", progress=False)
    with pytest.raises(DataError, match="no such dataset directory"):
        codetune.open_dataset("absent")


def test_another_run_is_replaced_only_on_demand(workplace: Path) -> None:
    first = codetune.collect("code", "project", output="out", workers=1, progress=False)
    with pytest.raises(OutputError, match="limit = null, not 3"):
        codetune.collect("code", "project", output="out", workers=1, limit=3, progress=False)
    second = codetune.collect(
        "code", "project", output="out", workers=1, limit=3, overwrite=True, progress=False
    )
    assert (len(first), len(second)) == (20, 3)


def test_progress_is_lines_where_no_terminal_is(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    codetune.collect("code", "project", output="out", workers=1)
    said = capsys.readouterr()
    assert said.err.startswith("collect code: ") and said.err.endswith("done\n") and not said.out


SMALLER = {
    '"my-project"': '"project"',
    "rows=32": "rows=2, model={url!r}",
    "max_steps=400": "max_steps=2, model='tiny-llama'",
    'output="runs/py/base"': 'output="runs/py/base", model={url!r}, limit=2, prompt_style="chat"',
    'output="runs/py/after", adapter=tuned': (
        'output="runs/py/after", model={url!r}, limit=2, prompt_style="chat"'
    ),
}
"""What the test changes in the first example of docs/python.md: a scripted server, a tiny model."""


@pytest.mark.skipif(probe().tier == "none", reason="this machine allows no sandbox")
def test_the_quickstart_of_the_documents_runs(
    workplace: Path, server: ModelServer, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    write_tiny_llama(workplace / "tiny-llama")
    page = (Path(__file__).parents[1] / "docs" / "python.md").read_text("utf-8")
    code = page.split("```python\n")[1].split("```")[0]
    assert len([line for line in code.splitlines() if line.strip()]) <= 20
    for original, changed in SMALLER.items():
        assert original in code
        code = code.replace(original, changed.format(url=server.url))
    exec(compile(code, "docs/python.md", "exec"), {})
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("Dataset('runs/py/clean', ")
    assert said[-1] == "tie"
