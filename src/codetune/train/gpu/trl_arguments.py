"""Translates the settings for TRL, PEFT, bitsandbytes and accelerate; plain data, so that it can be tested without a GPU."""

from __future__ import annotations

from typing import Any

from codetune.errors import ConfigError
from codetune.train.config import TrainConfig

__all__ = [
    "accelerate_config",
    "accumulation_steps",
    "lora_arguments",
    "quantization_arguments",
    "sft_arguments",
]


def accumulation_steps(config: TrainConfig, processes: int) -> int:
    """Micro-batches that each process accumulates, so that a step has the same rows on 1 GPU and on 8.

    Raises:
        ConfigError: `global_batch_size` can't be split evenly.
    """
    at_once = config.micro_batch_size * processes
    if config.global_batch_size % at_once:
        raise ConfigError(
            f"global_batch_size {config.global_batch_size} is not a multiple of micro_batch_size "
            f"{config.micro_batch_size} times {processes} processes",
            where="global_batch_size",
            next_step=f"set it to {-(-config.global_batch_size // at_once) * at_once}",
        )
    return config.global_batch_size // at_once


def sft_arguments(
    config: TrainConfig, *, processes: int, steps: int, seed: int, bf16: bool, gpu: bool
) -> dict[str, Any]:
    """Arguments of `trl.SFTConfig`, except `output_dir`.

    Args:
        config: Settings.
        processes: GPUs (or processes) that share a step.
        steps: The most steps of the run.
        seed: The run's.
        bf16: Whether to compute in bfloat16.
        gpu: Whether there is one.
    """
    every = config.checkpoint_every_steps or max(1, min(200, steps // 4))
    return {
        "max_steps": steps,
        "per_device_train_batch_size": config.micro_batch_size,
        "gradient_accumulation_steps": accumulation_steps(config, processes),
        "max_length": None,  # rows are tokens already, and too long ones were rejected
        "packing": False,
        "learning_rate": config.learning_rate,
        "weight_decay": config.weight_decay,
        "max_grad_norm": config.max_grad_norm,
        "gradient_checkpointing": config.gradient_checkpointing,
        "gradient_checkpointing_kwargs": {"use_reentrant": False},
        "bf16": bf16,
        "use_cpu": not gpu,
        "use_liger_kernel": config.use_liger,
        "dataloader_pin_memory": gpu,
        "logging_steps": 1,
        "logging_first_step": True,
        "disable_tqdm": True,
        "save_strategy": "steps",
        "save_steps": every,
        "save_total_limit": 2,
        "report_to": list(config.report_to) or "none",
        "seed": seed,
        "data_seed": seed,
    }


def lora_arguments(
    config: TrainConfig, *, has_new_tokens: bool = False, is_tied: bool = False
) -> dict[str, Any]:
    """Arguments of `peft.LoraConfig`.

    Args:
        config: Settings.
        has_new_tokens: The model has tokens whose rows are only means yet: embedding and head are trained too.
        is_tied: The head is the embedding's matrix. (TRL's loss can't read a head with trainable rows alone.)
    """
    whole = {"modules_to_save": ["embed_tokens", "lm_head"], "ensure_weight_tying": is_tied}
    return {
        **(whole if has_new_tokens else {}),
        "r": config.lora_r,
        "lora_alpha": config.lora_alpha,
        "use_rslora": config.use_rslora,
        "lora_dropout": config.lora_dropout,
        "target_modules": sorted(config.target_modules),
        "bias": "none",
        "task_type": "CAUSAL_LM",
    }


def quantization_arguments(config: TrainConfig) -> dict[str, Any] | None:
    """Arguments of `transformers.BitsAndBytesConfig`; None where weights are not quantised.

    Source: QLoRA, Dettmers et al. 2023, arXiv:2305.14314: NF4, double quantisation, bfloat16 sums.
    """
    if config.method != "qlora":
        return None
    return {
        "load_in_4bit": True,
        "bnb_4bit_quant_type": "nf4",
        "bnb_4bit_use_double_quant": True,
        "bnb_4bit_compute_dtype": "float32" if config.dtype == "float32" else "bfloat16",
    }


def accelerate_config(config: TrainConfig, processes: int, *, bf16: bool, gpu: bool) -> dict[str, Any]:
    """The file that `accelerate launch --config_file` reads.

    For one machine: DDP, or FSDP2 with sharded checkpoints where `fsdp` is set. On a CPU `use_cpu`
    must be set, or accelerate starts processes that never communicate.
    """
    plain: dict[str, Any] = {
        "compute_environment": "LOCAL_MACHINE",
        "distributed_type": "MULTI_GPU" if gpu else "MULTI_CPU",
        "use_cpu": not gpu,
        "num_machines": 1,
        "machine_rank": 0,
        "num_processes": processes,
        "mixed_precision": "bf16" if bf16 else "no",
        "main_training_function": "main",
        "rdzv_backend": "static",
        "same_network": True,
    }
    if processes == 1:
        plain["distributed_type"] = "NO"
    if config.fsdp:
        if not gpu:
            raise ConfigError(
                "fsdp needs GPUs; on a CPU accelerate would silently run without sharding",
                where="fsdp",
                next_step="set fsdp to false",
            )
        plain["distributed_type"] = "FSDP"
        plain["fsdp_config"] = {
            "fsdp_version": 2,
            "fsdp_auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
            "fsdp_reshard_after_forward": True,
            "fsdp_cpu_ram_efficient_loading": True,
            "fsdp_offload_params": False,
            "fsdp_activation_checkpointing": False,
            "fsdp_state_dict_type": "SHARDED_STATE_DICT",
        }
    return plain
