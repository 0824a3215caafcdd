"""Prompts as files: loaded, checked, hashed, rendered, and overridable without touching Python.

A prompt is two files of one name:

    NAME.LANG.jinja   two blocks, `system` and `user`
    NAME.LANG.yaml    optional: `shots` (few-shot examples) and anything else the caller reads

    {% block system %}You turn code into a task.{% endblock %}
    {% block user %}Code:
    {{ code }}{% endblock %}

    shots:
      - variables: {code: "def double(x): return x * 2"}
        answer: {instruction: "Write a function `double` that doubles a number."}

A shot is rendered by the same `user` block as the question. A file of the same name in the user's
folder replaces the shipped one. The hash covers both files and goes into each row's lineage.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta
from jinja2.sandbox import SandboxedEnvironment

from codetune.errors import ConfigError, DataError
from codetune.records import Message
from codetune.store.hashing import json_hash

__all__ = ["Prompt", "Shot", "load_prompt", "prompt_names"]

_BLOCKS = ("system", "user")
_RUN = 6
"""Words that a text and an example's answer share by more than chance."""
_WORD = re.compile(r"\w+")
_LEAST_REPEATED = 20
"""Characters of an example's answer; a shorter one may well be right for another question."""


def _environment() -> Environment:
    # Sandboxed: an override may come with another user's recipe.
    return SandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
    )


@dataclass(frozen=True, slots=True)
class Shot:
    """One example: what was asked, and the answer a good model gives."""

    variables: Mapping[str, Any]
    answer: Any
    """Plain data; shown to the model as JSON, or as it is when it is a text."""

    @property
    def text(self) -> str:
        """The answer as the model is to write it."""
        return self.answer if isinstance(self.answer, str) else json.dumps(self.answer, ensure_ascii=False)


@dataclass(frozen=True)
class Prompt:
    """A prompt, ready to be rendered.

    Attributes:
        name: `NAME.LANG`, as lineage calls it.
        hash: 32 hexadecimal characters over both files.
        shots: Examples shown before each question.
        extras: Whatever else the YAML file holds, by key.
    """

    name: str
    template: str
    where: str
    """The template's file, for error messages."""
    shots: tuple[Shot, ...] = ()
    extras: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def hash(self) -> str:
        shots = [[dict(shot.variables), shot.answer] for shot in self.shots]
        return json_hash([self.template, shots, dict(self.extras)])

    @cached_property
    def _compiled(self) -> Template:
        return _environment().from_string(self.template)

    @cached_property
    def _globals(self) -> dict[str, Any]:
        return dict(self._compiled.globals)

    def _block(self, name: str, variables: Mapping[str, Any]) -> str:
        # As the default does, which copies the globals for each context and is slow.
        context = self._compiled.new_context({**self._globals, **variables}, shared=True)
        try:
            return "".join(self._compiled.blocks[name](context)).strip("\n")
        except TemplateError as error:
            raise ConfigError(
                f"the prompt can't be filled in: {error}", where=self.where, next_step="fix the file"
            ) from error

    @cached_property
    def _fixed_shots(self) -> tuple[tuple[Message, Message] | None, ...]:
        """The turns of each example that names all variables itself: the same for every question."""
        names = meta.find_undeclared_variables(_environment().parse(self.template))
        return tuple(self._shot(shot, {}) if names <= set(shot.variables) else None for shot in self.shots)

    def _shot(self, shot: Shot, variables: Mapping[str, Any]) -> tuple[Message, Message]:
        question = self._block("user", {**variables, **shot.variables})
        return Message(role="user", content=question), Message(role="assistant", content=shot.text)

    def messages(self, variables: Mapping[str, Any], *, shots: int | None = None) -> tuple[Message, ...]:
        """Word one question.

        Args:
            variables: Every variable the template names.
            shots: How many of the examples to show, from the first; None shows all.

        Returns:
            System turn, example turns, and the question as the last turn.

        Raises:
            ConfigError: The template fails on these variables.
        """
        system = self._block("system", variables)
        turns = [Message(role="system", content=system)] if system.strip() else []
        for shot, fixed in zip(self.shots[:shots], self._fixed_shots, strict=False):
            turns.extend(fixed or self._shot(shot, variables))
        return (*turns, Message(role="user", content=self._block("user", variables)))

    def repeats_example(self, answer: str, question: str) -> bool:
        """Whether an answer is that of an example, or a part of it, though the question is another.

        Args:
            answer: A text.
            question: The last turn it answers.
        """
        said = _plain(answer)
        if len(said) < _LEAST_REPEATED:
            return False
        return any(
            said in _plain(shot.text) and (fixed is None or fixed[0].content != question)
            for shot, fixed in zip(self.shots, self._fixed_shots, strict=True)
        )

    def borrowed(self, text: str, question: str) -> str | None:
        """Words that a text shares with an example's answer and that its question does not hold; None where few.

        A small model says parts of the examples about other rows.
        """
        asked = " ".join(_WORD.findall(question.lower()))
        words = _WORD.findall(text.lower())
        told = [" ".join(_WORD.findall(shot.text.lower())) for shot in self.shots]
        for start in range(len(words) - _RUN + 1):
            run = " ".join(words[start : start + _RUN])
            if run not in asked and any(run in one for one in told):
                return run
        return None


