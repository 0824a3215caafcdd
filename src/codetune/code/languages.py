"""The programming languages codetune knows: one table of names, file extensions and grammars.

Names are lower case and the same everywhere: in records, settings and prompts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from types import MappingProxyType

__all__ = [
    "LANGUAGES",
    "PARSED_LANGUAGES",
    "Language",
    "canonical_language",
    "display_name",
    "language_of_path",
]


@dataclass(frozen=True, slots=True)
class Language:
    """One programming language."""

    name: str
    display: str
    """As people write it, e.g. `C++`."""
    extensions: str = ""
    """File name endings, lower case, parted by spaces; empty where files are data more often than code."""
    aliases: str = ""
    """Other names that people, data sets and Markdown fences give it, parted by commas."""
    grammar: tuple[str, str] | None = None
    """Module and function of its tree-sitter grammar; None where codetune does not read its syntax."""


_TABLE = (
    Language("python", "Python", ".py .pyi .pyw", "py,python3,python2,pypy,pypy3",
             ("tree_sitter_python", "language")),
    Language("javascript", "JavaScript", ".js .mjs .cjs .jsx", "js,node,nodejs,jsx",
             ("tree_sitter_javascript", "language")),
    Language("typescript", "TypeScript", ".ts .mts .cts .tsx", "ts,tsx",
             ("tree_sitter_typescript", "language_typescript")),
    Language("java", "Java", ".java", "", ("tree_sitter_java", "language")),
    Language("go", "Go", ".go", "golang", ("tree_sitter_go", "language")),
    Language("ruby", "Ruby", ".rb .rake .gemspec", "rb", ("tree_sitter_ruby", "language")),
    Language("rust", "Rust", ".rs", "rs", ("tree_sitter_rust", "language")),
    Language("php", "PHP", ".php .php5 .phtml", "", ("tree_sitter_php", "language_php")),
    Language("c", "C", ".c .h", "", ("tree_sitter_c", "language")),
    Language("cpp", "C++", ".cc .cpp .cxx .c++ .hh .hpp .hxx .h++ .ipp .tpp",
             "c++,cc,cplusplus,c++11,c++14,c++17", ("tree_sitter_cpp", "language")),
    Language("csharp", "C#", ".cs .csx", "c#,cs,c_sharp,c-sharp", ("tree_sitter_c_sharp", "language")),
    Language("bash", "Bash", ".sh .bash", "sh,shell,zsh,shell script"),
    Language("css", "CSS", aliases="css3"),
    Language("dart", "Dart", ".dart"),
    Language("elixir", "Elixir", ".ex .exs"),
    Language("gdscript", "GDScript", ".gd", "gd"),
    Language("haskell", "Haskell", ".hs", "hs"),
    Language("html", "HTML", aliases="html5"),
    Language("json", "JSON"),
    Language("julia", "Julia", ".jl", "jl"),
    Language("kotlin", "Kotlin", ".kt .kts", "kt"),
    Language("lua", "Lua", ".lua"),
    Language("matlab", "MATLAB"),
    Language("objectivec", "Objective-C", ".m .mm", "objective-c,objc"),
    Language("perl", "Perl", ".pl .pm", "pl"),
    Language("powershell", "PowerShell", ".ps1 .psm1", "ps1"),
    Language("r", "R", ".r"),
    Language("scala", "Scala", ".scala"),
    Language("solidity", "Solidity"),
    Language("sql", "SQL", ".sql"),
    Language("swift", "Swift", ".swift"),
    Language("yaml", "YAML"),
)  # fmt: skip

LANGUAGES = MappingProxyType({language.name: language for language in _TABLE})
"""Name -> language."""

PARSED_LANGUAGES = tuple(language.name for language in _TABLE if language.grammar)
"""Languages with a grammar: functions, tokens and syntax checks work for these."""

_BY_EXTENSION = {ending: language.name for language in _TABLE for ending in language.extensions.split()}
_BY_ALIAS = {alias: language.name for language in _TABLE for alias in language.aliases.split(",") if alias}


@lru_cache(maxsize=1 << 16)
def language_of_path(path: str | PurePath) -> str | None:
    """The programming language by file extension, or None where the extension says nothing.

    `.h` counts as C; files of C++ projects that use it still parse as far as they are C.
    """
    return _BY_EXTENSION.get(PurePath(path).suffix.lower())


def canonical_language(name: str | None) -> str | None:
    """The name codetune uses for a language that someone wrote down, e.g. `C++` is `cpp`.

    An unknown name is given back in lower case; None and blanks are None.
    """
    if name is None or not name.strip():
        return None
    plain = name.strip().lower()
    return _BY_ALIAS.get(plain, plain)


def display_name(programming_language: str) -> str:
    """The written name of a language, e.g. `cpp` is `C++`; an unknown one is given back as it is."""
    known = LANGUAGES.get(programming_language)
    return known.display if known else programming_language
