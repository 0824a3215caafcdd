"""What `codetune eval` and `codetune score` share: lists of numbers, and the last lines."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codetune.cli.stage_options import StageOptions
    from codetune.evaluate.scoring.score import Score

__all__ = ["numbers", "print_score"]


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


def print_score(results: dict[str, Any], options: StageOptions) -> None:
    """Print a score, where it lies, and the next step.

    Args:
        results: The run card's results: a score as plain data.
        options: The shared options.
    """
    from codetune.cli.console import console, print_result
    from codetune.evaluate.scoring.score import Score

    if options.as_json:
        print_result(results, as_json=True)
        return
    if options.is_quiet:
        return
    score = Score.from_json(results)
    _print_table(score)
    console().print(f"The score and every {'answer' if score.metrics else 'verdict'}: {options.folder}")
    here = shlex.quote(str(options.folder))
    console().print(f"Next: codetune compare {here} ANOTHER", markup=False, style="dim", soft_wrap=True)


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
