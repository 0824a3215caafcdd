"""A snippet as a model is shown it: its names, the start of its documentation, its code in short."""

from __future__ import annotations

import re

from codetune.records import Snippet

__all__ = ["documentation_in_short", "own_name", "owner_name", "shortened"]


def own_name(snippet: Snippet) -> str | None:
    """The name itself: `join` of `Thread.join`, of `Thread::join`, of `Thread#join`."""
    parts = re.split(r"\.|::|#|->", snippet.name) if snippet.name else []
    return parts[-1] or None if parts else None


def owner_name(snippet: Snippet) -> str | None:
    """What it is a member of, in full: `Thread` of `Thread.join`; None for a function."""
    parts = re.split(r"\.|::|#|->", snippet.name) if snippet.name else []
    return ".".join(parts[:-1]) or None


def documentation_in_short(snippet: Snippet, characters: int = 300) -> str:
    """First paragraph of the documentation on one line, cut at a word."""
    first = (snippet.docstring or "").strip().split("\n\n")[0]
    text = " ".join(first.split())
    return text if len(text) <= characters else text[:characters].rsplit(" ", 1)[0] + " ..."


def shortened(code: str, characters: int) -> str:
    """Code cut at a line's end after at most so many characters; what is cut is marked."""
    if len(code) <= characters:
        return code
    return code[:characters].rsplit("\n", 1)[0] + "\n..."
