"""The report pipe: whatever a program writes into it is a known failure of its own, or nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codetune.execution.box.process.python_program import END, FAILURES, UNSIGNED
from codetune.execution.box.supervise import parse_report

SECRET = b"0123456789abcdef" * 2


@given(st.binary(max_size=300), st.sampled_from([b"", UNSIGNED, SECRET]))
def test_any_bytes_are_read(content: bytes, sign: bytes) -> None:
    report = parse_report(sign + content, SECRET)
    assert report is None or set(report) == {"kind", "detail"}
    if report is not None and report["kind"] == "end":
        assert sign == SECRET and content.startswith(END)


@given(
    st.recursive(
        st.none() | st.integers() | st.text() | st.floats(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_any_json_is_read(value: object) -> None:
    for said in (value, {"kind": value}, {"kind": "error", "detail": value}):
        report = parse_report(UNSIGNED + json.dumps(said).encode(), SECRET)
        assert report is None or (report["kind"] in FAILURES and isinstance(report["detail"], str))


def test_an_end_needs_the_secret_and_a_failure_does_not() -> None:
    assert parse_report(SECRET + END, SECRET) == {"kind": "end", "detail": ""}
    assert parse_report(UNSIGNED + END, SECRET) is None
    assert parse_report(b"x" * 32 + END, SECRET) is None
    failed = parse_report(UNSIGNED + b'{"kind": "assertion", "detail": "1 != 2"}', SECRET)
    assert failed == {"kind": "assertion", "detail": "1 != 2"}


@pytest.mark.parametrize(
    "said",
    [b'{"kind": []}', b'{"kind": {}}', b'["kind"]', b"[" * 100_000, b'{"kind": ' + b"9" * 9999 + b"}", b"{}", b"null",
     b'{"kind": "broken"}', b'{"kind": "end"}', b'{"kind": "error", "detail": []}', b"\xff\xfe"],
)  # fmt: skip
def test_what_is_no_report_is_none(said: bytes) -> None:
    assert parse_report(UNSIGNED + said, SECRET) is None
