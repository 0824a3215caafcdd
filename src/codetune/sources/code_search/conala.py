"""CoNaLa: what people asked on Stack Overflow, and the line of Python that answers it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, ClassVar

from codetune.records import Record
from codetune.sources.code_search.search_pairs import SearchPair, choices
from codetune.sources.config import CollectConfig
from codetune.sources.rows.row import Row
from codetune.sources.rows.row_source import RowSource
from codetune.store.dataset import Shard

__all__ = ["ConalaSource"]

_MULTILINGUAL = re.compile(r"(es|ja|ru)[_-]")
"""Files of MCoNaLa: questions of Stack Overflow's Spanish, Japanese and Russian sites (CC BY-SA 4.0, its README)."""


class ConalaSource(RowSource):
    """Rows of `intent` (and `rewritten_intent`, which is preferred), `snippet` and `question_id`."""

    name = "conala"
    holds = "2,900 questions with a line of Python, reworded by annotators; 600,000 mined ones"
    reads = "conala-train.json, conala-test.json, conala-mined.jsonl"
    license: ClassVar[str | None] = None
    url = "https://conala-corpus.github.io"
    has_splits = True

    def fits(self, row: Mapping[str, Any]) -> bool:
        return "intent" in row and "snippet" in row

    def convert(self, row: Row) -> Iterable[Any]:
        question = row.fields.get("question_id")
        translated = _MULTILINGUAL.match(PurePosixPath(row.file).name)
        site = f"{translated[1]}.stackoverflow.com" if translated else "stackoverflow.com"
        if translated:
            row = replace(row, license="CC-BY-SA-4.0")
        group = str(question) if question is not None else row.upstream_id
        yield SearchPair(
            row=row,
            query=(row.optional("rewritten_intent") or row.full_text("intent")).strip(),
            code=row.full_text("snippet"),
            group=group,
            programming_language="python",
            language=translated[1] if translated else None,
            url=f"https://{site}/q/{question}" if question is not None else None,
        )

    def complete(self, found: Sequence[Any], config: CollectConfig, seed: int) -> Shard[Record]:
        return choices(found, config, seed)
