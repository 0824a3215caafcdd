"""What a prompt style is: how an item becomes a request, and an answer a program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from codetune.models.protocol import ChatRequest
from codetune.records import Message, Problem
from codetune.text.extract import Extraction

__all__ = ["PromptStyle", "chat_request", "cut_at_stop", "text_request"]


@dataclass(frozen=True)
class PromptStyle:
    """One way of asking.

    Attributes:
        name: What commands call it and scores record.
        request: (item, settings of the request) -> what is sent.
        program: (item, answer, lenient) -> the program it holds.
    """

    name: str
    request: Callable[[Problem, Mapping[str, object]], ChatRequest]
    program: Callable[[Problem, str, bool], Extraction]


def chat_request(
    messages: tuple[Message, ...], settings: Mapping[str, object], stop: tuple[str, ...] = ()
) -> ChatRequest:
    """Turns to be answered, or gone on from where the last one is the assistant's."""
    return ChatRequest(messages=messages, stop=stop, **settings)  # type: ignore[arg-type]


def text_request(prompt: str, settings: Mapping[str, object], stop: tuple[str, ...] = ()) -> ChatRequest:
    """A text to be completed."""
    return ChatRequest(prompt=prompt, stop=stop, **settings)  # type: ignore[arg-type]


def cut_at_stop(text: str, stops: tuple[str, ...]) -> str:
    """The text before the first of the stops."""
    places = [place for stop in stops if (place := text.find(stop)) >= 0]
    return text[: min(places)] if places else text
