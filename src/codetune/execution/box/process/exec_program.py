"""The last stretch of a fresh fork: it closes what isn't its own, is confined, and runs the program."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # without the wrappers, which make an enum of every answer
import gc
import os
import signal
from typing import NamedTuple, NoReturn

from codetune.execution.box.isolation.limits import confine
from codetune.execution.box.job import BoxJob
from codetune.execution.box.process.python_program import run_python

__all__ = ["Pipes", "close_all_but", "exec_program"]


class Pipes(NamedTuple):
    """The box's ends of the pipes, as file descriptors."""

    stdin: int
    stdout: int
    stderr: int
    secret: int
    """Holds the run's secret, to be read once the tests are through."""
    report: int
    status: int
    """PID 1's own; the program never sees it."""
    artefacts: int
    channel: int = -1
    """To the other box of a strict run; -1 where there is none."""

    def ends(self) -> list[int]:
        """Every one that is there."""
        return [end for end in self if end >= 0]


def exec_program(
    job: BoxJob, pipes: Pipes, folder: str, *, seccomp: bytes | None, process_allowance: int | None
) -> NoReturn:
    """Run the job in this process, for good.

    Args:
        job: What to run.
        pipes: The box's ends; what the program may not have is closed.
        folder: Where it starts.
        seccomp: Assembled filter, or None where there is none for this machine.
        process_allowance: RLIMIT_NPROC; None where the count would include the user's own processes.
    """
    try:
        gc.enable()
        os.setsid()
        _signal.pthread_sigmask(_signal.SIG_SETMASK, ())
        if job.command is None:  # what a Python program inherits is what a fresh interpreter has
            _signal.signal(_signal.SIGINT, _signal.default_int_handler)
        else:
            for number in (signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(number, signal.SIG_DFL)
        os.chdir(folder)
        for target, source in enumerate((pipes.stdin, pipes.stdout, pipes.stderr)):
            os.dup2(source, target)
        kept = [pipes.secret, pipes.report, *([pipes.channel] if pipes.channel >= 0 else [])]
        secret, report, *channel = _only(kept, inheritable=job.command is not None)
        confine(job, seccomp=seccomp, process_allowance=process_allowance)
        if job.command is None:
            run_python(job, secret, report, *channel)
        os.execve(job.command[0], job.command, job.environment)
    except BaseException as error:
        os.write(2, f"codetune: the box could not start the program: {error!r}\n".encode())
    finally:  # whatever the program did to its files: nothing of the zygote's runs on in here
        os._exit(127)


def close_all_but(pipes: Pipes) -> None:
    """Close what the zygote has open: its ends of the pipes, and its line to the runner."""
    low = 3
    for end in sorted(pipes.ends()):
        os.closerange(low, end)
        low = end + 1
    os.closerange(low, 1 << 20)


def _only(kept: list[int], *, inheritable: bool) -> list[int]:
    """Close every file but the three standard ones and these, which become 3, 4, ..."""
    high = 64
    for offset, end in enumerate(kept):
        os.dup2(end, high + offset)
    os.closerange(3, high)
    os.closerange(high + len(kept), 1 << 20)
    for offset in range(len(kept)):
        os.dup2(high + offset, 3 + offset, inheritable)
    os.closerange(high, high + len(kept))
    return list(range(3, 3 + len(kept)))
