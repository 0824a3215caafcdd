"""`codetune mix`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from codetune.cli.stage_options import StageOptions, stage_command

if TYPE_CHECKING:
    from rich.console import RenderableType

    from codetune.mix.translate import Translate
    from codetune.store.run_card import RunCard

__all__ = ["mix"]


@stage_command("mix", output=Path("mix"), config=False)
def mix(
    mixture: Annotated[
        str,
        typer.Argument(
            help="A YAML file, or a mixture that comes with codetune: comit, codecapybara, id_code."
        ),
    ],
    inputs: Annotated[
        list[Path] | None,
        typer.Option("--input", "-i", help="Dataset for a part that names no source, in the parts' order."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder that the mixture's relative paths start from.")
    ] = None,
    scale: Annotated[
        float | None, typer.Option("--scale", min=0.0, help="Multiply every count, e.g. 0.01.")
    ] = None,
    skip_missing: Annotated[
        bool, typer.Option("--skip-missing", help="Leave out parts whose files are not there, and say so.")
    ] = False,
    translator: Annotated[
        str | None,
        typer.Option(
            "--translator", help="MODULE:FUNCTION that translates texts, for parts that ask for it."
        ),
    ] = None,
    translator_model: Annotated[
        str | None,
        typer.Option(
            "--translator-model", help="Model that translates them: local, a name in the model map, or a URL."
        ),
    ] = None,
    model_map: Annotated[Path | None, typer.Option(help="JSON or YAML file of models by name.")] = None,
    prompt_templates: Annotated[
        str | None,
        typer.Option(
            "--prompt-templates",
            metavar="DIR",
            help="Folder of TASK.LANGUAGE.yaml that replace codetune's own.",
        ),
    ] = None,
    *,
    options: StageOptions,
) -> None:
    """Mix several sources into one training set, each with its target count.

    \b
    Example:
      codetune mix comit --data upstream --scale 0.01 -o data/comit
      codetune mix my-mixture.yaml -o data/mix --set codealpaca.count=2000
      codetune mix comit --data upstream --translator-model teacher --model-map models.yaml -o data/comit
    """
    import json

    from codetune.cli.stage_runs import print_card, run_stage
    from codetune.mix.mixture_file import load_mixture
    from codetune.mix.shipped import find_mixture

    assignments = list(options.assignments)
    for key, value in (("model", translator_model), ("model_map", model_map)):
        if value is not None:
            assignments.append(f"translator.{key}={json.dumps(str(value))}")
    settings = load_mixture(
        find_mixture(mixture),
        assignments,
        data=str(data) if data is not None else None,
        scale=scale,
        missing="skip" if skip_missing else None,
        prompt_templates=prompt_templates,
    )
    more: dict[str, Any] = {"translate": _load(translator)} if translator else {}
    card = run_stage("mix", settings, inputs or (), options, **more)
    print_card(card, options, _table(card, options.folder))


def _load(name: str) -> Translate:
    import importlib

    from codetune.errors import ConfigError

    module, colon, function = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"there is no translator {name}", next_step="name it MODULE:FUNCTION") from error
    if not colon or not callable(found):
        raise ConfigError(f"the translator {name} can't be called", next_step="name it MODULE:FUNCTION")
    return found  # type: ignore[no-any-return]


def _table(card: RunCard, output: Path) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    mixture = card.results["mixture"]
    table = Table(title=f"{mixture['name']}: {card.counts['kept']:,} rows in {output}", title_justify="left")
    table.add_column("part")
    table.add_column("source")
    for heading in ("wanted", "rows"):
        table.add_column(heading, justify="right")
    table.add_column("licences")
    for part in mixture["parts"]:
        short = part["taken"] < part["wanted"]
        licenses = ", ".join(part["licenses"]) or "-"
        rows = Text(f"{part['taken']:,}", style="yellow" if short else "green")
        table.add_row(part["name"], part["source"], f"{part['wanted']:,}", rows, licenses)
    lines = [Text(f"held out: {rows:,} {split}", style="dim") for split, rows in mixture["held_out"].items()]
    lines += [Text(f"! {text}", style="yellow") for text in (*mixture["warnings"], *mixture["shortages"])]
    return Group(table, *lines)
