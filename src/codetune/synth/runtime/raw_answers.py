"""Raw answers, before any parser reads them: reasoning is removed, answers that are none are named.

A model may think aloud, decline, or repeat its question. Each of these has a reason of its own, so
that the counts of a run say what is wrong with the model or its server.
"""

from __future__ import annotations

import re

from codetune.rejection import Rejection

__all__ = ["InvalidAnswerError", "answer_text", "asks_back", "is_declined", "no_answer"]


class InvalidAnswerError(Rejection):
    """An answer is not what was asked for; the question is asked again with `detail`."""


_NAMES = "think|thinking|reasoning|thought|thoughts|scratchpad"
_REASONING = re.compile(
    rf"<({_NAMES})>.*?</\1>|<\|channel\|>analysis.*?(?:<\|end\|>|(?=<\|channel\|>final))|\[THINK\].*?\[/THINK\]",
    re.DOTALL | re.IGNORECASE,
)
_MARKS = re.compile(r"<\|(?:start|channel|message|end|return)\|>(?:assistant|final)?")
_OPEN_REASONING = re.compile(rf"^\s*(<({_NAMES})>|<\|channel\|>analysis|\[THINK\])", re.IGNORECASE)
_CLOSE_REASONING = re.compile(rf"</({_NAMES})>|\[/THINK\]", re.IGNORECASE)
_DOES = (
    "help|assist|provide|do (?:that|this|so)|write|create|generate|produce|fulfil|comply|answer|complete|continue|review|"
    "explain|support|engage|participate|offer|share|make|give|translate|perform|discuss|be able"
)
_CANT = r"(?:can['’]?t|cannot|can not|won['’]?t|am (?:not able|unable) to|['’]m (?:not able|unable) to|must decline|have to decline|do(?:n['’]t| not) feel comfortable)"
_DECLINED = re.compile(
    r"^\W*(?:"
    r"(?:i['’]?m|i am) (?:very |really |so |deeply )?(?:sorry|afraid)\b|sorry[,.]|my (?:sincere )?apologies|i apologi[sz]e"
    rf"|(?:unfortunately,? )?i ?(?:must decline|have to decline|do(?:n['’]t| not) feel comfortable|{_CANT} (?:{_DOES})\b)"
    rf"|unfortunately,? i ?{_CANT}"
    r"|as an? (?:ai|(?:large )?language model)"
    r"|this (?:request|task|question) (?:cannot|can['’]?t|can not) be (?:fulfilled|completed|answered|processed)"
    r"|(?:非常|很|十分)?(?:抱歉|遗憾|对不起)|作为(?:一个|一名)?(?:人工智能|AI|语言模型)"
    r"|(?:我|本助手)(?:无法|不能|没有办法|没办法|不便)(?:协助|完成(?:这|您|你|该)|提供|回答|满足|帮|生成|编写|继续|执行(?:这|您|你|该)|处理(?:这|您|你|该)|给出|进行)"
    r"|(?:这个|该|您的|你的)(?:请求|问题|要求)(?:违反|不符合|超出)"
    r")",
    re.IGNORECASE,
)
_MATTER = r"(?:the|your) (?:\w+ ){0,2}(?:code|snippet|function|file|text|program|task|question|content)s?"
_ASKS_BACK = re.compile(
    rf"^\W*(?:(?:(?:could|can|would|will) you )?(?:please )?(?:share|provide|paste|send|post|attach|upload) (?:me |us )?(?:with )?{_MATTER}"
    r"(?: (?:you['’]|you (?:would|want|need|are|have)|that you|which you|so (?:that )?i|for me|here)|\?|\.\s*$)"
    r"|(?:it (?:seems|looks) (?:like|that|as if) )?(?:i (?:do not|don['’]t) see|you (?:did not|didn['’]t|forgot to|have not|haven['’]t) (?:provide|share|include|paste|provided|shared|included|pasted)) (?:any|the|a|your) (?:\w+ )?(?:code|snippet|text|task)"
    r"|请(?:您|你)?(?:先)?(?:把|将|提供|发送|粘贴|贴出|分享)[^\n]{0,20}(?:代码|内容|文本|问题)[^\n]{0,12}(?:发给我|给我|发来|以便|，我|,我|粘贴|贴出))",
    re.IGNORECASE,
)
_FENCE = re.compile(r"\A```(?:json)?\s*", re.IGNORECASE)
_LEAST_REPEATED = 60
"""Characters of a question; a shorter one may well stand in its answer."""


def is_declined(text: str) -> bool:
    """Whether a text declines to do what was asked. `I can't get this to work` is a user's words and does not."""
    return bool(_DECLINED.match(text))


def asks_back(text: str) -> bool:
    """Whether a text asks for the code or the question in place of an answer."""
    return bool(_ASKS_BACK.match(text))


def no_answer(text: str) -> tuple[str, str] | None:
    """What a text is in place of an answer, as (reason, detail), or None."""
    if is_declined(text):
        return "model declined", "the answer has to do what was asked"
    if asks_back(text):
        return "asks back", "the question holds all there is; answer it"
    return None


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
    answer = _MARKS.sub("", answer).strip()
    if not re.search(r"\w", answer):
        raise InvalidAnswerError("empty answer", "the answer holds no word")
    fault = no_answer(answer) if "```" not in answer and "{" not in answer else None
    if fault is not None:
        raise InvalidAnswerError(*fault)
    if _is_cut_json(answer):
        raise InvalidAnswerError("truncated JSON", "the JSON object is not closed")
    if _repeats(answer, question):
        raise InvalidAnswerError("prompt repeated", "the answer may not repeat the question")
    return answer


def _is_cut_json(answer: str) -> bool:
    """Whether an answer is the beginning of a JSON object that never ends."""
    text = _FENCE.sub("", answer)
    if not re.match(r'\{\s*"[^"\n]{1,60}"\s*:', text):
        return False
    depth, quoted, escaped = 0, False, False
    for character in text:
        if escaped:
            escaped = False
        elif quoted:
            escaped, quoted = character == "\\", character != '"'
        elif character == '"':
            quoted = True
        elif character in "{[":
            depth += 1
        elif character in "}]":
            depth -= 1
            if depth == 0:
                return False
    return True


def _repeats(answer: str, question: str) -> bool:
    """Whether an answer is the question again, perhaps with a few words more."""
    said, asked = " ".join(answer.split()), " ".join(question.split())
    return len(asked) >= _LEAST_REPEATED and asked in said and len(said) < 1.5 * len(asked) + 40
