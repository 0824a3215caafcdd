"""What the rows of one record have in common: the fields that are copied, and the rejected row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from codetune.records import Commit, Instruction, Lineage, Snippet, Submission
from codetune.rejection import Rejection
from codetune.store.dataset import RejectedRow
from codetune.store.schema import to_row
from codetune.tasks.registry import get_task
from codetune.tasks.task import FieldValue

__all__ = ["STAGE", "RowMaker"]

STAGE = "tasks"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowMaker:
    """Makes the rows of one record."""

    record: Snippet | Commit | Submission
    programming_language: str | None
    language: str
    """Natural language to ask in, ISO 639-1."""
    lineage: Lineage
    """Of the rows, but for the prompt template."""
    seed: int
    shown: tuple[str | None, str | None]
    """What a rejected row shows of the record, as `input` and `output`."""
    prompt_templates: str | None = None
    """Folder of prompt templates that replace codetune's own."""

    def row(
        self,
        task: str,
        fields: Mapping[str, FieldValue],
        *,
        tags: tuple[str, ...] = (),
        candidates: tuple[str, ...] = (),
    ) -> Instruction:
        """The row of one task, asked with a template drawn by seed and record."""
        rendered = get_task(task).render(
            {**fields, "programming_language": self.programming_language},
            record_id=self.record.id,
            seed=self.seed,
            language=self.language,
            folder=self.prompt_templates,
        )
        return Instruction(
            task=task,
            instruction=rendered.instruction,
            input=rendered.input,
            output=rendered.output,
            language=self.language,
            programming_language=self.programming_language,
            source=self.record.source,
            license=self.record.license,
            candidates=candidates,
            tags=tags,
            lineage=replace(self.lineage, prompt_template=rendered.prompt_template),
        )

    def rejected(self, task: str, rejection: Rejection) -> RejectedRow:
        """The record as the row it could not become."""
        carrier = Instruction(task=task, instruction="", output="", source="", lineage=self.lineage)
        row: dict[str, Any] = {
            "id": self.record.id,
            "task": task,
            "input": self.shown[0],
            "output": self.shown[1],
            "programming_language": self.programming_language,
            "source": self.record.source,
            "license": self.record.license,
            "lineage": to_row(carrier)["lineage"],
        }
        return RejectedRow(row=row, stage=STAGE, reason=rejection.reason, detail=rejection.detail)
