"""What a translation has to leave alone: code, identifiers, paths, numbers.

Code is taken out before the text is shown and put back after; what else must survive stays in the text,
so that the sentence reads on, and is counted on both sides.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from codetune.tasks.translation.code_lines import code_spans, kind_of_line
from codetune.text.fences import fenced_blocks

__all__ = [
    "Masked",
    "changed_tokens",
    "is_worth_translating",
    "language_fault",
    "mask",
    "masked_again",
    "translation_fault",
]

_QUOTED = re.compile(r"`[^`\n]+`")
_INDENTED = re.compile(r"(?:^(?: {4}|\t)[^\n]*(?:\n|\Z))+", re.MULTILINE)
_PLACE = re.compile(r"⟦\s*(\d+)\s*⟧")
# ASCII, since Chinese stands beside names and numbers without a space.
_TOKENS = re.compile(
    r"""(?xa)
    https?://[^\s，。）)]+                             # addresses
    | (?<![\w.])(?:~|\.{1,2})?/(?:[\w.-]+/)*[\w.-]*\w  # paths from a root
    | (?<![\w./])(?:[\w.-]+/){2,}[\w.-]*\w             # deep paths; `input/output` is prose
    | (?<![\w./])(?:[\w-]+/)+[\w-]+\.[A-Za-z]\w*       # a path of a file
    | \b\w+\.(?:py|js|ts|java|go|rb|rs|php|c|h|cpp|cs|json|ya?ml|toml|txt|md|csv|html|sh
        |jsx|tsx|css|sql|xml|log|ini|cfg|conf|db|jsonl|tsv|xlsx?|docx?|pdf|ipynb|jpe?g|png|gif|svg|mp[34]|wav|zip|gz|tar|jar|exe|dll)\b
    | \b[A-Za-z_]\w*\([^()\s]*\)                       # calls: open(), f(x)
    | \b[A-Za-z]\w*_\w+\b | \b_\w+\b                   # snake_case, _private
    | \b[A-Za-z]*[a-z0-9][A-Z]\w*\b                    # camelCase, PascalCase
    | (?<![\w.])-?\d+(?:[.,]\d+)*(?!\w)                # numbers
    """
)
_CJK = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_STRING = re.compile(r"\"[^\"\n]*\"|(?<!\w)'[^'\n]*'(?!\w)")
_RUN_OF_ENGLISH = re.compile(r"(?<![\w-])(?:[a-z]{2,}[ ,;]+){5}[a-z]{2,}", re.ASCII)
_MOST_CHINESE = 0.1
_LEAST_CHINESE = 0.1


@dataclass(frozen=True, slots=True)
class Masked:
    """A text whose code was taken out."""

    text: str
    """With marks like ⟦0⟧ where code stood."""
    code: tuple[str, ...]

    def restored(self, translated: str) -> str | None:
        """The translation with the code in its places, or None where a mark is lost or doubled."""
        found = [int(number) for number in _PLACE.findall(translated)]
        if sorted(found) != list(range(len(self.code))):
            return None
        return _PLACE.sub(lambda match: self.code[int(match.group(1))], translated)


def masked_again(text: str) -> Masked:
    """A text whose code was taken out before: its marks are told, its code is not known here."""
    return Masked(text, ("",) * len(_PLACE.findall(text)))


def mask(text: str, *, unfenced: bool = False, programming_language: str | None = None) -> Masked:
    """Take code out of a text: fenced, quoted, or on lines that are indented as code.

    Args:
        text: Prose, perhaps with code.
        unfenced: Also take out lines that read as code though nothing marks them.
        programming_language: What such lines are written in, where that is known.
    """
    spans = [(block.start, block.end) for block in fenced_blocks(text)]
    if unfenced:
        blank = _blanked(text, spans)
        spans += _free(code_spans(blank, programming_language), spans)
    blank = _blanked(text, spans)
    indented = [found.span() for found in _INDENTED.finditer(blank)]
    spans += [span for span in indented if _is_code(blank[slice(*span)])]
    blank = _blanked(text, spans)
    spans += [found.span() for found in _QUOTED.finditer(blank)]
    code: list[str] = []
    shown: list[str] = []
    place = 0
    for start, end in sorted(spans):
        block = text[start:end].rstrip("\n")
        if not block.strip():
            continue
        shown += [text[place:start], f"⟦{len(code)}⟧"]
        code.append(block)
        place = start + len(block)
    return Masked("".join((*shown, text[place:])), tuple(code))


def _blanked(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with spaces in place of the spans; line breaks stay, and so does every place."""
    for start, end in spans:
        text = text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]
    return text


