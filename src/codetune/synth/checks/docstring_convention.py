"""How a project writes its documentation comments: found from its code, named in the prompt, looked for in the answer.

In: documentation without comment marks. Out: the convention that most of a project's structured comments
follow. It does not judge what a comment says, except that a parameter it names has to stand in the code.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from codetune.records import Snippet

__all__ = [
    "absent_parameters",
    "convention_of",
    "conventions",
    "follows",
    "usual_convention",
    "without_marks",
]

_LINE = re.MULTILINE
_TAG = r"[@\\](?:param|returns?|throws|exception|raise[sd]?|brief|yield|example|tparam)\b"
_SIGNS: Mapping[str, re.Pattern[str]] = {
    "google": re.compile(r"^[ \t]*(?:Args|Arguments|Returns|Raises|Yields|Attributes):[ \t]*$", _LINE),
    "numpy": re.compile(r"^[ \t]*(?:Parameters|Returns|Raises|Yields|Attributes|Examples)[ \t]*\n[ \t]*-{3,}", _LINE),
    "sphinx": re.compile(r"^[ \t]*:(?:param|type|returns?|rtype|raises?|arg|parameter)\b[^:\n]*:", _LINE),
    "tags": re.compile(rf"^[ \t*]*{_TAG}", _LINE),
    "xmldoc": re.compile(r"<(?:summary|param|returns|remarks|exception)\b", re.IGNORECASE),
    "rustdoc": re.compile(r"^[ \t]*# (?:Examples?|Errors|Panics|Safety|Arguments|Returns)\b", _LINE),
}  # fmt: skip
_TAGGED = {"javascript": "jsdoc", "typescript": "jsdoc", "java": "javadoc", "php": "phpdoc", "ruby": "yard"}
"""What comments with `@param` are called in a language; elsewhere they are Doxygen's."""
_USUAL = {
    "python": "google", "javascript": "jsdoc", "typescript": "jsdoc", "java": "javadoc", "go": "godoc", "ruby": "yard",
    "rust": "rustdoc", "php": "phpdoc", "c": "doxygen", "cpp": "doxygen", "csharp": "xmldoc",
}  # fmt: skip
_FEWEST = 3
"""Structured comments of a project; fewer do not make a convention."""
_PARAMETERS = (
    re.compile(r"^[ \t]*:(?:param|parameter|arg)\s+(?:[^:\n]*\s)?[*]{0,2}(\w+):", _LINE),
    re.compile(r"<param\s+name=\"(\w+)\"", re.IGNORECASE),
    re.compile(r"[@\\]t?param(?:\[[\w, ]+\])?\s+(?:\{[^}\n]*\}\s*|\[[^\]\n]*\]\s+)?\[?[$&*.<]*(\w+)(?:[^\S\n]+[$&*.]*(\w+))?"),
)  # fmt: skip
_SECTION = re.compile(
    r"^(?P<indent>[ \t]*)(?:(?:(?:Args|Arguments|Parameters):|参数[:：])[ \t]*\n|(?:Parameters)[ \t]*\n[ \t]*-{3,}[ \t]*\n|# Arguments[ \t]*\n)"
    r"(?P<body>(?:.*\n?)*?)(?=\n[ \t]*\n[ \t]*\S+.*\n[ \t]*-{3,}|^(?P=indent)(?:(?:Returns|Raises|Yields|Examples?|Notes?|Attributes|See)\b|返回|抛出|异常|示例|注意).*$|^(?P=indent)# |\Z)",
    _LINE,
)
_ENTRY = re.compile(
    r"^(?P<indent>[ \t]*)[*-]?[ \t]*`?[*]{0,2}(?P<name>[A-Za-z_]\w*)`?(?:[ \t]*\([^)\n]*\))?[ \t]*(?:(?::|–|-)(?=\s|$)|：)",
    _LINE,
)
_HEADINGS = frozenset(
    [
        "Return",
        "Returns",
        "Raises",
        "Yields",
        "Yield",
        "Usage",
        "Example",
        "Examples",
        "Note",
        "Notes",
        "Important",
        "Warning",
    ]
)
_OPEN_ENDED = re.compile(r"\*\*\w+|\barguments\b|\.\.\.\w+")
_BLOCK_MARKS = (
    (re.compile(r"\A/\*\*?\s*\n?(.*?)\s*\*/\Z", re.DOTALL), re.compile(r"^[ \t]*\*[ \t]?", _LINE)),
    (re.compile(r"\A(?=(?:[ \t]*//[/!]?.*(?:\n|\Z))+\Z)(.*)\Z", re.DOTALL), re.compile(r"^[ \t]*//[/!]?[ \t]?", _LINE)),
    (re.compile(r"\A(?=(?:[ \t]*#(?!\s*(?:Examples?|Errors|Panics|Safety|Arguments)\b).*(?:\n|\Z)){2,}\Z)(.*)\Z", re.DOTALL), re.compile(r"^[ \t]*#[ \t]?", _LINE)),
    (re.compile(r'\A[rRuU]?"""\s*(.*?)\s*"""\Z', re.DOTALL), None),
    (re.compile(r"\A[rRuU]?'''\s*(.*?)\s*'''\Z", re.DOTALL), None),
)  # fmt: skip


