"""Prompt templates: the files that say how a task is asked, and how one is filled in.

A file `TASK.LANGUAGE.yaml` holds one or more variants, the most specific first; a variant lists the
fields it needs and the templates that use them. The first variant whose needs a row meets is its
variant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined, Template

from codetune.code.languages import display_name
from codetune.errors import DataError
from codetune.store.hashing import json_hash

__all__ = [
    "PromptTemplate",
    "PromptTemplates",
    "TemplateVariant",
    "load_prompt_templates",
    "prompt_templates_hash",
]

_ALWAYS_OPTIONAL = ("programming_language",)


@cache
def _environment() -> Environment:
    return Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)


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
        make = _environment().from_string
        return make(self.instruction), make(self.input), make(self.output)

    def fill(self, fields: Mapping[str, Any], *, answers: Mapping[bool, str]) -> tuple[str, str, str]:
        """Instruction, input and output with the fields in their places.

        Args:
            fields: The row's fields; absent optional ones read as empty.
            answers: The words for yes and no, where the task has them.
        """
        values: dict[str, Any] = dict.fromkeys((*_ALWAYS_OPTIONAL, *self.optional), "")
        values.update(fields)
        for name in ("programming_language", "source_language", "target_language"):
            values[name] = display_name(str(values.get(name) or ""))
        values["lang_"] = _spaced(values["programming_language"], self.language)
        if "label" in values:
            values["answer_word"] = answers[bool(values["label"])]
        instruction, input_, output = (template.render(values) for template in self._templates)
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


def _parse_variant(name: str, plain: Mapping[str, Any], language: str) -> TemplateVariant:
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


def _file_of(task: str, language: str, folder: Path | None = None) -> str:
    shipped = files("codetune.tasks").joinpath("templates")
    return (folder or shipped).joinpath(f"{task}.{language}.yaml").read_text("utf-8")


def prompt_templates_hash(tasks: Iterable[str], language: str) -> str:
    """Hash of the templates of some tasks: they decide on rows as code does, and are no code."""
    return json_hash({task: _file_of(task, language) for task in tasks})


@cache
def load_prompt_templates(task: str, language: str, folder: Path | None = None) -> PromptTemplates:
    """Read `TASK.LANGUAGE.yaml` in a folder; None is the one that comes with codetune."""
    plain = yaml.safe_load(_file_of(task, language, folder))
    variants: Sequence[TemplateVariant] = [
        _parse_variant(name, entry, language) for name, entry in plain["variants"].items()
    ]
    answers = plain.get("answers", {})
    return PromptTemplates(
        task, language, tuple(variants), {True: answers["yes"], False: answers["no"]} if answers else {}
    )
