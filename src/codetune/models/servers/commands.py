"""The command lines of vLLM and SGLang for one model and its adapters.

Flags as in vLLM's `entrypoints/openai/cli_args.py` and SGLang's `srt/server_args.py` of autumn 2026.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from codetune.errors import DataError, UsageError
from codetune.installation import missing_packages

__all__ = [
    "PROGRAMS", "adapter_rank", "has_gpu", "is_installed", "program_here", "request_name", "server_command",
]  # fmt: skip

PROGRAMS = ("vllm", "sglang")
_VLLM_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""What vLLM takes for --max-lora-rank; an adapter needs the next larger one."""


def is_installed(program: str) -> bool:
    """Whether vLLM or SGLang can be started here; nothing is imported."""
    return shutil.which(program) is not None or (program == "sglang" and find_spec("sglang") is not None)


def has_gpu() -> bool:
    """Whether torch is installed and sees a CUDA GPU."""
    if missing_packages("train"):
        return False
    import torch

    return torch.cuda.is_available()


def program_here() -> str | None:
    """The program that serves a model folder fastest here; None without a GPU, or where none is installed."""
    return next(filter(is_installed, PROGRAMS), None) if has_gpu() else None


def request_name(program: str, base: str, adapter: str | None) -> str:
    """What a request calls the base model or an adapter on it."""
    if adapter is None:
        return base
    return adapter if program == "vllm" else f"{base}:{adapter}"


def adapter_rank(adapter: Path) -> int:
    """The largest rank in a PEFT adapter.

    Raises:
        DataError: Its settings can't be read.
    """
    try:
        settings = json.loads((adapter / "adapter_config.json").read_text("utf-8"))
        return max(int(settings["r"]), *map(int, (settings.get("rank_pattern") or {}).values()), 1)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            "the adapter's settings can't be read",
            where=str(adapter / "adapter_config.json"),
            next_step="give the folder `adapter` of a training's output",
        ) from error


def server_command(
    program: str,
    weights: Path,
    name: str,
    adapters: Mapping[str, Path],
    *,
    port: int,
    key: str,
    arguments: Sequence[str] = (),
) -> tuple[list[str], dict[str, str]]:
    """What starts a server on loopback.

    Args:
        program: `vllm` or `sglang`.
        weights: Folder of the model.
        name: What requests call it.
        adapters: Name -> folder in PEFT's format.
        port: Port on 127.0.0.1.
        key: What a request has to show.
        arguments: Further arguments, as the user gives them.

    Returns:
        The command, and variables added to its environment.

    Raises:
        UsageError: The program is not installed, or an adapter's rank is more than it takes.
    """
    if not is_installed(program):
        raise UsageError(
            f"{program} is not installed here",
            next_step=f"install {program} where there is a GPU, name a running server by its URL, or take serve: auto",
        )
    found = shutil.which(program)
    rank = max(map(adapter_rank, adapters.values()), default=0)
    where = ["--host", "127.0.0.1", "--port", str(port), "--served-model-name", name]
    if program == "vllm":
        assert found is not None
        command = [found, "serve", str(weights), *where]
        # What the folder recommends (sampling, penalties) is not what was asked for.
        command += ["--generation-config", "vllm"]
        if adapters:
            fitting = [size for size in _VLLM_RANKS if size >= rank]
            if not fitting:
                raise UsageError(
                    f"the adapter has rank {rank}, and vLLM takes at most {_VLLM_RANKS[-1]}",
                    next_step="merge it first: codetune merge ADAPTER -o DIR",
                )
            modules = [
                json.dumps({"name": one, "path": str(path), "base_model_name": name})
                for one, path in adapters.items()
            ]
            command += ["--enable-lora", "--max-lora-rank", str(fitting[0]), "--lora-modules", *modules]
        return [*command, *arguments], {"VLLM_API_KEY": key}
    start = [found, "serve"] if found is not None else [sys.executable, "-m", "sglang.launch_server"]
    command = [*start, "--model-path", str(weights), *where, "--sampling-defaults", "openai"]
    if adapters:
        modules = [f"{one}={path}" for one, path in adapters.items()]
        command += ["--enable-lora", "--max-lora-rank", str(rank), "--lora-paths", *modules]
    return [*command, "--api-key", key, *arguments], {}
