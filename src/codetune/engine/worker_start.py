"""Workers that start from any script, notebook or prompt, and a sentence where they can't."""

from __future__ import annotations

import contextlib
import pickle
import sys
from collections.abc import Callable, Iterator
from types import ModuleType

from codetune.errors import CodetuneError

__all__ = ["ended_early", "needs_script", "script_hidden"]


def needs_script(function: Callable[..., object]) -> bool:
    """Whether a worker has to import the running script to find the function, or something it holds."""
    return b"__main__" in pickle.dumps(function)


@contextlib.contextmanager
def script_hidden(*, unless: bool) -> Iterator[None]:
    """Start workers that do not run the caller's script again.

    A spawned worker imports `__main__` again. A script without an `if __name__ == "__main__"` guard would
    start its work a second time there, and the worker would end with an error. Workers need the script
    only for functions that it defines itself.

    Args:
        unless: True leaves the script visible.
    """
    script = sys.modules["__main__"]
    if not unless:
        sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


def ended_early(script: bool) -> CodetuneError:
    """What to say when a worker is gone.

    Args:
        script: Whether workers import the running script.
    """
    if script:
        return CodetuneError(
            "the worker processes could not start, as each imports the script that is running",
            next_step='put the work of the script under `if __name__ == "__main__":`, or use one worker',
        )
    return CodetuneError(
        "a worker process was ended from outside; memory may have run out",
        next_step="use fewer workers and run again; what is finished is kept",
    )
