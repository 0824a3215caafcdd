"""An address that no server can have is refused where it is written, without repeating it."""

from __future__ import annotations

import pytest

from codetune.models.spec import check_urls


@pytest.mark.parametrize(
    "model", ["local", "org/name", "C:/models/m.gguf", "http://a:1/v1, https://[::1]:8000/v1"]
)
def test_names_and_addresses_pass(model: str) -> None:
    check_urls(model)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("htp://a/v1", "must begin with http"),
        ("http://a/v1,b://c", "must begin with http"),
        ("http://", "names no server"),
        ("http:///v1", "names no server"),
        ("http://a:port/v1", "port"),
        ("http://a:70000/v1", "out of range"),
        ("http://[::1/v1", "invalid ipv6 url"),
        ("https://user:hunter2@a/v1", "must not hold a user or a password"),
    ],
)
def test_what_is_no_address_is_said_without_its_password(model: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        check_urls(model)
    assert "hunter2" not in str(caught.value)
