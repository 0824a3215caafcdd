"""Sources whose files hold one record a row: the reading, the refusals, the guess at a wrong source."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import pyarrow as pa

from codetune.errors import DataError
from codetune.records import Instruction, Record
from codetune.rejection import Rejection
from codetune.sources.config import CollectConfig
from codetune.sources.detection import source_of_path
from codetune.sources.files.input_files import InputFiles, find
from codetune.sources.files.row_blocks import Block, blocks, rows
from codetune.sources.rows.row import Row
from codetune.sources.rows.signatures import source_of_rows
from codetune.sources.rows.splits import is_wanted, split_of_file, splits_of_tags
from codetune.sources.source import Collection, rejected_row
from codetune.store.dataset import RejectedRow, Shard

__all__ = ["RowSource"]

_PEEKED_ROWS = 100
_NO_JSON = "not JSON"
_NOTHING: Shard[Record] = Shard(())


class RowSource:
    """Base of sources with one record a row; a subclass names itself and writes `convert`."""

    name: ClassVar[str]
    holds: ClassVar[str]
    reads: ClassVar[str]
    record: ClassVar[type[Record]] = Instruction
    license: ClassVar[str | None] = None
    license_url: ClassVar[str | None] = None
    url: ClassVar[str | None] = None
    suffixes: ClassVar[tuple[str, ...]] = (".json", ".jsonl", ".ndjson", ".parquet")
    lines_only: ClassVar[bool] = False
    has_splits: ClassVar[bool] = False
    """Whether upstream names its files after splits."""

    def fields_of(self, value: Any) -> Any:
        """A row's fields by name; a source whose rows are no objects gives its own names."""
        return value

    def fits(self, row: Mapping[str, Any]) -> bool:
        """Whether a row has the fields of this source."""
        raise NotImplementedError

    def convert(self, row: Row) -> Iterable[Any]:
        """The records of a row, usually one; or what `complete` makes records of.

        Raises:
            Rejection: The row is not what it has to be.
        """
        raise NotImplementedError

    def complete(self, found: Sequence[Any], config: CollectConfig, seed: int) -> Shard[Record]:
        """Records of a block's rows, where they need each other (candidates of a search)."""
        return Shard(found)

    def splits(self, row: Row, record: Any) -> tuple[str, ...]:
        """Upstream's splits that a record is in: by its tags, else by its file."""
        named = splits_of_tags(getattr(record, "tags", ()))
        if named or not self.has_splits:
            return named
        split = split_of_file(row.file)
        return (split,) if split else ()

    def table(self, block: Block, config: CollectConfig) -> tuple[pa.Table, Sequence[int]] | None:
        """The records of a block as one table, for sources that need no object a row.

        Returns:
            What `convert` would give for the rows that are in order, and the positions in the block
            of those that are not; None where the block has to go row by row.
        """
        return None

    def open(self, config: CollectConfig, seed: int) -> Collection:
        upstream = find(config.path, self.name, self.suffixes)
        self.check(upstream)
        return Collection(
            items=partial(self.pieces, upstream),
            work=partial(convert_block, self, config, seed),
            inputs={f"input of {self.name}": upstream.content_hash()},
            notes={"files": len(upstream.files)},
        )

    def pieces(self, upstream: InputFiles) -> Iterator[Any]:
        """The units of work: blocks of all files in order."""
        for file in upstream.files:
            yield from blocks(file, lines_only=self.lines_only)

    def check(self, upstream: InputFiles) -> None:
        """Refuse a place none of whose first rows is this source's.

        Raises:
            DataError: None of them is.
        """
        if not upstream.files:
            raise DataError(
                f"the path holds nothing of the source {self.name}: it reads {self.reads}",
                where=upstream.path,
                next_step="check the path, or name another source",
            )
        seen: list[Any] = []
        for file in upstream.files:
            first = next(blocks(file, size=1 << 18, lines_only=self.lines_only), None)
            if first is None:
                continue
            here = [self.fields_of(value) for _, value in itertools.islice(rows(first), _PEEKED_ROWS)]
            if any(isinstance(row, dict) and self.fits(row) for row in here):
                return
            seen += here
        where = f"{upstream.path}, {upstream.files[0].name}" if len(upstream.files) > 1 else upstream.path
        objects = [row for row in seen if isinstance(row, dict)]
        if objects:
            fields = ", ".join(sorted(map(str, objects[0]))[:8])
            looks = source_of_rows(objects)
            raise DataError(
                f"this is not a file of the source {self.name}: its rows have {fields}",
                where=where,
                next_step=f"it looks like the source {looks}"
                if looks
                else "codetune sources lists what each source reads",
            )
        faults = [row for row in seen if isinstance(row, Rejection)]
        no_json = any(fault.reason == _NO_JSON for fault in faults)
        if (
            len(faults) < len(seen)
            or no_json
            or (faults and source_of_path(upstream.path) not in (None, self.name))
        ):
            held = "its rows are no objects" if len(faults) < len(seen) else "its first rows are not JSON"
            raise DataError(
                f"this is not a file of the source {self.name}: {held}",
                where=where,
                next_step="no source reads tables with separators like this one: write it as JSON Lines or Parquet"
                if upstream.files[0].plain_name.lower().endswith((".csv", ".tsv"))
                else f"it reads {self.reads}",
            )
        # Else nothing is there, or what is there can't be read at all: refused with its reason, row by row.


