"""A stream's first and last part are kept in bounded memory, whatever its length and its pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from codetune.execution.box.process.capture import Capture


@given(st.lists(st.binary(max_size=60), max_size=30), st.integers(0, 80))
def test_first_and_last_part_and_the_length(chunks: list[bytes], limit: int) -> None:
    capture, whole = Capture(limit), b"".join(chunks)
    for chunk in chunks:
        capture.add(chunk)
    half = limit // 2
    assert capture.total == len(whole)
    if len(whole) <= 2 * half:
        assert capture.content() == whole
    else:
        first, _, rest = capture.content().partition(b"\n[... ")
        left_out, _, last = rest.partition(b" bytes left out ...]\n")
        assert whole.startswith(first) and whole.endswith(last) and len(first) <= half
        assert int(left_out) == len(whole) - len(first) - len(last)
