"""Prompt templates: the files that say how a task is asked, and how one is filled in.

A file `TASK.LANGUAGE.yaml` holds one or more variants, the most specific first; a variant lists the
fields it needs and the templates that use them. The first variant whose needs a row meets is its
variant.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Template, TemplateError

from codetune.code.languages import display_name
from codetune.config.yaml_file import YamlFile, load_yaml, parse_yaml
from codetune.errors import ConfigError, DataError
from codetune.tasks.template_check import check_template_file, template_environment

__all__ = [
    "PromptTemplate",
    "PromptTemplates",
    "TemplateVariant",
    "load_prompt_templates",
    "template_text",
]

_ALWAYS_OPTIONAL = ("programming_language",)


def _spaced(name: str, language: str) -> str:
    """A language's name with the space that follows it, or nothing: fits before any noun."""
    if not name:
        return ""
    return f"{name} " if language != "zh" else f" {name} "


@dataclass(frozen=True)
class PromptTemplate:
    """One way to ask, with places for the row's fields."""

    name: str
    instruction: str
    input: str
    output: str
    language: str
    optional: tuple[str, ...] = ()

    @cached_property
    def _templates(self) -> tuple[Template, Template, Template]:
        make = template_environment().from_string
        return make(self.instruction), make(self.input), make(self.output)

    def fill(self, fields: Mapping[str, Any], *, answers: Mapping[bool, str]) -> tuple[str, str, str]:
        """Instruction, input and output with the fields in their places.

        Args:
            fields: The row's fields; absent optional ones read as empty.
            answers: The words for yes and no, where the task has them.

        Raises:
            ConfigError: The template does something with a field that the field can't do.
        """
        values: dict[str, Any] = dict.fromkeys((*_ALWAYS_OPTIONAL, *self.optional), "")
        values.update(fields)
        for name in ("programming_language", "source_language", "target_language"):
            values[name] = display_name(str(values.get(name) or ""))
        values["lang_"] = _spaced(values["programming_language"], self.language)
        if "label" in values:
            values["answer_word"] = answers[bool(values["label"])]
        try:
            instruction, input_, output = (template.render(values) for template in self._templates)
        except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
            raise ConfigError(
                f"the prompt template {self.name} can't be filled in: {error}", next_step="correct its text"
            ) from error
        return instruction, input_, output  # never stripped: a prefix may end in the space that matters


@dataclass(frozen=True)
class TemplateVariant:
    """Templates that need the same fields."""

    name: str
    needs: tuple[str, ...]
    optional: tuple[str, ...]
    templates: tuple[PromptTemplate, ...]

    def fits(self, given: Collection[str]) -> bool:
        """Whether all needed fields are there."""
        return all(name in given for name in self.needs)


@dataclass(frozen=True)
class PromptTemplates:
    """All prompt templates of one task in one natural language."""

    task: str
    language: str
    variants: tuple[TemplateVariant, ...]
    answers: Mapping[bool, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Names of all templates, in the file's order."""
        return [template.name for variant in self.variants for template in variant.templates]

    def variant_for(self, given: Collection[str]) -> TemplateVariant:
        """The first variant that the given fields satisfy.

        Raises:
            DataError: None does, or a field is unknown to the one that does.
        """
        for variant in self.variants:
            if variant.fits(given):
                known = {*variant.needs, *variant.optional, *_ALWAYS_OPTIONAL}
                unknown = sorted(set(given) - known)
                if unknown:
                    raise DataError(
                        f"the task {self.task} knows no field {unknown[0]!r} in its variant {variant.name}",
                        next_step=f"give some of: {', '.join(sorted(known))}",
                    )
                return variant
        wanted = " or ".join("(" + ", ".join(variant.needs) + ")" for variant in self.variants)
        raise DataError(
            f"a row of the task {self.task} lacks fields: it has {', '.join(sorted(given)) or 'none'}",
            next_step=f"the task needs {wanted}",
        )


@cache
def load_prompt_templates(
    task: str, language: str, folder: str | None = None, home: Path | None = None
) -> PromptTemplates:
    """Read `TASK.LANGUAGE.yaml`.

    Args:
        task: Name of a task.
        language: ISO 639-1 code of the language to ask in.
        folder: A folder of own templates; a file of the same name there replaces the task's.
        home: Folder of the task's own files; None is the one that comes with codetune.

    Raises:
        ConfigError: A file of the folder is not what it has to be; with its line.
    """
    own = _own_file(task, language, folder)
    shipped = _parse(
        task, language, parse_yaml(_shipped_text(task, language, home), f"{task}.{language}.yaml")
    )
    if own is None:
        return shipped
    file = load_yaml(own)
    known = {name for variant in shipped.variants for name in (*variant.needs, *variant.optional)}
    check_template_file(file, known | set(_ALWAYS_OPTIONAL))
    return _parse(task, language, file)


def _own_file(task: str, language: str, folder: str | None) -> Path | None:
    path = Path(folder).expanduser() / f"{task}.{language}.yaml" if folder else None
    return path if path is not None and path.is_file() else None


def _shipped_text(task: str, language: str, home: Path | None) -> str:
    shipped = files("codetune.tasks").joinpath("templates")
    return (home or shipped).joinpath(f"{task}.{language}.yaml").read_text("utf-8")


def template_text(task: str, language: str, folder: str | None, home: Path | None) -> str:
    """The text of the file that is used, the folder's or the task's."""
    own = _own_file(task, language, folder)
    return own.read_text("utf-8") if own is not None else _shipped_text(task, language, home)


def _parse(task: str, language: str, file: YamlFile) -> PromptTemplates:
    answers = file.data.get("answers") or {}
    return PromptTemplates(
        task,
        language,
        tuple(_variant(name, plain, language) for name, plain in file.data["variants"].items()),
        {True: answers["yes"], False: answers["no"]} if answers else {},
    )


def _variant(name: str, plain: Mapping[str, Any], language: str) -> TemplateVariant:
    optional = tuple(plain.get("optional", ()))
    templates = tuple(
        PromptTemplate(
            name=entry["name"],
            instruction=entry["instruction"],
            input=entry.get("input", plain.get("input", "")),
            output=entry.get("output", plain.get("output", "")),
            language=language,
            optional=optional,
        )
        for entry in plain["templates"]
    )
    return TemplateVariant(name=name, needs=tuple(plain["needs"]), optional=optional, templates=templates)
