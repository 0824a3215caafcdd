"""What tests import and a box lacks is named with what installs it, in each language."""

from __future__ import annotations

from pathlib import Path

import pytest

from codetune.errors import UsageError
from codetune.evaluate.benchmarks.registry import benchmark
from codetune.evaluate.scoring import item_needs
from codetune.evaluate.scoring.item_needs import check_toolchains, lacking
from codetune.execution.languages.native import GO
from codetune.execution.languages.toolchains import Toolchain, toolchain
from codetune.records import Problem


def item(language: str, tests: str) -> Problem:
    return Problem(benchmark="toy", task_id="toy/0", prompt="", tests=tests, programming_language=language)


TESTIFY = 'package main\n\nimport (\n    "testing"\n    "github.com/stretchr/testify/assert"\n)\n'


def test_go_without_testify_is_told_and_with_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GO.environment, "GOPATH", str(tmp_path))  # type: ignore[arg-type]
    item_needs._is_there.cache_clear()
    said = lacking(item("go", TESTIFY))
    assert "github.com/stretchr/testify/assert" in said
    assert "apt install golang-github-stretchr-testify-dev" in said
    item_needs._is_there.cache_clear()
    (tmp_path / "src/github.com/stretchr/testify/assert").mkdir(parents=True)
    assert lacking(item("go", TESTIFY)) == ""
    assert lacking(item("go", 'import "math/rand"\nvar s = "a.b/c"\n')) == ""
    item_needs._is_there.cache_clear()


def test_every_item_of_go_is_skipped_without_it(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GO.environment, "GOPATH", "/nowhere")  # type: ignore[arg-type]
    item_needs._is_there.cache_clear()
    path = shared_data / "humanevalpack" / "go" / "data" / "humanevalpack.jsonl"
    problems = benchmark("humanevalfixtests-go").load(path)
    assert all("testify" in lacking(problem) for problem in problems)
    item_needs._is_there.cache_clear()


@pytest.mark.parametrize(
    ("language", "tests", "words"),
    [
        ("python", "import no_such_module_here\n", "pip install no_such_module_here"),
        ("cpp", "#include <openssl/no_such_header.h>\n", "apt install libssl-dev"),
        ("cpp", "#include <vector>\n#include <boost/any.hpp>\n", ""),
        ("rust", "use rand::Rng;\n", ""),
        ("bash", "require 'x'\n", ""),
    ],
)
def test_what_is_missing_is_named_with_what_installs_it(language: str, tests: str, words: str) -> None:
    said = lacking(item(language, tests))
    assert words in said and bool(said) == bool(words)


def test_a_box_has_the_modules_of_node_alone() -> None:
    if toolchain("javascript").version is None:
        pytest.skip("no node here")
    assert (
        lacking(item("javascript", "const a = require('node:assert'); require('crypto'); require('js-md5')"))
        == ""
    )
    assert "lodash" in lacking(item("javascript", "const _ = require('lodash')"))


def test_without_any_toolchain_an_evaluation_is_refused_before_it_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    absent = Toolchain("java", "javac", None, None, "apt install default-jdk-headless", missing=("java",))
    monkeypatch.setattr(item_needs, "toolchain", lambda language: absent)
    with pytest.raises(
        UsageError, match="no program in java can be run here: java is not installed; run: apt"
    ):
        check_toolchains([item("java", "")])
    with pytest.raises(
        UsageError, match="no program in lua can be run here: codetune runs python, javascript"
    ):
        check_toolchains([item("lua", "")])
    check_toolchains([item("java", ""), item("python", "")])
    check_toolchains([])
