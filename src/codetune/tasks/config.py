"""Settings of the stage that makes instructions of snippets, commits and submissions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from codetune.config.settings import Settings

__all__ = ["TaskName", "TasksConfig"]

TaskName = Literal[
    "code_summarization", "code_generation", "code_completion", "code_search", "code_repair", "edit"
]


class TasksConfig(Settings):
    """How found code becomes instructions; no model is asked."""

    tasks: tuple[TaskName, ...] = Field(
        (),
        description="Tasks to make rows for, at most one row of each record for a task. Snippets: "
        "code_summarization, code_generation, code_completion, code_search; commits: edit, code_repair; "
        "submissions: code_repair, edit, code_generation. Empty takes the first two of snippets and the "
        "first one of the others.",
    )
    language: Literal["en", "zh"] = Field(
        "en",
        description="Natural language to ask in, ISO 639-1; docstrings, commit messages and problems in "
        "another one are rejected.",
    )
    any_docstring_language: bool = Field(
        False, description="Take docstrings, messages and problems in any language, whatever `language` says."
    )
    answer: Literal["summary", "whole"] = Field(
        "summary",
        description="What summarisation answers: the docstring's first paragraph, or all of it.",
    )
    search_answer: Literal["number", "code"] = Field(
        "number",
        description="What code search answers: the number of the right candidate, or its code.",
    )
    min_docstring_words: int = Field(
        3,
        ge=1,
        description="Shorter docstrings and commit messages are rejected (words; a Chinese character counts "
        "as one).",
    )
    max_docstring_chars: int = Field(2_000, ge=1, description="Longer docstrings are rejected (characters).")
    min_code_lines: int = Field(
        3, ge=1, description="Shorter code is rejected (lines without docstring, comments and blanks)."
    )
    max_code_chars: int = Field(
        6_000, ge=1, description="Longer code is rejected (characters, no docstring)."
    )
    candidates: int = Field(
        5, ge=2, le=50, description="Code search: pieces of code to choose from, the right one included."
    )
    fence_code: bool = Field(
        False, description="Put code answers between Markdown fences, as chat models write them."
    )
    prompt_templates: str | None = Field(
        None,
        description="Folder of prompt templates (TASK.LANGUAGE.yaml) that replace codetune's own; tasks "
        "without a file there keep theirs.",
    )
    tags: bool = Field(True, description="Tag rows with programming paradigm and level.")
