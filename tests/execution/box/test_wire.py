"""Frames between runner and zygote: what goes in comes out, and a cut frame is a closed connection."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codetune.execution.box.job import BoxJob
from codetune.execution.box.wire import ConnectionClosed, pack, receive
from codetune.execution.host.job import JobResult
from codetune.execution.host.python_jobs import python_job, strict_job
from codetune.execution.protocol import Program


def sent(frame: bytes) -> tuple[dict[str, object], list[bytes]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(frame)
        ours.shutdown(socket.SHUT_WR)
        return receive(theirs)


@given(
    st.dictionaries(st.text(), st.integers() | st.text() | st.none()),
    st.lists(st.binary(max_size=99), max_size=4),
)
def test_header_and_blobs_come_back(header: dict[str, object], blobs: list[bytes]) -> None:
    assert sent(pack(header, blobs)) == (header, blobs)


@pytest.mark.parametrize("kept", [0, 1, 7, 8, 20])
def test_a_cut_frame_is_a_closed_connection(kept: int) -> None:
    with pytest.raises(ConnectionClosed):
        sent(pack({"a": 1}, [b"x" * 50])[:kept])


def test_a_job_keeps_code_tests_and_input_as_bytes() -> None:
    program = Program(id="x", code="code \ud800", tests="tests", stdin="in")
    job = BoxJob.of(*sent(python_job(program).frame))
    assert (job.code, job.tests, job.stdin, job.role) == (b"code \xed\xa0\x80", b"tests", b"in", None)
    whole = strict_job(program)
    sides = [BoxJob.of(*sent(frame)) for frame in (whole.frame, whole.tests_frame or b"")]
    assert [(side.role, side.tests) for side in sides] == [("program", None), ("tests", b"tests")]


def test_a_result_is_evidence_and_three_byte_strings() -> None:
    result = JobResult.of({"status": 0}, [b"out", b"err", b"files"])
    assert (result.evidence, result.stdout, result.stderr, result.artefacts) == (
        {"status": 0},
        b"out",
        b"err",
        b"files",
    )