def _free(found: list[tuple[int, int]], taken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans without the parts that are taken already."""
    free: list[tuple[int, int]] = []
    for start, end in found:
        for first, last in sorted(taken):
            if first < end and start < last:
                if start < first:
                    free.append((start, first))
                start = max(start, last)
        if start < end:
            free.append((start, end))
    return free


def _is_code(block: str) -> bool:
    kinds = [kind_of_line(line) for line in block.splitlines() if line.strip()]
    return bool(kinds) and kinds.count("prose") <= kinds.count("code")


def changed_tokens(original: str, translated: str) -> list[str]:
    """Identifiers, paths and numbers that one text has more often than the other, in order."""
    before, after = Counter(_TOKENS.findall(original)), Counter(_TOKENS.findall(translated))
    return sorted((before - after) + (after - before))


def _plain(text: str) -> str:
    """The words of a text: no marks, names, paths or numbers."""
    return _TOKENS.sub(" ", _PLACE.sub(" ", text))


def is_worth_translating(text: str, target: str) -> bool:
    """Whether a masked text has words that are not yet in the language; quoted strings are data.

    Args:
        text: With marks in place of code.
        target: ISO 639-1 code.
    """
    words = _plain(_STRING.sub(" ", text))
    if target == "zh":
        english = [word for word in _WORD.findall(words) if word.isascii()]
        # Names of tools and one-letter variables are the same in every language.
        return any(len(word) > 1 and not word.isupper() for word in english) and not (
            _CJK.search(words) and not _RUN_OF_ENGLISH.search(words)
        )
    if target == "en":
        return bool(_CJK.search(words))
    return any(len(word) > 1 for word in _WORD.findall(words))


def translation_fault(original: str, translated: str, code: int, target: str) -> tuple[str, str] | None:
    """What is wrong with a translation, as (reason, detail); None where nothing is.

    Args:
        original: The masked text.
        translated: The answer, with the same marks.
        code: How many marks there are.
        target: ISO 639-1 code of the language asked for.
    """
    if sorted(int(number) for number in _PLACE.findall(translated)) != list(range(code)):
        return "code lost", "every mark like ⟦0⟧ has to stand in the translation exactly once"
    changed = changed_tokens(original, translated)
    if changed:
        return "names or numbers changed", f"these have to stay as they are: {', '.join(changed[:10])}"
    return language_fault(translated, target)


def language_fault(translated: str, target: str) -> tuple[str, str] | None:
    """Why a masked text is not in a language, as (reason, detail); names of tools say nothing.

    Args:
        translated: With marks in place of code.
        target: ISO 639-1 code.
    """
    unquoted = _plain(_STRING.sub(" ", translated))  # a quoted sentence is data, as in a sample of input
    words = unquoted if any(char.isalpha() for char in unquoted) else _plain(translated)
    letters = [char for char in words if char.isalpha()]
    share = sum(bool(_CJK.match(char)) for char in letters) / len(letters) if letters else 0.0
    if target == "zh" and (share < _LEAST_CHINESE or _RUN_OF_ENGLISH.search(words)):
        return "wrong language", "the translation has to be Chinese"
    if target not in ("zh", "ja", "ko") and share > _MOST_CHINESE:
        return "wrong language", "the translation has to be in the language asked for, not Chinese"
    return None
