"""Settings of the stage that makes edit histories."""

from __future__ import annotations

from pydantic import Field

from codetune.config.settings import Settings

__all__ = ["HistoriesConfig"]


class HistoriesConfig(Settings):
    """Which commits and submissions become histories. Similarities are ROUGE-L of words, 0 to 1."""

    languages: tuple[str, ...] = ()
    """Programming languages wanted; empty takes all."""
    max_versions: int = Field(6, ge=2)
    """Longest history; a longer chain of commits is cut into several, with one version in common."""
    min_lines: int = Field(2, ge=1)
    """Fewest lines of the last version."""
    max_lines: int = Field(600, ge=1)
    """Most lines of any version."""
    max_changed_lines: int = Field(200, ge=1)
    """Commits: most lines that one change may delete or insert."""
    formatting_only: bool = False
    """Commits: keep changes that leave every token as it was."""
    min_message_words: int = Field(2, ge=1)
    """Commits: fewest words of a subject."""
    bots: bool = False
    """Commits: keep those that programs made, as told by their messages."""
    internal_similarity: float = Field(0.7, ge=0, le=1)
    """Submissions: some earlier program must be at least so similar to the accepted one."""
    external_similarity: float = Field(0.4, ge=0, le=1)
    """Submissions: an accepted program this similar to one already taken for the problem is rejected."""
    max_per_problem: int = Field(50, ge=1)
    """Submissions: most histories of one problem."""
    max_per_language: int = Field(10, ge=1)
    """Submissions: most histories of one problem in one programming language."""
    ascii_only: bool = True
    """Submissions: reject histories with a character outside ASCII."""
