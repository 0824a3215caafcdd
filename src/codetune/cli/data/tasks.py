"""`codetune tasks`: snippets in, instructions out; no model is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codetune.cli.stage_options import StageOptions, stage_command

__all__ = ["tasks"]


@stage_command("tasks")
def tasks(
    inputs: Annotated[list[Path], typer.Argument(metavar="IN...", help="Dataset directories of snippets.")],
    task: Annotated[
        list[str] | None,
        typer.Option(
            "--task",
            "-t",
            help="code_summarization, code_generation, code_completion or code_search; may be repeated.",
        ),
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Natural language of the instructions: en or zh.")
    ] = None,
    *,
    options: StageOptions,
) -> None:
    """Make instructions from functions and their documentation. No model is asked.

    \b
    Example:
      codetune tasks data/functions -o data/instructions
      codetune tasks data/functions -o data/search -t code_search --set candidates=10
    """
    from codetune.cli.stage_runs import print_card, read_options, run_stage
    from codetune.tasks.config import TasksConfig

    given = {"tasks": tuple(task) if task else None, "language": language}
    settings = read_options(TasksConfig, options, given)
    print_card(run_stage("tasks", settings, inputs, options), options)
