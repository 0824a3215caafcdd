"""What a task is: how a row is asked, which of its fields a model may fill, how answers are graded.

What enters `Task.render` are the plain fields of one row, as a source found them; what leaves is
instruction, input and output in one of several prompt templates. The templates are files
(`templates/TASK.LANGUAGE.yaml`), so that they can be read, counted and hashed without any code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from codetune.errors import DataError
from codetune.seeding import draw
from codetune.tasks.prompt_templates import PromptTemplates, load_prompt_templates

if TYPE_CHECKING:
    from codetune.tasks.grading.grader import Grader

__all__ = ["AnswerKind", "FieldKind", "FieldValue", "RenderedRow", "Task"]

FieldValue = str | int | bool | Sequence[str] | None
AnswerKind = Literal["text", "code", "label", "choice"]
FieldKind = Literal["prose", "code", "text", "label", "choice", "language"]
"""What a field holds: prose of one natural language; code; text that may be either, or both; a yes or no
that is worded by the templates' `answers`; the number of a candidate; the name of a programming language."""


@dataclass(frozen=True, slots=True)
class RenderedRow:
    """A row as it is asked: the three fields of an `Instruction`, and the name of the template."""

    instruction: str
    input: str
    output: str
    prompt_template: str
    """`TASK.LANGUAGE.NAME`, e.g. `code_summarization.en.docstring`; goes into `Lineage.prompt_template`."""


@dataclass(frozen=True)
class Task:
    """One of the tasks a model is tuned on and graded by."""

    name: str
    title: str
    """A few words for tables and cards."""
    answer: AnswerKind
    """What `output` is: prose, code, a yes or no, or the number of a candidate."""
    fields: Mapping[str, FieldKind] = field(default_factory=dict)
    """What each field of its templates holds; translation goes by it."""
    fillable: tuple[str, ...] = ()
    """Fields of an `Instruction` that a model may write where the source has none."""
    metrics: tuple[str, ...] = ()
    """Names of what the grader reports, the first one leading."""
    languages: tuple[str, ...] = ("en", "zh")
    """Natural languages it has prompt templates in."""
    templates: Path | None = None
    """Folder of its prompt templates; None is the one that comes with codetune."""

    def prompt_templates(self, language: str = "en", folder: str | None = None) -> PromptTemplates:
        """All prompt templates in one natural language.

        Args:
            language: ISO 639-1 code.
            folder: Folder of own templates, which replace codetune's file by file.

        Raises:
            DataError: The task has none in that language.
            ConfigError: The folder's file is faulty.
        """
        if language not in self.languages:
            raise DataError(
                f"the task {self.name} has no prompt templates in the language {language!r}",
                next_step=f"choose one of: {', '.join(self.languages)}",
            )
        return load_prompt_templates(self.name, language, folder, self.templates)

    def render(
        self,
        fields: Mapping[str, FieldValue],
        *,
        record_id: str,
        seed: int = 0,
        language: str = "en",
        folder: str | None = None,
    ) -> RenderedRow:
        """Put a row's fields into a prompt template; the same record and seed always get the same one.

        Args:
            fields: The row's fields by name, as the templates' file lists them; those that are
                None count as absent. `programming_language` is the record's lower-case name.
            record_id: Id of the record the row is made from; with the seed it picks the template.
            seed: The run's seed.
            language: ISO 639-1 code of the natural language to ask in.
            folder: Folder of own prompt templates.

        Returns:
            The template filled in. The fields' text stands in it as it is, never re-flowed.

        Raises:
            DataError: A field the task needs is missing, a field has a name it does not know, or
                there are no templates in the language.

        Example:
            >>> from codetune.tasks.registry import get_task
            >>> get_task("code_repair").render(
            ...     {"code": "retrun 1", "fixed": "return 1"}, record_id="a", seed=0
            ... ).output
            'return 1'
        """
        given = {name: value for name, value in fields.items() if value is not None}
        found = self.prompt_templates(language, folder)
        variant = found.variant_for(given)
        template = draw(seed, record_id, "wording", self.name).choice(variant.templates)
        instruction, input_, output = template.fill(given, answers=found.answers)
        return RenderedRow(instruction, input_, output, f"{self.name}.{language}.{template.name}")

    def grader(self) -> Grader:
        """The grader that reports `metrics`; loaded when asked for, as it parses code."""
        from codetune.tasks.grading.graders import grader_for

        return grader_for(self.name)
