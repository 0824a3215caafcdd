"""What can go wrong, drawn as a tree.

    CodetuneError                 exit 1   something failed that was not the user's doing
    ├── UsageError                exit 2   the user can mend it: wrong words, files, settings
    │   ├── ConfigError                    a recipe or a setting
    │   ├── DataError                      an input file or one of its rows
    │   ├── OutputError                    the folder we were asked to write to
    │   └── MissingExtraError              a part that is not installed
    ├── BackendError              exit 1   a model server, seen from the client
    │   ├── RequestRefusedError            the server said no (4xx): asking again is useless
    │   └── BackendUnavailableError        it may pass: refused connection, 5xx, timeout
    ├── ExecutionError            exit 1   the sandbox broke (never: the program inside it failed)
    └── SafetyError               exit 3   refused, because going on would be unsafe

An error's text is one sentence or two: what happened, where, and what to do next. The command
line prints that text and nothing else; a traceback is for bugs.
"""

from __future__ import annotations

__all__ = [
    "BackendError",
    "BackendUnavailableError",
    "CodetuneError",
    "ConfigError",
    "DataError",
    "ExecutionError",
    "MissingExtraError",
    "OutputError",
    "RequestRefusedError",
    "SafetyError",
    "UsageError",
]


class CodetuneError(Exception):
    """Root of all errors codetune raises on purpose.

    Args:
        what: What happened, as the start of a sentence without its full stop.
        where: File, row, key, URL or stage it happened at, or None.
        next_step: What the user can do now, as a clause, or None.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str | None = None, next_step: str | None = None) -> None:
        self.what = what
        self.where = where
        self.next_step = next_step
        super().__init__(what)

    def __str__(self) -> str:
        text = self.what.rstrip(".")
        if self.where:
            text = f"{text} ({self.where})"
        return f"{text}; {self.next_step.rstrip('.')}." if self.next_step else f"{text}."

    def __reduce__(self) -> tuple[object, ...]:
        # Errors travel between processes; keyword-only arguments would be lost by the default.
        return (_rebuild, (type(self), self.what, self.where, self.next_step))


def _rebuild(kind: type[CodetuneError], what: str, where: str | None, next_step: str | None) -> CodetuneError:
    return kind(what, where=where, next_step=next_step)


class UsageError(CodetuneError):
    """The user can mend it."""

    exit_code = 2


class ConfigError(UsageError):
    """A recipe, a configuration file or a setting is wrong."""


class DataError(UsageError):
    """An input file, or a row of it, is not what it has to be."""


class OutputError(UsageError):
    """The output folder cannot be used: another run's, unwritable, or the disk is full."""


class MissingExtraError(UsageError):
    """A part of codetune that was not installed.

    >>> str(MissingExtraError.of("training", "train"))
    'training needs packages that are not installed; run: pip install "codetune[train]".'
    """

    @classmethod
    def of(cls, what: str, extra: str) -> MissingExtraError:
        """Name what was wanted and the extra that brings it."""
        return cls(
            f"{what} needs packages that are not installed",
            next_step=f'run: pip install "codetune[{extra}]"',
        )


class BackendError(CodetuneError):
    """A model server did not give a usable answer."""


class RequestRefusedError(BackendError):
    """The server refused this request for good; `what` carries the server's own words."""


class BackendUnavailableError(BackendError):
    """The server could not be reached or failed in a way that may pass."""


class ExecutionError(CodetuneError):
    """The sandbox itself failed; says nothing about the program inside it."""


class SafetyError(CodetuneError):
    """Refused because going on would be unsafe; `--no-sandbox`-like switches are named in it."""

    exit_code = 3
