"""Turns untrusted code and text into HTML: escaped, highlighted, cut to a readable length.

Control characters, bidirectional overrides, zero-width characters and lone surrogates are shown by
their code point, so the page shows what a model or a compiler sees.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from html import escape
from typing import Any

from markupsafe import Markup
from pygments.lexers import get_lexer_by_name
from pygments.lexers.special import TextLexer
from pygments.token import Comment, Keyword, Name, Number, String, _TokenType
from pygments.util import ClassNotFound

from codetune.code.languages import canonical_language
from codetune.text.fences import fenced_blocks

__all__ = ["code_html", "prose_html", "visible", "visible_attribute"]

_COLOURS: dict[_TokenType, str] = {
    Comment.Preproc: "k",
    Comment: "c",
    Keyword: "k",
    Name.Builtin: "b",
    Name.Class: "f",
    Name.Decorator: "d",
    Name.Exception: "b",
    Name.Function: "f",
    Name.Tag: "k",
    Number: "m",
    String.Doc: "c",
    String.Escape: "m",
    String: "s",
}
"""Token type -> class in style.css; a type that is not here takes its parent's."""


def _is_hidden(character: str) -> bool:
    if character in "\n\t":
        return False
    return unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")


def _mark(character: str) -> str:
    name = unicodedata.name(character, "control character" if ord(character) < 0xA0 else "")
    title = f' title="{escape(name.lower())}"' if name else ""
    return f'<span class="hidden-character"{title}>U+{ord(character):04X}</span>'


def visible(text: str) -> Markup:
    """Escape text and show its hidden characters by their code point."""
    if text.isascii() and text.isprintable():
        return Markup(escape(text))
    return Markup("".join(_mark(c) if _is_hidden(c) else escape(c) for c in text))


def visible_attribute(text: Any) -> Markup:
    """The same for the value of an attribute, where no element can stand."""
    return Markup("".join(f"U+{ord(c):04X}" if _is_hidden(c) else escape(c) for c in str(text)))


def _cut(text: str, max_lines: int, max_columns: int) -> tuple[str, str]:
    """Cut a text; also returns what was left out as a phrase, "" where nothing was."""
    lines = text.replace("\r\n", "\n").strip("\n").split("\n")
    more_lines = len(lines) - max_lines
    lines = lines[:max_lines]
    longest = max(map(len, lines))
    lines = [
        line if len(line) <= max_columns else line[:max_columns] + "\N{HORIZONTAL ELLIPSIS}" for line in lines
    ]
    said = []
    if longest > max_columns:
        said.append(f"lines cut at {max_columns:,} characters; the longest has {longest:,}")
    if more_lines > 0:
        said.append(f"{more_lines:,} more line{'s' if more_lines > 1 else ''}")
    return "\n".join(lines), "; ".join(said)


@cache
def _lexer(language: str | None) -> Any:
    try:
        return get_lexer_by_name(canonical_language(language) or "text", stripnl=False, ensurenl=False)
    except ClassNotFound:
        return TextLexer(stripnl=False, ensurenl=False)


@cache
def _colour(kind: _TokenType) -> str:
    step: _TokenType | None = kind
    while step is not None:
        if step in _COLOURS:
            return _COLOURS[step]
        step = step.parent
    return ""


def _coloured(code: str, language: str | None) -> str:
    pieces: list[tuple[str, str]] = []
    # Unprocessed, because `get_tokens` drops a byte order mark and turns CR into LF.
    for _, kind, value in _lexer(language).get_tokens_unprocessed(code):
        colour = _colour(kind)
        if pieces and (pieces[-1][0] == colour or value.isspace()):
            pieces[-1] = (pieces[-1][0], pieces[-1][1] + value)
        else:
            pieces.append((colour, value))
    return "".join(
        f'<span class="{colour}">{visible(value)}</span>' if colour else str(visible(value))
        for colour, value in pieces
    )


def code_html(
    code: str, language: str | None, *, label: str, max_lines: int = 60, max_columns: int = 400
) -> Markup:
    """A scrollable block of highlighted code.

    Args:
        code: Untrusted; any text.
        language: Name as in `Snippet.programming_language`; unknown or None is shown uncoloured.
        label: What the block is, for screen readers.
        max_lines: Lines shown; what is left out is said under the block.
        max_columns: Characters shown of a line.

    Returns:
        HTML in which nothing of `code` is markup.
    """
    shown, left_out = _cut(code, max_lines, max_columns)
    note = f'<p class="left-out">{escape(left_out)}</p>' if left_out else ""
    return Markup(
        f'<pre class="code" dir="ltr" tabindex="0" role="region" aria-label="{visible_attribute(label)}">'
        f"<code>{_coloured(shown, language)}</code></pre>{note}"
    )


def prose_html(text: str, language: str | None, *, label: str, max_lines: int = 60) -> Markup:
    """Text as HTML: its fenced blocks as code, the rest as paragraphs.

    Args:
        text: Untrusted; perhaps Markdown, of which only the fences are looked at.
        language: Language of a block whose fence names none.
        label: What the text is, for screen readers.
        max_lines: Lines shown of each part.
    """
    parts: list[Markup] = []
    end = 0
    for block in fenced_blocks(text):
        parts.append(_paragraphs(text[end : block.start], max_lines))
        parts.append(code_html(block.code, block.label or language, label=label, max_lines=max_lines))
        end = block.end
    parts.append(_paragraphs(text[end:], max_lines))
    return Markup("").join(parts)


def _paragraphs(text: str, max_lines: int) -> Markup:
    if not text.strip():
        return Markup("")
    shown, left_out = _cut(text, max_lines, 2_000)
    note = f'<p class="left-out">{escape(left_out)}</p>' if left_out else ""
    return Markup(f'<p class="prose" dir="auto">{visible(shown)}</p>{note}')
