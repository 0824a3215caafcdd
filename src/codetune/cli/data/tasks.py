"""`codetune tasks`: snippets, commits or submissions in, instructions out; no model is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codetune.cli.stage_options import StageOptions, stage_command

__all__ = ["tasks"]


@stage_command("tasks")
def tasks(
    inputs: Annotated[
        list[Path],
        typer.Argument(metavar="IN...", help="Dataset directories of snippets, commits or submissions."),
    ],
    task: Annotated[
        list[str] | None,
        typer.Option(
            "--task",
            "-t",
            help="Snippets: code_summarization, code_generation, code_completion, code_search. Commits: edit, "
            "code_repair. Submissions: code_repair, edit, code_generation. May be repeated.",
        ),
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Natural language of the instructions: en or zh.")
    ] = None,
    prompt_templates: Annotated[
        str | None,
        typer.Option(
            "--prompt-templates",
            metavar="DIR",
            help="Folder of TASK.LANGUAGE.yaml that replace codetune's own.",
        ),
    ] = None,
    *,
    options: StageOptions,
) -> None:
    """Make instructions from functions, commits or contest submissions. No model is asked.

    \b
    Example:
      codetune tasks data/functions -o data/instructions
      codetune tasks data/functions -o data/search -t code_search --set candidates=10
      codetune tasks data/commits -o data/edits
    """
    from codetune.cli.stage_runs import print_card, read_options, run_stage
    from codetune.tasks.config import TasksConfig

    given = {
        "tasks": tuple(task) if task else None,
        "language": language,
        "prompt_templates": prompt_templates,
    }
    settings = read_options(TasksConfig, options, given, {"tasks": "--task"})
    print_card(run_stage("tasks", settings, inputs, options), options)
