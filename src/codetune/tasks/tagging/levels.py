"""How hard a piece of code is, compared with other functions of its programming language.

    score = paths through + deepest nesting + 2 for each kind of advanced construct + lines / 5

Paths are branches and loops plus one (cyclomatic complexity); lines are those that are not blank. A getter in Java
and a handler in C are no more alike than their languages: measured by one scale, 84 % of PHP and 82 % of Java would
be for beginners and 11 % of C advanced. So the cut points are quantiles of the language:

    beginner          not above the median function
    advanced          above 85 of 100 functions
    intermediate      between the two

They were measured on 293 to 1,170 functions a language from three to eight public repositories, each of which
weighs the same (`benchmarks/results/tags.md`).
"""

from __future__ import annotations

__all__ = ["level_of_score"]

_CUTS = {
    "python": (5.6, 11.6), "javascript": (5.2, 12.6), "typescript": (3.4, 8.0), "php": (3.6, 8.8), "ruby": (2.0, 6.6),
    "go": (2.2, 8.8), "rust": (4.0, 8.0), "java": (1.8, 6.2), "csharp": (3.4, 12.8), "cpp": (4.0, 12.2),
    "c": (6.0, 19.8),
}  # fmt: skip
"""Language -> the median score, and the one that 85 of 100 functions do not exceed."""


def level_of_score(score: float, programming_language: str) -> str:
    """`beginner`, `intermediate` or `advanced`.

    Args:
        score: As above; at least 1.
        programming_language: A language with a grammar.
    """
    median, upper = _CUTS[programming_language]
    if score <= median:
        return "beginner"
    return "advanced" if score > upper else "intermediate"
