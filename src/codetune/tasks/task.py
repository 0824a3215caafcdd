"""What a task is: how a row is worded, which of its fields a model may fill, how answers are graded.

What enters `Task.word` are the plain fields of one row, as a source found them; what leaves is
instruction, input and output in one of several wordings. The wordings are files
(`wordings/TASK.LANGUAGE.yaml`), so that they can be read, counted and hashed without any code.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from codetune.errors import DataError
from codetune.tasks.prompt_templates import Wordings, load_wordings

if TYPE_CHECKING:
    from codetune.tasks.grading.grader import Grader

__all__ = ["AnswerKind", "FieldValue", "Task", "Worded"]

FieldValue = str | int | bool | Sequence[str] | None
AnswerKind = Literal["text", "code", "label", "choice"]


@dataclass(frozen=True, slots=True)
class Worded:
    """A row in words: the three fields of an `Instruction`, and the name of the wording."""

    instruction: str
    input: str
    output: str
    wording: str
    """`TASK.LANGUAGE.NAME`, e.g. `code_summarization.en.docstring`; goes into `Lineage.wording`."""


@dataclass(frozen=True)
class Task:
    """One of the tasks a model is tuned on and graded by."""

    name: str
    title: str
    """A few words for tables and cards."""
    answer: AnswerKind
    """What `output` is: prose, code, a yes or no, or the number of a candidate."""
    fillable: tuple[str, ...] = ()
    """Fields of an `Instruction` that a model may write where the source has none."""
    metrics: tuple[str, ...] = ()
    """Names of what the grader reports, the first one leading."""
    languages: tuple[str, ...] = ("en", "zh")
    """Natural languages it has wordings for."""

    @cached_property
    def _wordings(self) -> dict[str, Wordings]:
        return {language: load_wordings(self.name, language) for language in self.languages}

    def wordings(self, language: str = "en") -> Wordings:
        """All wordings in one natural language.

        Raises:
            DataError: The task has none in that language.
        """
        try:
            return self._wordings[language]
        except KeyError:
            raise DataError(
                f"the task {self.name} has no wordings in the language {language!r}",
                next_step=f"choose one of: {', '.join(self.languages)}",
            ) from None

    def word(
        self,
        fields: Mapping[str, FieldValue],
        *,
        record_id: str,
        seed: int = 0,
        language: str = "en",
    ) -> Worded:
        """Put a row into words; the same record and seed always get the same wording.

        Args:
            fields: The row's fields by name, as the wordings' file lists them; those that are
                None count as absent. `programming_language` is the record's lower-case name.
            record_id: Id of the record the row is made from; with the seed it picks the wording.
            seed: The run's seed.
            language: ISO 639-1 code of the natural language to ask in.

        Returns:
            The wording filled in. The fields' text stands in it as it is, never re-flowed.

        Raises:
            DataError: A field the task needs is missing, a field has a name it does not know, or
                there are no wordings in the language.

        Example:
            >>> from codetune.tasks.registry import get_task
            >>> get_task("code_repair").word(
            ...     {"code": "retrun 1", "fixed": "return 1"}, record_id="a", seed=0
            ... ).output
            'return 1'
        """
        given = {name: value for name, value in fields.items() if value is not None}
        wordings = self.wordings(language)
        variant = wordings.variant_for(given)
        draw = random.Random(f"{seed}:{record_id}:wording:{self.name}")
        wording = draw.choice(variant.wordings)
        instruction, input_, output = wording.fill(given, answers=wordings.answers)
        return Worded(instruction, input_, output, f"{self.name}.{language}.{wording.name}")

    def grader(self) -> Grader:
        """The grader that reports `metrics`; loaded when asked for, as it parses code."""
        from codetune.tasks.grading.graders import grader_for

        return grader_for(self.name)