def _plain(text: str) -> str:
    """A text without tags, fences and layout."""
    return " ".join(re.sub(r"</?[a-z_]+>|```\w*", " ", text).split())


def prompt_names(folder: Path) -> tuple[str, ...]:
    """Names (`NAME.LANG`) of the prompts in a folder, sorted."""
    return tuple(sorted(path.name.removesuffix(".jinja") for path in folder.glob("*.jinja")))


def load_prompt(
    name: str, folder: Path, *, variables: Collection[str], overrides: Path | None = None
) -> Prompt:
    """Load `NAME.LANG` and check it before anything is asked.

    Args:
        name: `NAME.LANG`, e.g. `instruct_from_code.en`.
        folder: Where the shipped prompts are.
        variables: The variables that will be given; the template may name no other.
        overrides: A folder whose files take the place of the shipped ones of the same name.

    Raises:
        ConfigError: No such prompt, a block is missing, a variable is unknown (with those there
            are), or a file is not valid Jinja or YAML.
    """
    template_path = _chosen(f"{name}.jinja", folder, overrides)
    if template_path is None:
        raise ConfigError(
            f"there is no prompt {name!r}",
            where=str(folder),
            next_step=f"choose one of: {', '.join(prompt_names(folder)) or 'none there'}",
        )
    text = _read(template_path)
    _check_template(text, template_path, variables)
    data_path = _chosen(f"{name}.yaml", folder, overrides)
    shots, extras = _read_data(data_path, variables) if data_path is not None else ((), {})
    return Prompt(name=name, template=text, where=str(template_path), shots=shots, extras=extras)


def _chosen(file_name: str, folder: Path, overrides: Path | None) -> Path | None:
    places = [overrides, folder] if overrides is not None else [folder]
    return next((place / file_name for place in places if (place / file_name).is_file()), None)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"the prompt can't be read: {error}", where=str(path)) from error


def _check_template(text: str, path: Path, variables: Collection[str]) -> None:
    environment = _environment()
    try:
        tree = environment.parse(text)
        blocks = environment.from_string(text).blocks
    except TemplateSyntaxError as error:
        raise ConfigError(
            f"the prompt is not valid Jinja: {error.message}",
            where=f"{path}, line {error.lineno}",
            next_step="fix the line",
        ) from error
    missing = [name for name in _BLOCKS if name not in blocks]
    if missing:
        raise ConfigError(
            f"the prompt has no block {missing[0]!r}",
            where=str(path),
            next_step="give it the blocks system and user",
        )
    unknown = sorted(meta.find_undeclared_variables(tree) - set(variables))
    if unknown:
        raise ConfigError(
            f"the prompt names a variable that is not given to it, {unknown[0]!r}",
            where=str(path),
            next_step=f"use some of: {', '.join(sorted(variables))}",
        )


def _read_data(path: Path, variables: Collection[str]) -> tuple[tuple[Shot, ...], dict[str, Any]]:
    try:
        plain = yaml.safe_load(_read(path)) or {}
    except yaml.YAMLError as error:
        raise ConfigError(f"the prompt's examples are not valid YAML: {error}", where=str(path)) from error
    if not isinstance(plain, dict):
        raise ConfigError("the prompt's examples are not a mapping", where=str(path))
    entries: Sequence[Any] = plain.pop("shots", None) or ()
    shots = []
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict) or set(entry) != {"variables", "answer"}:
            raise ConfigError(
                f"example {number} needs exactly the keys variables and answer", where=str(path)
            )
        unknown = sorted(set(entry["variables"]) - set(variables))
        if unknown:
            raise ConfigError(
                f"example {number} gives a variable the prompt doesn't have, {unknown[0]!r}",
                where=str(path),
                next_step=f"use some of: {', '.join(sorted(variables))}",
            )
        shots.append(Shot(entry["variables"], entry["answer"]))
    return tuple(shots), plain
