"""TSSB-3M: fixes of single statements in Python, with the patch that holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from codetune.records import Instruction
from codetune.rejection import Rejection
from codetune.sources.rows.row import Row
from codetune.sources.rows.row_source import RowSource

__all__ = ["TssbSource"]


class TssbSource(RowSource):
    """Rows of `before` and `after`, the faulty and the fixed statement, with their `diff`."""

    name = "tssb"
    holds = "three million fixes of single statements in Python"
    reads = "the zip, folder or jsonl.gz of TSSB-3M, CTSSB-1M or SSB-9M"
    license = "CC-BY-4.0"
    license_url = "https://zenodo.org/record/5845439"
    url = "https://zenodo.org/record/5845439"
    suffixes = (".jsonl", ".json", ".parquet")

    def fits(self, row: Mapping[str, Any]) -> bool:
        return "before" in row and "after" in row

    def convert(self, row: Row) -> Iterable[Instruction]:
        before, after = row.full_text("before"), row.full_text("after")
        if before == after:
            raise Rejection("nothing changed", "before equals after")
        faulty, fixed = _hunk(row.optional("diff"), before, after)
        pattern = row.optional("sstub_pattern")
        yield row.to_instruction(
            "code_repair",
            {"code": faulty, "fixed": fixed},
            programming_language="python",
            lineage=row.lineage(
                url=row.optional("project_url"),
                repo=row.optional("project"),
                path=row.optional("file_path"),
                commit=row.optional("commit_sha"),
                group=row.optional("project"),
            ),
            tags=(f"pattern:{pattern.lower()}",) if pattern else (),
        )


def _hunk(diff: str | None, before: str, after: str) -> tuple[str, str]:
    """The statement with the lines around it, from the patch; the statement alone where there is none."""
    if diff is None or diff.count("\n@@") + diff.startswith("@@") != 1:
        return before, after
    lines = diff[diff.index("@@") :].splitlines()[1:]
    old = "\n".join(line[1:] for line in lines if line[:1] in (" ", "-", ""))
    new = "\n".join(line[1:] for line in lines if line[:1] in (" ", "+", ""))
    return (old, new) if old.strip() and new.strip() and old != new else (before, after)
