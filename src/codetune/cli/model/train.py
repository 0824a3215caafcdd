"""`codetune train`: instruction datasets in, a tuned model out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["train"]


def train(
    config: Annotated[
        Path | None, typer.Argument(help="A YAML file with the settings; every one has a default.")
    ] = None,
    data: Annotated[
        list[Path] | None, typer.Option("--data", "-d", help="Dataset directory; may be given several times.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for adapter and loss curve.")] = Path(
        "tuned"
    ),
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE; may be given several times.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Draws rows, held-out rows and first weights.")] = 0,
    cache: Annotated[
        Path | None, typer.Option(help="Folder for de-quantised weights; beside the output if not given.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run card as JSON.")] = False,
) -> None:
    """Tune a model: LoRA, QLoRA or every weight. Stopped, it goes on from its last checkpoint.

    \b
    Example:
      codetune train -d data/clean -o runs/tuned
      codetune train lora.yaml -d data/clean -o runs/tuned --set learning_rate=1e-4
    """
    from codetune.cli.console import print_result, progress
    from codetune.cli.settings_file import read_settings
    from codetune.cli.stage_runs import card_table
    from codetune.errors import UsageError
    from codetune.store.context import StageContext
    from codetune.train.config import TrainConfig
    from codetune.train.stage import run

    settings = read_settings(TrainConfig, config, set_ or ())
    if not data:
        raise UsageError("there is nothing to train on", next_step="name a dataset directory with --data")
    context = StageContext(seed=seed, cache=cache or output.parent / ".cache", progress=progress())
    card = run(settings, data, output, context)
    if as_json:
        print_result(card, as_json=True)
        return
    table = card_table(card, output)
    for name, key, form in (
        ("loss, first and last", ("loss_first", "loss_last"), "{:.3f} → {:.3f}"),
        ("held-out loss", ("held_out_loss_before", "held_out_loss_after"), "{:.3f} → {:.3f}"),
        ("tokens a second", ("tokens_per_second",), "{:,.0f}"),
        ("stopped by", ("stopped_by",), "{}"),
    ):
        values = [card.results.get(k) for k in key]
        if None not in values:
            table.add_row(name, form.format(*values))
    print_result(table, as_json=False)
