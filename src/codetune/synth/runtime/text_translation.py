"""One text translated by a model: asked, checked, asked again with the reason.

In: a text with marks in place of its code. Out: the translation with the same marks. What of a row is
translated is `tasks.translation`'s business.
"""

from __future__ import annotations

from codetune.synth.checks.task_text import adds_remark, introduces
from codetune.synth.runtime.generation_context import CheckedAnswer, GenerationContext
from codetune.synth.runtime.text_parsers import PlainText
from codetune.tasks.translation.masking import Masked, translation_fault

__all__ = ["LANGUAGE_NAMES", "translate_text"]

LANGUAGE_NAMES = {
    "en": "English", "zh": "Chinese", "de": "German", "fr": "French", "es": "Spanish", "ja": "Japanese",
    "ko": "Korean", "pt": "Portuguese", "ru": "Russian", "it": "Italian",
}  # fmt: skip
"""ISO 639-1 code -> what prompts call the language."""


async def translate_text(
    masked: Masked, source: str, target: str, context: GenerationContext, *, row: str
) -> CheckedAnswer[str]:
    """Translate one text.

    Args:
        masked: The text, its code taken out.
        source: ISO 639-1 code of its language.
        target: ISO 639-1 code of the language asked for.
        context: Model, prompts and limits.
        row: Names the question, for its seed.

    Raises:
        Rejection: No answer left the marks, names and numbers as they were, in the language.
    """

    def fault(answer: str) -> tuple[str, str] | None:
        if introduces(answer) and not introduces(masked.text):
            return "chatter around the answer", "give the translation alone, without an introduction"
        if adds_remark(answer) and not adds_remark(masked.text):
            return "chatter around the answer", "give the translation alone, without a remark about it"
        return translation_fault(masked.text, answer, len(masked.code), target)

    return await context.ask(
        "translate",
        PlainText(),
        {
            "text": masked.text,
            "source_language": LANGUAGE_NAMES.get(source, source),
            "target_language": LANGUAGE_NAMES.get(target, target),
        },
        row=row,
        max_new_tokens=2 * len(masked.text) + 64,
        check=fault,
    )
