"""Whether a text can be a task, a problem or a review: what is certainly wrong, never what is unusual.

Markdown, lists, code blocks, example calls and any words are fine. The stricter checks for small
models are in `synth.checks.statements`.
"""

from __future__ import annotations

import re
from collections import Counter

from codetune.synth.checks.natural_language import language_fault, prose
from codetune.synth.runtime.raw_answers import no_answer
from codetune.text.fences import fenced_blocks

__all__ = [
    "adds_remark",
    "count_words",
    "gives_solution",
    "introduces",
    "lacks_input",
    "names_another",
    "only_code",
    "only_task",
    "text_fault",
]

_CJK = re.compile(r"[\u3400-\u9fff]")
_LOOPED = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")
"""A word, or a Chinese character, which are written without spaces."""
_RUN = 6
_OPEN_ENDS = re.compile(r"(?:[,;(\[{=，、；（]|\b(?:and|or|the|a|an))\s*\Z", re.IGNORECASE)
_QUOTED_LINE = re.compile(r"[ ]{0,3}>|[ ]{4}|\t")
"""A line of a quotation or of indented code, which may end as it likes."""
_CHATTER = re.compile(
    r"\A\W*(?:(?:sure|certainly|of course|okay|great question|absolutely|got it)\b\s*[!,.:—]"
    r"|here(?:['’]s| is| are) (?:the|your|my|(?:a|an) (?:new|harder|revised|rewritten|possible|modified|evolved|suggested)) "
    r"(?:[\w-]+ ){0,4}(?:tasks?|instruction|problem|review|summary|explanation|version|translation|prompt|challenge)\b[^\n.]{0,60}:"
    r"|(?:以下|下面)(?:是|为)(?:改写后|翻译|译文|新|您|你|我|为您|为你)[^\n]{0,20}[:：]|好的[，,!！。]|当然[，,!！。可])",
    re.IGNORECASE,
)
"""A model's introduction. "Here is a list of words: ..." is a task's own beginning."""
_REMARK = re.compile(
    r"\W*(?:(?:translat(?:or|ion)['’]?s? )?notes?|remark|说明|注意?|备注|译注|译者注)\W*[:：][^\n]*(?:translat|译文|翻译|标记|原文|\bmarks?\b|left (?:as|un)|保留)",
    re.IGNORECASE,
)
_FENCE_LINE = re.compile(r"^[ >]*(?:```|~~~)", re.MULTILINE)
"""Of blocks within blocks, which Markdown reads differently, there is an even number."""
_NAMED = re.compile(
    r"\b(?:function|method|class|constructor)s?\s+(?:(?:called|named|is|name)\s+)?`([A-Za-z_][\w.:#]*)`?|"
    r"\b(?:called|named)\s+`([A-Za-z_][\w.:#]*)`|\bdef\s+([A-Za-z_]\w*)\s*\(|\bfunction\s+([A-Za-z_]\w*)\s*\("
    r"|函数\s*`([A-Za-z_]\w*)`"
)
_ABSENT = re.compile(
    r"\b(?:the|this) (?:following|below|given) (?:[\w+#-]+ )?(?:code|function|program|snippet|query|script|class|method|loop)\b"
    r"|(?:下面|以下|下列)(?:的|这段|这个)?(?:\s?\w+\s?)?(?:代码|函数|程序|查询|脚本)",
    re.IGNORECASE,
)
_SHOWN = re.compile(r"[:：\n`\"'=\[{(<;]|(?<=\w)\s*\.\s*\w+\(")
"""What code or data after such words would hold."""
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
    fault = no_answer(text)
    if fault is not None:
        return fault
    count = count_words(text)
    if not words[0] <= count <= words[1]:
        return "length", f"the text has {count} words, not {words[0]} to {words[1]}"
    if own_words and introduces(text):
        return "chatter around the answer", "give the text alone, without an introduction"
    fault = language_fault(text, language)
    if fault is not None:
        return fault
    if any(not block.closed for block in fenced_blocks(text)) and len(_FENCE_LINE.findall(text)) % 2:
        return "unfinished text", "a code block is not closed"
    if _OPEN_ENDS.search(text) and not _QUOTED_LINE.match(text.rsplit("\n", 1)[-1]):
        return "unfinished text", "the text breaks off"
    repeated = _loop(prose(text))
    if repeated is not None:
        return "repetition", f"the text says {repeated!r} again and again"
    return None


def introduces(text: str) -> bool:
    """Whether a text begins with words about itself, such as "Sure! Here is the task:"."""
    return bool(_CHATTER.match(text))


def adds_remark(text: str) -> bool:
    """Whether a translation ends with a remark about itself, such as "Note: the code was left as it is."."""
    return bool(_REMARK.match(text.strip().rsplit("\n", 1)[-1]))


def only_task(answer: str, task: str, given: str) -> tuple[str, str] | None:
    """What is wrong with an answer that is its own task again, with its input or without, as (reason, detail), or None."""
    said = re.findall(r"\w+", answer.lower())
    if said in (re.findall(r"\w+", task.lower()), re.findall(r"\w+", f"{task} {given}".lower())):
        return "prompt repeated", "the answer may not repeat the question"
    return None


def lacks_input(task: str) -> bool:
    """Whether a task without an input speaks of code that stands nowhere in it."""
    found = _ABSENT.search(task)
    return found is not None and not _SHOWN.search(task[found.end() :])


def only_code(text: str, least: int) -> bool:
    """Whether a text that should explain code has fewer words of its own than the least, beside its code."""
    rest = re.sub(r"```.*?(?:```|\Z)|^#+ [^\n]*$", " ", text, flags=re.DOTALL | re.MULTILINE)
    return count_words(rest) < least


def _loop(text: str) -> str | None:
    """A run of words that fills a third of the text: a model caught in a loop."""
    words = _LOOPED.findall(text.lower())
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
