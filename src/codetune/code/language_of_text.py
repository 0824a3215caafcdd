"""The programming language of code that comes without a file's name: told by its words, its syntax and its request.

Code and what was asked for go in; a language comes out, or None where it is prose, too little to tell, or
several could be meant. It does not look into Markdown fences, whose label says it.
"""

from __future__ import annotations

import re

from codetune.code.languages import canonical_language
from codetune.code.parsing import is_parsed_language, parses

__all__ = ["language_of_text", "sentences"]

_NAMED = re.compile(
    r"(?<![\w.+#-])(Python|Java ?Script|JS|Node(?:\.?js)?|React|jQuery|TypeScript|Java|C\+\+|C#|C|Golang|Go|Rust|Ruby|PHP|"
    r"SQL|MySQL|HTML5?|CSS3?|Bash|shell|Swift|Kotlin|Scala|Perl|Haskell|MATLAB|R|Lua)(?![\w+#-])"
)
_OTHER_NAMES = {
    "node": "javascript", "node.js": "javascript", "react": "javascript", "jquery": "javascript",
    "java script": "javascript", "mysql": "sql",
}  # fmt: skip
_ONLY_BEFORE_A_NOUN = {"go", "c", "r", "shell", "swift", "react", "rust"}
"""Names that are words too: they count before a noun such as "program", or after "in" or "using"."""
_NOUN = re.compile(
    r"^\s*(?:program|code|function|script|class|method|snippet|language|struct|component|app|command|statement)\b",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"\b(?:in|using|with)\s+(?:the\s+)?$", re.IGNORECASE)

_SIGNS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.MULTILINE)
    for name, pattern in {
        "python": r"^\s*(?:def \w+\(.*\)(?: *->.*)?:|class \w+(?:\(.*\))?:|import [\w.]+(?: as \w+)?$|from [\w.]+ import |"
        r"(?:el)?if [^{]+:$|for \w+(?:, *\w+)* in .+:|while [^{]+:$|print\s*\(|with .+ as \w+:|\w+ = lambda )"
        r"|\bfor \w+ in range\(|\[.+ for \w+ in .+\]|\blambda \w+: ",
        "java": r"\bpublic static void main\s*\(String|\bSystem\.out\.print|^import java|"
        r"\b(?:public|private|protected) (?:static )?(?:final )?(?:int|void|String|boolean|double|long|char|float)(?:\[\])? \w+\s*\(|"
        r"\bpublic class \w+|\bnew (?:ArrayList|HashMap|Scanner)\b|\bArrays\.",
        "csharp": r"^\s*using System|\bConsole\.(?:Write|Read)|\bnamespace \w[\w.]* *\{?$|\{ get; set; \}|\bstring\[\] args",
        "cpp": r"#include *<(?:iostream|vector|string|algorithm|map|bits/stdc\+\+\.h)>|\bstd::|\bcout *<<|using namespace std",
        "c": r"#include *<(?:stdio|stdlib|string|math|stdbool|limits|ctype)\.h>|\bprintf *\(\"|\bscanf *\(",
        "javascript": r"\bconsole\.log\(|\b(?:const|let) \w+ *=|\bvar \w+ *=|^\s*(?:async )?function\s*\w*\s*\(|=> *[{(\w]|"
        r"\bdocument\.|\brequire\(['\"]|===|\bmodule\.exports",
        "typescript": r"^\s*(?:export )?interface \w+ *\{|: (?:string|number|boolean)(?:\[\])?\s*[;,)=]",
        "php": r"<\?php|\$\w+ *=[^=]|\$this->|\becho \"|\becho \$",
        "ruby": r"^\s*(?:def \w+[?!]?(?:\(.*\))?$|end$|puts |require ')|\bdo \|\w+(?:, *\w+)*\||\.each\b",
        "go": r"^package \w+|\bfunc (?:\(\w+ \*?\w+\) )?\w+\(|\bfmt\.Print| := ",
        "rust": r"\bfn \w+(?:<.*>)?\(|\blet mut |\bprintln!\(|^use std::|\bimpl\b",
        "sql": r"(?i)^\s*\(?(?:SELECT\b.+\bFROM\b|SELECT\b.*$|INSERT INTO|UPDATE \w+ +SET|DELETE FROM|CREATE (?:TABLE|DATABASE|VIEW|INDEX)"
        r"|ALTER TABLE|DROP TABLE)",
        "html": r"(?i)<!DOCTYPE html|<html\b|<(?:div|body|head|p|table|form|ul|h1|input|button|a|img|span)\b[^>]*>",
        "css": r"^\s*[.#]?[\w-]+(?:[ ,.:#>]+[\w-]+)*\s*\{\s*$(?=\s*[\w-]+\s*:\s*[^;{}]+;)|^\s*[.#]?[\w-]+ *\{ *[\w-]+ *: *[^;{}]+;",
        "bash": r"^#!/bin/(?:ba|z)?sh|^\s*(?:fi|done|esac)$|^\s*if \[\[? |\becho \"?\$",
        "swift": r"^\s*import (?:UIKit|Foundation|SwiftUI)|\bfunc \w+\(.*\) *-> *\w+ *\{|\blet \w+ *: *\w+ *=",
        "kotlin": r"\bfun \w+\(|\bval \w+ *[:=]",
    }.items()
}
_EXCLUDES = {
    "cpp": ("c",), "typescript": ("javascript", "swift"), "csharp": ("java",), "java": ("javascript", "python"),
    "php": ("html", "javascript", "c", "bash"), "html": ("css", "javascript"), "go": ("python", "swift"),
    "swift": ("kotlin", "javascript"), "kotlin": ("javascript",), "rust": ("javascript",), "ruby": ("javascript",),
}  # fmt: skip
"""Language -> those whose signs it has too."""
_PLAIN_WORD = re.compile(r"[A-Za-z'’-]+[.,:;!?)]*$")
_LEAST_WORDS = 5
_PLAIN_SHARE = 0.65
_HEADING = re.compile(r"[A-Z][a-z]+(?: [\w+#]+)*:(?:\s|$)")
"""`Reason: ...`, `Corrected JavaScript function:`."""


