"""A model as translator of texts, for stages that bring the texts.

In: texts with marks in place of code, and a language. Out: their translations, or None where no answer
left marks, names and numbers as they were. Each answer is in the request store before it is used, so an
interrupted run pays for nothing twice. Which texts of a row are prose is `tasks.translation`'s business.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from codetune.models.open import check_model_name
from codetune.rejection import Rejection
from codetune.store.cache import make_cache
from codetune.store.context import StageContext
from codetune.store.hashing import json_hash
from codetune.synth.config import SynthConfig
from codetune.synth.prompts.prompt_loading import load_prompts
from codetune.synth.registry import build_generator
from codetune.synth.runtime.generation_context import GenerationContext
from codetune.synth.runtime.session import Session, identity
from codetune.synth.runtime.text_translation import translate_text
from codetune.tasks.translation.masking import language_fault, masked_again
from codetune.text.secrets import find_secret

__all__ = ["ModelTranslator", "open_translator"]


class ModelTranslator:
    """Callable `(texts, language) -> texts`; opened with the first text, closed by `open_translator`.

    Args:
        session: Model, prompt, cache and seed.
    """

    batch = 256
    """Texts that are worth handing over at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._stack = contextlib.ExitStack()
        self._runner: asyncio.Runner | None = None
        self._context: GenerationContext | None = None
        self.name = identity(session.config.model)
        """What lineage and plans call it."""

    def __call__(self, texts: Sequence[str], language: str) -> list[str | None]:
        """Translate texts; equal ones are asked once.

        Raises:
            UsageError: No endpoint of the model answers.
            BudgetSpentError: The budget is used up; what was answered is kept for the next run.
        """
        if self._runner is None or self._context is None:
            self._runner = asyncio.Runner()
            self._stack.callback(self._runner.close)
            opened = self._session.open()
            self._context = self._runner.run(opened.__aenter__())
            self._stack.callback(lambda: self._close(opened))
        return self._runner.run(self._all(texts, language, self._context))

    def close(self) -> None:
        """Close the model's connections and the store."""
        self._stack.close()

    def _close(self, opened: contextlib.AbstractAsyncContextManager[GenerationContext]) -> None:
        assert self._runner is not None
        self._runner.run(_leave(opened))

    async def _all(self, texts: Sequence[str], language: str, context: GenerationContext) -> list[str | None]:
        room = asyncio.Semaphore(self._session.config.in_flight)

        async def one(text: str) -> str | None:
            if self._session.config.secrets and find_secret(text) is not None:
                return None  # it would be sent to the server
            source = "zh" if language != "zh" and language_fault(text, "en") else "en"
            async with room:
                try:
                    asked = await translate_text(
                        masked_again(text), source, language, context, row=json_hash([text])
                    )
                except Rejection:
                    return None
            return asked.value

        try:
            async with asyncio.TaskGroup() as group:
                tasks = {text: group.create_task(one(text)) for text in dict.fromkeys(texts)}
        except* Exception as errors:
            raise errors.exceptions[0] from None
        return [tasks[text].result() for text in texts]


async def _leave(opened: contextlib.AbstractAsyncContextManager[GenerationContext]) -> None:
    await opened.__aexit__(None, None, None)


@contextlib.contextmanager
def open_translator(settings: dict[str, Any], context: StageContext) -> Iterator[ModelTranslator]:
    """A model as translator; nothing is opened before the first text.

    Args:
        settings: `model`, and perhaps `model_map`, `served_name`, `api_key_env`, `budget`, `prompts`,
            `in_flight` and `retries`, as `codetune synth` has them.
        context: Cache with the request store, and the seed.

    Raises:
        ConfigError: A setting, the model's name or the prompt is wrong.
    """
    config = SynthConfig.model_validate({**settings, "generator": "translate"})
    check_model_name(config.model, config.model_map)
    generator = build_generator(config, seed=context.seed)
    prompts = load_prompts(generator, "en", config.prompts)
    make_cache(context.cache)
    translator = ModelTranslator(
        Session(config=config, prompts=prompts, cache=context.cache, seed=context.seed)
    )
    try:
        yield translator
    finally:
        translator.close()
