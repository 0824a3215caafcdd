"""Settings of the collect stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from codetune.code.languages import PARSED_LANGUAGES, canonical_language
from codetune.config.settings import Settings

__all__ = ["CollectConfig"]


class CollectConfig(Settings):
    """Which source is read, where it lies, and which of its rows are wanted."""

    source: str = Field("code", description="Name of the source, as `codetune sources` lists them.")
    path: str | None = Field(
        None,
        description="File, folder, URL or hf:// address; null (or `stdlib`) with the source `code` takes "
        "the standard library of the running Python.",
    )
    languages: tuple[str, ...] = Field(
        (), description="Programming languages wanted, e.g. python, go; empty takes all the source has."
    )
    language: str = Field(
        "en", description="Natural language tasks are asked in: en or zh (instruction sets keep their own)."
    )
    prompt_templates: str | None = Field(
        None,
        description="Folder of prompt templates (TASK.LANGUAGE.yaml) that replace codetune's own; tasks "
        "without a file there keep theirs.",
    )
    min_lines: int = Field(3, ge=1, description="Source code: shortest function kept, in lines.")
    max_lines: int = Field(200, ge=1, description="Source code: longest function kept, in lines.")
    max_characters: int = Field(
        20_000, ge=1, description="Longest code kept, in characters (source code, commits, submissions)."
    )
    require_docstring: bool = Field(
        False, description="Source code: keep only functions with documentation of at least three words."
    )
    max_file_bytes: int = Field(
        1_000_000, ge=1, description="Source code: larger files are taken for data, and refused."
    )
    new_files: bool = Field(
        False,
        description="Git: a file's first version is a change from an empty text; the start of its edit history.",
    )
    max_files_per_commit: int = Field(
        50, ge=1, description="Git: commits that touch more files are moves and imports, and refused whole."
    )
    bots: bool = Field(
        False,
        description="Git: keep commits whose author's name or address is a program's (dependabot[bot]).",
    )
    map: dict[str, str] = Field(
        {},
        description="Generic rows: what each field of the record is made of, e.g. instruction: prompt; a.b.0 looks "
        "into objects and lists, =text is the same in every row.",
    )
    candidates: int = Field(
        5,
        ge=2,
        le=50,
        description="Code search: pieces of code a query is shown with, the right one included.",
    )
    solutions: Literal["problem", "language", "all"] = Field(
        "language",
        description="Code Contests: a row for each `problem`, for each `language` a problem is solved in, or for "
        "`all` right solutions.",
    )
    split: tuple[Literal["train", "valid", "test"], ...] = Field(
        (),
        description="Upstream's splits wanted; empty takes all. Rows of sources without splits count as train.",
    )
    tags: tuple[str, ...] = Field(
        (), description="StackExchange: questions with one of these tags; empty takes all."
    )
    how_to_only: bool = Field(True, description="StackExchange: only questions that ask how to do something.")
    how_to_labels: str | None = Field(
        None,
        description="StackExchange: JSON Lines of title and label (0 or 1) to learn how-to questions from; "
        "null uses the written rule.",
    )
    block_labels: str | None = Field(
        None,
        description="StackExchange: CodePro's labelled blocks to learn from which block answers; null uses "
        "the written rule.",
    )
    min_quality: float = Field(
        0.2, ge=0.0, le=1.0, description="StackExchange: least quality by votes, views, age and acceptance."
    )
    limit: int | None = Field(
        None,
        ge=1,
        description="At most so many rows: a choice by seed and record id, so rows added elsewhere don't "
        "reshuffle it; null keeps all.",
    )

    @field_validator("languages")
    @classmethod
    def _canonical(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted({canonical_language(name) or "" for name in names} - {""}))

    @model_validator(mode="after")
    def _consistent(self) -> CollectConfig:
        if self.min_lines > self.max_lines:
            raise ValueError("min_lines is greater than max_lines: no function could be kept")
        unknown = [name for name in self.languages if name not in PARSED_LANGUAGES]
        if self.source == "code" and unknown:
            raise ValueError(f"no grammar for {unknown[0]}; choose from: {', '.join(PARSED_LANGUAGES)}")
        return self