def usual_convention(programming_language: str) -> str:
    """The convention that most projects of a language follow."""
    return _USUAL.get(programming_language, "plain")


def convention_of(documentation: str, programming_language: str) -> str | None:
    """The convention of one comment; None where it is prose alone."""
    for name, sign in _SIGNS.items():
        if sign.search(documentation):
            return _TAGGED.get(programming_language, "doxygen") if name == "tags" else name
    return None


def conventions(snippets: Iterable[Snippet]) -> dict[tuple[str, str], str]:
    """(Repository, programming language) -> the convention of most of its structured comments.

    Args:
        snippets: Code of one or more projects; those without documentation do not count.
    """
    found: dict[tuple[str, str], Counter[str]] = {}
    for snippet in snippets:
        name = convention_of(snippet.docstring or "", snippet.programming_language)
        if name is not None:
            found.setdefault((snippet.repo or "", snippet.programming_language), Counter())[name] += 1
    return {
        place: max(sorted(counts), key=lambda name: counts[name])
        for place, counts in found.items()
        if counts.total() >= _FEWEST
    }


def follows(text: str, convention: str, programming_language: str, name: str) -> bool:
    """Whether a whole documentation comment is written in a convention.

    Args:
        text: The comment, without comment marks.
        convention: As `conventions` names it.
        programming_language: Of the code.
        name: The code's own name; Go's comments begin with it.
    """
    if convention == "godoc":
        return text.lstrip().startswith(re.split(r"[.:#]+", name)[-1])
    own = convention_of(text, programming_language)
    return own == convention if own is not None else convention in ("plain", "rustdoc")


def absent_parameters(text: str, code: str) -> list[str]:
    """Parameters that a comment documents and that stand nowhere in the code.

    Code that takes any keyword (`**kwargs`) may document names of its own.
    """
    known = set(re.findall(r"\w+", code))
    if _OPEN_ENDED.search(code):
        return []
    absent = [name for pattern in _PARAMETERS[:2] for name in pattern.findall(text) if name not in known]
    # A type may stand before the name, or the description after it.
    absent += [first for first, second in _PARAMETERS[2].findall(text) if not {first, second} & known]
    for section in _SECTION.finditer(text):
        entries = list(_ENTRY.finditer(section["body"]))
        least = min((len(entry["indent"]) for entry in entries), default=0)
        at_left = [e["name"] for e in entries if len(e["indent"]) == least]
        absent += [name for name in at_left if name not in known and name not in _HEADINGS]
    return list(dict.fromkeys(absent))


def without_marks(text: str) -> str:
    """A documentation comment without the marks of its language around it."""
    for whole, mark in _BLOCK_MARKS:
        found = whole.match(text.strip())
        if found:
            inner = found[1]
            return (mark.sub("", inner) if mark is not None else inner).strip()
    return text
