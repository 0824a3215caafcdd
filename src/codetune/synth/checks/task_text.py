"""Whether a text can be a task, a problem or a review: what is certainly wrong, never what is unusual.

Markdown, lists, code blocks, example calls and any words are fine. The stricter checks for small
models are in `synth.checks.statements`.
"""

from __future__ import annotations

import re
from collections import Counter

from codetune.synth.checks.natural_language import language_fault, prose
from codetune.synth.runtime.raw_answers import is_declined
from codetune.text.fences import fenced_blocks

__all__ = ["count_words", "gives_solution", "names_another", "text_fault"]

_CJK = re.compile(r"[\u3400-\u9fff]")
_RUN = 6
_OPEN_ENDS = re.compile(r"(?:[,;(\[{=]|\b(?:and|or|the|a|an))\s*\Z", re.IGNORECASE)
_CHATTER = re.compile(
    r"\A\W*(sure|certainly|of course|okay|great question|here('s| is| are) (the|your|a|an|my) )[^\n]{0,120}",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"\b(?:function|method|class|constructor)s?\s+(?:(?:called|named|is|name)\s+)?`([A-Za-z_][\w.:#]*)`?|"
    r"\b(?:called|named)\s+`([A-Za-z_][\w.:#]*)`|\bdef\s+([A-Za-z_]\w*)\s*\(|\bfunction\s+([A-Za-z_]\w*)\s*\("
    r"|函数\s*`([A-Za-z_]\w*)`"
)
_BOILERPLATE = re.compile(r"(import|from|use|using|package|namespace|#include|#define|class|public class)\b")
_LONGEST_TRIVIAL = 12
"""Characters of a line of code; a shorter one may stand in a text by chance."""


def count_words(text: str) -> int:
    """Words of a text; two Chinese characters count as one word."""
    return len(_CJK.findall(text)) // 2 + len(re.findall(r"[^\W_\u3400-\u9fff]+", text))


def text_fault(
    text: str, *, language: str, words: tuple[int, int], own_words: bool = True
) -> tuple[str, str] | None:
    """The first thing that is certainly wrong with a text, as (reason, detail), or None.

    Args:
        text: Markdown that the model wrote.
        language: `en` or `zh`.
        words: Fewest and most words.
        own_words: Whether an opening like "Sure! Here is the task:" counts as a fault.
    """
    text = text.strip()
    count = count_words(text)
    if not words[0] <= count <= words[1]:
        return "length", f"the text has {count} words, not {words[0]} to {words[1]}"
    if is_declined(text):
        return "model declined", "the answer has to do what was asked"
    if own_words and _CHATTER.match(text):
        return "chatter around the answer", "give the text alone, without an introduction"
    fault = language_fault(text, language)
    if fault is not None:
        return fault
    if any(not block.closed for block in fenced_blocks(text)):
        return "unfinished text", "a code block is not closed"
    if _OPEN_ENDS.search(text):
        return "unfinished text", "the text breaks off"
    repeated = _loop(prose(text))
    if repeated is not None:
        return "repetition", f"the text says {repeated!r} again and again"
    return None


def _loop(text: str) -> str | None:
    """A run of words that fills a third of the text: a model caught in a loop."""
    words = re.findall(r"\w+", text.lower())
    runs = Counter(tuple(words[i : i + _RUN]) for i in range(len(words) - _RUN + 1))
    if not runs:
        return None
    run, count = runs.most_common(1)[0]
    return " ".join(run) if count >= 3 and count * _RUN >= len(words) / 3 else None


def gives_solution(text: str, code: str) -> bool:
    """Whether a text holds the code's body: all of it, or half of its telling lines and two of them."""
    body = " ".join(" ".join(code.splitlines()[1:]).split())
    if len(body) >= _LONGEST_TRIVIAL and body in " ".join(text.split()):
        return True
    lines = {" ".join(line.split()) for line in code.splitlines()[1:]}
    telling = {
        line
        for line in lines
        if len(line) >= _LONGEST_TRIVIAL and re.search(r"[=()\[\]{};]", line) and not _BOILERPLATE.match(line)
    }
    flat = " ".join(text.split())
    held = [line for line in telling if line in flat]
    return len(held) >= 2 and 2 * len(held) >= len(telling)


def names_another(text: str, name: str, *others: str) -> str | None:
    """The function that a text asks for by name, where that is not the given one.

    Args:
        text: The task.
        name: The code's own name.
        others: Further names that are right, e.g. the class's and those that stand in the code.
    """
    if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text):
        return None
    asked = [next(filter(None, found)) for found in _NAMED.findall(text)]
    wrong = [one for one in asked if not {one, re.split(r"[.:#]+", one)[-1]} & {name, *others}]
    return wrong[0] if wrong else None
