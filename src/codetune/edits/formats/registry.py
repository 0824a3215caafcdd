"""The edit formats, by name. A new one is a class with these four methods and a line here."""

from __future__ import annotations

from types import MappingProxyType
from typing import Protocol

from codetune.config.faults import nearest
from codetune.edits.formats.locate_and_change import LocateAndChange
from codetune.edits.formats.search_and_replace import SearchAndReplace
from codetune.edits.formats.whole_file import WholeFile
from codetune.errors import ConfigError

__all__ = ["EDIT_FORMATS", "EditFormat", "edit_format"]


class EditFormat(Protocol):
    """How an edit is shown to a model and written by it.

    `apply(render(a, b), a)` is `b` for any two texts.
    """

    @property
    def name(self) -> str:
        """What settings call it."""

    @property
    def step_says(self) -> str:
        """What a step of the history is, in a few words."""

    @property
    def answer_rule(self) -> str:
        """How a model is told to write its answer."""

    def show(self, code: str, language: str = "") -> str:
        """The current text as the model sees it."""

    def show_step(self, older: str, newer: str, language: str = "") -> str:
        """One step of the history."""

    def render(self, current: str, following: str, language: str = "", chat: str = "") -> str:
        """The answer that makes `following` of `current`."""

    def apply(self, answer: str, current: str) -> str:
        """The text that an answer makes of `current`; raises `Rejection`, and never guesses."""


EDIT_FORMATS = MappingProxyType(
    {form.name: form for form in (WholeFile(), LocateAndChange(), SearchAndReplace())}
)
"""Name -> format."""


def edit_format(name: str) -> EditFormat:
    """The format of that name.

    Raises:
        ConfigError: There is none; the nearest name is given.
    """
    found: EditFormat | None = EDIT_FORMATS.get(name)
    if found is None:
        raise ConfigError(f"there is no edit format {name!r}{nearest(name, EDIT_FORMATS)}")
    return found
