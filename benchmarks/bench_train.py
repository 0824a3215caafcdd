"""LoRA tuning on a CPU: codetune's loop and TRL's trainer, same model, same rows, side by side.

    python benchmarks/bench_train.py [--steps 12] [--rounds 2] [--dtype bfloat16] [--write FILE]

Each measurement is a process of its own, the contestants take turns, and the first two steps of
each are left out (shapes are set up in them). Tokens are counted without padding. codetune's
seconds hold the whole step (draw, forward, backward, clip, optimizer, log); TRL's hold
`training_step` (forward, backward) alone, which flatters TRL. Model: SmolLM2-135M-Instruct, LoRA
r = 16 on all linear layers. Rows: functions of the standard library with their docstrings.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import resource
import subprocess
import sys
import sysconfig
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

CONTESTANTS = ("codetune", "trl-padded", "trl-packed")
WARM_UP_STEPS = 2


def functions() -> Iterator[tuple[str, str]]:
    root = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted([*root.glob("*.py"), *root.glob("*/*.py")]):
        if "site-packages" in path.parts or "test" in str(path):
            continue
        try:
            source = path.read_text("utf-8")
            tree = ast.parse(source)
        except (ValueError, SyntaxError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and (doc := ast.get_docstring(node)):
                code = textwrap.dedent(ast.get_source_segment(source, node, padded=True) or "")
                if 80 < len(code) < 2500 and 30 < len(doc) < 800:
                    yield doc, code


def talks(count: int = 1000) -> list[tuple[str, str]]:
    """Question and answer, half of them code asked for, half of them code explained."""
    found = list(functions())
    random.Random(0).shuffle(found)
    return [
        (f"Write a Python function.\n\n{doc}", f"```python\n{code}\n```") if i % 2
        else (f"What does this function do?\n\n```python\n{code}\n```", doc)
        for i, (doc, code) in enumerate(found[:count])
    ]  # fmt: skip


def ours(arguments: argparse.Namespace, cache: Path) -> dict[str, float]:
    import torch

    from codetune.engine.progress import SilentProgress
    from codetune.models.folder import load_model, load_tokenizer
    from codetune.records import Message
    from codetune.rejection import Rejection
    from codetune.text.chat_template import ChatTemplate
    from codetune.train.config import TrainConfig
    from codetune.train.cpu.checkpoint import Checkpoints, Position
    from codetune.train.cpu.loop import CpuLoop
    from codetune.train.cpu.lora import add_adapters, named_adapters
    from codetune.train.encoding import Encoder
    from codetune.train.loss_log import LossLog
    from codetune.train.weights.base_model import BaseModel

    config = TrainConfig(
        max_steps=arguments.steps + WARM_UP_STEPS, budget_seconds=None, checkpoint_every_seconds=None,
        global_batch_size=arguments.batch, micro_batch_size=arguments.batch, dtype=arguments.dtype,
        learning_rate=1e-4, lr_schedule="constant", lr_warmup_steps=0,
    )  # fmt: skip
    torch.set_num_threads(arguments.threads)
    folder = BaseModel.find("embedded").folder(cache)
    encoder = Encoder(ChatTemplate.from_folder(folder), load_tokenizer(folder), config.max_seq_length)
    rows = []
    for i, (question, answer) in enumerate(talks()):
        try:
            turns = [Message(role="user", content=question), Message(role="assistant", content=answer)]
            rows.append(encoder.encode(str(i), turns))
        except Rejection:
            continue
    model = load_model(folder, getattr(torch, config.dtype))
    parameters = named_adapters(
        add_adapters(model, config.target_modules, r=16, scale=2.0, dropout=0.0, seed=0)
    )
    optimizer = torch.optim.AdamW(list(parameters.values()))
    work = Path(tempfile.mkdtemp())
    with LossLog(work / "loss.jsonl") as log:
        CpuLoop(
            model, parameters, rows, config, 0, Checkpoints(work / "c", parameters, optimizer), optimizer, log,
            SilentProgress(),
        ).run(Position(threads=arguments.threads))  # fmt: skip
        lines = log.read()[WARM_UP_STEPS:]
    seconds = sum(line.seconds for line in lines)
    return {
        "tokens_per_second": sum(line.tokens for line in lines) / seconds,
        "trained_tokens_per_second": sum(line.trained_tokens for line in lines) / seconds,
        "loss": lines[-1].loss,
    }


def trl(arguments: argparse.Namespace, cache: Path, *, packed: bool) -> dict[str, float]:
    import torch
    import transformers
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    from codetune.models.folder import load_model
    from codetune.train.weights.base_model import BaseModel

    torch.set_num_threads(arguments.threads)
    folder = BaseModel.find("embedded").folder(cache)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    rows = [
        {"prompt": [{"role": "user", "content": q}], "completion": [{"role": "assistant", "content": a}]}
        for q, a in talks()
    ]
    # Off flash attention a packed row costs its square: TRL's documentation asks for batches of one.
    batch = 1 if packed else arguments.batch
    settings = SFTConfig(
        output_dir=tempfile.mkdtemp(), per_device_train_batch_size=batch, max_length=1024, packing=packed,
        max_steps=arguments.steps + WARM_UP_STEPS, bf16=arguments.dtype == "bfloat16", use_cpu=True,
        gradient_checkpointing=False, report_to="none", save_strategy="no", learning_rate=1e-4,
        lr_scheduler_type="constant", dataset_num_proc=1, disable_tqdm=True, logging_steps=1000,
    )  # fmt: skip
    trainer = SFTTrainer(
        model=load_model(folder, getattr(torch, arguments.dtype)),
        args=settings,
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"),
    )
    times: list[float] = []
    counts: list[tuple[int, int]] = []
    losses: list[float] = []
    whole_step = trainer.training_step

    def timed(model: object, inputs: dict[str, torch.Tensor], *rest: object, **named: object) -> torch.Tensor:
        mask = inputs.get("attention_mask")
        tokens = int(mask.sum()) if mask is not None else inputs["input_ids"].numel()
        counts.append((tokens, int((inputs["labels"] != -100).sum())))
        began = time.perf_counter()
        loss = whole_step(model, inputs, *rest, **named)
        times.append(time.perf_counter() - began)
        losses.append(float(loss))
        return loss

    trainer.training_step = timed
    trainer.train()
    seconds = sum(times[WARM_UP_STEPS:])
    kept = counts[WARM_UP_STEPS:]
    return {
        "tokens_per_second": sum(tokens for tokens, _ in kept) / seconds,
        "trained_tokens_per_second": sum(trained for _, trained in kept) / seconds,
        "loss": losses[-1],
    }


def one(arguments: argparse.Namespace) -> None:
    cache = Path(arguments.cache)
    name = arguments.only
    found = (
        ours(arguments, cache) if name == "codetune" else trl(arguments, cache, packed=name == "trl-packed")
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print("RESULT " + json.dumps({**found, "peak_mb": peak}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dtype", choices=["bfloat16", "float32"], default="bfloat16")
    parser.add_argument("--contestants", nargs="+", choices=CONTESTANTS, default=CONTESTANTS)
    parser.add_argument("--cache", default=str(Path(tempfile.gettempdir()) / "codetune-bench-cache"))
    parser.add_argument("--write", type=Path, help="also write the table to this file")
    parser.add_argument("--only", choices=CONTESTANTS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        one(arguments)
        return
    results: dict[str, list[dict[str, float]]] = {name: [] for name in arguments.contestants}
    for _ in range(arguments.rounds):
        for name in arguments.contestants:
            # What codetune sets for itself is set for both: it matters on a busy machine.
            run = subprocess.run(
                [sys.executable, __file__, "--only", name, *sys.argv[1:]],
                capture_output=True, text=True, env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE"},
            )  # fmt: skip
            told = [line for line in run.stdout.splitlines() if line.startswith("RESULT ")]
            if not told:
                print(f"{name}: not measured\n{run.stderr[-600:]}", file=sys.stderr)
                continue
            results[name].append(json.loads(told[0].removeprefix("RESULT ")))
    baseline = [r["tokens_per_second"] for r in results.get("trl-padded", [])]
    lines = [
        f"SmolLM2-135M-Instruct, LoRA r = 16, {arguments.dtype}, batch {arguments.batch}, "
        f"{arguments.threads} threads, {arguments.steps} steps a round",
        "",
        "| contestant | tokens/s, each round | trained tokens/s | against TRL padded | peak MB |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for name, found in results.items():
        if not found:
            lines.append(f"| {name} | not measured | | | |")
            continue
        speeds = [r["tokens_per_second"] for r in found]
        mean = sum(speeds) / len(speeds)
        ratio = f"{mean / (sum(baseline) / len(baseline)):.2f}" if baseline else ""
        trained = sum(r["trained_tokens_per_second"] for r in found) / len(found)
        each = ", ".join(f"{speed:.0f}" for speed in speeds)
        lines.append(
            f"| {name} | {each} | {trained:.0f} | {ratio} | {max(r['peak_mb'] for r in found):,.0f} |"
        )
    text = "\n".join(lines) + "\n"
    print(text)
    if arguments.write:
        arguments.write.parent.mkdir(parents=True, exist_ok=True)
        arguments.write.write_text("# Tuning on a CPU\n\n" + text, "utf-8")


if __name__ == "__main__":
    main()
