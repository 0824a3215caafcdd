"""The request store: what is committed stays, whoever writes and however it ends."""

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys

import pytest

from codetune.errors import DataError, OutputError
from codetune.models.store.request_store import RequestStore, StoredAnswer, StoredFailure


def make_answer(number, response=b"{}"):
    return StoredAnswer(
        key=b"%016d" % number, model="m", sample=0, payload=b'{"n":%d}' % number, response=response,
        finish_reason="stop", prompt_tokens=3, completion_tokens=5, cost_usd=0.25, endpoint="host:1",
        attempts=1, asked_at=1.0, seconds=0.5,
    )  # fmt: skip


def test_round_trip(tmp_path):
    with RequestStore(tmp_path / "deep" / "r.sqlite") as store:
        assert store.get(b"0" * 16) is None
        kept = store.put(make_answer(1))
    with RequestStore(tmp_path / "deep" / "r.sqlite") as store:
        assert store.get(kept.key) == kept == make_answer(1)
        assert list(store.answers()) == [kept]


def test_first_answer_wins(tmp_path):
    with RequestStore(tmp_path / "r.sqlite") as first, RequestStore(tmp_path / "r.sqlite") as second:
        first.put(make_answer(1, b"first"))
        assert second.put(make_answer(1, b"second")).response == b"first"


def test_failures_are_shown_until_answered(tmp_path):
    failure = StoredFailure(
        key=make_answer(1).key, model="m", sample=0, payload=b"{}", kind="k", detail="d",
        failed_at=1.0,
    )  # fmt: skip
    with RequestStore(tmp_path / "r.sqlite") as store:
        store.fail(failure)
        assert list(store.failures()) == [failure]
        store.put(make_answer(1))
        assert list(store.failures()) == []


WRITER = """
import sys
from codetune.models.store.request_store import RequestStore
sys.path.insert(0, sys.argv[2])
from test_request_store import make_answer
store = RequestStore(__import__("pathlib").Path(sys.argv[1]))
for number in range(10**6):
    store.put(make_answer(number))
    print(number, flush=True)
"""


def test_what_was_returned_survives_kill_9(tmp_path):
    command = [sys.executable, "-c", WRITER, str(tmp_path / "r.sqlite"), os.path.dirname(__file__)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        for _ in range(20):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        told = 19 + len(writer.stdout.readlines())
    with RequestStore(tmp_path / "r.sqlite") as store:
        assert all(store.get(make_answer(number).key) for number in range(told + 1))


def _write_some(path, start):
    with RequestStore(path) as store:
        for number in range(start, start + 100):
            store.put(make_answer(number))


def test_several_processes_write_one_file(tmp_path):
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=_write_some, args=(tmp_path / "r.sqlite", start)) for start in (0, 50, 100)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    with RequestStore(tmp_path / "r.sqlite") as store:
        assert sorted(answer.key for answer in store.answers()) == [
            make_answer(number).key for number in range(200)
        ]


def test_waiting_answers_share_a_commit(tmp_path):
    with RequestStore(tmp_path / "r.sqlite") as store:
        store.put(make_answer(0))
        blocker = sqlite3.connect(tmp_path / "r.sqlite", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        done = []
        for number in range(1, 1001):
            store.submit(make_answer(number), lambda answer, error: done.append((answer, error)))
        assert not done, "nobody is told before the commit"
        blocker.execute("ROLLBACK")
        blocker.close()
    assert len(done) == 1000 and all(error is None for _, error in done)


@pytest.mark.parametrize("content", [b"this is not a database, but a text of some length" * 30])
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / "r.sqlite").write_bytes(content)
    with pytest.raises(DataError, match="not readable"):
        RequestStore(tmp_path / "r.sqlite")
    assert (tmp_path / "r.sqlite").read_bytes() == content


def test_newer_format_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / "r.sqlite") as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(DataError, match="format 99"):
        RequestStore(tmp_path / "r.sqlite")


def test_lookups_see_what_others_stored_since(tmp_path):
    with RequestStore(tmp_path / "r.sqlite") as mine, RequestStore(tmp_path / "r.sqlite") as other:
        mine.put(make_answer(1))
        assert [mine.reply(make_answer(1).key) for _ in range(5000)] == [(b"{}", None)] * 5000
        assert mine.reply(make_answer(2).key) is None
        assert mine.reply(make_answer(1).key)
        other.put(make_answer(2))
        assert mine.reply(make_answer(2).key) == (b"{}", None)
        assert mine.reply(make_answer(1).key)
        other.put(make_answer(3))
        assert mine.get(make_answer(3).key) == make_answer(3)


def test_a_store_of_the_first_format_is_brought_up_to_date(tmp_path):
    path = tmp_path / "r.sqlite"
    with RequestStore(path) as store:
        store.put(make_answer(1))
    with sqlite3.connect(path) as other:
        other.execute("ALTER TABLE answers DROP COLUMN asked_as")
        other.execute("PRAGMA user_version = 1")
    other.close()
    with RequestStore(path) as store, RequestStore(path) as second:
        assert store.get(make_answer(1).key) == make_answer(1)
        assert second.put(make_answer(2)).asked_as is None


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="can't be opened"):
        RequestStore(tmp_path / "file" / "r.sqlite")
