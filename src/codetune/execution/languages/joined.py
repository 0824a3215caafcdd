"""An answer and its tests as the two halves of one program, in languages where they can't simply follow each other.

    imports of both first (Java, C#, Go) ─▶ the answer without its own entry ─▶ the tests with theirs

Python, Ruby and Bash need none of it. Nothing is compiled here.
"""

from __future__ import annotations

import re

from codetune.execution.languages.go_program import go_program

__all__ = ["joined"]

_ENTRIES = {
    "java": (r"\bvoid\s+main\s*\(", "void mainOfAnswer("),
    "csharp": (r"\b(void|int|Task)\s+Main\s*\(", r"\1 MainOfAnswer("),
    "c": (r"^([ \t]*(?:int|signed|auto|void)\s+)main\s*\(", r"\1main_of_answer("),
    "cpp": (r"^([ \t]*(?:int|signed|auto)\s+)main\s*\(", r"\1main_of_answer("),
    "go": (r"^func\s+main\s*\(\s*\)", "func mainOfAnswer()"),
    "rust": (r"^([ \t]*(?:pub\s+)?fn\s+)main\s*\(\s*\)", r"\1main_of_answer()"),
}
"""Language -> the answer's entry, and what it is called beside the tests."""

_IMPORT = {
    "java": re.compile(
        r"^[ \t]*import\s+(?:static\s+)?[\w.*]+\s*;[ \t]*$|^[ \t]*package\s+[\w.]+\s*;[ \t]*$", re.M
    ),
    "csharp": re.compile(
        r"^[ \t]*(?:global\s+)?using\s+(?:static\s+)?[\w.]+(?:\s*=\s*[\w.<>]+)?\s*;[ \t]*$", re.M
    ),
}
_PUBLIC_TYPE = re.compile(r"^public\s+(?=(?:\w+\s+)*(?:class|interface|enum|record)\b)", re.M)
_JS_EXPORT = re.compile(r"^export\s+(?:default\s+)?(?=async\b|function\b|class\b|const\b|let\b|var\b)", re.M)
_JS_EXPORT_LIST = re.compile(
    r"^export\s*(?:default\s+\w+|\{[^}]*\})\s*;?[ \t]*$|^module\.exports\s*=[^\n;]*;?[ \t]*$", re.M
)
_JS_IMPORT = re.compile(
    r"^import\s+(?:\*\s+as\s+)?(\w+|\{[^}]*\})\s+from\s+(['\"][^'\"]+['\"])\s*;?[ \t]*$", re.M
)


def joined(code: str, tests: str, language: str) -> tuple[str, str]:
    """The two halves, to be run one after the other as one program.

    Args:
        code: The answer.
        tests: Its tests, with an entry of their own where the language has one.
        language: One of `codetune.execution.languages.toolchains.LANGUAGES`.
    """
    if language in _ENTRIES:
        sign, name = _ENTRIES[language]
        has_entry = re.search(sign, tests, re.M) is not None or language in ("go", "rust")
        code = re.sub(sign, name, code, flags=re.M) if has_entry else code
    match language:
        case "go":
            return go_program(code, tests)
        case "java" | "csharp":
            pattern = _IMPORT[language]
            heads = dict.fromkeys(
                m[0].strip() for m in pattern.finditer(f"{code}\n{tests}") if "package" not in m[0]
            )
            code, tests = pattern.sub("", code), pattern.sub("", tests)
            if language == "java":
                code, tests = _PUBLIC_TYPE.sub("", code), _PUBLIC_TYPE.sub("", tests)
            return "\n".join([*heads, code]), tests
        case "javascript":
            return _common_js(code), _common_js(tests)
        case "php":
            return code, re.sub(r"\A\s*<\?(?:php)?", "", tests).rstrip().removesuffix("?>")
    return code, tests


def _common_js(code: str) -> str:
    """The code without what only modules know: exports left out, imports as `require`."""
    code = _JS_EXPORT_LIST.sub("", _JS_EXPORT.sub("", code))
    return _JS_IMPORT.sub(lambda m: f"const {m[1].replace(' as ', ': ')} = require({m[2]});", code)
