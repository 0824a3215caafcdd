"""What an attack is: a program, its tests, and the endings that mean it was held."""

from __future__ import annotations

from dataclasses import dataclass

from codetune.records import Verdict as V

__all__ = ["ASSERT_WRONG", "Attack", "failing", "made"]

ASSERT_WRONG = "assert f(1) == 2"
"""Tests that an honest `f` of these programs fails."""


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One attack.

    Attributes:
        name: A few words.
        code: The program.
        tests: Fail unless the attack succeeds, or pass only if nothing bad could be done.
        expected: Verdicts that mean it was held.
        test_isolation: `strict` where the attack is on strict isolation.
        language: What it is written in; it is not run where the language's tools aren't installed.
    """

    name: str
    code: str
    tests: str = ""
    expected: tuple[V, ...]
    test_isolation: str = "standard"
    language: str = "python"


_FAILURES = tuple(
    v for v in V if v.is_about_the_program and v not in (V.PASS, V.NO_CODE, V.NO_EDIT, V.COMPILE)
)


def made(
    name: str,
    code: str,
    *expected: V,
    tests: str = "",
    test_isolation: str = "standard",
    language: str = "python",
) -> Attack:
    """One attack, with the blank lines around its text taken off."""
    return Attack(
        name=name,
        code=code.strip("\n"),
        tests=tests,
        expected=expected,
        test_isolation=test_isolation,
        language=language,
    )


def failing(
    name: str, code: str, *, tests: str, test_isolation: str = "standard", language: str = "python"
) -> Attack:
    """One attack that is held when it fails its tests, however it does: no PASS, and no way out of the rates."""
    return made(name, code, *_FAILURES, tests=tests, test_isolation=test_isolation, language=language)
