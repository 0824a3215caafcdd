"""Which package a program wanted in vain, told from what its compiler or runtime said.

Nothing is looked up here, and nothing said by a program changes a verdict.
"""

from __future__ import annotations

import re

__all__ = ["missing_package"]

_SIGNS = {
    "javascript": r"Cannot find module '([^'./][^']*)'",
    "typescript": r"Cannot find module '([^'./][^']*)'",
    "java": r"error: package ([\w.]+) does not exist",
    "go": r'cannot find package "([^"]+)"|package ([\w./-]+) is not in GOROOT',
    "rust": r"unlinked crate `(\w+)`|missing crate `(\w+)`",
    "c": r"fatal error: ([^\s:]+): No such file or directory",
    "cpp": r"fatal error: ([^\s:]+): No such file or directory",
    "ruby": r"cannot load such file -- ([^\s(]+)",
}


def missing_package(said: str, language: str) -> str | None:
    """The first package, module or header that is not there; None where none is named.

    Args:
        said: What compiler and program wrote to stderr.
        language: One of `codetune.execution.languages.toolchains.LANGUAGES`.
    """
    found = re.search(_SIGNS[language], said) if language in _SIGNS else None
    return next(name for name in found.groups() if name) if found else None
