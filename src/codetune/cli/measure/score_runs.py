"""What `codetune eval` and `codetune score` share: where programs run, and the last lines."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codetune.engine.protocol import Engine
    from codetune.evaluate.scoring.score import Score

__all__ = ["numbers", "print_score", "program_engine"]


@contextlib.contextmanager
def program_engine(name: str, workers: int | None = None) -> Iterator[Engine | None]:
    """The engine that runs programs; None for this machine's own executor.

    Args:
        name: `local`, `ray` or `ray:ADDRESS`.
        workers: Programs at a time.
    """
    if name == "local":
        yield None
        return
    from codetune.engine.open import open_engine

    with contextlib.closing(open_engine(name, workers=workers)) as opened:
        yield opened


def numbers(text: str, option: str) -> tuple[int, ...]:
    """A list of whole numbers as options write it, e.g. `1,10,100`.

    Raises:
        ConfigError: Something else.
    """
    from codetune.errors import ConfigError

    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise ConfigError(
            f"{option} {text!r} is no list of whole numbers", next_step=f"write for example {option} 1,10"
        ) from error


def print_score(results: dict[str, Any], folder: Path, *, as_json: bool) -> None:
    """Print a score and where it lies.

    Args:
        results: The run card's results: a score as plain data.
        folder: Where it lies.
        as_json: Print it as it is.
    """
    from codetune.cli.console import console, print_result
    from codetune.evaluate.scoring.score import Score

    if as_json:
        print_result(results, as_json=True)
        return
    score = Score.from_json(results)
    _print_table(score)
    console().print(f"The score and every {'answer' if score.metrics else 'verdict'}: {folder}")


def _print_table(score: Score) -> None:
    from codetune.cli.console import console
    from codetune.cli.measure.score_table import score_table

    console().print(score_table(score))
    for warning in score.warnings:
        console().print(f"[bold yellow]warning:[/] {_plain(warning.text)}")
        if warning.answer:
            console().print(f"An answer, to {_plain(warning.task_id)}:")
            console().print(_plain(warning.answer), style="dim")


def _plain(text: str) -> str:
    """Text that the console must not read as markup."""
    from rich.markup import escape

    return escape(text)
