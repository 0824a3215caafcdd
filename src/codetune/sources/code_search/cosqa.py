"""CoSQA: what people asked a search engine, with a Python function that answers it, or does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from codetune.records import Instruction
from codetune.sources.rows.row import Row
from codetune.sources.rows.row_source import RowSource

__all__ = ["CosqaSource"]


class CosqaSource(RowSource):
    """Rows of `doc` (the query), `code` and `label` (1: it answers)."""

    name = "codexglue-cosqa"
    holds = "CoSQA: 20,000 web queries, each with a Python function and whether it answers"
    reads = "cosqa-train.json, cosqa-dev.json"
    license = "LicenseRef-C-UDA-1.0"
    license_url = "https://github.com/microsoft/CodeXGLUE/blob/main/README.md#license"
    url = "https://github.com/microsoft/CodeXGLUE/tree/main/Text-Code/NL-code-search-WebQuery"
    has_splits = True

    def fits(self, row: Mapping[str, Any]) -> bool:
        return "doc" in row and "code" in row and "label" in row

    def convert(self, row: Row) -> Iterable[Instruction]:
        query = row.full_text("doc")
        yield row.to_instruction(
            "code_search",
            {"query": query, "code": row.full_text("code"), "label": row.label("label")},
            programming_language="python",
            lineage=row.lineage(upstream_id=row.text("idx", default=row.upstream_id), group=query),
        )
