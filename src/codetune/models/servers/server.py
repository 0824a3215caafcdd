"""A vLLM or SGLang server for one model and its adapters: started, waited for, and ended in every case.

In: a model folder. Out: a `ModelSpec` for the client, one for each name. The server's output goes to
a log file; its last lines are in the error where it ends by itself.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from pydantic import SecretStr

from codetune.errors import BackendUnavailableError, UsageError
from codetune.models.servers.commands import request_name, server_command
from codetune.models.spec import EndpointSpec, ModelSpec

__all__ = ["ModelServer", "ServerStartError"]

_START_SECONDS = 1800.0
"""A large model is read from a slow disk, compiled and profiled; vLLM itself gives up after ten minutes."""
_LOOK_SECONDS = 0.2
_TELL_SECONDS = 10.0
_STOP_SECONDS = 20.0
_LAST_LINES = 6
_LAST_EXCEPTIONS = 2
_LAST_BYTES = 64 << 10
_NOISE = re.compile(r"^(?:\([^)]*\)\s*)?(?:INFO|WARNING|DEBUG)\b|^\s*$")
"""Lines of a log that say nothing about why a server ended."""
_EXCEPTION = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception)\b")
_PROCESS = re.compile(r"^\([^)]*\bpid=\d+\)\s*")
_STAMP = re.compile(r"^(?:INFO|WARNING|DEBUG|ERROR)\s+[\d:., -]+(?:\[[^\]]*\]:?)?\s*|^\[[\d:., -]+\]\s*")
"""What stands before the words of a line: vLLM's level, time and file; SGLang's time."""


class ServerStartError(UsageError):
    """The server never answered: no request can be, so the run stops."""


class ModelServer:
    """One server; `start` and `stop` may be called again.

    Args:
        program: `vllm` or `sglang`.
        weights: Folder of the model.
        name: What requests call it; a name that holds a hash of the weights, so that stored answers are theirs.
        adapters: Name -> folder in PEFT's format, served beside it.
        log: File for the server's output.
        arguments: Further arguments of the program.
        on_progress: Called every ten seconds with a line about the start.
        start_seconds: Longest time until it answers.

    Attributes:
        url: `http://127.0.0.1:PORT/v1` while it runs, else "".
    """

    def __init__(
        self,
        program: str,
        weights: Path,
        name: str,
        adapters: Mapping[str, Path],
        *,
        log: Path,
        arguments: Sequence[str] = (),
        on_progress: Callable[[str], None] = lambda text: None,
        start_seconds: float = _START_SECONDS,
    ) -> None:
        self.program = program
        self.url = ""
        self._weights = weights
        self._name = name
        self._adapters = dict(adapters)
        self._log = log
        self._arguments = tuple(arguments)
        self._on_progress = on_progress
        self._start_seconds = start_seconds
        self._key = secrets.token_urlsafe(24)
        self._process: subprocess.Popen[bytes] | None = None

    def spec(self, adapter: str | None = None) -> ModelSpec:
        """How the client asks the model or one of its adapters.

        `name` is the one in the request store, the endpoint's `model` the one on the server.
        """
        endpoint = EndpointSpec(
            base=self.url or "http://127.0.0.1/v1",
            api=SecretStr(self._key),
            model=request_name(self.program, self._name, adapter),
            timeout_seconds=3600.0,
        )
        return ModelSpec(
            name=adapter or self._name,
            endpoints=(endpoint,),
            prefill="continue_final_message",
            patience_seconds=60.0,
        )

    def __enter__(self) -> ModelServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        """Whether the server's process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it answers; nothing where it runs already.

        Raises:
            UsageError: The program is not installed.
            ServerStartError: It ended by itself, with its last words, or does not answer in time.
        """
        if self.is_running:
            return
        self.stop()  # what is left of one that ended
        port = _free_port()
        command, variables = server_command(
            self.program, self._weights, self._name, self._adapters, port=port, key=self._key,
            arguments=self._arguments,
        )  # fmt: skip
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self._process = _guarded(command, variables, log)
        try:
            self._await_answer(port)
        except BaseException:
            self.stop()
            raise
        self.url = f"http://127.0.0.1:{port}/v1"

    def stop(self) -> None:
        """End the server and its workers; nothing where none runs."""
        process, self._process, self.url = self._process, None, ""
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()  # what the guard waits for
        try:
            process.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def ended_by_itself(self) -> BackendUnavailableError:
        """The error for a server that is gone, with the last lines of its log that are no notices."""
        code = self._process.poll() if self._process is not None else None
        how = "" if code is None else f" with exit code {code}" if code >= 0 else f" by signal {-code}"
        said = self._last_words()
        return BackendUnavailableError(
            f"{self.program} ended{how}" + (f": {said}" if said else " and said nothing"),
            where=str(self._log),
            next_step="read the whole log, fix what it names (memory, versions, arguments), and run again",
        )

    def _await_answer(self, port: int) -> None:
        begun = time.monotonic()
        told = begun
        while not _answers(port, self._key):
            if not self.is_running:
                gone = self.ended_by_itself()
                raise ServerStartError(gone.what, where=gone.where, next_step=gone.next_step)
            now = time.monotonic()
            if now - begun > self._start_seconds:
                said = self._last_words()
                raise ServerStartError(
                    f"{self.program} did not answer within {self._start_seconds:.0f} s"
                    + (f"; it last said: {said}" if said else ""),
                    where=str(self._log),
                    next_step="read the log; a server that takes longer can be started by hand and named by its URL",
                )
            if now - told >= _TELL_SECONDS:
                told = now
                said = _plain((self._tail() or [""])[-1])
                self._on_progress(
                    f"{self.program} is starting, {now - begun:.0f} s" + (f": {said[:120]}" if said else "")
                )
            time.sleep(_LOOK_SECONDS)

    def _tail(self) -> list[str]:
        try:
            with self._log.open("rb") as log:
                log.seek(max(0, log.seek(0, 2) - _LAST_BYTES))
                return [
                    line.strip()
                    for line in log.read().decode("utf-8", "replace").splitlines()
                    if line.strip()
                ]
        except OSError:
            return []

    def _last_words(self) -> str:
        lines = self._tail()
        # A server's last error is often that another process of it failed; the cause stands above it.
        exceptions = list(dict.fromkeys(plain for line in lines if _EXCEPTION.match(plain := _plain(line))))
        telling = (
            exceptions[-_LAST_EXCEPTIONS:] or [line for line in lines if not _NOISE.match(line)] or lines
        )
        return " | ".join(telling[-_LAST_LINES:])[-600:].replace(self._key, "**")


def _plain(line: str) -> str:
    """A line of a log without the process, level, time and file that stand before its words."""
    return _STAMP.sub("", _PROCESS.sub("", line)).strip()


def _guarded(command: Sequence[str], variables: Mapping[str, str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "codetune.models.servers.guard", *command],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        env={**os.environ, **variables},
        start_new_session=True,  # Ctrl-C reaches codetune alone, which ends the server
    )


def _answers(port: int, key: str) -> bool:
    """Whether the server lists its models; that is after they were loaded."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/models", headers={"Authorization": f"Bearer {key}"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=5.0) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
