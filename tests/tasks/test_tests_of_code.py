"""Tests are told from the code they test, by folder, file, name or attribute."""

from __future__ import annotations

import pytest

from codetune.records import Snippet
from codetune.tasks.tests_of_code import is_test


def snippet(**fields: str) -> Snippet:
    return Snippet(**{"code": "x", "programming_language": "python", "source": "s", **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {"path": "tests/model.py"}, {"path": "a/test_x.py"}, {"path": "a/x_test.go"}, {"path": "FooTests.cs"},
        {"path": "ui/app.spec.ts"}, {"path": "src/test/java/A.java"}, {"name": "test_adds"},
        {"name": "FooTest.testAdds"}, {"name": "TestParse"}, {"name": "BenchmarkParse"},
        {"code": "@Test\npublic void adds() {}"}, {"code": "[Fact]\npublic void Adds() {}"},
        {"code": "#[test]\nfn adds() {}"},
    ],
)  # fmt: skip
def test_a_test_is_told(fields: dict[str, str]) -> None:
    assert is_test(snippet(**fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"path": "src/latest.py"}, {"path": "contest/solve.py"}, {"path": "a/Contest.java"},
        {"name": "testify"}, {"name": "attest"}, {"name": "Tester.run"}, {"code": "def f():\n    return test"},
    ],
)  # fmt: skip
def test_other_code_is_not(fields: dict[str, str]) -> None:
    assert not is_test(snippet(**fields))
