"""Messages: an array of JSON behind its length; whatever else arrives closes the channel."""

from __future__ import annotations

import contextlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codetune.execution.box.strict.channel import Channel, ChannelClosed, parse_message


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_none(text: bytes) -> None:
    with contextlib.suppress(ChannelClosed):
        assert isinstance(parse_message(text), list)


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"1", b"null", b'{"a": 1}', b'[{"a": 1}]', b"[NaN]", b"[Infinity]", b"[1", b"[" * 100_000,
     b"[" + b"9" * 5000 + b"]", b"\xff"],
)  # fmt: skip
def test_what_is_no_message_closes_the_channel(text: bytes) -> None:
    with pytest.raises(ChannelClosed):
        parse_message(text)


@pytest.mark.parametrize("raw", [b"", b"\0\0", b"\0\0\0\x05[1]", b"\xff\xff\xff\xff[1]"])
def test_a_cut_or_endless_message_closes_the_channel(raw: bytes) -> None:
    read, write = os.pipe()
    os.write(write, raw)
    os.close(write)
    try:
        with pytest.raises(ChannelClosed):
            Channel(read).receive()
    finally:
        os.close(read)


def test_a_message_comes_over_and_one_too_large_is_not_sent() -> None:
    read, write = os.pipe()
    try:
        Channel(write).send(["call", "f", 1.5, "\ud800"])
        assert Channel(read).receive() == ["call", "f", 1.5, "\ud800"]
        with pytest.raises(ValueError, match="too large"):
            Channel(write).send(["x" * (65 << 20)])
    finally:
        os.close(read)
        os.close(write)