def language_of_text(code: str, asked: str = "") -> str | None:
    """Tell the language of code.

    Args:
        code: The code alone.
        asked: What was asked for, e.g. "Write a function in Python"; its word is taken where the code bears
            it out, or where it is code of no sign at all that parses.

    Returns:
        A name of `languages.LANGUAGES`, or None.
    """
    lines = [line for line in code.splitlines() if line.strip()]
    if not lines or _is_sentence(lines[0]) or sentences(code) * 3 > len(lines):
        return None
    named = _named(asked)
    signs = {name: len(pattern.findall(code)) for name, pattern in _SIGNS.items()}
    found = {name for name, count in signs.items() if count}
    for name in sorted(found):
        found -= set(_EXCLUDES.get(name, ())) - ({named} if named else set())
    if named is not None:
        if named in found:
            return named  # also where it does not parse: that is for the syntax check to say
        is_bare = not found and is_parsed_language(named) and _has_code(code)
        return named if is_bare and parses(code, named) else None
    readable = [name for name in found if _may_be(code, name)]
    return readable[0] if len(readable) == 1 else None


def sentences(text: str) -> int:
    """Lines that are a sentence of prose, and so no code."""
    return sum(map(_is_sentence, text.splitlines()))


def _is_sentence(line: str) -> bool:
    line = line.strip()
    if _HEADING.match(line):
        return True
    words = line.split()
    if len(words) < _LEAST_WORDS or not (line[0].isupper() or line[0].isdigit()) or line[-1] in "{};,":
        return False
    return sum(bool(_PLAIN_WORD.match(word)) for word in words) >= _PLAIN_SHARE * len(words)


def _named(asked: str) -> str | None:
    """The one language that a request names, or None where it names none or several."""
    found: set[str] = set()
    for match in _NAMED.finditer(asked):
        plain = match[1].lower()
        is_word = plain in _ONLY_BEFORE_A_NOUN
        if is_word and not (_NOUN.match(asked[match.end() :]) or _BEFORE.search(asked[: match.start()])):
            continue
        plain = plain.replace("nodejs", "node.js")
        found.add(_OTHER_NAMES.get(plain) or canonical_language(plain) or plain)
    return found.pop() if len(found) == 1 else None


def _may_be(code: str, language: str) -> bool:
    """Whether the grammar reads it; a language without a grammar may always be."""
    return not is_parsed_language(language) or parses(code, language)


def _has_code(code: str) -> bool:
    """Whether there is more than words and numbers: a call, an assignment, a bracket."""
    return bool(re.search(r"\w\(.*\)|\w *[-+*/]?= *\S|[{};]|\[\w*\]", code))
