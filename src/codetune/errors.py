"""What can go wrong, drawn as a tree.

    CodetuneError                 exit 1   something failed that is not the user's fault
    ├── UsageError                exit 2   the user can fix it: wrong words, files, settings
    │   ├── ConfigError                    a recipe or a setting
    │   ├── DataError                      an input file or one of its rows
    │   ├── OutputError                    the folder we were asked to write to
    │   └── MissingExtraError              an extra that is not installed
    ├── BackendError              exit 1   a model server, seen from the client
    │   ├── RequestRefusedError            the server refused (4xx): the same request will fail again
    │   └── BackendUnavailableError        it may pass: refused connection, 5xx, timeout
    ├── ExecutionError            exit 1   the sandbox failed (never: the program inside it failed)
    └── SafetyError               exit 3   refused, because it would be unsafe to continue

An error's text is one sentence or two: what happened, where, and what to do next. The command
line prints that text and nothing else. A traceback means a bug, and goes to a log file.
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
        text, next_step = self.what.rstrip("."), (self.next_step or "").rstrip(".")
        if text.endswith("?"):  # "...; did you mean 'x'?": the question is the next step
            text, _, next_step = text.rpartition("; ")
        if self.where:
            text = f"{text} ({self.where})"
        text = f"{text}; {next_step}" if next_step else text
        return text if text.endswith("?") else f"{text}."

    def __reduce__(self) -> tuple[object, ...]:
        # Errors travel between processes; keyword-only arguments would be lost by the default.
        return (_rebuild, (type(self), self.what, self.where, self.next_step))


def _rebuild(kind: type[CodetuneError], what: str, where: str | None, next_step: str | None) -> CodetuneError:
    return kind(what, where=where, next_step=next_step)


class UsageError(CodetuneError):
    """The user can fix it."""

    exit_code = 2


class ConfigError(UsageError):
    """A recipe, a configuration file or a setting is wrong."""


class DataError(UsageError):
    """An input file or one of its rows is wrong."""


class OutputError(UsageError):
    """The output folder can't be used: it holds another run, is not writable, or the disk is full."""


class MissingExtraError(UsageError):
    """An extra of codetune is not installed."""

    @classmethod
    def of(cls, what: str, extra: str) -> MissingExtraError:
        """Say what was wanted, and the command that installs the extra it needs."""
        from codetune.installation import install_command  # reads metadata of packages: only for a message

        return cls(
            f"{what} needs packages that are not installed", next_step=f"run: {install_command(extra)}"
        )

    @classmethod
    def check(cls, what: str, extra: str) -> None:
        """Raise where a package of the extra is not installed."""
        from codetune.installation import missing_packages

        if missing_packages(extra):
            raise cls.of(what, extra)


class BackendError(CodetuneError):
    """A model server did not give a usable answer."""


class RequestRefusedError(BackendError):
    """The server refused this request for good; `what` holds the server's own words."""


class BackendUnavailableError(BackendError):
    """The server could not be reached or failed; a later request may succeed."""


class ExecutionError(CodetuneError):
    """The sandbox itself failed; says nothing about the program inside it."""


class SafetyError(CodetuneError):
    """Refused because it would be unsafe to continue; the message names the option that allows it."""

    exit_code = 3
