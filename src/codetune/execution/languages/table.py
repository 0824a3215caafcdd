"""Language -> recipe. A language is added here and in `toolchains`."""

from __future__ import annotations

from codetune.execution.languages.language import Recipe
from codetune.execution.languages.managed import CSHARP, JAVA
from codetune.execution.languages.native import CPP, GO, RUST, C
from codetune.execution.languages.scripts import BASH, JAVASCRIPT, PHP, RUBY, TYPESCRIPT

__all__ = ["RECIPES"]

RECIPES: dict[str, Recipe] = {
    "javascript": JAVASCRIPT,
    "typescript": TYPESCRIPT,
    "java": JAVA,
    "go": GO,
    "rust": RUST,
    "c": C,
    "cpp": CPP,
    "csharp": CSHARP,
    "ruby": RUBY,
    "php": PHP,
    "bash": BASH,
}
