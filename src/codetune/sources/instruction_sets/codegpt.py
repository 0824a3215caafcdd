"""CodeGPT: questions and answers about programming, in Chinese, one file a language or topic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from codetune.code.languages import PARSED_LANGUAGES, canonical_language
from codetune.records import Instruction
from codetune.sources.instruction_sets.alpaca import fenced
from codetune.sources.rows.row import Row, natural_language
from codetune.sources.rows.row_source import RowSource

__all__ = ["CodeGptSource"]


class CodeGptSource(RowSource):
    """Rows of `user` and `assistant`; the file's name tells the programming language, where it is one."""

    name = "codegpt"
    holds = "32,000 questions about programming with answers, in Chinese"
    reads = "the folder or zip of CodeGPT-Dataset-V1-CN"
    license = "Apache-2.0"
    license_url = "https://github.com/zxx000728/CodeGPT/blob/main/LICENSE"
    url = "https://github.com/zxx000728/CodeGPT"

    def fits(self, row: Mapping[str, Any]) -> bool:
        return "user" in row and "assistant" in row

    def convert(self, row: Row) -> Iterable[Instruction]:
        asked, answer = row.full_text("user"), row.full_text("assistant")
        stem = canonical_language(PurePosixPath(row.file.removesuffix(".gz")).stem)
        yield Instruction(
            task="instruction_following",
            instruction=asked,
            output=answer,
            language=natural_language(asked),
            programming_language=stem if stem in PARSED_LANGUAGES else fenced(answer),
            source=row.source,
            license=row.license,
            lineage=row.lineage(path=row.file),
        )
