"""One upstream row that becomes a record: where it stands, its fields, its lineage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from codetune.records import Instruction, Lineage, content_id
from codetune.rejection import Rejection
from codetune.tasks.registry import get_task
from codetune.tasks.task import FieldValue
from codetune.text.fences import without_fenced_blocks

__all__ = ["Row", "natural_language"]

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_JAPANESE = re.compile(r"[\u3040-\u30ff]")
_KOREAN = re.compile(r"[\uac00-\ud7af]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")


def natural_language(text: str) -> str:
    """The language people wrote an instruction in, by its script alone; `en` for Latin ones.

    A tenth of the letters outside code fences decides, so that a Chinese text full of English
    names is Chinese.
    """
    if text.isascii():
        return "en"
    prose = without_fenced_blocks(text)
    letters = max(1, sum(c.isalpha() for c in prose))
    for language, script in (("ja", _JAPANESE), ("ko", _KOREAN), ("zh", _CHINESE), ("ru", _CYRILLIC)):
        if len(script.findall(prose)) * 10 >= letters:
            return language
    return "en"


@dataclass(slots=True)  # not frozen: a million are made
class Row:
    """A row as upstream wrote it, and where it stands."""

    fields: Mapping[str, Any]
    file: str
    number: int
    source: str
    license: str | None
    seed: int
    language: str
    """Natural language that tasks are asked in."""
    extra: Any = None
    """What the source attached to the row's block."""
    prompt_templates: str | None = None
    """Folder of prompt templates that replace codetune's own."""
    wanted_languages: frozenset[str] = frozenset()
    """Programming languages that are kept; empty keeps all."""
    solutions: Literal["problem", "language", "all"] = "language"
    """Contests: one solution of a problem, one in each language, or all."""

    @property
    def upstream_id(self) -> str:
        """`file:row`, the upstream id of rows that have none of their own."""
        return f"{self.file}:{self.number}"

    def text(self, name: str, *, default: str | None = None) -> str:
        """A text field.

        Raises:
            Rejection: It is missing (and there is no default), no text, or holds NUL characters.
        """
        value = self.fields.get(name)
        if value is None:
            if default is not None:
                return default
            raise Rejection("missing field", name)
        if type(value) is not str:
            raise Rejection("wrong type", f"{name} is {_kind(value)}, not text")
        if "\0" in value:
            raise Rejection("NUL bytes", f"in the field {name}")
        return value

    def full_text(self, name: str) -> str:
        """A text field that may not be blank."""
        value = self.text(name)
        if not value or value.isspace():
            raise Rejection("empty field", name)
        return value

    def optional(self, name: str) -> str | None:
        """A text field; None where it is missing or blank."""
        value = self.text(name, default="")
        return value if value.strip() else None

    def texts(self, name: str) -> list[str]:
        """A field that is a list of texts.

        Raises:
            Rejection: It is missing or something else.
        """
        value = self.fields.get(name)
        if value is None:
            raise Rejection("missing field", name)
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise Rejection("wrong type", f"{name} is {_kind(value)}, not a list of texts")
        return value

    def label(self, name: str) -> bool:
        """A field that is 0 or 1, as a number, text or truth value."""
        value = self.fields.get(name)
        if value is None:
            raise Rejection("missing field", name)
        if value in (0, 1, "0", "1", True, False):
            return value in (1, "1", True)
        raise Rejection("wrong type", f"{name} is {value!r}, not 0 or 1")

    def lineage(self, **known: Any) -> Lineage:
        """A lineage that names this row."""
        return Lineage(**{"upstream_id": self.upstream_id, **known})

    def to_instruction(
        self,
        task: str,
        fields: Mapping[str, FieldValue],
        *,
        programming_language: str | None = None,
        lineage: Lineage | None = None,
        **more: Any,
    ) -> Instruction:
        """An instruction in one of the task's prompt templates, chosen by the content and the seed.

        Args:
            task: Name of the task.
            fields: What the task needs.
            programming_language: For the prompt and the record.
            lineage: Of the record; its prompt template is filled in.
            more: Further fields of the record.
        """
        key = content_id("row", self.source, task, *(repr(fields[name]) for name in sorted(fields)))
        given = dict(fields)
        if programming_language is not None:
            given.setdefault("programming_language", programming_language)
        rendered = get_task(task).render(
            given, record_id=key, seed=self.seed, language=self.language, folder=self.prompt_templates
        )
        return Instruction(
            task=task,
            instruction=rendered.instruction,
            input=rendered.input,
            output=rendered.output,
            language=self.language,
            programming_language=programming_language,
            source=self.source,
            license=more.pop("license", self.license),
            lineage=replace(lineage or self.lineage(), prompt_template=rendered.prompt_template),
            **more,
        )


def _kind(value: Any) -> str:
    names = {
        dict: "an object",
        list: "a list",
        bool: "a truth value",
        int: "a number",
        float: "a number",
        str: "text",
    }
    return names.get(type(value), type(value).__name__)
