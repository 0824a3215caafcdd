"""What a generator works with: a model to ask, checked answers, and a sandbox for programs.

ask ─▶ prompt file ─▶ request ─▶ reply ─▶ parser.parse ─▶ check ─▶ value
                         ▲                    │ invalid
                         └── the reason ◀─────┘ up to `retries` times, then a rejection
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from codetune.errors import BackendUnavailableError, RequestRefusedError
from codetune.execution.protocol import Execution, Program
from codetune.models.client.structured_modes import STRUCTURED_MODES
from codetune.models.client.transport import EmptyAnswer, GarbledAnswer
from codetune.models.protocol import ChatModel, ChatReply, ChatRequest
from codetune.records import Check, Generated, Message
from codetune.rejection import Rejection
from codetune.seeding import model_seed
from codetune.synth.checks.snippet_text import shortened
from codetune.synth.prompts.prompt import Prompt
from codetune.synth.runtime.answer_parsers import AnswerParser
from codetune.synth.runtime.program_runner import ProgramRunner
from codetune.synth.runtime.raw_answers import InvalidAnswerError, answer_text

__all__ = ["OVERFLOW", "AskSettings", "CheckedAnswer", "GenerationContext"]

HELD_TO_SCHEMA = "server holds the model to the schema"
"""Check of an answer whose server could not enforce the schema. The answer was parsed and checked here."""

OVERFLOW = "context overflow"
"""Reason of a row whose question is larger than the model's context."""

A = TypeVar("A")

_RETRY_TEMPERATURE = 0.4
"""A retry at temperature 0 tends to give the same words again."""
_BYTES_PER_TOKEN = 3.5
"""Of code and English, in the vocabularies of today's models: a guess for a message."""
_LEAST_ROOM = 2048
"""Tokens of an answer whose size cannot be told from its row; a reasoning model thinks in them too."""
_LEAST_SHOWN = 200
"""Characters; what would leave less is not cut any more."""
_SPEAKS_BACK = re.compile(
    r"\W*(you('re| are) right|sorry|(my|i) apolog|here('s| is) (a|the|my) (revised|valid|correct|new|better))|"
    r"\W*(抱歉|对不起|您说得对|你说得对)",
    re.IGNORECASE,
)
"""Openings of an answer that replies to the retry message instead of the question."""
_CONTEXT = re.compile(r"context (?:length|window|size) (?:is|of) ([\d,]{3,})|(?<=> )(\d{3,}) tokens")
_COUNTED = re.compile(
    r"([\d,]+) (?:tokens )?(?:in|of|from) the (?:messages|input|prompt)|(\d+) (?:input|prompt) tokens"
)
"""How many tokens the question has by the server's own count."""
_LEAST_ANSWER = 64
_QUOTED = 2000
"""Characters of a raw answer that go back to the model, or into a rejection's detail."""


@dataclass(frozen=True, slots=True)
class AskSettings:
    """How questions are asked; from the stage's settings."""

    seed: int = 0
    temperature: float | None = None
    max_new_tokens: int | None = None
    retries: int = 1
    shots: int | None = None
    context_tokens: int | None = None
    """Tokens of question and answer that the model takes, as far as known."""
    doublings: int = 3
    """How often an answer that was cut is asked again with twice the room."""


@dataclass(frozen=True, slots=True)
class CheckedAnswer(Generic[A]):
    """A valid answer and where it came from."""

    value: A
    reply: ChatReply
    prompt: Prompt
    tries: int
    shown: int | None = None
    """Characters that were left of what had to be cut to fit the model's context; None: all."""

    def checks(self) -> tuple[Check, ...]:
        """Lineage entries where something was cut, or the server could not hold the model to the schema."""
        found = []
        if self.shown is not None:
            cut = f"cut to {self.shown:,} characters"
            found.append(Check(check="fits the context", verdict="passed", detail=cut))
        if self.reply.asked_as not in (None, STRUCTURED_MODES[0]):
            found.append(
                Check(check=HELD_TO_SCHEMA, verdict="not run", detail=f"asked by {self.reply.asked_as}")
            )
        return tuple(found)

    def generated(self, *fields: str) -> tuple[Generated, ...]:
        """Lineage entries: these fields were written by this answer."""
        return tuple(
            Generated(
                field=name,
                model=self.reply.model,
                prompt=self.prompt.name,
                prompt_hash=self.prompt.hash,
                request_key=self.reply.key,
            )
            for name in fields
        )


