"""The map of the code names what is there: every path in the architecture page and in CONTRIBUTING exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "codetune"
PAGES = [ROOT / "docs" / "architecture.md", ROOT / "CONTRIBUTING.md"]

WRITTEN_BY_A_RUN = {"rejects/"}
"""Folders that pages speak of and no checkout has."""

_PATH = re.compile(r"`((?:[a-z_]+/)*[a-z_]+(?:/|\.py))`")
_FENCE = re.compile(r"^```[^\n]*\n.*?^```$", re.M | re.S)


def missing(text: str) -> list[str]:
    """Paths in back quotes that lie neither in the source nor in the repository."""
    named = _PATH.findall(_FENCE.sub("", text))
    named = [path for path in named if path not in WRITTEN_BY_A_RUN]
    return [path for path in named if not (SOURCE / path).exists() and not (ROOT / path).exists()]


def unmapped(text: str) -> list[str]:
    """Packages of the source that a page does not name."""
    packages = [path.parent.name for path in SOURCE.glob("*/__init__.py")]
    return sorted(name for name in packages if f"`{name}/`" not in text)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_what_a_page_names_is_there(page: Path) -> None:
    assert missing(page.read_text("utf-8")) == []


def test_the_map_has_every_package() -> None:
    assert unmapped((ROOT / "docs" / "architecture.md").read_text("utf-8")) == []


def test_a_path_that_moved_is_found() -> None:
    text = (
        "See `sources/stage.py`, `sources/gone.py`, `gone/` and `tests/contracts/`.\n```\n`absent.py`\n```\n"
    )
    assert missing(text) == ["sources/gone.py", "gone/"]
    assert "sources" in unmapped("`store/`") and "store" not in unmapped("`store/`")
