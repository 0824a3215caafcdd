"""A source: questions and answers in JSON Lines, `{"question": ..., "answer": ...}` a line.

`RowSource` finds the files, streams their rows, and writes what `convert` rejects to `rejects/`. After
`import examples.new_source` the source has a name: `codetune collect questions FILE -o OUT`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from codetune.records import Instruction, Lineage
from codetune.rejection import Rejection
from codetune.sources.registry import SOURCES
from codetune.sources.rows.row import Row, natural_language
from codetune.sources.rows.row_source import RowSource


class QuestionsSource(RowSource):
    """Questions about code, each with one answer."""

    name = "questions"
    holds = "questions about code with their answers"
    reads = "JSON Lines with question and answer"
    license = "CC0-1.0"

    def fits(self, row: Mapping[str, Any]) -> bool:
        return "question" in row and "answer" in row

    def convert(self, row: Row) -> Iterable[Instruction]:
        answer = row.text("answer")
        if not answer.strip():
            raise Rejection("no answer")
        question = row.text("question")
        yield Instruction(
            task="instruction_following",
            instruction=question,
            output=answer,
            language=natural_language(question),
            source=row.source,
            license=row.license,
            lineage=Lineage(upstream_id=row.upstream_id),
        )


SOURCES["questions"] = QuestionsSource()
