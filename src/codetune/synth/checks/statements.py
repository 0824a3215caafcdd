"""Whether a task statement is one: complete, of the right length and language, about this code.

Cheap checks that read text only. They can't tell that a statement is right; each tells one way in
which small models are wrong, with a reason that can be counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

__all__ = ["chinese_share", "grounded_share", "statement_fault", "words_of"]

_ENDINGS = tuple(".!?:。！？：)）`\"'”")
_WORDS = """
a an and any are argument arguments as at be been but by called can class code create define describe
develop does each for from function functions generate given gives have how i if implement in input
instance into is it its make method must name named need no not object of on one or output parameter
parameters please program provided python returns return should so such take takes task that the their
them then there these this to two use used uses using value values when where which will with without
would write you your build construct produce
"""
_SENTENCE_WORDS = frozenset(_WORDS.split())
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")
_CJK = re.compile(r"[\u4e00-\u9fff]")
_LONGEST_LEAK = 24


def words_of(text: str) -> list[str]:
    """Words in lower case, identifiers split at underscores and capitals."""
    return [word.lower() for word in _CAMEL.split(text) if word]


def _stem(word: str) -> str:
    return word[:5] if len(word) > 5 else word.rstrip("s") if len(word) > 3 else word


def grounded_share(statement: str, ground: str) -> float:
    """Share of the statement's content words that also occur in what it is about.

    Args:
        statement: English text.
        ground: Code, documentation and names.

    Returns:
        0 to 1; words are compared by their first five letters, and 1 is given where the statement
        has no content word at all (its length is another check's business).
    """
    known = {_stem(word) for word in words_of(ground)}
    content = [_stem(word) for word in words_of(statement) if word not in _SENTENCE_WORDS and len(word) > 1]
    return sum(word in known for word in content) / len(content) if content else 1.0


def chinese_share(text: str) -> float:
    """Share of Chinese characters among the letters that are not part of quoted code."""
    letters = [c for c in re.sub(r"`[^`]*`", "", text) if c.isalpha()]
    return sum(bool(_CJK.match(c)) for c in letters) / len(letters) if letters else 0.0


def _repeats(text: str) -> str | None:
    """A run of words that comes three times: a model caught in a loop."""
    words = re.findall(r"\w+", text.lower())
    runs = Counter(tuple(words[i : i + 4]) for i in range(len(words) - 3))
    run, count = runs.most_common(1)[0] if runs else ((), 0)
    return " ".join(run) if count >= 3 else None


def _leak(statement: str, code: str) -> str | None:
    """A line of the code that the statement repeats; it may repeat the signature and documentation."""
    for line in code.splitlines():
        line = line.strip()
        if len(line) >= _LONGEST_LEAK and re.search(r"[=()\[\]{};]", line) and line in statement:
            return line
    return None


def statement_fault(
    statement: str,
    *,
    language: str,
    words: tuple[int, int],
    must_name: Collection[str] = (),
    body: str = "",
    ground: str | None = None,
    min_grounded: float = 0.0,
) -> tuple[str, str] | None:
    """The first thing that is wrong with a statement.

    Args:
        statement: What the model wrote.
        language: `en` or `zh`.
        words: Fewest and most words; a Chinese word counts as two characters.
        must_name: Names that have to stand in it.
        body: Code whose lines may not stand in it.
        ground: What it has to be about; None leaves that unchecked, as it is for Chinese.
        min_grounded: Least `grounded_share`, 0 to 1.

    Returns:
        (reason, detail), or None when nothing is.
    """
    text = statement.strip()
    count = len(_CJK.findall(text)) // 2 + len(re.findall(r"[A-Za-z0-9_]+", text))
    if not words[0] <= count <= words[1]:
        return "length", f"the statement has {count} words, not {words[0]} to {words[1]}"
    if "```" in text:
        return "code in the statement", "the statement may not hold a code block"
    if not text.endswith(_ENDINGS):
        return "unfinished statement", "the statement has to end with a full stop or a question mark"
    if language == "zh" and chinese_share(text) < 0.5:
        return "wrong language", "the statement has to be Chinese"
    if language == "en" and chinese_share(text) > 0.05:
        return "wrong language", "the statement has to be English"
    repeated = _repeats(text)
    if repeated is not None:
        return "repetition", f"the statement says {repeated!r} again and again"
    absent = [name for name in must_name if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)]
    if absent:
        return "name not mentioned", f"the statement has to name `{absent[0]}`"
    leaked = _leak(text, body)
    if leaked is not None:
        return "code in the statement", f"the statement gives away the line {leaked!r}"
    if ground is not None and language == "en":
        share = grounded_share(text, ground)
        if share < min_grounded:
            return (
                "not about the code",
                f"only {share:.0%} of its words occur in the code or its documentation",
            )
    return None
