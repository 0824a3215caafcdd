"""What goes wrong in a worker reaches the waiting process as an exception it can read."""

from __future__ import annotations

import pickle
from pathlib import Path

import orjson
import pygit2
import pytest

from codetune.engine.local import LocalEngine
from codetune.engine.worker_errors import Guarded
from codetune.errors import CodetuneError
from codetune.rejection import Rejection


def test_an_exception_that_can_not_be_pickled_is_named(tmp_path: Path):
    with pytest.raises(pygit2.GitError) as raised:
        pygit2.Repository(str(tmp_path))
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(raised.value)
    with LocalEngine(2) as engine, pytest.raises(CodetuneError, match=r"GitError: .*epository not found"):
        list(engine.map(pygit2.Repository, [str(tmp_path)]))


def test_a_librarys_exception_is_named_with_its_text():
    with (
        LocalEngine(2) as engine,
        pytest.raises(CodetuneError, match="JSONDecodeError: unexpected end") as error,
    ):
        list(engine.map(orjson.loads, [b"1", b"{"]))
    assert error.value.exit_code == 1
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "known", [ValueError("v"), OSError(2, "gone"), CodetuneError("c"), Rejection("r", "d")]
)
def test_our_exceptions_and_pythons_pass_as_they_are(known):
    def fail(_: int) -> int:
        raise known

    with pytest.raises(type(known)) as error:
        Guarded(fail)(0)
    assert error.value is known


def test_a_result_passes():
    assert Guarded(abs)(-3) == 3
