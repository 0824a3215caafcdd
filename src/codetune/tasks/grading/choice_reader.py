"""Choices among numbered candidates, read out of an answer in English or Chinese."""

from __future__ import annotations

import re
from collections.abc import Sequence

from codetune.tasks.grading.label_reader import readable
from codetune.text.fences import first_block

__all__ = ["read_choice", "read_choices"]

_DIGITS = "一二三四五六七八九十"
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NOUN = r"(?:candidates?|options?|pieces?|snippets?|choices?|codes?|functions?|programs?|blocks?|results?|entries|ones?)"
_COUNTS = re.compile(
    r"\b(?:of|among|amongst|from|out of|between)\s+(?:(?:all|the|these|those|given)\s+)*\d+(?!\s*(?:\]|,\s*\d|and\b))"
    r"|(?<![#\[\d])\b\d+\s+(?:\w+\s+)?(?:candidates|options|pieces|snippets|choices|codes|functions|programs|blocks|results|entries)\b"
    r"|(?<!第)(?<!\d)\d+\s*(?:个|段|份|条|项|种)|\b(?:python|java|c\+\+|top|step|lines?|o)\s*\(?\d+|\d+(?:\.\d+)?\s*%|\d+\.\d+",
    re.IGNORECASE,
)
_DENIED = re.compile(
    rf"(?:\b(?:not|nor|neither|rather than|instead of|unlike|except|over)|不是|并非|而非|排除)\s*(?:number|no\.|{_NOUN}|编号|第)?\s*\[?\d+\]?",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?:\b(?:answer|choice|match|one|candidate|option|solution|code|number|snippet|piece|result|it)\b[^.\n\[\]\d]{0,24}?"
    r"\b(?:is|would be|should be|:)\s*|\b(?:answer|choice|number)\s*[:：=]\s*|(?:\bchoose|\bpick|\bselect|\bgo with|\bgoing with)\s+"
    r"|(?:答案|选|正确的|最佳的?|匹配的|符合的|应该?)(?:择|为|是|：|:|应|的)*\s*)"
    rf"(?:the\s+)?(?:number|no\.|code|option|{_NOUN}|编号|候选|选项|第)?\s*(?:is|为|是)?\s*[\[#(]?(?P<number>\d{{1,3}})(?!\d)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<!\d)\d{1,3}(?!\d)")


def read_choices(answer: str, candidates: int) -> list[int]:
    """Candidates that an answer names, the one it calls the answer first, counted from 0, each once.

    Counts (`of the 5 candidates`), percentages, versions and candidates that the answer turns down
    (`not [1]`) are no choices.

    Args:
        answer: What the model wrote; numbers in it count from 1, as the question shows them.
        candidates: How many there were; other numbers are not choices.
    """
    text = re.sub(r"第\s+(?=\d)", "第", _as_digits(readable(answer)))
    text = _DENIED.sub(" ", _COUNTS.sub(" ", text))
    named = [found["number"] for found in _NAMED.finditer(text)][-1:]
    bracketed = re.findall(r"[\[【]\s*(\d{1,3})\s*[\]】]", text)
    places = [int(number) - 1 for number in (*named, *(bracketed or ()), *_NUMBER.findall(text))]
    return list(dict.fromkeys(choice for choice in places if 0 <= choice < candidates))


def _as_digits(text: str) -> str:
    """Ordinals and spelled numbers after a noun as digits: `the second one`, `option two`, `第二段`."""
    for number, word in enumerate(_ORDINALS, 1):
        text = re.sub(
            rf"\bthe {word}\b(?! (?:line|query|word|sentence))",
            f"candidate is [{number}]",
            text,
            flags=re.IGNORECASE,
        )
    for number, word in enumerate(_WORDS, 1):
        text = re.sub(rf"\b(number|{_NOUN[3:-1]})\s+{word}\b", rf"\1 [{number}]", text, flags=re.IGNORECASE)
    return re.sub(r"第\s*([一二三四五六七八九十])", lambda found: f"第{_DIGITS.index(found[1]) + 1}", text)


def read_choice(answer: str, candidates: Sequence[str]) -> list[int]:
    """Candidates that an answer names by their number or repeats as code, counted from 0."""
    given = first_block(answer).split()
    repeated = [place for place, code in enumerate(candidates) if code.split() == given]
    return repeated or read_choices(answer, len(candidates))
