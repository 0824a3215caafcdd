"""The seam between codetune and whatever runs untrusted code.

What enters is a `Program`, what leaves is an `Execution`: the verdict and its evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from codetune.records import Verdict

__all__ = ["Case", "Comparison", "Execution", "Executor", "Limits", "Program"]

Comparison = Literal["lines", "tokens", "values"]
"""How printed text is compared with what was expected: `lines` leaves blanks at line ends and blank
last lines aside; `tokens` all white space; `values` also takes numbers that differ by less than
1e-5, absolutely or relatively, and letters of the other case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one program may use."""

    cpu_seconds: float = 5.0
    """CPU time of the program and all its descendants; this, not the clock, is the verdict."""
    wall_seconds: float | None = None
    """Safety net; None means 4 x cpu_seconds + 2."""
    memory_bytes: int = 1 << 30
    output_bytes: int = 1 << 20
    """Bytes of stdout and stderr together before the program is stopped."""
    disk_bytes: int = 64 << 20
    processes: int = 32

    @property
    def wall_limit_seconds(self) -> float:
        return self.wall_seconds if self.wall_seconds is not None else 4 * self.cpu_seconds + 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test of a program that reads and prints."""

    stdin: str
    expected_stdout: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Code to run, and what decides whether it did what it should."""

    id: str
    """The caller's name for it; comes back in the `Execution`."""
    code: str
    """The solution: a whole program text of the language."""
    language: str = "python"
    tests: str | None = None
    """Test code run after `code` in the same program; None asks only that `code` runs to its end."""
    stdin: str | None = None
    """Sent through a real pipe; None is an empty input."""
    expected_stdout: str | None = None
    """What the program has to print, compared outside the box as `comparison` says. Such a program
    is run as a whole (`__main__`) and may leave by `sys.exit(0)`, for its output is the evidence.
    What it should print never enters the box, whatever the test isolation."""
    cases: tuple[Case, ...] = ()
    """Several such tests, in place of `stdin`, `expected_stdout` and `tests`, in any language: compiled
    once, run as a whole once for each case, each time in a fresh box with these limits. PASS needs
    every case; the first that doesn't pass decides (its number, from 1, opens `detail`) and the rest
    isn't run. CPU and wall seconds are sums, stdout and stderr the deciding case's."""
    comparison: Comparison = "lines"
    """For `expected_stdout` and `cases`."""
    in_process_tests: bool = False
    """Run code and tests in one process even under strict test isolation, because the tests need the
    program's own objects. To be decided from the tests and a reference solution, never from a run of
    the program under test."""
    attempt: int = 0
    """Which run of the same program this is: the verdict cache keeps each apart, so that a later one is a
    real run. What was compiled is used again."""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """How a run ended."""

    id: str
    verdict: Verdict
    cpu_seconds: float
    wall_seconds: float
    stdout: str = ""
    stderr: str = ""
    """Both are cut to the first and last part where they were long."""
    detail: str = ""
    """One line: the exception, the signal, the limit, or why it was skipped."""
    exit_code: int | None = None
    tier: str = ""
    """Which isolation held, e.g. `namespaces`; `none` is stamped on every unsandboxed result."""
    integrity: str = "standard"
    """`strict`: the tests ran, or the output was compared, outside the program's sandbox; `standard`: the
    tests ran in the program's own process."""
    memory_bytes: int = 0
    """Largest memory seen, of the program's processes; 0 where nothing ran."""


@runtime_checkable
class Executor(Protocol):
    """Runs programs; results come in the order of the programs."""

    def run(self, programs: Iterable[Program]) -> Iterator[Execution]:
        """Run each program in a box of its own.

        Raises:
            SafetyError: No isolation can be had on this machine.
            ExecutionError: The sandbox itself broke, for every program.
        """
        ...

    def close(self) -> None:
        """Stop workers; nothing is left running."""
        ...
