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
    "help|assist|provide|do (?:that|this|so)|write|create|generate|produce|fulfill?|comply|answer|complete|continue|review|"
    "explain|support|engage|participate|offer|share|make|give|translate|perform|discuss|be able"
)
_CANT = r"(?:can['’]?t|cannot|can not|won['’]?t|will not|am (?:not able|unable|not allowed|not permitted) to|['’]m (?:not able|unable|not allowed|not permitted) to|must decline|have to (?:decline|pass)|do(?:n['’]t| not) feel comfortable|['’]d rather not|would rather not)"
_CANT_ZH = (
    "(?:无法|不能|没有办法|没办法|不便|不太方便|恕(?:我)?(?:不能|无法|难)?)(?:为(?:您|你))?(?:协助|完成(?:这|您|你|该)|提供|回答|作答|满足|帮|生成|编写|继续|"
    "执行(?:这|您|你|该)|处理(?:这|您|你|该)|给出|进行|讨论|支持|从命)"
)
_SORRY = r"(?:(?:i['’]?m|i am) (?:very |really |so |deeply )?(?:sorry|afraid)\b|sorry[,.]|my (?:sincere )?apologies|i apologi[sz]e)"
_DECLINED = re.compile(
    r"^\W*(?:"
    # An apology is a refusal where it stands alone or what follows is one; users apologise for their questions.
    rf"{_SORRY}[^\n?]{{0,40}}\Z|{_SORRY}[^\n]{{0,120}}?\b(?:{_CANT} (?:{_DOES})|as an ai\b|(?:outside|beyond)(?: of)? (?:what|my)|not something i|against (?:my|the))"
    rf"|(?:unfortunately,? )?i ?(?:must decline|have to (?:decline|pass))\b|(?:unfortunately,? )?i ?{_CANT} (?:{_DOES})\b"
    r"|(?:unfortunately,? )?i ?do(?:n['’]t| not) feel comfortable"
    rf"|unfortunately,? i ?{_CANT}"
    rf"|(?:thanks?|thank you|i appreciate)\b[^\n]{{0,80}}?\b(?:but|sadly|unfortunately|however)\b[^\n]{{0,80}}?\bi ?{_CANT} (?:{_DOES})\b"
    r"|(?:writing|doing|providing|creating|answering|producing) (?:this|that) (?:would|goes|may|might) [^\n]{0,20}(?:against|violate)"
    r"|as an? (?:ai|(?:large )?language model)"
    r"|this (?:request|task|question) (?:cannot|can['’]?t|can not) be (?:fulfilled|completed|answered|processed)"
    r"|作为(?:一个|一名)?(?:人工智能|AI|语言模型)"
    rf"|(?:非常|很|十分)?(?:抱歉|遗憾|对不起)[^\n？]{{0,12}}\Z|(?:(?:非常|很|十分)?(?:抱歉|遗憾|对不起)|根据|感谢|谢谢)[^\n]{{0,40}}?{_CANT_ZH}"
    rf"|(?:我|本助手)?{_CANT_ZH}"
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
_SERVER_ERROR = re.compile(
    r"\A\W*(?:\{\s*\"error\"\s*:|error:? (?:code:? )?(?:upstream|rate limit|too many|4\d\d\b|5\d\d\b|request|timeout)"
    r"|(?:internal server error|bad gateway|service unavailable|gateway timeout|too many requests)\W*\Z)",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"\A\W*(?:[\[<(（【]\s*(?:your|insert|put|add|place|fill|内容|此处|在此|填写)[^\n\])>）】]{0,60}[\])>）】]|\{\{[^}\n]{0,60}\}\}|todo|tbd)\W*\Z",
    re.IGNORECASE,
)
_BROKEN = re.compile(r"\ufffd|<\|[a-z_]{2,20}\|>|<0x[0-9A-F]{2}>")
_MOST_BROKEN = 3
_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`", re.DOTALL)
_ROLE = re.compile(r"^\**(user|human|assistant|ai|用户|人类|助手)\**\s*[:：]", re.IGNORECASE | re.MULTILINE)
_ASKS = frozenset({"user", "human", "用户", "人类"})
_ALOUD = re.compile(
    r"\A\W*(?:ok(?:ay)?|alright|hmm+|let me|let['’]s|so|first|好|嗯|首先|让我)\b|\A(?:好的?|嗯|首先|让我)[，,]",
    re.IGNORECASE,
)
_MUSES = re.compile(
    r"\b(?:hmm+|wait|let me|maybe|actually|alternatively|i (?:should|need to|could|think))\b|嗯|等一下|让我|也许|其实|或者|我(?:应该|需要)|应该先",
    re.IGNORECASE,
)
_LEAST_MUSINGS = 3
_NEWLINE = re.compile(r"\r+\n|\r")
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
    if _SERVER_ERROR.match(text):
        return "server error", "the answer is a server's message of an error"
    if _PLACEHOLDER.match(text):
        return "placeholder", "the answer has to be written out"
    prose = _CODE.sub(" ", text)
    if len(_BROKEN.findall(prose)) > _MOST_BROKEN:
        return "broken characters", "the answer holds characters that are no text"
    if _goes_on(prose):
        return "goes on with a chat", "give the answer alone, without further turns"
    if _thinks_aloud(prose):
        return "only reasoning", "the answer has to follow the reasoning"
    return None


def _goes_on(prose: str) -> bool:
    """Whether a text is followed by made-up turns of a chat. One that begins with a turn may be a task about chats."""
    turns = [(found.start(), found[1].lower() in _ASKS) for found in _ROLE.finditer(prose)]
    return bool(turns) and prose[: turns[0][0]].strip() != "" and {asks for _, asks in turns} == {True, False}


def _thinks_aloud(prose: str) -> bool:
    """Whether a text is reasoning without marks around it."""
    about_user = re.search(r"\bthe user\b|用户", prose[:300]) is not None
    return about_user and bool(_ALOUD.match(prose)) and len(_MUSES.findall(prose)) >= _LEAST_MUSINGS


def answer_text(text: str, question: str) -> str:
    """The answer without reasoning.

    Args:
        text: What the model wrote.
        question: The last turn of the question.

    Raises:
        InvalidAnswerError: Nothing but reasoning, empty, the model declined, or the question came back.
    """
    text = _NEWLINE.sub("\n", text).replace("\ufeff", "")
    answer = _REASONING.sub("", text)
    # Some chat templates open the reasoning in the prompt, so only its end is in the answer.
    if (closed := list(_CLOSE_REASONING.finditer(answer))) and not _OPEN_REASONING.match(answer):
        answer = answer[closed[-1].end() :]
    if _OPEN_REASONING.match(answer) or (not answer.strip() and text.strip()):
        raise InvalidAnswerError("only reasoning", "the answer has to follow the reasoning")
    answer = _MARKS.sub("", answer).strip()
    if not re.search(r"\w", answer):
        raise InvalidAnswerError("empty answer", "the answer holds no word")
    if _SERVER_ERROR.match(answer):
        raise InvalidAnswerError("server error", "the answer is a server's message of an error")
    holds_more = any(mark in answer for mark in ("```", "{", "</"))
    fault = None if holds_more else no_answer(answer)
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
