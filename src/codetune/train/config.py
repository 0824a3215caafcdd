"""Settings of the train stage. torch is not imported, so that a recipe is checked quickly."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from codetune.config.settings import Settings

__all__ = ["ALL_LINEAR", "TrainConfig"]

ALL_LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""The linear layers of a Llama-shaped block; adapting all of them beats attention alone (QLoRA, 2.4)."""


class TrainConfig(Settings):
    """Supervised fine-tuning of one model on instruction rows."""

    model: str = Field(
        "embedded",
        description="What is tuned: `embedded` (SmolLM2-135M-Instruct), a Hugging Face folder, org/name "
        "of the hub, or a .gguf file of a Llama-shaped model.",
    )
    method: Literal["lora", "qlora", "full"] = Field(
        "lora",
        description="lora: low-rank adapters on frozen weights; qlora: the same on 4-bit weights "
        "(GPU loop only); full: every weight.",
    )
    loop: Literal["auto", "cpu", "trl"] = Field(
        "auto",
        description="cpu: codetune's own loop, for small models; trl: TRL's trainer under accelerate, "
        "for GPUs; auto: trl where there is a GPU (and for qlora), else cpu.",
    )
    lora_r: int = Field(16, ge=1, le=512, description="Rank of the adapters.")
    lora_alpha: float = Field(32.0, gt=0, description="Adapters are scaled by lora_alpha / lora_r.")
    use_rslora: bool = Field(False, description="Scale by lora_alpha / sqrt(lora_r) instead.")
    lora_dropout: float = Field(0.0, ge=0, lt=1, description="Fraction of an adapter's input dropped.")
    target_modules: tuple[str, ...] = Field(
        ALL_LINEAR, min_length=1, description="Last names of the linear layers that get adapters."
    )
    learning_rate: float = Field(2e-4, gt=0, lt=1, description="Peak learning rate of AdamW.")
    lr_schedule: Literal["constant", "linear", "cosine"] = Field(
        "cosine", description="How the rate falls after the warm-up, over the progress of the run."
    )
    lr_final_fraction: float = Field(
        0.1, ge=0, le=1, description="The rate at the end, as a fraction of the peak."
    )
    lr_warmup_steps: int = Field(4, ge=0, description="Steps over which the rate rises from zero.")
    weight_decay: float = Field(0.0, ge=0, description="AdamW's decoupled weight decay.")
    max_grad_norm: float = Field(1.0, gt=0, description="Gradients are scaled down to this norm.")
    global_batch_size: int = Field(8, ge=1, description="Rows that one step learns from.")
    micro_batch_size: int = Field(
        8, ge=1, description="Most rows computed at once; changes memory and speed, not the result."
    )
    micro_batch_tokens: int = Field(
        2048, ge=64, description="Most tokens, padding included, computed at once (one row may exceed it)."
    )
    edit_format: Literal["whole-file", "locate-and-change", "search-and-replace"] = Field(
        "whole-file", description="How rows of edits write their answers."
    )
    benchmarks: tuple[str, ...] = Field(
        (),
        description="Benchmarks that the tuned model is to be evaluated on; a row that repeats one of their items "
        "stops the training. A recipe takes those of its evaluate steps.",
    )
    upstream_splits: tuple[Literal["train", "valid", "test"], ...] = Field(
        ("train", "valid"),
        description="Upstream's splits that may be learned; a row of another one stops the training. Empty "
        "takes all.",
    )
    max_seq_length: int = Field(
        1024, ge=16, description="Longest row in tokens; longer rows are rejected and counted, never cut."
    )
    epochs: float = Field(3.0, gt=0, description="Most passes over the rows.")
    max_steps: int | None = Field(None, ge=1, description="Most optimizer steps; null: as `epochs` says.")
    budget_seconds: float | None = Field(
        240.0, gt=0, description="Most seconds of training, interrupted runs included; null: no limit."
    )
    checkpoint_every_seconds: float | None = Field(
        30.0, gt=0, description="Seconds of training between checkpoints; null: by steps alone."
    )
    checkpoint_every_steps: int | None = Field(None, ge=1, description="Steps between checkpoints.")
    held_out_fraction: float = Field(
        0.05, ge=0, lt=1, description="Fraction of the rows kept out of training to measure the loss on."
    )
    held_out_rows: int = Field(48, ge=0, description="Most held-out rows; 0: none.")
    dtype: Literal["auto", "bfloat16", "float32"] = Field(
        "auto", description="Arithmetic; auto: bfloat16 where the processor or GPU has it."
    )
    threads: int | None = Field(None, ge=1, description="CPU threads; null: the cores this process may use.")
    gradient_checkpointing: bool = Field(
        False, description="Keep fewer activations and compute them twice: less memory, a fifth slower."
    )
    use_liger: bool = Field(False, description="Liger's fused kernels (trl loop on a GPU).")
    fsdp: bool = Field(False, description="Shard the model over the GPUs with FSDP2 (trl loop).")
    report_to: tuple[str, ...] = Field(
        (), description="Trackers for the trl loop, e.g. trackio, wandb, tensorboard, mlflow."
    )

    @model_validator(mode="after")
    def _consistent(self) -> TrainConfig:
        if self.method == "qlora" and self.loop == "cpu":
            raise ValueError("method qlora needs loop trl (or auto): the cpu loop keeps whole weights")
        if self.fsdp and (self.loop == "cpu" or self.method == "qlora"):
            raise ValueError("fsdp needs loop trl and method lora or full")
        if self.loop == "cpu" and self.gpu_only:
            raise ValueError(
                f"{' and '.join(self.gpu_only)} need loop trl (or auto): the cpu loop has neither"
            )
        if self.micro_batch_size > self.global_batch_size:
            object.__setattr__(self, "micro_batch_size", self.global_batch_size)
        return self

    @property
    def gpu_only(self) -> list[str]:
        """Settings given that only the trl loop knows."""
        return [name for name in ("use_liger", "report_to") if getattr(self, name)]

    @property
    def lora_scale(self) -> float:
        """What an adapter's output is multiplied by."""
        return self.lora_alpha / (self.lora_r**0.5 if self.use_rslora else self.lora_r)
