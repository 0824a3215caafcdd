"""Run a Python program, its tests, or both inside the box, and report how they ended.

What goes in is a job, the report pipe, the secret's pipe and, in a strict run, the channel to the other side.
What comes out is one report. The report of a good end is signed with a secret, which the zygote hands out
when the main thread asks for it from the end of `run_python`. A program that leaves early, walks frames,
reads or writes every open file has nothing to sign with. A program that changes the interpreter its tests
run in can still pass them: strict test isolation is for that.
"""

from __future__ import annotations

import atexit
import json
import linecache
import os
import sys
import threading
import traceback
import types
from typing import Any, NoReturn, TextIO

from codetune.execution.box.job import BoxJob
from codetune.execution.box.strict.channel import ChannelClosed
from codetune.execution.box.strict.program_side import serve
from codetune.execution.box.strict.test_side import CannotSend, bind_names

__all__ = [
    "END",
    "FAILURES",
    "REQUEST",
    "SECRET_BYTES",
    "TESTS_NAME",
    "UNSIGNED",
    "compile_text",
    "describe",
    "failure_kind",
    "run_python",
]

SECRET_BYTES = 32  # hexadecimal, so that every language can pass it on as text
UNSIGNED = b"-" * SECRET_BYTES
"""Stands where the secret would: for failures, which nobody has a reason to forge."""
REQUEST = b"\0the secret, please\0"
"""What a Python process writes when its tests have run to their end."""
END = b'{"kind":"end"}'
"""What follows the secret when the tests have run to their end; nothing else is said with the secret."""
FAILURES = frozenset(
    {
        "compile", "tests-compile", "lost", "cannot-send", "assertion", "exit", "memory", "disk", "processes",
        "error",
    }
)  # fmt: skip
"""The kinds of failure a report may name."""
CODE_NAME = "solution.py"
TESTS_NAME = "tests.py"
_DETAIL_CHARACTERS = 300
_THREAD_STACK_BYTES = 8 << 20
"""Else a thread reserves as much as the main one may use, and memory runs out before threads do."""


def _remember_lines(name: str, text: str) -> None:
    """Let tracebacks show the lines of a program that is no file."""
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)


def compile_text(source: bytes, name: str) -> types.CodeType:
    """Compile source as a file of that name.

    Raises:
        SyntaxError, ValueError: As `compile` does (null bytes are a ValueError or a SyntaxError).
        MemoryError, RecursionError: Nested deeper than the compiler can.
    """
    _remember_lines(name, source.decode("utf-8", "replace"))
    return compile(source, name, "exec", dont_inherit=True)


def describe(error: BaseException) -> str:
    """`Type: message` on one line; asking an exception for its text may run untrusted code."""
    try:
        text = str(error)
    except BaseException:
        text = ""
    text = " ".join(text[:_DETAIL_CHARACTERS].split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def failure_kind(error: BaseException, phase: str) -> str:
    """A word for how it ended, by the exception's type."""
    if isinstance(error, MemoryError):
        return "memory"
    if phase in ("compile", "tests-compile"):
        return phase
    if isinstance(error, ChannelClosed):
        return "lost"
    if isinstance(error, CannotSend):
        return "cannot-send"
    if isinstance(error, AssertionError):
        return "assertion"
    if isinstance(error, (SystemExit, GeneratorExit)):
        return "exit"
    if isinstance(error, OSError) and error.errno == 12:  # ENOMEM
        return "memory"
    if isinstance(error, OSError) and error.errno in (28, 122, 27):  # ENOSPC, EDQUOT, EFBIG
        return "disk"
    if isinstance(error, BlockingIOError) and error.errno == 11:
        return "processes"
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return "processes"
    return "error"


def _print_traceback(error: BaseException) -> None:
    """Print the traceback as Python would, without this file's own frames."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    traceback.print_exception(type(error), error, frames)


def _shut_down(_: None) -> None:
    threading._shutdown()  # type: ignore[attr-defined]


def _flush(stream: TextIO) -> None:
    stream.flush()


def _described_failure(error: BaseException, phase: str) -> tuple[str, str, int]:
    """Kind, detail and exit status of how the program or its tests failed; prints the traceback."""
    status = 1
    try:
        kind, detail = failure_kind(error, phase), describe(error)
        if isinstance(error, SystemExit):
            detail = f"SystemExit({error.code!r})"[:_DETAIL_CHARACTERS]
            status = 0 if error.code is None else error.code & 255 if isinstance(error.code, int) else 1
        elif not isinstance(error, (ChannelClosed, CannotSend)):
            _print_traceback(error)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        return "error", "the exception could not be shown", status
    return kind, detail, status


def run_python(job: BoxJob, secret_pipe: int, report_pipe: int, channel: int = -1) -> NoReturn:
    """Run the program and its tests, report, and leave without coming back.

    In a strict run this box has one of the two: the program, which then answers calls over the
    channel, or the tests, which make them.
    """
    own_pid, getpid, leave = os.getpid(), os.getpid, os._exit
    read, write, dumps = os.read, os.write, json.dumps

    def report(kind: str, detail: str = "", status: int = 1) -> NoReturn:
        # A fork of the program that ran on to here is not the program.
        if getpid() == own_pid:
            write(report_pipe, UNSIGNED + dumps({"kind": kind, "detail": detail}).encode())
        leave(status)

    def fail(error: BaseException) -> NoReturn:
        report(*_described_failure(error, phase))

    def report_end() -> NoReturn:
        # Nothing that the program could have replaced has a hand in this. The zygote hands out the secret
        # when it is asked, and looks from how deep in the machine's stack: here, and nowhere deeper.
        if getpid() == own_pid:
            write(report_pipe, REQUEST)
            write(report_pipe, read(secret_pipe, SECRET_BYTES) + END)
        leave(0)

    # Code under test is a module that somebody imported; a whole program is the main one.
    name = "__main__" if job.tests is None and job.role is None else "solution"
    module = types.ModuleType(name)
    sys.modules["__main__"] = sys.modules[name] = module
    names: dict[str, Any] = module.__dict__
    names["__builtins__"] = __builtins__
    sys.argv = [CODE_NAME]
    threading.stack_size(_THREAD_STACK_BYTES)
    sys.path.insert(0, os.getcwd())
    phase = "compile"
    try:
        program = compile_text(b"" if job.role in ("tests", "check") else job.code, CODE_NAME)
        tests = None
        if job.tests is not None:
            # Before the program has run: what it does to the compiler is not the tests' fault.
            phase = "tests-compile"
            tests = compile_text(job.tests, TESTS_NAME)
        if job.role == "check":
            report_end()
        phase = "code"
        exec(program, names)
        # From here on what is Python's may be the program's. A call from one Python function to another
        # takes no room in the machine's stack, so the ones below go through `map`, which does.
        if job.role == "program":
            serve(names, channel)
        elif tests is not None:
            phase = "tests"
            if job.role == "tests":
                names.update(bind_names(tests, job.tests or b"", job.code, channel))
            names["__name__"] = "__main__"
            exec(tests, names)
        else:
            # A program is over when its threads are, and what it asked to be done at exit is.
            phase = "exit"
            [_] = map(_shut_down, (None,))
            atexit._run_exitfuncs()
        [_] = map(_flush, (sys.stdout,))
    except BaseException as error:
        [_] = map(fail, (error,))
    report_end()
