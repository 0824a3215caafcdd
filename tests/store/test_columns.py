"""Column by column and row by row give the same table."""

from __future__ import annotations

import dataclasses
import typing

import pytest

from codetune.records import (
    RECORD_TYPES,
    Check,
    Commit,
    Edit,
    Generated,
    Instruction,
    Lineage,
    Record,
    Revision,
    Snippet,
    Submission,
)
from codetune.store.columns import table_of_records, table_of_rejects
from codetune.store.schema import table_of, to_row

_FULL = Lineage(
    upstream_id="a:1",
    parents=("x", "y"),
    generated=(Generated(field="output", model="m", prompt="p", prompt_hash="h", request_key="k"),),
    checks=(Check(check="syntax", verdict="passed"), Check(check="tests", verdict="failed", detail="1")),
)
ROWS: dict[type[Record], list[Record]] = {
    Snippet: [
        Snippet(code="x", programming_language="go", source="code", start_line=3),
        Snippet(code="y\n", programming_language="c", source="code", docstring="é", license="MIT"),
    ],
    Instruction: [
        Instruction(task="t", instruction="i", output="o", source="s"),
        Instruction(task="t", instruction="i", output="p", source="s", candidates=("a", "b"), lineage=_FULL),
    ],
    Edit: [
        Edit(current=Revision(code="a"), next="b", source="s"),
        Edit(history=(Revision(code="0"),), current=Revision(code="a"), area=(1, 2), next="c", source="s"),
    ],
    Commit: [Commit(before="a", after="b", subject="s", message="s", path="p", source="git", lineage=_FULL)],
    Submission: [Submission(problem_id="p", user_id="u", programs=(Revision(code="a"),), source="s")],
}


@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.__name__)
def test_both_ways_give_equal_tables(kind: type[Record]) -> None:
    for rows in (ROWS[kind], ROWS[kind] * 3, ROWS[kind][:1], []):
        by_columns = table_of_records(kind, rows)
        by_rows = table_of(kind, map(to_row, rows))
        assert by_columns.schema == by_rows.schema
        assert by_columns.equals(by_rows)


def test_refused_rows_with_little_known_give_equal_tables() -> None:
    because = {"stage": "collect", "reason": "r", "detail": "d"}
    place = {"source": "s", "lineage": {"upstream_id": "f:1"}}
    odd = {"lineage": None, "tags": ["a"], "colour": "red"}
    full = to_row(ROWS[Instruction][1])
    for rows in ([place] * 3, [place, odd], [odd, {}], [place, full, {}], [full], [{}], []):
        refused = [{**row, **because} for row in rows]
        by_columns = table_of_rejects(Instruction, refused)
        by_rows = table_of(Instruction, refused, rejects=True)
        assert by_columns.schema == by_rows.schema
        assert by_columns.equals(by_rows)
        assert by_columns.to_pylist() == by_rows.to_pylist()
        by_columns.validate(full=True)


def test_every_record_type_has_columns() -> None:
    for kind in RECORD_TYPES.values():
        assert (
            table_of_records(kind, []).num_columns
            == len(dataclasses.fields(kind))
            == len(typing.get_type_hints(kind)) - 1
        )
