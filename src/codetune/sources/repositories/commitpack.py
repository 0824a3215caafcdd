"""CommitPackFT and EditPackFT: one file's change with the commit's message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from codetune.code.languages import canonical_language, language_of_path
from codetune.records import Commit
from codetune.rejection import Rejection
from codetune.sources.repositories.licenses import spdx_of_name
from codetune.sources.rows.row import Row
from codetune.sources.rows.row_source import RowSource

__all__ = ["CommitPackSource"]


class CommitPackSource(RowSource):
    """Rows of `old_contents` and `new_contents`; `repos` lists every repository that has the commit."""

    name = "commitpack"
    holds = "commits that change one file, with messages that read like instructions"
    reads = "JSON Lines or Parquet of CommitPack, CommitPackFT, EditPackFT"
    record = Commit
    url = "https://huggingface.co/datasets/bigcode/commitpackft"

    def fits(self, row: Mapping[str, Any]) -> bool:
        return "old_contents" in row and "new_contents" in row

    def convert(self, row: Row) -> Iterable[Commit]:
        before, after = row.text("old_contents"), row.text("new_contents")
        if before == after:
            raise Rejection("nothing changed", "old_contents equals new_contents")
        message = row.text("message", default="")
        subject = row.optional("subject") or message.strip().partition("\n")[0]
        if not subject.strip():
            raise Rejection("empty field", "subject and message")
        path = row.optional("new_file") or row.full_text("old_file")
        repo = row.text("repos", default="").partition(",")[0].strip() or None
        yield Commit(
            before=before,
            after=after,
            subject=subject.strip(),
            message=message.strip() or subject.strip(),
            programming_language=canonical_language(row.optional("lang")) or language_of_path(path),
            old_path=row.optional("old_file"),
            path=path,
            repo=repo,
            commit=row.optional("commit"),
            license=spdx_of_name(row.optional("license")),
            source=row.source,
            lineage=row.lineage(repo=repo, path=path, commit=row.optional("commit"), group=repo),
        )
