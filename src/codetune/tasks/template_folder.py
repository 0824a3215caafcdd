"""A folder of one's own prompt templates: checked before the first row, hashed into the plan."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

from codetune.errors import ConfigError
from codetune.store.hashing import json_hash
from codetune.tasks.prompt_templates import template_text
from codetune.tasks.registry import TASKS, get_task

__all__ = ["check_template_folder", "folder_inputs", "prompt_templates_hash"]


def prompt_templates_hash(tasks: Iterable[str], language: str, folder: str | None = None) -> str:
    """Hash of the templates of some tasks: they decide on rows as code does, and are no code."""
    return json_hash(
        {
            task: template_text(task, language, folder, get_task(task).templates)
            for task in tasks
            if language in get_task(task).languages
        }
    )


def folder_inputs(folder: str | None, language: str) -> dict[str, str]:
    """What a plan says of a folder of own templates: nothing where there is none."""
    return {"prompt template set": prompt_templates_hash(TASKS, language, folder)} if folder else {}


def check_template_folder(folder: str | None) -> None:
    """Read every file of a folder, so that faults are found before the first row.

    Args:
        folder: Folder of files `TASK.LANGUAGE.yaml`; None is none.

    Raises:
        ConfigError: No such folder, no template in it, a file of no task, or a faulty file.
    """
    if folder is None:
        return
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise ConfigError(
            "there is no such folder of prompt templates", where=folder, next_step="check the path"
        )
    files = sorted(path.glob("*.yaml"))
    if not files:
        raise ConfigError(
            "the folder holds no prompt templates",
            where=folder,
            next_step="name its files TASK.LANGUAGE.yaml, e.g. edit.en.yaml",
        )
    wanted = {
        f"{name}.{language}": (task, language) for name, task in TASKS.items() for language in task.languages
    }
    for file in files:
        if file.stem not in wanted:
            near = difflib.get_close_matches(file.stem, wanted, n=1)
            raise ConfigError(
                "the file is named after no task and language",
                where=str(file),
                next_step=f"name it {near[0]}.yaml"
                if near
                else "name it TASK.LANGUAGE.yaml, e.g. edit.en.yaml",
            )
        task, language = wanted[file.stem]
        task.prompt_templates(language, folder)
