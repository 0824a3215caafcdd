"""The front of the room: choose the wall, open an executor behind it."""

from __future__ import annotations

import sys
from pathlib import Path

from codetune.engine.local import available_cores
from codetune.errors import UsageError
from codetune.execution.box_executor import BoxExecutor
from codetune.execution.host.paired_slot import PairedSlot
from codetune.execution.host.pool import SlotPool
from codetune.execution.host.probe import choose_spec, unsandboxed_spec
from codetune.execution.host.slot import Slot

__all__ = ["open_executor"]

_WARNING = (
    "codetune: RUNNING UNTRUSTED CODE WITHOUT A SANDBOX. It can read, change and delete whatever you can, "
    "and talk to the network. Every result is stamped tier `none`."
)


def open_executor(
    workers: int | None = None,
    *,
    sandbox: bool = True,
    cache: Path | None = None,
    test_isolation: str = "standard",
) -> BoxExecutor:
    """Open an executor; close it when done (it is a context manager too).

    Args:
        workers: Programs run at the same time; None takes the cores this process may use.
        sandbox: False runs without isolation, says so loudly, and stamps each result.
        cache: File of the verdict cache, usually `verdicts.sqlite` in the cache folder; None caches nothing.
        test_isolation: `standard` runs the tests in the program's box; `strict` keeps them out of it.

    Raises:
        SafetyError: No isolation can be had on this machine; says why and what to do.
        UsageError: An unknown test isolation, or fewer than one worker.
    """
    if test_isolation not in ("standard", "strict"):
        raise UsageError(
            f"there is no test isolation `{test_isolation}`", next_step="choose standard or strict"
        )
    if workers is not None and workers < 1:
        raise UsageError(f"{workers} workers can't run anything", next_step="give at least 1")
    if sandbox:
        spec = choose_spec()
    else:
        print(_WARNING, file=sys.stderr)
        spec = unsandboxed_spec()
    pool = SlotPool(spec, workers or available_cores(), PairedSlot if test_isolation == "strict" else Slot)
    return BoxExecutor(pool, test_isolation=test_isolation, cache=cache)
