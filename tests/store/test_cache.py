"""Where the cache is, and that git and backups leave it out."""

from __future__ import annotations

from pathlib import Path

import pytest

from codetune.errors import OutputError
from codetune.store.cache import CACHE_VARIABLE, cache_folder, make_cache


def test_the_option_wins_over_the_variable_and_that_over_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, "/elsewhere")
    assert cache_folder(Path("given")) == Path("given")
    assert cache_folder() == Path("/elsewhere")
    monkeypatch.delenv(CACHE_VARIABLE)
    assert cache_folder() == Path(".codetune")


def test_it_is_marked_as_a_cache_once(tmp_path: Path) -> None:
    folder = make_cache(tmp_path / "a" / "cache")
    assert (folder / ".gitignore").read_text() == "*\n"
    assert (folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    (folder / ".gitignore").write_text("mine\n")
    assert (make_cache(folder) / ".gitignore").read_text() == "mine\n"


def test_a_cache_that_cannot_be_made_names_the_option() -> None:
    with pytest.raises(OutputError, match="choose another cache with --cache"):
        make_cache(Path("/proc/cache"))
