"""A licence that a source states has a page that says so; what is nowhere stated is not claimed."""

from __future__ import annotations

import pytest

from codetune.sources.registry import SOURCES


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_a_licence_names_the_page_it_was_read_from(name: str) -> None:
    source = SOURCES[name]
    page = getattr(source, "license_url", None)
    assert (source.license is None) == (page is None)
    assert page is None or page.startswith("https://")


@pytest.mark.parametrize("name", ["conala", "alpaca", "generic", "codesearchnet", "instruct-to-code"])
def test_nothing_stated_is_nothing_claimed(name: str) -> None:
    assert SOURCES[name].license is None
