"""Markup of documentation as plain text: Javadoc's inline tags, XML documentation, HTML.

A docstring goes in, the same words without markup come out. Types in angle brackets that are no markup
(`List<String>`) stay.
"""

from __future__ import annotations

import html
import re

__all__ = ["without_markup"]

_TAGS = (
    "summary|para|p|pre|code|c|b|i|em|strong|tt|u|s|small|big|sub|sup|br|hr|ul|ol|li|dl|dt|dd|a|blockquote|span|div|"
    "table|thead|tbody|tr|td|th|caption|h[1-6]|kbd|samp|var|list|item|term|description|listheader|remarks|center|font"
)
_INLINE = re.compile(r"\{@(\w+)(?:\s+((?:[^{}]|\{[^{}]*\})*))?\}")
"""`{@link Type#member words}`, `{@code x}`; a brace pair may stand inside."""
_NAMED = re.compile(
    r"""<(?:see|seealso|paramref|typeparamref|exception)\s+(?:cref|name|langword|href)\s*=\s*["']([^"']*)["']\s*
    (?:/>|>(.*?)</(?:see|seealso|paramref|typeparamref|exception)>)""",
    re.VERBOSE | re.DOTALL,
)
_KIND = re.compile(r"^[A-Z]:|^!:")
_MARKUP = re.compile(rf"</?(?:{_TAGS})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BLANKS = re.compile(r"(?<=\S)[ \t]{2,}(?=\S)")
_LINKS = ("link", "linkplain", "linkcode", "tutorial")


def without_markup(docstring: str) -> str:
    """The words of a docstring.

    >>> without_markup("Turns {@link Gson#toJson(Object) an object} into {@code JSON}.")
    'Turns an object into JSON.'
    >>> without_markup('Runs the <see cref="T:Polly.Policy"/> for <paramref name="key"/>, a List<string>.')
    'Runs the Policy for key, a List<string>.'
    """
    if "<" not in docstring and "{@" not in docstring and "&" not in docstring:
        return docstring
    text = _INLINE.sub(_inline, docstring)
    text = _NAMED.sub(lambda found: found[2] if found[2] else _short(found[1]), text)
    text = html.unescape(_MARKUP.sub("", text))
    return _BLANKS.sub(" ", text)


def _inline(found: re.Match[str]) -> str:
    kind, content = found[1], " ".join((found[2] or "").split())
    if kind in _LINKS:
        target, _, words = content.partition(" ")
        if "(" in target and ")" not in target:  # blanks between the types of a method
            head, closing, rest = content.partition(")")
            target, words = head + closing, rest.strip()
        return words or target.removeprefix("#").replace("#", ".")
    if kind in ("inheritDoc", "inheritdoc", "docRoot"):
        return ""
    return content


def _short(name: str) -> str:
    """`T:Polly.Policy` is Policy; `M:Polly.Policy.Execute(System.Action)` is Execute; an address stays."""
    if "://" in name:
        return name
    bare = _KIND.sub("", name).partition("(")[0]
    head, brace, rest = bare.partition("{")
    return head.rpartition(".")[2] + (f"<{rest.removesuffix('}')}>" if brace else "")
