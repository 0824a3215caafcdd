"""Lines of progress in a pipe: what ended well is done, what an error ended is stopped."""

from __future__ import annotations

import pytest

from codetune.engine.console_progress import ConsoleProgress


def test_what_an_error_ended_is_not_called_done(capsys: pytest.CaptureFixture[str]) -> None:
    progress = ConsoleProgress()
    progress.start("reading", 4)
    progress.advance(4)
    progress.finish()
    progress.start("asking", 4)
    try:
        try:
            raise OSError
        finally:
            progress.finish()
    except OSError:
        pass
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("reading: 4 of 4") and first.endswith("done")
    assert second.startswith("asking: 0 of 4") and second.endswith("stopped")
