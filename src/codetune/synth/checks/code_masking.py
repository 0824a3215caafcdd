"""What a translation has to leave alone: code, identifiers, paths, numbers.

Code blocks and quoted code are taken out before the text is shown and put back after; what else
must survive stays in the text, so that the sentence reads on, and is counted on both sides.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

__all__ = ["Masked", "changed_tokens", "mask"]

_CODE = re.compile(r"```.*?```|(?:^(?: {4}|\t)[^\n]*(?:\n|\Z))+|`[^`\n]+`", re.DOTALL | re.MULTILINE)
_PLACE = re.compile(r"⟦\s*(\d+)\s*⟧")
_TOKENS = re.compile(
    r"""(?x)
    https?://[^\s，。）)]+                             # addresses
    | (?:\.{0,2}/)?(?:[\w.-]+/)+[\w.-]*[\w-]           # paths
    | \b\w+\.(?:py|js|ts|java|go|rb|rs|php|c|h|cpp|cs|json|ya?ml|toml|txt|md|csv|html|sh)\b
    | \b[A-Za-z_]\w*\([^()\s]*\)                       # calls: open(), f(x)
    | \b[A-Za-z]\w*_\w+\b | \b_\w+\b                   # snake_case, _private
    | \b[A-Za-z]*[a-z0-9][A-Z]\w*\b                    # camelCase, PascalCase
    | (?<![\w.])-?\d+(?:[.,]\d+)*(?![\w])              # numbers
    """
)


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


def mask(text: str) -> Masked:
    """Take fenced and quoted code out of a text, and the lines that are indented as code."""
    code: list[str] = []

    def take(match: re.Match[str]) -> str:
        block = match.group(0)
        code.append(block.rstrip("\n"))
        return f"⟦{len(code) - 1}⟧" + block[len(block.rstrip("\n")) :]

    return Masked(_CODE.sub(take, text), tuple(code))


def changed_tokens(original: str, translated: str) -> list[str]:
    """Identifiers, paths and numbers that one text has more often than the other, in order."""
    before, after = Counter(_TOKENS.findall(original)), Counter(_TOKENS.findall(translated))
    return sorted((before - after) + (after - before))
