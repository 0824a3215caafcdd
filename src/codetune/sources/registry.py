"""All sources, by name."""

from __future__ import annotations

import difflib

from codetune.errors import ConfigError
from codetune.sources.code_search.codesearchnet import CodeSearchNetSource
from codetune.sources.code_search.conala import ConalaSource
from codetune.sources.code_search.cosqa import CosqaSource
from codetune.sources.codexglue.bigclonebench import BigCloneBenchSource
from codetune.sources.codexglue.codexglue_pairs import RefinementSource, TranslationSource
from codetune.sources.codexglue.devign import DevignSource
from codetune.sources.codexglue.token_streams import ClozeSource, CompletionSource, ConcodeSource
from codetune.sources.contests.code_contests import CodeContestsSource
from codetune.sources.contests.codenet import CodeNetSource
from codetune.sources.instruction_sets.alpaca import (
    AlpacaSource,
    CodeAlpacaSource,
    GodotDodoSource,
    GpTeacherSource,
    InstructToCodeSource,
)
from codetune.sources.instruction_sets.codegpt import CodeGptSource
from codetune.sources.instruction_sets.conversations import MessagesSource, ShareGptSource
from codetune.sources.instruction_sets.generic import GenericSource
from codetune.sources.repositories.code import CodeSource
from codetune.sources.repositories.commitpack import CommitPackSource
from codetune.sources.repositories.cursorcore import CursorCoreHistorySource, CursorCoreSource
from codetune.sources.repositories.git_history import GitSource
from codetune.sources.repositories.tssb import TssbSource
from codetune.sources.source import Source
from codetune.sources.stackexchange.codepro import CodeProSource
from codetune.sources.stackexchange.stackexchange import StackExchangeSource
from codetune.sources.stackexchange.staqc import StaqcSource

__all__ = ["SOURCES", "get_source"]

_ALL: tuple[Source, ...] = (
    CodeSource(),
    GitSource(),
    CodeSearchNetSource(),
    TranslationSource(),
    RefinementSource(),
    DevignSource(),
    BigCloneBenchSource(),
    CompletionSource(),
    ConcodeSource(),
    CosqaSource(),
    ClozeSource(),
    StackExchangeSource(),
    ConalaSource(),
    StaqcSource(),
    CodeProSource(),
    CodeContestsSource(),
    CodeNetSource(),
    CommitPackSource(),
    CursorCoreSource(),
    CursorCoreHistorySource(),
    CodeAlpacaSource(),
    GpTeacherSource(),
    InstructToCodeSource(),
    GodotDodoSource(),
    TssbSource(),
    CodeGptSource(),
    AlpacaSource(),
    ShareGptSource(),
    MessagesSource(),
    GenericSource(),
)

SOURCES: dict[str, Source] = {source.name: source for source in _ALL}
"""Name -> source, in the order `codetune sources` lists them. One of your own is added by assignment."""


def get_source(name: str) -> Source:
    """The source of that name.

    Raises:
        ConfigError: There is none; the nearest name is given.
    """
    try:
        return SOURCES[name]
    except KeyError:
        near = difflib.get_close_matches(name, SOURCES, n=1)
        hint = f"did you mean {near[0]}?" if near else "codetune sources lists them"
        raise ConfigError(f"there is no source {name!r}", next_step=hint) from None
