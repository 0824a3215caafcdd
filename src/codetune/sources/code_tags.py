"""Tags of the code in the rows that a source worded, put on as they are collected.

Instructions of a language with a grammar get `paradigm:...` and `level:...` where a function stands in them; all other
records stay as they are. An id does not depend on tags.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from codetune.code.languages import PARSED_LANGUAGES
from codetune.records import Instruction, Record
from codetune.store.dataset import Shard
from codetune.store.schema import schema_of
from codetune.tasks.tagging.row_tags import row_tags, tags_of_texts

__all__ = ["tagged", "tagged_shard", "tagged_table"]


def tagged(record: Record) -> Record:
    """The record with the tags of its code."""
    if not isinstance(record, Instruction):
        return record
    tags = row_tags(record)
    return replace(record, tags=(*record.tags, *tags)) if tags else record


def tagged_table(table: pa.Table) -> pa.Table:
    """The same for rows that no object was made for."""
    if table.schema.names != schema_of(Instruction).names:
        return table
    is_read = pc.is_in(table.column("programming_language"), pa.array(PARSED_LANGUAGES)).to_pylist()
    if not any(is_read):
        return table
    columns = [table.column(name).to_pylist() for name in ("programming_language", "output", "input", "tags")]
    values = [
        [*(tags or ()), *(tags_of_texts(language, output, given or "", tags or ()) if read else ())]
        for read, language, output, given, tags in zip(is_read, *columns, strict=True)
    ]
    place = table.schema.get_field_index("tags")
    field = table.schema.field(place)
    return table.set_column(place, field, pa.array(values, field.type))


def tagged_shard(work: Callable[[Any], Shard[Any]], item: Any) -> Shard[Any]:
    """What a piece of work came to, with tags; picklable as a partial of `work`."""
    shard = work(item)
    if shard.table is not None:
        return Shard(shard.kept, shard.rejected, tagged_table(shard.table))
    return Shard([tagged(row) for row in shard.kept], shard.rejected)
