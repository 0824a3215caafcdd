"""Docstrings as answers: what of one can be given as a summary, and when it can't.

Rules follow CodeSearchNet's cleaning (first paragraph, at least three words, no tag lists;
arXiv:1909.09436, section 2.1), widened to the ten languages' ways to write tags.
"""

from __future__ import annotations

import re
import unicodedata

from codetune.code.doc_markup import without_markup

__all__ = ["count_words", "is_in_language", "leaks", "prose_of", "summary_of"]

# Where prose ends: Javadoc, Doxygen, reST fields, Google and NumPy sections, doctests, XML docs.
_TAG_LINE = re.compile(
    r"""^\s*(
        [@\\](?:param|return|returns|throws|exception|see|since|author|version|deprecated|type|var|link|
              internal|access|static|private|public|protected|copyright|license|example|brief|todo|api|
              method|class|name|memberof|yield|yieldparam|option|raise|throw|tparam|property)\b
      | @\w[\w.\\-]*(?!\w*@)(?:\s|$)                      # any tag of JSDoc, Javadoc and PHPDoc
      | :\w[\w\s*,.|\[\]]*:
      | (?:Args|Arguments|Parameters|Params|Returns?|Raises?|Yields?|Examples?|Notes?|References|
           Attributes|See\ Also|Keyword\ Args|Throws|Options|Usage)\s*:?\s*$
      | [-=~]{3,}\s*$
      | >>>
      | </?(?:param|returns|exception|remarks|example|value|typeparam|seealso|inheritdoc)\b
      | \#\ (?:Arguments|Examples?|Returns|Panics|Errors|Safety)\s*$
    )""",
    re.VERBOSE,
)
_DIRECTIVE = re.compile(r"^\s*[@\\](?:end)?(?:rst|verbatim|code|parblock|internal|endinternal)\s*$")
_CALL_SEQ = re.compile(r"\A\s*:?call-seq:[^\n]*\n(?:[ \t]+[^\n]*\n?|[^\n]*(?:→|->|=>)[^\n]*\n?)*")
_ADDRESS_LINE = re.compile(r"^\W*(?:[\w -]{1,24}:\s*)?<?https?://\S+>?\W*$")
"""`Play: https://...`: nobody could tell it from the code."""
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+")
_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_CODE = re.compile(r"`[^`\n]*`|^(?: {4}|\t)[^\n]*$", re.MULTILINE)
_LEADING_BRIEF = re.compile(r"^\s*[@\\](?:brief|summary|description|desc)\b:?\s*", re.IGNORECASE)


def count_words(text: str) -> int:
    """Words of a text; each Chinese character counts as one, as there are no spaces to go by."""
    return len(_CJK.findall(text)) + len(_WORD.findall(_CJK.sub(" ", text)))


def prose_of(docstring: str) -> str:
    """The part of a docstring before its tags, parameter lists and examples.

    Returns:
        Prose with its paragraphs, possibly empty.
    """
    kept: list[str] = []
    for line in _CALL_SEQ.sub("", without_markup(docstring)).strip().splitlines():
        if _DIRECTIVE.match(line):
            continue
        line = _LEADING_BRIEF.sub("", line)
        if _TAG_LINE.match(line):
            break
        kept.append(line.rstrip())
    return "\n".join(kept).strip()


def summary_of(docstring: str) -> str:
    """First paragraph of the prose, on one line and without lines that are an address; empty where there is no prose."""
    paragraph = re.split(r"\n\s*\n", prose_of(docstring), maxsplit=1)[0]
    return " ".join(
        " ".join(line for line in paragraph.splitlines() if not _ADDRESS_LINE.match(line)).split()
    )


def is_in_language(text: str, language: str) -> bool:
    """Whether a text is written in the script of a natural language.

    Judged by letters alone: `en` asks that at least 90 % of them are Latin without other scripts'
    letters, `zh` that at least a quarter of those outside quoted and indented code are Chinese characters. Short
    docstrings give a statistical identifier too little to go by.

    Args:
        text: A docstring.
        language: `en` or `zh`; any other is taken to be Latin.
    """
    if text.isascii():
        return language != "zh" and any(map(str.isalpha, text))
    if language == "zh":
        text = _CODE.sub(" ", text)
    letters = [char for char in text if char.isalpha()]
    if not letters:
        return False
    if language == "zh":
        return len(_CJK.findall(text)) >= 0.25 * len(letters) and not _has_kana_or_hangul(letters)
    latin = sum(char.isascii() or "LATIN" in unicodedata.name(char, "") for char in letters)
    return latin >= 0.9 * len(letters)


def _has_kana_or_hangul(letters: list[str]) -> bool:
    return any("\u3040" <= char <= "\u30ff" or "\uac00" <= char <= "\ud7af" for char in letters)


def leaks(answer: str, code: str) -> bool:
    """Whether an answer of three words or more can be read off the code it is the answer to."""
    wanted = _normalised(answer)
    return wanted.count(" ") >= 2 and f" {wanted} " in f" {_normalised(code)} "


def _normalised(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
