"""The child process that holds llama.cpp: `python -m codetune.models.embedded.process SETTINGS`.

It loads the model, prints one line (`READY URL` or `FAILED reason`) and serves until its standard
input closes. That happens when the parent stops it, and when the parent dies. llama.cpp's log goes
to standard error.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import sys
from typing import Any

__all__ = ["main"]

_PR_SET_PDEATHSIG = 1


def _die_with(parent: int) -> None:
    """Ask the kernel to kill this process when the thread that started it ends (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # the parent died before this call
        os._exit(1)


def _parameters(settings: dict[str, Any]) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = settings["model"]
    params.model_alias = {settings["alias"]}
    params.hostnames = ["127.0.0.1"]
    params.port = settings["port"]
    params.n_parallel = settings["slots"]
    params.n_ctx = settings["slots"] * settings["context_per_slot"]
    params.n_gpu_layers = settings["gpu_layers"]
    params.cpuparams.n_threads = settings["threads"]
    params.cpuparams_batch.n_threads = settings["threads"]
    params.ui = False
    params.fit_params = False  # take the context that was asked for
    params.ctx_shift = False  # an overflow is an error; the prompt's beginning is never dropped
    # With several slots the last bit depends on what shares the batch anyway, and the cache makes
    # prompts with a common beginning three times faster. A single slot stays reproducible.
    params.cache_prompt = settings["slots"] > 1
    params.cache_ram_mib = 0  # llama.cpp would keep up to 8 GiB of old prompts
    # Defaults of OpenAI's protocol instead of llama.cpp's: with its top_k 40 and min_p 0.05 a
    # sampled pass@k would come from another distribution.
    params.sampling.top_k = 0
    params.sampling.top_p = 1.0
    params.sampling.min_p = 0.0
    params.sampling.temp = 1.0
    adapters = []
    for index, path in enumerate(settings["loras"]):
        adapter = xllamacpp.CommonAdapterLoraInfo()
        adapter.path = path
        adapter.scale = 1.0 if index == 0 else 0.0
        adapters.append(adapter)
    params.lora_adapters = adapters
    return params


def _wait_for_the_end(parent: int) -> None:
    """Return when standard input closes or the parent changed; checked twice a second."""
    poll = select.poll()
    poll.register(sys.stdin.fileno(), select.POLLIN | select.POLLHUP)
    while os.getppid() == parent:
        if poll.poll(500) and not os.read(sys.stdin.fileno(), 4096):
            return


def main() -> None:
    """Serve until the parent stops it."""
    settings = json.loads(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    if settings["die_with_thread"]:
        _die_with(settings["parent"])
    # Only the one line goes to the parent; everything llama.cpp prints goes to its log.
    answer = os.dup(1)
    os.dup2(2, 1)
    try:
        import xllamacpp

        server = xllamacpp.Server(_parameters(settings))
    except (ImportError, RuntimeError, ValueError, OSError) as error:
        os.write(answer, f"FAILED {type(error).__name__}: {error}\n".replace("\n", " ").encode() + b"\n")
        os._exit(1)
    os.write(answer, f"READY {server.listening_address}\n".encode())
    _wait_for_the_end(settings["parent"])
    os._exit(0)  # destructors would wait for unfinished answers


if __name__ == "__main__":
    main()