@dataclass
class GenerationContext:
    """One stage's model, prompts and sandbox; safe for concurrent use in one event loop.

    Args:
        model: The model that is asked.
        prompts: Name without language -> prompt.
        runner: Runs programs in the sandbox.
        settings: How to ask.
        voters: Further models, for generators that let several judge.
    """

    model: ChatModel
    prompts: Mapping[str, Prompt]
    runner: ProgramRunner
    settings: AskSettings = field(default_factory=AskSettings)
    voters: tuple[ChatModel, ...] = ()
    counts: Counter[str] = field(default_factory=Counter)
    """`asked`, `stored`, `retried`, `prompt_tokens`, `completion_tokens` of this process."""

    async def ask(
        self,
        prompt: str,
        parser: AnswerParser[A],
        variables: Mapping[str, Any],
        *,
        row: str,
        max_new_tokens: int | None = None,
        temperature: float = 0.0,
        sample: int = 0,
        check: Callable[[A], tuple[str, str] | None] | None = None,
        model: ChatModel | None = None,
        may_cut: str | None = None,
    ) -> CheckedAnswer[A]:
        """Ask until the answer is valid.

        Args:
            prompt: Name of one of the prompts, without language.
            parser: What the answer has to look like.
            variables: For the prompt's template.
            row: Id of the row asked about; with the seed it makes the sampling seed.
            max_new_tokens: Tokens that this row's answer should need. The settings' own limit goes first; an
                answer that was cut is asked again with twice as many. None: four times the question.
            temperature: Likewise.
            sample: Which of several answers to the same question.
            check: Says what is wrong with a value, as (reason, detail), or None.
            model: Another model to ask; None asks the context's own.
            may_cut: Name of a variable whose text is halved, and again, where the question is larger
                than the model's context; None refuses such a row.

        Raises:
            Rejection: No valid answer after all retries, or the server refused the request. Its
                detail ends with the raw text of the last answer.
            CodetuneError: What stops the whole run: endpoints that are down, a spent budget.
        """
        chosen = self.prompts[prompt]
        asked_model = model or self.model
        question = messages = chosen.messages(variables, shots=self.settings.shots)
        if self.settings.temperature is not None:
            temperature = self.settings.temperature
        fault: InvalidAnswerError | None = None
        text, number, shown, doubled = "", 0, None, 0
        counted: int | None = None
        expected = self.settings.max_new_tokens or max_new_tokens
        context = self.settings.context_tokens
        while number <= self.settings.retries:
            room = self._room(expected, messages) << doubled
            least = _within(room, messages, context, counted) >= min(room, _LEAST_ANSWER)
            if not least and (cut := self._cut(variables, may_cut)) is not None:
                variables, shown = cut
                question = messages = chosen.messages(variables, shots=self.settings.shots)
                continue
            heat = temperature if number == 0 else max(temperature, _RETRY_TEMPERATURE)
            request = ChatRequest(
                messages=messages,
                max_new_tokens=_within(room, messages, context, counted),
                temperature=heat,
                seed=self._seed(row, prompt, number) if heat > 0 else None,
                json_schema=parser.schema,
                sample=sample,
            )
            try:
                reply = await self._reply(asked_model, request)
            except GarbledAnswer as error:  # there is no text to show it; a warmer sample may do better
                fault = InvalidAnswerError("invalid JSON", str(error))
                self.counts["invalid"] += 1
                number += 1
                continue
            except Rejection as rejection:
                if rejection.reason == OVERFLOW:
                    # For this question alone: another row's request may not depend on it.
                    context = _named(_CONTEXT, rejection) or context
                    counted = _named(_COUNTED, rejection)
                    least = counted is None or context is None or context - counted >= _LEAST_ANSWER
                    if least and _within(room, messages, context, counted) < request.max_new_tokens:
                        continue
                    counted = None
                cut = self._cut(variables, may_cut) if rejection.reason == OVERFLOW else None
                if cut is None:
                    raise
                variables, shown = cut
                question = messages = chosen.messages(variables, shots=self.settings.shots)
                continue
            text = reply.text
            if (
                reply.finish_reason == "length"
                and doubled < self.settings.doublings
                and self.settings.max_new_tokens is None
                and _within(2 * room, messages, context, counted) > request.max_new_tokens
            ):
                self.counts["cut"] += 1
                doubled += 1
                continue
            try:
                if fault is not None and fault.detail.lower().rstrip(".") in text.lower():
                    raise InvalidAnswerError("prompt leaked", "the answer may not speak of an earlier one")
                value = _read(reply, parser, check, question[-1].content, chosen)
                if fault is not None and isinstance(value, str) and _SPEAKS_BACK.match(value):
                    raise InvalidAnswerError("prompt leaked", "the answer may not speak of an earlier one")
            except InvalidAnswerError as error:
                fault = error
                self.counts["invalid"] += 1
                messages, counted = (*question, *self._again(text, error)), None
                number += 1
            else:
                return CheckedAnswer(value, reply, chosen, number + 1, shown)
        assert fault is not None
        raise Rejection(fault.reason, f"{fault.detail}; the answer was: {text[:_QUOTED]}")

    def notices(self) -> tuple[str, ...]:
        """What was learned about the models' servers, one sentence each."""
        notices = [notice for one in (self.model, *self.voters) for notice in getattr(one, "notices", ())]
        return tuple(dict.fromkeys(notices))

    async def run(self, program: Program) -> Execution:
        """Run a program in the sandbox."""
        return await self.runner.run(program)

    async def _reply(self, model: ChatModel, request: ChatRequest) -> ChatReply:
        try:
            reply = await model.chat(request)
        except GarbledAnswer:
            raise
        except RequestRefusedError as error:
            words = str(error).lower()
            overflow = "context" in words and ("exceed" in words or "length" in words or "larger" in words)
            if not overflow:
                raise Rejection("request refused", str(error)) from error
            raise Rejection(OVERFLOW, f"{error}; {_size(request)}") from error
        except EmptyAnswer as error:
            raise Rejection("empty answer", str(error)) from error
        except BackendUnavailableError as error:
            # This request alone; servers that are all down stop the run by another error.
            raise Rejection("no answer", str(error)) from error
        self.counts["stored" if reply.stored else "asked"] += 1
        if not reply.stored:
            self.counts["prompt_tokens"] += reply.prompt_tokens or 0
            self.counts["completion_tokens"] += reply.completion_tokens or 0
        return reply

    def _room(self, expected: int | None, messages: Sequence[Message]) -> int:
        return expected if expected is not None else max(_LEAST_ROOM, 4 * _tokens(messages))

    @staticmethod
    def _cut(variables: Mapping[str, Any], may_cut: str | None) -> tuple[Mapping[str, Any], int] | None:
        """The variables with half of one text, and its length; None where none may be cut any more."""
        if may_cut is None or len(variables[may_cut]) < _LEAST_SHOWN:
            return None
        text = shortened(variables[may_cut], len(variables[may_cut]) // 2)
        return {**variables, may_cut: text}, len(text)

    def _again(self, text: str, fault: InvalidAnswerError) -> tuple[Message, Message]:
        words = self.prompts["retry"].messages({"detail": fault.detail})[-1].content
        return (
            Message(role="assistant", content=text[:_QUOTED] or "(empty)"),
            Message(role="user", content=words),
        )

    def _seed(self, row: str, prompt: str, number: int) -> int:
        return model_seed(self.settings.seed, row, prompt, number)


def _tokens(messages: Sequence[Message]) -> int:
    """About how many tokens these turns have."""
    return round(sum(len(message.content.encode()) for message in messages) / _BYTES_PER_TOKEN)


def _within(room: int, messages: Sequence[Message], context: int | None, counted: int | None = None) -> int:
    """The room for an answer, cut to what the model's context leaves beside the question."""
    if context is None:
        return room
    asked = counted if counted is not None else _tokens(messages) + 64
    return max(16, min(room, context - asked))


def _named(pattern: re.Pattern[str], rejection: Rejection) -> int | None:
    """A number that a server names when it refuses a request as too large."""
    found = pattern.search(rejection.detail)
    return int((found[1] or found[2]).replace(",", "")) if found else None


def _size(request: ChatRequest) -> str:
    """How large a question is; not every server says it."""
    return (
        f"by our count about {_tokens(request.messages):,} tokens of question, "
        f"and {request.max_new_tokens:,} for the answer"
    )


def _read(
    reply: ChatReply,
    parser: AnswerParser[A],
    check: Callable[[A], tuple[str, str] | None] | None,
    question: str,
    prompt: Prompt,
) -> A:
    if reply.finish_reason == "length":
        raise InvalidAnswerError(
            "cut short", f"the answer was not finished after {reply.completion_tokens} tokens"
        )
    text = answer_text(reply.text, question)
    if parser.schema is None and prompt.repeats_example(text, question):
        raise InvalidAnswerError("prompt's example repeated", "the examples are about something else")
    value = parser.parse(text)
    fault = check(value) if check is not None else None
    if fault is not None:
        raise InvalidAnswerError(*fault)
    return value
