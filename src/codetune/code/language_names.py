"""Programming languages as people write them."""

from __future__ import annotations

__all__ = ["display_name"]

_NAMES = {
    "bash": "Bash", "c": "C", "cpp": "C++", "csharp": "C#", "css": "CSS", "dart": "Dart",
    "elixir": "Elixir", "gdscript": "GDScript", "go": "Go", "haskell": "Haskell", "html": "HTML",
    "java": "Java", "javascript": "JavaScript", "json": "JSON", "julia": "Julia", "kotlin": "Kotlin",
    "lua": "Lua", "matlab": "MATLAB", "objectivec": "Objective-C", "perl": "Perl", "php": "PHP",
    "powershell": "PowerShell", "python": "Python", "r": "R", "ruby": "Ruby", "rust": "Rust",
    "scala": "Scala", "shell": "shell", "solidity": "Solidity", "sql": "SQL", "swift": "Swift",
    "typescript": "TypeScript", "yaml": "YAML",
}  # fmt: skip


def display_name(programming_language: str) -> str:
    """The written name of a language, e.g. `cpp` is `C++`; an unknown one is given back as it is."""
    return _NAMES.get(programming_language, programming_language)
