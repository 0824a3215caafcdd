"""What a language's module says: which files go into the box, what compiles them, what runs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from codetune.execution.protocol import Program

__all__ = ["REPORT", "Build", "LanguageSpec", "source_of"]

REPORT = '{"kind":"end"}'
"""What follows the secret (read from file 3) on file 4 when the program came to its end."""


@dataclass(frozen=True, kw_only=True)
class Build:
    """One program, ready to be compiled and run.

    Attributes:
        files: Name -> content, put into the box that compiles (or runs, where nothing is compiled).
        compile: Command line, or None.
        collect: What the compiler leaves, handed to the running box; a trailing slash means a folder.
        run: Command line.
        run_files: More files for the running box.
    """

    files: dict[str, bytes]
    compile: list[str] | None = None
    collect: tuple[str, ...] = ()
    run: list[str]
    run_files: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LanguageSpec:
    """A language.

    Attributes:
        build: Makes the `Build` of a program; gets the toolchain's path and the memory limit in MiB.
        flags: What the compiler is told, for the cache's key.
        extra_processes: Threads the language's own machinery needs, on top of the program's.
        limit_address_space: Whether RLIMIT_AS is safe.
        environment: On top of every box's.
        compile_failed: Tells from the compiler's words whether it failed, where its exit code doesn't.
    """

    build: Callable[[Program, str, int], Build]
    flags: str = ""
    extra_processes: int = 0
    limit_address_space: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    compile_failed: Callable[[str], bool] | None = None


def source_of(program: Program) -> str:
    """The program and its tests as one text; other languages have no second compilation unit for them."""
    if program.tests is None or program.expected_stdout is not None:
        return program.code
    return f"{program.code}\n{program.tests}"
