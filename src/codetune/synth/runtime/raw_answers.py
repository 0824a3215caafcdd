"""Raw answers, before any parser reads them: reasoning is removed, answers that are none are named.

A model may think aloud, decline, or repeat its question. Each of these has a reason of its own, so
that the counts of a run say what is wrong with the model or its server.
"""

from __future__ import annotations

import re

from codetune.rejection import Rejection

__all__ = ["InvalidAnswerError", "answer_text", "is_declined"]


class InvalidAnswerError(Rejection):
    """An answer is not what was asked for; the question is asked again with `detail`."""


_REASONING = re.compile(
    r"<(think|thinking|reasoning|thought)>.*?</\1>|<\|channel\|>analysis.*?<\|end\|>",
    re.DOTALL | re.IGNORECASE,
)
_OPEN_REASONING = re.compile(r"^\s*<(think|thinking|reasoning|thought)>", re.IGNORECASE)
_CLOSE_REASONING = re.compile(r"</(think|thinking|reasoning|thought)>", re.IGNORECASE)
_DECLINED = re.compile(
    r"^\W*(i['’]?m (very |really |so )?(sorry|unable|afraid i)|sorry,|i (can['’]?t|cannot|won['’]?t|am unable|am not able)"
    r"|unfortunately,? i|as an? (ai|language model)|i apologi[sz]e|很抱歉|抱歉|对不起|作为一个|我无法|我不能)",
    re.IGNORECASE,
)
_LEAST_REPEATED = 60
"""Characters of a question; a shorter one may well stand in its answer."""


def is_declined(text: str) -> bool:
    """Whether a text declines to do what was asked."""
    return bool(_DECLINED.match(text))


def answer_text(text: str, question: str) -> str:
    """The answer without reasoning.

    Args:
        text: What the model wrote.
        question: The last turn of the question.

    Raises:
        InvalidAnswerError: Nothing but reasoning, empty, the model declined, or the question came back.
    """
    answer = _REASONING.sub("", text)
    # Some chat templates open the reasoning in the prompt, so only its end is in the answer.
    if (closed := list(_CLOSE_REASONING.finditer(answer))) and not _OPEN_REASONING.match(answer):
        answer = answer[closed[-1].end() :]
    if _OPEN_REASONING.match(answer) or (not answer.strip() and text.strip()):
        raise InvalidAnswerError("only reasoning", "the answer has to follow the reasoning")
    answer = answer.strip()
    if not answer:
        raise InvalidAnswerError("empty answer", "the answer is empty")
    if is_declined(answer) and "```" not in answer and "{" not in answer:
        raise InvalidAnswerError("model declined", "the answer has to do what was asked")
    if _repeats(answer, question):
        raise InvalidAnswerError("prompt repeated", "the answer may not repeat the question")
    return answer


def _repeats(answer: str, question: str) -> bool:
    """Whether an answer is the question again, perhaps with a few words more."""
    said, asked = " ".join(answer.split()), " ".join(question.split())
    return len(asked) >= _LEAST_REPEATED and asked in said and len(said) < 1.5 * len(asked) + 40
