"""All sources, by name."""

from __future__ import annotations

import difflib

from codetune.errors import ConfigError
from codetune.lazy_registry import LazyRegistry
from codetune.sources.source import Source

__all__ = ["SOURCES", "get_source"]

SOURCES: LazyRegistry[Source] = LazyRegistry(
    {
        "code": "codetune.sources.repositories.code:CodeSource",
        "git": "codetune.sources.repositories.git_history:GitSource",
        "codesearchnet": "codetune.sources.code_search.codesearchnet:CodeSearchNetSource",
        "codexglue-translation": "codetune.sources.codexglue.codexglue_pairs:TranslationSource",
        "codexglue-refinement": "codetune.sources.codexglue.codexglue_pairs:RefinementSource",
        "codexglue-defect": "codetune.sources.codexglue.devign:DevignSource",
        "codexglue-clone": "codetune.sources.codexglue.bigclonebench:BigCloneBenchSource",
        "codexglue-completion": "codetune.sources.codexglue.token_streams:CompletionSource",
        "codexglue-concode": "codetune.sources.codexglue.token_streams:ConcodeSource",
        "codexglue-cosqa": "codetune.sources.code_search.cosqa:CosqaSource",
        "codexglue-cloze": "codetune.sources.codexglue.token_streams:ClozeSource",
        "stackexchange": "codetune.sources.stackexchange.stackexchange:StackExchangeSource",
        "conala": "codetune.sources.code_search.conala:ConalaSource",
        "staqc": "codetune.sources.stackexchange.staqc:StaqcSource",
        "codepro": "codetune.sources.stackexchange.codepro:CodeProSource",
        "code-contests": "codetune.sources.contests.code_contests:CodeContestsSource",
        "codenet": "codetune.sources.contests.codenet:CodeNetSource",
        "commitpack": "codetune.sources.repositories.commitpack:CommitPackSource",
        "cursorcore": "codetune.sources.repositories.cursorcore:CursorCoreSource",
        "cursorcore-histories": "codetune.sources.repositories.cursorcore:CursorCoreHistorySource",
        "cursorcore-snippets": "codetune.sources.repositories.cursorcore_lists:CursorCoreSnippetSource",
        "cursorcore-turns": "codetune.sources.repositories.cursorcore_lists:CursorCoreTurnsSource",
        "codealpaca": "codetune.sources.instruction_sets.alpaca:CodeAlpacaSource",
        "gpteacher": "codetune.sources.instruction_sets.alpaca:GpTeacherSource",
        "instruct-to-code": "codetune.sources.instruction_sets.alpaca:InstructToCodeSource",
        "godot-dodo": "codetune.sources.instruction_sets.alpaca:GodotDodoSource",
        "tssb": "codetune.sources.repositories.tssb:TssbSource",
        "codegpt": "codetune.sources.instruction_sets.codegpt:CodeGptSource",
        "alpaca": "codetune.sources.instruction_sets.alpaca:AlpacaSource",
        "sharegpt": "codetune.sources.instruction_sets.conversations:ShareGptSource",
        "messages": "codetune.sources.instruction_sets.conversations:MessagesSource",
        "generic": "codetune.sources.instruction_sets.generic:GenericSource",
    },
    called=True,
)
"""Name -> source, in the order `codetune sources` lists them; each is loaded when it is used. One of your
own is added by assignment."""


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
