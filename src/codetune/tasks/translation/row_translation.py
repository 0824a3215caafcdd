"""What of a row has to be translated, and the row with it translated.

In: a row and a language. Out: the texts to translate, code taken out; then the row in that language. A row
whose template is known is asked with the same template of the other language, so its instruction and its
yes or no are never a model's words. Of other rows each text is told prose from code by its content.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from codetune.records import Instruction
from codetune.rejection import Rejection
from codetune.seeding import draw
from codetune.tasks.prompt_templates import PromptTemplate, PromptTemplates
from codetune.tasks.registry import TASKS
from codetune.tasks.task import FieldValue
from codetune.tasks.translation.masking import Masked, is_worth_translating, mask
from codetune.tasks.translation.read_back import ReadBack, read_back

__all__ = ["RowTranslation", "translation_of"]


@dataclass(frozen=True, slots=True)
class RowTranslation:
    """A row on its way into another language."""

    row: Instruction
    to: str
    """ISO 639-1 code."""
    masked: Mapping[str, Masked]
    """Field -> text to translate, with marks in place of code. Empty where nothing has to be translated."""
    read: ReadBack | None
    """The row's fields, where its template is known and there are templates in the language."""
    seed: int = 0
    folder: str | None = None

    def put(self, texts: Mapping[str, str]) -> Instruction:
        """The row with translated texts.

        Args:
            texts: Field -> translation, for each field of `masked`; marks as they were given.

        Raises:
            Rejection: A mark is lost or doubled.
        """
        whole: dict[str, str] = {}
        for name, masked in self.masked.items():
            given = masked.text
            start, end = len(given) - len(given.lstrip()), len(given.rstrip())
            # A model's answer is a text without the blanks around it.
            restored = masked.restored(given[:start] + texts[name].strip() + given[end:])
            if restored is None:
                raise Rejection("code lost", f"in {name}: {texts[name][:200]}")
            whole[name] = restored
        lineage = self.row.lineage
        if self.read is None:
            instruction = whole.get("instruction", self.row.instruction)
            input_, output = whole.get("input", self.row.input), whole.get("output", self.row.output)
            output = self._label(output)
        else:
            fields = {**self.read.fields, **whole}
            template, templates = self._template(self.read, fields)
            instruction, input_, output = template.fill(fields, answers=templates.answers)
            name = f"{self.read.task.name}.{self.to}.{template.name}"
            lineage = replace(lineage, prompt_template=name)
        return replace(
            self.row,
            id="",
            instruction=instruction,
            input=input_,
            output=output,
            language=self.to,
            lineage=replace(lineage, parents=(*lineage.parents, self.row.id)),
        )

    def _template(
        self, read: ReadBack, fields: Mapping[str, FieldValue]
    ) -> tuple[PromptTemplate, PromptTemplates]:
        """The template of the same name in the language, else one drawn by the seed."""
        templates = read.task.prompt_templates(self.to, self.folder)
        given = {name: value for name, value in fields.items() if value is not None}
        variant = templates.variant_for(given)
        same = [template for template in variant.templates if template.name == read.template.name]
        drawn = draw(self.seed, self.row.id, "wording", read.task.name).choice(variant.templates)
        return (same[0] if same else drawn), templates

    def _label(self, output: str) -> str:
        """The word for yes or no, of a row that is asked in its source's own words."""
        task = TASKS.get(self.row.task)
        if task is None or "label" not in task.fields.values() or self.row.language not in task.languages:
            return output
        own = task.prompt_templates(self.row.language).answers
        label = next((label for label, word in own.items() if word == output.strip()), None)
        return output if label is None else task.prompt_templates(self.to).answers[label]


def translation_of(
    row: Instruction, to: str, *, seed: int = 0, folder: str | None = None, max_chars: int | None = None
) -> RowTranslation:
    """What has to be translated of a row.

    Args:
        row: Any row.
        to: ISO 639-1 code.
        seed: Draws a template where the language has none of the row's name.
        folder: Folder of prompt templates of one's own.
        max_chars: Longest text; None is any.

    Raises:
        Rejection: It is in the language already, a text is too long, or its yes or no has no fixed word
            in the language.
    """
    if row.language == to:
        raise Rejection("already in the language", to)
    read = read_back(row, folder)
    if read is not None and (to not in read.task.languages or not read.task.fields):
        read = None
    task = TASKS.get(row.task)
    texts: dict[str, Masked] = {}
    if read is not None:
        for name, value in read.fields.items():
            kind = read.task.fields.get(name)
            if isinstance(value, str) and kind in ("prose", "text"):
                texts[name] = _masked(value, kind == "text", row.programming_language)
    else:
        if task is not None and task.answer == "label" and to not in task.languages:
            raise Rejection("no word for yes or no", f"the task {task.name} has none in {to!r}")
        texts = {
            name: _masked(getattr(row, name), True, row.programming_language)
            for name in ("instruction", "input", *(("output",) if _has_prose_answer(row) else ()))
        }
    texts = {name: text for name, text in texts.items() if is_worth_translating(text.text, to)}
    for name, text in texts.items():
        if max_chars is not None and len(text.text) > max_chars:
            raise Rejection("text too long", f"{len(text.text)} characters of {name}")
    return RowTranslation(row, to, texts, read, seed, folder)


def _masked(text: str, may_be_code: bool, programming_language: str | None) -> Masked:
    return mask(text, unfenced=may_be_code, programming_language=programming_language)


def _has_prose_answer(row: Instruction) -> bool:
    """Whether the answer may hold prose: not a label or a number, nor code of a task's own."""
    task = TASKS.get(row.task)
    return task is None or task.answer not in ("label", "choice")
