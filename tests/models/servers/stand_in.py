"""What stands in for `vllm` and `sglang` on PATH: their flags, their protocol, no GPU.

It loads no model and answers HumanEval's items with their own solutions. `STAND_IN` in the environment
makes it die on start, die when it is asked, or never answer; what it was called with is appended to
the file that `STAND_IN_CALLS` names.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.evaluate.solving_server import SolvingServer


def install(folder: Path, *programs: str) -> Path:
    """Write executables of these names; the folder goes to the front of PATH."""
    root = Path(__file__).parents[3]
    folder.mkdir(exist_ok=True)
    for program in programs:
        script = folder / program
        script.write_text(
            f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(root)!r})\n"
            f"from tests.models.servers.stand_in import main\nmain({program!r}, sys.argv[1:])\n"
        )
        script.chmod(0o755)
    return folder


def _arguments(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program, allow_abbrev=False)
    parser.add_argument("serve", choices=["serve"])
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--served-model-name", required=True)
    parser.add_argument("--enable-lora", action="store_true")
    parser.add_argument("--tensor-parallel-size", type=int, default=1)
    if program == "vllm":
        parser.add_argument("model", type=Path)
        parser.add_argument("--lora-modules", nargs="*", type=json.loads, default=[])
        parser.add_argument("--max-lora-rank", type=int, choices=[1, 8, 16, 32, 64, 128, 256, 320, 512])
        parser.add_argument("--generation-config", choices=["auto", "vllm"], default="auto")
    else:
        parser.add_argument("--model-path", dest="model", type=Path, required=True)
        parser.add_argument("--lora-paths", nargs="*", default=[])
        parser.add_argument("--max-lora-rank", type=int)
        parser.add_argument("--api-key")
        parser.add_argument("--sampling-defaults", choices=["openai", "model"], default="model")
    return parser


def main(program: str, argv: list[str]) -> None:
    """Serve as the real one would be asked to."""
    given = _arguments(program).parse_args(argv)
    with open(os.environ["STAND_IN_CALLS"], "a") as calls:
        calls.write(json.dumps({"argv": argv, "pid": os.getpid(), "base": str(given.model)}) + "\n")
    print("INFO 11-21 20:00:00 [api_server.py] stand-in starting", flush=True)
    how = os.environ.get("STAND_IN", "")
    if how == "dies":
        print("INFO 11-21 20:00:01 [core.py] loading weights", flush=True)
        print("(EngineCore pid=7) ERROR 11-21 20:00:02 [core.py:9] EngineCore failed to start.", flush=True)
        print(
            "(EngineCore pid=7) ERROR 11-21 20:00:02 [core.py:9] Traceback (most recent call last):",
            flush=True,
        )
        print(
            '(EngineCore pid=7) ERROR 11-21 20:00:02 [core.py:9]   File "worker.py", line 3, in load',
            flush=True,
        )
        print(
            "(EngineCore pid=7) ERROR 11-21 20:00:02 [core.py:9] torch.OutOfMemoryError: CUDA out of memory. "
            "Tried to allocate 1.10 GiB.",
            flush=True,
        )
        print("resource_tracker: There appear to be 2 leaked shared_memory objects", flush=True)
        sys.exit(1)
    config = json.loads((given.model / "config.json").read_text())
    if "architectures" not in config:
        sys.exit("ValueError: the model has no architectures")
    if program == "vllm":
        adapters = {one["name"]: one["path"] for one in given.lora_modules}
        key = os.environ["VLLM_API_KEY"]
        names = [given.served_model_name, *adapters]
    else:
        adapters = dict(one.split("=", 1) for one in given.lora_paths)
        key = given.api_key
        names = [given.served_model_name, *(f"{given.served_model_name}:{one}" for one in adapters)]
    for path in adapters.values():
        rank = json.loads((Path(path) / "adapter_config.json").read_text())["r"]
        if not given.enable_lora or given.max_lora_rank is None or rank > given.max_lora_rank:
            sys.exit(f"ValueError: LoRA rank {rank} is greater than max_lora_rank {given.max_lora_rank}.")
    # A worker, as both have for each GPU; it must not outlive the run either.
    worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open(os.environ["STAND_IN_CALLS"], "a") as calls:
        calls.write(json.dumps({"worker": worker.pid}) + "\n")
    if how == "hangs":
        time.sleep(600)
    if how == "killed-when-asked":
        SolvingServer.answer = lambda *_: os.kill(os.getpid(), 9)  # type: ignore[method-assign,assignment,return-value]
    with SolvingServer("continues-if-asked", port=given.port, key=key, models=tuple(names)):
        print("INFO:     Application startup complete.", flush=True)
        time.sleep(600)
