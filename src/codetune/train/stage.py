"""The train stage: instruction rows in, an adapter (or a model) and its loss curve out. It does not evaluate.

    adapter/             PEFT's format                  (model/ when every weight was tuned)
    adapter.gguf         the same for llama.cpp's server
    loss.jsonl           one line a step
    checkpoints/         the last two
    held_out/            instructions that training did not see, as a dataset directory
    trained_ids.txt      ids of the rows it did see
    rejects/             rows that could not be trained on
    run.json             last

A killed run continues from its last checkpoint; under a step limit it ends with the parameters of an
undisturbed run, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from codetune.engine.memory import give_back_models, keep_few_kernels
from codetune.engine.threads import share_the_cores
from codetune.errors import ConfigError, DataError, MissingExtraError
from codetune.records import Record
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset
from codetune.store.hashing import code_hash
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput
from codetune.train.config import TrainConfig
from codetune.train.evaluation_rows import ProblemLoader, refuse_evaluation_rows
from codetune.train.hardware import has_gpu
from codetune.train.rows import TRAINABLE
from codetune.train.weights.base_model import BaseModel

__all__ = ["STAGE", "run"]

STAGE = "train"


def run(
    config: TrainConfig,
    inputs: Sequence[Path],
    output: Path,
    context: StageContext,
    *,
    problems: ProblemLoader | None = None,
) -> RunCard:
    """Tune a model.

    Args:
        config: Model, method, limits.
        inputs: Dataset directories of `Instruction` or `Conversation` rows.
        output: Where the adapter and the loss curve go.
        context: Seed, cache (de-quantised weights), progress.
        problems: Loads the benchmarks that `config.benchmarks` names.

    Returns:
        The run card; `docs/training.md` names what `results` holds.

    Raises:
        DataError: An input holds nothing that can be trained on, or rows that the model is to be
            evaluated on.
        ConfigError: The model is not there, has no such layers, or a setting needs a GPU.
        MissingExtraError: torch or transformers is not installed.
    """
    datasets = [Dataset[Record](folder) for folder in inputs]
    for dataset in datasets:
        if not issubclass(dataset.kind, TRAINABLE):
            raise DataError(
                f"rows of type {dataset.kind.__name__} can't be trained on",
                where=str(dataset.folder),
                next_step="make Instruction rows of them first, with codetune tasks or codetune synth",
            )
    base = BaseModel.find(config.model)
    named = {
        (
            dataset.folder.name if len(datasets) == 1 else f"{i}. {dataset.folder.name}"
        ): dataset.card.output_hash
        for i, dataset in enumerate(datasets, 1)
    }
    plan = Plan(
        stage=STAGE,
        config=config.model_dump(mode="json"),
        inputs={**named, "model": base.hash},
        code=code_hash(__name__),
        seed=context.seed,
    )
    with StageOutput(output, plan) as stage:
        if stage.finished is not None:
            return stage.finished
        refuse_evaluation_rows(config, datasets, context, problems)
        share_the_cores()
        keep_few_kernels()
        try:
            import torch  # noqa: F401
            import transformers  # noqa: F401
        except ImportError as error:
            raise MissingExtraError.of("tuning a model", "train") from error
        if config.loop == "trl" or config.method == "qlora" or (config.loop == "auto" and has_gpu()):
            from codetune.train.gpu.trl_loop import train_with_trl

            return train_with_trl(config, base, datasets, stage, context)
        if config.gpu_only:
            raise ConfigError(
                f"this machine has no GPU, and the CPU loop does not know {' and '.join(config.gpu_only)}",
                where=config.gpu_only[0],
                next_step="remove the setting, or set loop to trl",
            )
        from codetune.train.cpu.run import train_on_cpu

        try:
            return train_on_cpu(config, base, datasets, stage, context)
        finally:
            give_back_models()  # what comes next in this process has a model of its own
