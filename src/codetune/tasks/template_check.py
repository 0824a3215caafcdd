"""Faults of prompt template files that people write, each with its line."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, StrictUndefined, TemplateError, meta
from jinja2.sandbox import SandboxedEnvironment

from codetune.config.yaml_file import KeyPath, YamlFile
from codetune.errors import ConfigError
from codetune.tasks.grading.label_reader import read_label

__all__ = ["check_template_file", "template_environment"]

_MADE = frozenset({"lang_", "answer_word"})
"""Names a template may use that are made of the fields."""
_VARIANT_KEYS = {"needs", "optional", "input", "output", "templates"}
_TEMPLATE_KEYS = {"name", "instruction", "input", "output"}


@cache
def template_environment() -> Environment:
    """What prompt templates are rendered by; sandboxed, as a folder may come with another user's recipe."""
    return SandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
    )


def check_template_file(file: YamlFile, fields: Collection[str]) -> None:
    """Check one file.

    Args:
        file: The file, parsed.
        fields: Fields that rows of the task may have.

    Raises:
        ConfigError: The first thing that is wrong.
    """
    data = _mapping(file, (), file.data, {"variants", "answers"})
    variants = _mapping(file, ("variants",), data.get("variants"), None)
    if not variants:
        raise _fault(file, (), "there are no variants", "write at least one under `variants`")
    answers = data.get("answers")
    if answers is not None:
        _check_answers(file, answers)
    for name, plain in variants.items():
        _check_variant(file, ("variants", name), plain, fields, has_answers=answers is not None)


def _check_answers(file: YamlFile, answers: Any) -> None:
    given = _mapping(file, ("answers",), answers, {"yes", "no"})
    for key, label in (("yes", True), ("no", False)):
        if not isinstance(given.get(key), str) or read_label(given[key]) is not label:
            raise _fault(
                file, ("answers", key), f"the answer for {key} is not read as {key}",
                "write a text such as Yes or No in quotes",
            )  # fmt: skip


def _check_variant(
    file: YamlFile, path: KeyPath, plain: Any, fields: Collection[str], *, has_answers: bool
) -> None:
    given = _mapping(file, path, plain, _VARIANT_KEYS)
    for key in ("needs", "optional"):
        names = given.get(key, [])
        if not isinstance(names, list) or (key == "needs" and not names):
            raise _fault(file, (*path, key), f"{key} has to be a list of fields", _some(fields))
        for unknown in [name for name in names if name not in fields]:
            raise _fault(file, (*path, key), f"the task has no field {unknown!r}", _some(fields))
    templates = given.get("templates")
    if not isinstance(templates, list) or not templates:
        raise _fault(
            file, (*path, "templates"), "there are no templates", "list at least one under `templates`"
        )
    usable = {*given["needs"], *given.get("optional", []), "programming_language", *_MADE}
    names = set()
    for number, entry in enumerate(templates):
        here = (*path, "templates", number)
        template = _mapping(file, here, entry, _TEMPLATE_KEYS)
        if not isinstance(template.get("name"), str) or template["name"] in names:
            raise _fault(file, here, "a template has no name of its own", "give each another `name`")
        names.add(template["name"])
        for key in ("instruction", "input", "output"):
            text = template.get(key, given.get(key, "" if key == "input" else None))
            _check_text(file, (*here, key), text, usable, has_answers=has_answers)


def _check_text(file: YamlFile, path: KeyPath, text: Any, usable: set[str], *, has_answers: bool) -> None:
    if not isinstance(text, str):
        raise _fault(file, path, f"{path[-1]} is missing or no text", "write it, in quotes if need be")
    try:
        used = meta.find_undeclared_variables(template_environment().parse(text))
    except TemplateError as error:
        raise _fault(file, path, f"{path[-1]} is no Jinja template: {error}", "check its braces") from error
    for unknown in sorted(used - usable):
        raise _fault(file, path, f"the variant does not name the field {unknown!r}", _some(usable - _MADE))
    if "answer_word" in used and not has_answers:
        raise _fault(
            file, path, "`answer_word` is used without `answers`", "add answers: {yes: ..., no: ...}"
        )


def _mapping(file: YamlFile, path: KeyPath, value: Any, keys: set[str] | None) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _fault(
            file, path, f"{path[-1] if path else 'the file'} has to be a mapping", "see docs/tasks.md"
        )
    for unknown in [key for key in value if keys is not None and key not in keys]:
        raise _fault(file, (*path, unknown), f"there is no key {unknown!r} here", _some(keys or ()))
    return value


def _some(names: Collection[str]) -> str:
    return f"choose from: {', '.join(sorted(names))}"


def _fault(file: YamlFile, path: KeyPath, what: str, next_step: str) -> ConfigError:
    return ConfigError(what, where=f"{file.name}, line {file.line(path)}", next_step=next_step)
