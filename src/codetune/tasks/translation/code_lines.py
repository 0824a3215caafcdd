"""Lines of code and lines of prose in a text that marks neither.

In: a text, as instructions and answers of published sets have them. Out: the spans of its code. Answers
of such sets are often code without a fence, code with a sentence before or after it, or prose alone.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Literal

from codetune.code.languages import canonical_language
from codetune.code.parsing import is_parsed_language, parses, python_tree

__all__ = ["LineKind", "code_spans", "kind_of_line"]

LineKind = Literal["code", "prose", "either"]

_KEYWORD_LINE = re.compile(
    r"""(?x)^\s*(?:
      (?:async\s+)?def\s+\w+\s*\(? | class\s+[A-Z]\w*\s*[:({<]?.*[:{]?\s*$ | from\s+[\w.]+\s+import\b | import\s+[\w.{*"'<]+(?:\s*[;,.]|\s+as\b|\s+from\b|\s*$)
    | return(?:\s+[^\s]+\s*;?\s*$|\s*;|\s*$|\s+.*[()\[\]{}+*/=<>"'].*$) | (?:if|elif|while|for|with|switch|catch)\b.*(?:[:{]\s*$|\)\s*$)
    | (?:else|try|finally|do|except\b.*)\s*[:{]\s*$ | (?:end|pass|break|continue|fi|done|esac|endif|endforeach|then|else|begin)\s*;?\s*$
    | (?:public|private|protected|static|final|const|let|var|void|int|float|double|char|long|bool|boolean|string|String|auto|unsigned|func|fn|impl|struct|enum|interface|namespace|package|using|module|require|include|extern|typedef|template|mod|use|pub)\b.*[;{}()=<>]
    | (?:package|namespace|using|use|require|module|include|import)\s+[\w.:\\"'/]+\s*;?\s*$
    | \#\s*(?:include|define|ifdef|ifndef|endif|pragma)\b | \#!\s*/ | <\?(?:php|xml) | \?>
    | </?[a-zA-Z][\w:-]*(?:\s[^<>]*)?> | <!DOCTYPE
    | (?:SELECT\b.*\bFROM|SELECT\s+[\w*,.\s()"'`]+$|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+(?:TABLE|VIEW|INDEX|DATABASE|PROCEDURE|FUNCTION)|ALTER\s+TABLE|DROP\s+TABLE
        |(?:LEFT\s+|INNER\s+|RIGHT\s+)?JOIN\s+\w+|WHERE\s+\w+|GROUP\s+BY|ORDER\s+BY|FROM\s+\w+)\b
    | (?:print|puts|echo|printf|console\.log|fmt\.Print\w*|System\.out\.\w+)\s*[\s("'$] .*
    | @\w+(?:\(.*\))?\s*$ | >>>\s | \.\.\.\s | \$\s?[\w./-]+ | (?:sudo|pip3?|npm|git|cd|mkdir|docker|apt-get|yarn|cargo|curl)\s+[\w./-]+.*
    | [.#]?[\w.#,>* -]{1,80}\{\s*$ | [\w-]+\s*:[^;]+;\s*$
    )"""
)
_SIGNS = re.compile(
    r"[{}]\s*$|;\s*$|^\s*[)}\]]+[;,)]*\s*$|=>|->|::|==|!=|&&|\|\||<=|>=|\+\+|\+=|-=|<<|^\s*[\w.$\[\]\"'(), *&:]{1,80}(?<![=!<>])=(?!=)\s*\S|"
    r"^\s*[\w.$:>-]+\([^()]*\)[;,]?\s*$|^\s*[\w.$:>-]+\(.*\)\)[;,]?\s*$|\w\.\w+\("
)
_COMMENT = re.compile(r"^\s*(?:#(?!#)|//|--(?!-)|/\*|\*(?!\*)|\*/|;;|%(?!\w+%)|<!--|\"\"\"|''')")
_TRAILING_COMMENT = re.compile(r"([;{}):,])\s*(?://|#).*$")
_NEVER_PROSE = re.compile(r"[;{}]\s*$|;\s*(?:do|then)\s*$|^\s*<.*>\s*$")
_ASSIGNED = re.compile(r"^\s*(?:[\w.$]+(?:\s*\[[^\]]*\])?|[\w<>\[\]]+\s+\w+)\s*[:+*/-]?=\s*\S")
_ORDINARY = re.compile(r"(?<![\w.$@-])[A-Za-z][a-z]+(?:['’][a-z]+)?(?![\w(=\[.$-]\w|\()")
_FUNCTION_WORDS = frozenset(re.findall(r"\w+", """
    the a an of to in and or is are be that this these those it its as with for on by at from which will can you
    we your our not if then than into has have using how what when should would may each given following
"""))  # fmt: skip
_CJK = re.compile(r"[\u3400-\u9fff]")
_QUOTED = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|`[^`\n]*`")
_CODE_SHARE = 0.5
_EDGE = 300
"""Characters at each end of a long line that are looked at."""


def kind_of_line(line: str) -> LineKind:
    """Whether a line is code or prose; `either` for empty lines, comments, data and single words."""
    if len(line) > 2 * _EDGE:
        line = f"{line[:_EDGE]} {line[-_EDGE:]}"
    if not any(map(str.isalpha, line)):
        return "either"
    bare = _QUOTED.sub('""', line)
    if _CJK.search(bare) and not _COMMENT.match(line):
        return "code" if _ASSIGNED.match(bare) or re.search(r"[;{}]\s*(?://.*|#.*)?$", bare) else "prose"
    if _COMMENT.match(line) and not re.match(r"^\s*#\s*(?:include|define|!)", line):
        return "either"
    if _NEVER_PROSE.search(bare):
        return "code"
    words = _ORDINARY.findall(bare)
    reads_on = _reads_on(bare)
    if _KEYWORD_LINE.match(line) or _ASSIGNED.match(bare):
        return "prose" if reads_on and not _ASSIGNED.match(bare) else "code"
    if _SIGNS.search(bare):
        return "prose" if reads_on or (len(words) >= 5 and re.search(r"[.?!:]\s*$", line)) else "code"
    if len(words) >= 3 or (re.search(r"[A-Za-z)\"'][.?!。？！:]\s*$", line) and words):
        return "prose"
    return "either"


def _reads_on(line: str) -> bool:
    """Whether a line has the small words of a sentence."""
    line = _TRAILING_COMMENT.sub(r"\1", line)
    if _CJK.search(line):
        return True
    if _NEVER_PROSE.search(line):
        return False
    words = _ORDINARY.findall(line)
    small = sum(word.lower() in _FUNCTION_WORDS for word in words)
    return len(words) >= 4 and small >= 2


def code_spans(text: str, programming_language: str | None = None) -> list[tuple[int, int]]:
    """Places of unfenced code in a text, as (start, end) in characters, in order; whole lines each.

    Args:
        text: Any text without fences; those are to be taken out first.
        programming_language: What code in it is written in, where that is known.
    """
    lines = text.splitlines(keepends=True)
    kinds = [kind_of_line(line) for line in lines]
    if "code" not in kinds:
        return []
    if "prose" not in kinds or _is_program(text, kinds, programming_language):
        return [(0, len(text))] if text.strip() else []
    kinds = _settled(lines, kinds)
    spans: list[tuple[int, int]] = []
    place = 0
    for line, kind in zip(lines, kinds, strict=True):
        if kind == "code":
            if spans and spans[-1][1] == place:
                spans[-1] = (spans[-1][0], place + len(line))
            else:
                spans.append((place, place + len(line)))
        place += len(line)
    return spans


def _is_program(text: str, kinds: list[LineKind], programming_language: str | None) -> bool:
    """A text that parses is code, whatever its strings and comments say."""
    language = canonical_language(programming_language)
    if kinds.count("code") < _CODE_SHARE * (len(kinds) - kinds.count("either")):
        return False
    if is_parsed_language(language):
        return parses(text, language or "")
    return python_tree(text) is not None


def _settled(lines: list[str], kinds: list[LineKind]) -> list[LineKind]:
    """Lines that may be either go with the nearest line above, or below where none is above in their paragraph."""
    settled = list(kinds)
    for index, kind in enumerate(kinds):
        if kind != "either":
            continue
        above = settled[index - 1] if index else None
        if lines[index].strip():
            below = next((later for later in kinds[index + 1 :] if later != "either"), None)
            is_indented = lines[index][:1] in " \t"
            joined = above == "code" and (is_indented or bool(lines[index - 1].strip()))
            begins = below == "code" and (
                bool(_COMMENT.match(lines[index])) or is_indented or above == "code"
            )
            settled[index] = "code" if joined or begins else "prose"
        else:
            below = next((later for later in kinds[index + 1 :] if later != "either"), None)
            settled[index] = "code" if above == "code" and below == "code" else "either"
    return _without_islands(lines, settled)


def _without_islands(lines: list[str], kinds: list[LineKind]) -> list[LineKind]:
    """Lines between two lines of code are code too, unless one of them is a sentence."""
    places = [index for index, kind in enumerate(kinds) if kind == "code"]
    for above, below in pairwise(places):
        between = range(above + 1, below)
        if not any(_reads_on(_QUOTED.sub('""', lines[index])) for index in between):
            for index in between:
                kinds[index] = "code"
    for index in range(places[-1] + 1, len(lines)) if places else ():  # `}` or `End Sub` at the end
        if not lines[index].strip() or len(lines[index].split()) > 2 or "." in lines[index]:
            break
        kinds[index] = "code"
    return kinds
