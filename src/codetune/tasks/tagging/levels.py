"""How hard a piece of code is, compared with other functions of its programming language.

    score = paths through + deepest nesting + 2 for each kind of advanced construct + lines / 5

Paths are branches and loops plus one (cyclomatic complexity); lines are those that are not blank. A getter in Java
and a handler in C are no more alike than their languages: measured by one scale, 84 % of PHP and 82 % of Java would
be for beginners and 11 % of C advanced. So the cut points are quantiles of the language:

    beginner          not above the median function
    advanced          above 85 of 100 functions
    intermediate      between the two

They were measured on 410 to 1,921 functions a language from three to fifteen public repositories, each of which weighs
the same, and tried on others (`benchmarks/bench_levels.py`, `benchmarks/results/tags.md`).
"""

from __future__ import annotations

__all__ = ["level_of_score"]

_CUTS = {
    "python": (5.2, 12.6), "javascript": (4.6, 12.2), "typescript": (4.4, 12.6), "php": (3.2, 9.0), "ruby": (2.0, 6.6),
    "go": (4.4, 12.4), "rust": (3.6, 8.0), "java": (2.2, 8.4), "csharp": (4.0, 9.6), "cpp": (3.8, 10.6),
    "c": (6.2, 18.4),
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
