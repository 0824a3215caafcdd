"""Which process of how many this is, when several are started together (torchrun, accelerate).

Each takes every world-th request; they meet before and after, and the first one does the rest alone.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from datetime import timedelta

from codetune.errors import ConfigError

__all__ = ["Ranks"]

_LONGEST_WAIT = timedelta(days=30)
"""For the slowest process's share; a process that dies is the launcher's business, which ends the others."""
_LAUNCHER = os.getppid()
_LOOK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process among those started together.

    Attributes:
        rank: From 0; the first one writes what all of them made.
        world: How many there are.
        local_rank: Which of this machine's devices is this process's.
    """

    rank: int = 0
    world: int = 1
    local_rank: int = 0

    @classmethod
    def here(cls) -> Ranks:
        """As the launcher's environment says (`RANK`, `WORLD_SIZE`, `LOCAL_RANK`); one process without it.

        Raises:
            ConfigError: The variables are not what a launcher sets.
        """
        try:
            found = cls(*(int(os.environ.get(name, default)) for name, default in
                          (("RANK", "0"), ("WORLD_SIZE", "1"), ("LOCAL_RANK", "0"))))  # fmt: skip
        except ValueError as error:
            raise ConfigError(f"RANK, WORLD_SIZE or LOCAL_RANK is no whole number: {error}") from error
        if not 0 <= found.rank < found.world:
            raise ConfigError(f"RANK {found.rank} is not below WORLD_SIZE {found.world}")
        return found

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def meet(self) -> None:
        """Wait until every process has come here; nothing where there is one."""
        if self.world == 1:
            return
        import torch.distributed as distributed

        if not distributed.is_initialized():
            threading.Thread(target=_leave_with_launcher, daemon=True).start()
            distributed.init_process_group("gloo", timeout=_LONGEST_WAIT)
        distributed.barrier()

    def part(self) -> None:
        """Leave the group, if there is one."""
        if self.world == 1:
            return
        import torch.distributed as distributed

        if distributed.is_initialized():
            distributed.destroy_process_group()


def _leave_with_launcher() -> None:
    """End this process once its launcher is gone: waiting for the others, it hears no signal."""
    while os.getppid() == _LAUNCHER:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)
