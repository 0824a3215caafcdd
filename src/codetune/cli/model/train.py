"""`codetune train`: instruction datasets in, a tuned model out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from codetune.cli.stage_options import StageOptions, stage_command

__all__ = ["train"]


@stage_command("train", output=Path("tuned"), workers=None)
def train(
    config_file: Annotated[
        Path | None, typer.Argument(metavar="[CONFIG]", help="A YAML file with settings, as --config.")
    ] = None,
    data: Annotated[
        list[Path] | None, typer.Option("--data", "-d", help="Dataset directory; may be repeated.")
    ] = None,
    *,
    options: StageOptions,
) -> None:
    """Tune a model: LoRA, QLoRA or all weights. A stopped training continues from its last checkpoint.

    \b
    Example:
      codetune train -d data/clean -o runs/tuned
      codetune train lora.yaml -d data/clean -o runs/tuned --set learning_rate=1e-4
    """
    from codetune.cli.stage_runs import card_table, print_card, read_options, run_stage
    from codetune.errors import UsageError
    from codetune.train.config import TrainConfig

    if config_file is not None:
        if options.config is not None:
            raise UsageError("the settings are named twice", next_step="give CONFIG or --config, not both")
        options = replace(options, config=config_file)
    settings = read_options(TrainConfig, options)
    if not data:
        raise UsageError("there is nothing to train on", next_step="name a dataset directory with --data")
    card = run_stage("train", settings, data, options)
    table = card_table(card, options.folder)
    for name, keys, form in (
        ("loss, first and last", ("loss_first", "loss_last"), "{:.3f} → {:.3f}"),
        ("held-out loss", ("held_out_loss_before", "held_out_loss_after"), "{:.3f} → {:.3f}"),
        ("tokens a second", ("tokens_per_second",), "{:,.0f}"),
        ("stopped by", ("stopped_by",), "{}"),
    ):
        values = [card.results.get(key) for key in keys]
        if None not in values:
            table.add_row(name, form.format(*values))
    print_card(card, options, table)
