"""A toolchain is named by the program that is missing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from codetune.execution.languages.toolchains import LANGUAGES, toolchain


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    toolchain.cache_clear()
    yield
    toolchain.cache_clear()


@pytest.mark.parametrize(
    ("language", "hidden", "sentence"),
    [
        ("java", {"java"}, "java is not installed; run: apt install default-jdk-headless"),
        ("csharp", {"mcs", "mono"}, "mcs and mono are not installed; run: apt install mono-mcs mono-runtime"),
        ("rust", {"cc"}, "cc is not installed; run: apt install rustc gcc"),
        ("go", {"go"}, "go is not installed; run: apt install golang-go"),
    ],
)
def test_what_is_missing_is_named(
    language: str, hidden: set[str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def which(name: str, path: str = "") -> str | None:
        return None if name in hidden else f"/usr/bin/{name}"

    monkeypatch.setattr(shutil, "which", which)
    found = toolchain(language)
    assert (found.version, found.path, found.absence) == (None, None, sentence)


def test_a_toolchain_that_is_there_lacks_nothing() -> None:
    for language in LANGUAGES:
        found = toolchain(language)
        assert bool(found.absence) == (found.version is None)
