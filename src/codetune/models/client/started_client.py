"""The client of a server that is started for the first request that is not stored yet.

In: what starts and stops the server. Which program it is, and who owns it, are the subclasses' business.
"""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod

from codetune.models.client.client import OpenAIClient, ServerAnswer
from codetune.models.spec import ModelSpec

__all__ = ["StartedClient"]


class StartedClient(OpenAIClient, ABC):
    """Starts its server once, whoever asks first; everything after that is the client of any server."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__(spec)
        self._starting: asyncio.Task[None] | None = None

    @abstractmethod
    def _start_server(self) -> None:
        """Start the server where it does not run, and wait until it answers; called in another thread."""

    @abstractmethod
    def _stop_server(self) -> None:
        """Stop it; called from another thread than `_start_server`, also while that waits."""

    @abstractmethod
    def _running_spec(self) -> ModelSpec:
        """How it is asked once it runs."""

    @property
    def _has_started(self) -> bool:
        return self._starting is not None and self._starting.done()

    async def complete(
        self,
        path: str,
        payload: bytes,
        *,
        expected_tokens: float = 0.0,
        prefix: str = "",
        may_be_empty: bool = False,
    ) -> ServerAnswer:
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())
        await asyncio.shield(self._starting)
        return await super().complete(
            path, payload, expected_tokens=expected_tokens, prefix=prefix, may_be_empty=may_be_empty
        )

    async def _start(self) -> None:
        await asyncio.to_thread(self._start_server)
        self._reach(self._running_spec())

    async def close(self) -> None:
        """Close the connections; a start in progress is cancelled."""
        await super().close()
        if self._starting is None:
            return
        while not self._starting.done():
            self._stop_server()
            await asyncio.wait({self._starting}, timeout=0.05)
        with contextlib.suppress(Exception):
            self._starting.result()
