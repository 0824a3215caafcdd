"""Progress for people: what a terminal shows at each width, and what a pipe gets."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from codetune.cli.console import end_progress, progress
from codetune.engine import console_progress
from codetune.engine.console_progress import ConsoleProgress

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


def terminal(width: int) -> tuple[ConsoleProgress, io.StringIO]:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=width, legacy_windows=False)
    return ConsoleProgress(console), written


def last_bar(written: io.StringIO) -> str:
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.getvalue())
    return [line for line in re.split(r"[\r\n]", plain) if line.strip()][-1]


def drawn(width: int, note: str) -> str:
    shown, written = terminal(width)
    shown.start("synth instruct-from-code, a long label", 12_000)
    shown.advance(1_234)
    shown.note(note)
    assert shown._live is not None
    shown._live.refresh()
    line = last_bar(written)
    shown.finish()
    return line


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_count_time_and_time_left_are_shown_at_every_width(width: int) -> None:
    line = drawn(width, "one worker, since the embedded server belongs to one process")
    assert len(line) <= width
    assert "1,234/12,000" in line or "1234/12000" in line
    assert re.search(r"\d:\d\d:\d\d +(\d|-):(\d|-)", line), line
    assert ("one worker" in line) == (width >= 100)


def test_the_cursor_comes_back_whatever_ended_the_command() -> None:
    shown, written = terminal(80)
    shown.start("train", 10)
    assert HIDE in written.getvalue() and SHOW not in written.getvalue()
    shown.finish()
    assert written.getvalue().rindex(SHOW) > written.getvalue().rindex(HIDE)


def test_a_command_ends_every_display(capsys: pytest.CaptureFixture[str]) -> None:
    shown = progress()
    shown.start("train", 10)
    end_progress()
    assert capsys.readouterr().err.startswith("train: 0 of 10")
    end_progress()
    assert not capsys.readouterr().err


def test_quiet_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    shown = progress(is_quiet=True)
    shown.start("train", 10)
    shown.note("loss 1")
    shown.finish()
    assert not capsys.readouterr().err


def test_a_pipe_gets_lines_even_where_nothing_advances(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console_progress, "_LINE_EVERY_SECONDS", 0.001)
    shown = ConsoleProgress()
    shown.start("loading the model")
    said = ""
    while said.count("loading the model") < 3:
        said += capsys.readouterr().err
    shown.finish()
    assert capsys.readouterr().err.endswith("done\n")


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


def test_a_short_label_leaves_room_for_the_note_at_80_columns() -> None:
    shown, written = terminal(80)
    shown.start("train", 400)
    shown.note("step 12 of 400, loss 1.234")
    assert shown._live is not None
    shown._live.refresh()
    line = last_bar(written)
    shown.finish()
    assert "step 12 of 400" in line and len(line) <= 80
