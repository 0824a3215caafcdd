"""What runtimes print when a program fails: a failed assertion, or a limit by another name."""

from __future__ import annotations

import re

from codetune.records import Verdict

__all__ = ["read_failure"]

_SIGNS = (
    (Verdict.OOM, r"heap out of memory|java\.lang\.OutOfMemoryError: (?:Java heap|GC overhead|Metaspace)"
                  r"|std::bad_alloc|memory allocation of \d+ bytes failed|fatal error: runtime: out of memory"
                  r"|runtime: cannot allocate memory|NoMemoryError|System\.OutOfMemoryException|Out of memory \(allocated"),
    (Verdict.PIDS, r"pthread_create failed|unable to create native thread|fork: retry|fork: Resource temporarily"
                   r"|can't create Thread|EAGAIN"),
    (Verdict.DISK, r"No space left on device|ENOSPC"),
    (Verdict.RUNTIME, r"^panic: runtime error"),
    (Verdict.WRONG, r"AssertionError|Assertion (?:`|')|[Aa]ssertion (?:`.*?` )?failed|assert(?:_eq|_ne)?!|--- FAIL"
                    r"|Test failed|^Failure:|assert\(.*\) failed"),
)  # fmt: skip
_COMPILED = tuple((verdict, re.compile(signs, re.MULTILINE)) for verdict, signs in _SIGNS)


def read_failure(printed: str) -> Verdict | None:
    """The first verdict whose signs are there; None for an ordinary crash.

    Only ever tells one kind of failure from another; nothing printed makes a PASS.
    """
    return next((verdict for verdict, signs in _COMPILED if signs.search(printed)), None)
