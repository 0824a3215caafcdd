"""Settings of the stage that turns snippets into instructions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from codetune.config.settings import Settings

__all__ = ["SnippetTask", "TasksConfig"]

SnippetTask = Literal["code_summarization", "code_generation", "code_completion", "code_search"]


class TasksConfig(Settings):
    """How code/docstring pairs become instructions; no model is asked."""

    tasks: tuple[SnippetTask, ...] = Field(
        ("code_summarization", "code_generation"),
        description="Tasks to make rows for; a snippet gives at most one row to each.",
        min_length=1,
    )
    language: Literal["en", "zh"] = Field(
        "en", description="Natural language to ask in, ISO 639-1; docstrings in another one are rejected."
    )
    any_docstring_language: bool = Field(
        False, description="Take docstrings in any natural language, whatever `language` says."
    )
    answer: Literal["summary", "whole"] = Field(
        "summary",
        description="What summarisation answers: the docstring's first paragraph, or all of it.",
    )
    min_docstring_words: int = Field(
        3, ge=1, description="Shorter docstrings are rejected (words; a Chinese character counts as one)."
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
    tags: bool = Field(True, description="Tag rows with programming paradigm and level.")
