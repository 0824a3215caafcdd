"""How the next edit of a programmer at work is asked for, and how an answer becomes the program after it.

A style is called KIND+FORMAT, e.g. `chat+whole-file`. The format says how the edit is written; the
kind says who is asked:

- `chat`: one user turn that shows the history, the file and the request, and says how to answer. For
  instruct models, and for models trained on edits by codetune.
- `completion`: an example and the same request, as text. For base models.
- `turns`: ChatML turns of their own for history, file and request, and the answer begun. For models
  that have the edit tokens, as CursorCore's do.

An answer that can't be applied is never guessed at: it has no program, and the reason is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from codetune.edits.formats.registry import EDIT_FORMATS, EditFormat
from codetune.edits.formats.special_tokens import NEXT_END, NEXT_START
from codetune.evaluate.prompts.prompt_style import PromptStyle, chat_request, text_request
from codetune.models.protocol import ChatRequest
from codetune.records import Edit, Message, Problem, Revision
from codetune.rejection import Rejection
from codetune.text.edit_conversation import edit_conversation, edit_request, request_turns
from codetune.text.edit_templates import EDIT_TEMPLATES
from codetune.text.extract import Extraction

__all__ = ["EDIT_STYLES"]

_EXAMPLE = Edit(
    history=(Revision(code="def area(width):\n    return width", programming_language="python"),),
    current=Revision(code="def area(width, height):\n    return width", programming_language="python"),
    next="def area(width, height):\n    return width * height",
    chat="The new parameter is used.",
    source="codetune",
)
"""What a base model is shown once, so that it knows the layout of an answer."""


def _moment(problem: Problem) -> Edit:
    assert problem.edit is not None, "asking for edits is refused where an item has none"
    return problem.edit


def _chat(form: EditFormat, problem: Problem, settings: Mapping[str, object]) -> ChatRequest:
    asked = edit_request(_moment(problem), form)
    return chat_request((Message(role="user", content=asked),), settings)


def _completion(form: EditFormat, problem: Problem, settings: Mapping[str, object]) -> ChatRequest:
    question, answer = (message.content for message in edit_conversation(_EXAMPLE, form).messages)
    shown = f"{question}\n\nAnswer:\n\n{answer}\n\n\n{edit_request(_moment(problem), form)}\n\nAnswer:\n\n"
    # The end token itself is needed where the answer has no code block; what follows it is another example.
    return text_request(shown, settings, ("\n\n\n" + question.partition("\n")[0],))


def _turns(form: EditFormat, problem: Problem, settings: Mapping[str, object]) -> ChatRequest:
    turns = [
        Message(role=turn["role"], content=turn["content"]) for turn in request_turns(_moment(problem), form)
    ]
    template = EDIT_TEMPLATES["assistant-conversation"]
    prompt = template.render(turns, add_generation_prompt=True)
    # Servers leave special tokens out of an answer unless they are asked to keep them.
    extra = {"extra": {"skip_special_tokens": False}}
    return text_request(prompt, {**settings, **extra}, (template.eos_token,))


def _edited(form: EditFormat, begun: str, problem: Problem, answer: str, lenient: bool) -> Extraction:
    try:
        code = form.apply(f"{begun}{answer}", _moment(problem).current.code)
    except Rejection as rejection:
        fault = ": ".join(part for part in (rejection.reason, rejection.detail) if part)
        return Extraction("", f"not applied, {rejection.reason}", fault)
    return Extraction(code, form.name)


def _first_example(answer: str) -> str:
    """The answer up to where a base model begins to write the next one."""
    before, end, after = answer.partition(NEXT_END)
    return f"{before}{end}{after.partition(chr(10) * 3)[0]}"


def _completed(form: EditFormat, problem: Problem, answer: str, lenient: bool) -> Extraction:
    return _edited(form, "", problem, _first_example(answer), lenient)


EDIT_STYLES = tuple(
    style
    for form in EDIT_FORMATS.values()
    for style in (
        PromptStyle(f"chat+{form.name}", partial(_chat, form), partial(_edited, form, "")),
        PromptStyle(f"completion+{form.name}", partial(_completion, form), partial(_completed, form)),
        PromptStyle(f"turns+{form.name}", partial(_turns, form), partial(_edited, form, NEXT_START)),
    )
)
"""Every kind in every format; `styles.style` finds them by name."""