def convert_block(source: RowSource, config: CollectConfig, seed: int, block: Block) -> Shard[Record]:
    """Records and refusals of one block; runs in a worker."""
    quickly = not config.languages and not config.split
    if quickly and (quick := source.table(block, config)) is not None:
        table, odd = quick
        rest = _convert_rows(source, config, seed, _only(block, odd)) if odd else _NOTHING
        if not rest.kept:
            return Shard((), rest.rejected, table)
    return _convert_rows(source, config, seed, block)


def _only(block: Block, positions: Sequence[int]) -> Block:
    """The block with all but some of its lines made blank: the numbers stay."""
    lines = block.data.split(b"\n")
    wanted = frozenset(positions)
    return replace(block, data=b"\n".join(line if i in wanted else b"" for i, line in enumerate(lines)))


def _convert_rows(source: RowSource, config: CollectConfig, seed: int, block: Block) -> Shard[Record]:
    kept: list[Any] = []
    rejected: list[RejectedRow] = []
    languages = frozenset(config.languages)
    for number, found in rows(block):
        value = found if isinstance(found, Rejection) else source.fields_of(found)
        row = Row(
            value if isinstance(value, dict) else {},
            block.file,
            number,
            source.name,
            source.license,
            seed,
            config.language,
            block.extra,
            config.prompt_templates,
            languages,
            config.solutions,
        )
        try:
            if isinstance(value, Rejection):
                raise value
            if not isinstance(value, dict):
                raise Rejection("not an object", f"{value!r}"[:80])
            unwanted: list[str] = []
            before = len(kept)
            for record in source.convert(row):
                if languages and record.programming_language not in languages:
                    unwanted.append(str(record.programming_language))
                    continue
                splits = source.splits(row, record)
                if not is_wanted(splits, config.split):
                    raise Rejection("split not wanted", ", ".join(splits))
                kept.append(_tagged(record, splits))
            if unwanted and len(kept) == before:
                raise Rejection("language not wanted", ", ".join(unwanted))
        except Rejection as fault:
            rejected.append(_rejected_row(source, row, fault))
    completed = source.complete(kept, config, seed)
    return Shard(completed.kept, [*rejected, *completed.rejected])


def _tagged(record: Any, splits: Sequence[str]) -> Any:
    """The record with its splits as tags, where it has room for tags."""
    if not splits or not hasattr(record, "tags") or splits_of_tags(record.tags):
        return record
    return replace(record, tags=(*(f"split:{split}" for split in splits), *record.tags))


def _rejected_row(source: RowSource, row: Row, fault: Rejection) -> RejectedRow:
    detail = f"{row.file}, row {row.number}" + (f": {fault.detail}" if fault.detail else "")
    known: dict[str, Any] = {"source": source.name}
    if "lineage" in source.record.__dataclass_fields__:
        known["lineage"] = {"upstream_id": row.upstream_id}
    elif "path" in source.record.__dataclass_fields__:
        known["path"] = row.upstream_id
    return rejected_row(known, fault.reason, detail.encode("utf-8", "replace").decode())
