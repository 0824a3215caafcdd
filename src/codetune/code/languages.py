"""Which programming language a file holds, and the ones whose syntax codetune reads.

Names are lower case and the same everywhere: in records, settings and prompts.
"""

from __future__ import annotations

from pathlib import PurePath

__all__ = ["PARSED_LANGUAGES", "canonical_language", "language_of_path"]

PARSED_LANGUAGES = (
    "python", "javascript", "typescript", "java", "go", "ruby", "rust", "php", "c", "cpp", "csharp",
)  # fmt: skip
"""Languages with a grammar: functions, tokens and syntax checks work for these."""

_SUFFIXES = {
    "python": ".py .pyi .pyw",
    "javascript": ".js .mjs .cjs .jsx",
    "typescript": ".ts .mts .cts .tsx",
    "java": ".java",
    "go": ".go",
    "ruby": ".rb .rake .gemspec",
    "rust": ".rs",
    "php": ".php .php5 .phtml",
    "c": ".c .h",
    "cpp": ".cc .cpp .cxx .c++ .hh .hpp .hxx .h++ .ipp .tpp",
    "csharp": ".cs .csx",
    "bash": ".sh .bash",
    "sql": ".sql",
    "kotlin": ".kt .kts",
    "scala": ".scala",
    "swift": ".swift",
    "lua": ".lua",
    "perl": ".pl .pm",
    "r": ".r",
    "julia": ".jl",
    "haskell": ".hs",
    "gdscript": ".gd",
    "dart": ".dart",
    "elixir": ".ex .exs",
    "objectivec": ".m .mm",
    "powershell": ".ps1 .psm1",
}
_BY_SUFFIX = {suffix: name for name, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}

_ALIASES = {
    "py": "python", "python3": "python", "python2": "python", "pypy": "python", "pypy3": "python",
    "js": "javascript", "node": "javascript", "nodejs": "javascript", "jsx": "javascript",
    "ts": "typescript", "tsx": "typescript",
    "golang": "go", "rb": "ruby", "rs": "rust",
    "c++": "cpp", "cc": "cpp", "cplusplus": "cpp", "c++11": "cpp", "c++14": "cpp", "c++17": "cpp",
    "c#": "csharp", "cs": "csharp", "c_sharp": "csharp", "c-sharp": "csharp",
    "sh": "bash", "shell": "bash", "zsh": "bash", "shell script": "bash",
    "objective-c": "objectivec", "objc": "objectivec",
    "gd": "gdscript", "kt": "kotlin", "jl": "julia", "hs": "haskell", "pl": "perl",
    "ps1": "powershell", "html5": "html", "css3": "css",
}  # fmt: skip


def language_of_path(path: str | PurePath) -> str | None:
    """The programming language by file extension, or None where the extension says nothing.

    `.h` counts as C; files of C++ projects that use it still parse as far as they are C.
    """
    return _BY_SUFFIX.get(PurePath(path).suffix.lower())


def canonical_language(name: str | None) -> str | None:
    """The name codetune uses for a language that someone wrote down, e.g. `C++` is `cpp`.

    An unknown name is given back in lower case; None and blanks are None.
    """
    if name is None or not name.strip():
        return None
    plain = name.strip().lower()
    return _ALIASES.get(plain, plain)
