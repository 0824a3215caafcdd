"""The chat template: one object that training, evaluation and serving all render with.

What enters is turns, what leaves is text (and, for training, which parts of it are the
assistant's). A model's own Jinja template is taken as it is from its Hugging Face folder
and rendered under the rules that the Hugging Face library and llama.cpp's server follow;
tests hold the three against each other. Nothing here knows a tokenizer: `train` turns the spans
into tokens.

A template may inject a system turn when none is given (SmolLM2's does). codetune adds and removes
none, so the injection happens in training, evaluation and serving alike.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from codetune.errors import ConfigError, DataError
from codetune.records import Message

__all__ = ["ChatTemplate", "RenderedSpan"]


@dataclass(frozen=True, slots=True)
class RenderedSpan:
    """A stretch of a rendered conversation."""

    text: str
    trained: bool
    """True for what the assistant says, its stop token included."""


def _raise(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)


def _to_json(value: Any, ensure_ascii: bool = False, indent: int | None = None) -> str:
    # Jinja's own filter escapes <, > and & for HTML; models are trained on plain JSON.
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent)


@dataclass(frozen=True)
class ChatTemplate:
    """A model's chat template.

    Attributes:
        source: The Jinja text.
        eos_token: The token that ends an assistant's turn, as text, e.g. `<|im_end|>`.
        bos_token: The token that begins a text, or "" where the model has none.
        name: What errors call it.
    """

    source: str
    eos_token: str
    bos_token: str = ""
    name: str = "chat template"

    @classmethod
    def from_folder(cls, folder: Path) -> ChatTemplate:
        """Read the template from a Hugging Face model folder.

        Raises:
            DataError: The folder has no chat template.
        """
        try:
            config = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise _without_template(folder) from error
        beside = folder / "chat_template.jinja"
        source = beside.read_text("utf-8") if beside.exists() else config.get("chat_template")
        if not isinstance(source, str):
            raise _without_template(folder)

        def token(key: str) -> str:
            value = config.get(key) or ""
            return str(value["content"]) if isinstance(value, dict) else str(value)

        eos, bos = token("eos_token"), token("bos_token")
        return cls(source=source, eos_token=eos, bos_token=bos, name=folder.name)

    @cached_property
    def _compiled(self) -> jinja2.Template:
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
        )
        environment.filters["tojson"] = _to_json
        environment.globals["raise_exception"] = _raise
        try:
            return environment.from_string(self.source)
        except jinja2.TemplateError as error:
            raise ConfigError(f"the chat template can't be read: {error}", where=self.name) from error

    def render(self, messages: Sequence[Message], *, add_generation_prompt: bool = False) -> str:
        """The turns as the model sees them.

        Args:
            messages: In order; at least one.
            add_generation_prompt: End with the opening of an assistant's turn.

        Raises:
            DataError: The template does not take the turns (an order of roles it doesn't know).
        """
        turns = [{"role": message.role, "content": message.content} for message in messages]
        try:
            return self._compiled.render(
                messages=turns,
                add_generation_prompt=add_generation_prompt,
                bos_token=self.bos_token,
                eos_token=self.eos_token,
            )
        except jinja2.TemplateError as error:
            raise DataError(
                f"the chat template does not take the turns {[turn['role'] for turn in turns]}: {error}",
                where=self.name,
            ) from error

    def render_prompt(self, messages: Sequence[Message]) -> str:
        """What the model goes on from.

        A last turn of the assistant is a prefix it continues: its text, without its stop token.
        """
        if not messages or messages[-1].role != "assistant":
            return self.render(messages, add_generation_prompt=True)
        before = self.render(messages[:-1], add_generation_prompt=True)
        return before + messages[-1].content

    def spans(self, messages: Sequence[Message]) -> list[RenderedSpan]:
        """Cut a conversation into what is read and what is learned.

        The spans joined are exactly `render(messages)`. A trained span begins where generation
        would begin, and ends with the stop token; what a template puts between turns (a newline)
        is read, not learned.

        Args:
            messages: At least one of role `assistant`.

        Raises:
            DataError: No assistant's turn, or the template rewrites earlier turns when later ones
                come (then what was trained would never be seen again when serving).
        """
        whole = self.render(messages)
        spans: list[RenderedSpan] = []
        done = 0
        for index, message in enumerate(messages):
            if message.role != "assistant":
                continue
            prompt = self.render(messages[:index], add_generation_prompt=True)
            turn = self.render(messages[: index + 1])
            if not (whole.startswith(turn) and turn.startswith(prompt) and len(prompt) >= done):
                raise DataError(
                    f"the chat template rewrites turn {index + 1} depending on what follows it, so "
                    "training on it would teach text that is never served",
                    where=self.name,
                    next_step="give the model a template whose rendered prompt is a prefix of the whole",
                )
            stop = turn.rfind(self.eos_token) if self.eos_token else -1
            if stop < len(prompt):
                raise DataError(
                    f"the chat template does not end the assistant's turn with {self.eos_token!r}, so "
                    "the model would never learn to stop",
                    where=self.name,
                )
            end = stop + len(self.eos_token)
            spans += [
                RenderedSpan(whole[done : len(prompt)], False),
                RenderedSpan(whole[len(prompt) : end], True),
            ]
            done = end
        if not spans:
            raise DataError("a conversation without an assistant's turn has nothing to learn")
        if done < len(whole):
            spans.append(RenderedSpan(whole[done:], False))
        return spans


def _without_template(path: Path) -> DataError:
    return DataError(
        "the model has no chat template",
        where=str(path),
        next_step="use an instruction-tuned model, or add a chat_template.jinja beside its tokenizer",
    )
