"""What every command of a stage does: settings, engine and cache, the run, and the last lines."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rich.table import Table

from codetune.cli.console import console, print_result, progress
from codetune.cli.stage_options import StageOptions
from codetune.config.reading import read_settings
from codetune.config.settings import Settings
from codetune.engine.open import open_engine
from codetune.errors import CodetuneError
from codetune.store.cache import cache_folder
from codetune.store.context import StageContext
from codetune.store.run_card import RunCard, read_card

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["card_table", "datasets_here", "open_context", "print_card", "read_options", "run_stage"]

S = TypeVar("S", bound=Settings)

_LONGEST_DETAIL = 160
"""Characters of a rejection's detail that an error repeats; a longer one is a piece of code, not a sentence."""


def read_options(
    kind: type[S],
    options: StageOptions,
    given: Mapping[str, Any] | None = None,
    flags: Mapping[str, str] | None = None,
) -> S:
    """The stage's settings from `--config`, `--set` and the command's own options.

    Args:
        kind: Their class.
        options: The shared options.
        given: Setting -> value of the option of that name; None where it was not given.
        flags: Setting -> the option's name, where it is another one.
    """
    return read_settings(kind, options.config, options.assignments, given, flags)


@contextlib.contextmanager
def open_context(options: StageOptions, *, workers: int | None = None) -> Iterator[StageContext]:
    """Engine, cache, seed and progress as the options say; the engine is closed at the end.

    Args:
        options: The shared options.
        workers: Default of `--workers` on this machine; None is one for each core.
    """
    chosen = options.workers
    if chosen is None and options.engine == "local":
        chosen = workers
    with open_engine(options.engine, workers=chosen) as engine:
        yield StageContext(
            seed=options.seed or 0,
            cache=cache_folder(options.cache),
            engine=engine,
            progress=progress(is_quiet=options.is_quiet),
        )


def run_stage(
    stage: str,
    settings: Settings,
    inputs: Sequence[Path],
    options: StageOptions,
    *,
    workers: int | None = None,
    **more: Any,
) -> RunCard:
    """Run a stage as the options say.

    Args:
        stage: Its name in recipes.
        settings: Of the stage's class.
        inputs: Output folders of other stages.
        options: The shared options.
        workers: Default of `--workers` on this machine; None is one for each core.
        more: Further keywords of the stage's `run`.
    """
    from codetune.recipes.stages import STAGES

    before = read_card(options.folder)
    with open_context(options, workers=workers) as context:
        here = datasets_here(inputs, context)
        card = STAGES[stage].run(settings, here, options.folder, context, overwrite=options.overwrite, **more)
    if card == before and not options.is_quiet and not options.as_json:
        console().print("Nothing to do: this output was finished before.")
    return card


def datasets_here(inputs: Sequence[Path], context: StageContext) -> list[Path]:
    """The inputs, with those at an address copied into the cache.

    Args:
        inputs: Dataset directories; an address (s3://, gs://, hf://) may stand in place of a folder.
        context: Whose cache is used; an address whose content has changed is copied again.
    """
    from codetune.recipes.stages import STAGES
    from codetune.sources.files.remote import address_in
    from codetune.sources.finished.config import DatasetConfig
    from codetune.store.hashing import json_hash

    found = []
    for path in inputs:
        address = address_in(path)
        if address is not None:
            copy = context.cache / "datasets" / json_hash(address)[:12] / Path(address).name
            STAGES["dataset"].run(DatasetConfig(path=address), [], copy, context, overwrite=True)
            path = copy
        found.append(path)
    return found


def print_card(card: RunCard, options: StageOptions, shown: RenderableType | None = None) -> None:
    """Print what came out, and the next step.

    Args:
        card: The stage's run card.
        options: The shared options.
        shown: Printed in place of the table of counts.

    Raises:
        CodetuneError: No row was kept: exit code 1, with the most frequent reason.
    """
    if options.as_json:
        print_result(card, as_json=True)
    elif not options.is_quiet:
        print_result(shown if shown is not None else card_table(card, options.folder), as_json=False)
    if card.record is not None and card.counts.get("kept") == 0:
        raise CodetuneError(
            _nothing_kept(card, options.folder), where=str(options.folder), next_step=_remedy(card)
        )
    if not options.as_json and not options.is_quiet:
        step = _next_step(card, options.folder)
        if step:
            console().print(f"Next: {step}", markup=False, style="dim", soft_wrap=True)


def card_table(card: RunCard, folder: Path) -> Table:
    """Counts of a run card, the reasons of the rejected rows, and the licences of the kept ones."""
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(justify="right")
    for name, count in card.counts.items():
        table.add_row(name, f"{count:,}")
    for reason, count in card.rejects.items():
        table.add_row(f"  {reason}", f"{count:,}")
    for name, count in card.licenses.items():
        table.add_row(f"licence: {name}", f"{count:,}", style="dim")
    table.add_row("seconds", f"{card.seconds:.1f}")
    table.add_row("folder", str(folder))
    return table


def _nothing_kept(card: RunCard, folder: Path) -> str:
    rejected = card.counts.get("rejected", 0)
    if not rejected:
        return "no row was kept, and none was rejected: there was nothing to work on"
    reason, count = next(iter(card.rejects.items()))
    text = f"no row was kept: {rejected:,} were rejected, {count:,} of them with the reason {reason!r}"
    from codetune.records import Record
    from codetune.store.dataset import Dataset  # pyarrow, which `--help` does without

    details = (row["detail"] for row in Dataset[Record](folder).rejects() if row["reason"] == reason)
    detail = " ".join((next(details, "") or "").split())
    return f"{text}, as {detail!r}" if 0 < len(detail) <= _LONGEST_DETAIL else text


def _remedy(card: RunCard) -> str:
    if card.counts.get("rejected"):
        return "its folder rejects/ holds each row with its reason"
    return "check what the input holds"


def _next_step(card: RunCard, output: Path) -> str | None:
    """The command that most people run next."""
    here, beside = shlex.quote(str(output)), output.parent
    if card.plan.stage == "curate":
        return f"codetune train -d {here} -o {shlex.quote(str(beside / 'tuned'))}"
    if card.plan.stage == "train":
        return f"codetune eval humaneval --adapter {here}"
    if card.record == "Snippet":
        return f"codetune tasks {here} -o {shlex.quote(str(beside / 'instructions'))}"
    if card.record == "Instruction":
        return f"codetune curate {here} -o {shlex.quote(str(beside / 'curated'))}"
    return None
