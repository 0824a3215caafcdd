"""The stage `dataset`: a finished dataset directory in, a copy of it out, checked against its own run card.

A part is copied whole or not at all, so a copy that was stopped goes on with the part it was at. Datasets inside
it (the `valid` and `test` of a mixture) come along.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from codetune.errors import DataError, UsageError
from codetune.sources.files.remote import files_below, is_remote, open_remote
from codetune.sources.finished.config import DatasetConfig
from codetune.store.atomic import disk_errors, replacing
from codetune.store.card import write_dataset_card
from codetune.store.context import StageContext
from codetune.store.hashing import code_hash, hash_files
from codetune.store.run_card import CARD_NAME, Plan, RunCard, parse_card, read_card
from codetune.store.stage_output import StageOutput

__all__ = ["run"]

STAGE = "dataset"
_PARTS = ("data", "rejects")
_SPLITS = ("valid", "test")


@dataclass(frozen=True)
class _Place:
    """Where the dataset lies: a folder, or an address."""

    root: str

    def names(self) -> list[str]:
        """Paths of its files, relative to it, in order."""
        if is_remote(self.root):
            return files_below(self.root)
        folder = Path(self.root)
        if not folder.is_dir():
            raise DataError("there is no such dataset directory", where=self.root, next_step="check the path")
        return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())

    def open(self, name: str) -> BinaryIO:
        """The bytes of one of its files."""
        if is_remote(self.root):
            return open_remote(f"{self.root.rstrip('/')}/{name}")
        return open(Path(self.root) / name, "rb")


def run(config: DatasetConfig, inputs: Sequence[Path], output: Path, context: StageContext) -> RunCard:
    """Copy a finished dataset directory.

    Args:
        config: Which one.
        inputs: Must be empty.
        output: Where the copy goes.
        context: Progress.

    Returns:
        A run card with the counts, licences and the hash of the dataset's own.

    Raises:
        DataError: No finished dataset directory there, it can't be read, or its rows are not what its run card says.
    """
    if inputs:
        raise UsageError("the stage dataset reads no step", next_step="set `path` instead")
    place = _Place(config.path if is_remote(config.path) else str(Path(config.path).expanduser()))
    names = place.names()
    card = _card(place, names)
    plan = Plan(
        stage=STAGE,
        config={},  # the content counts, not where it lies
        inputs={"dataset": card.output_hash},
        code=code_hash(__name__),
    )
    with StageOutput(output, plan) as stage:
        if stage.finished is not None:
            return stage.finished
        wanted = [name for name in names if _is_part(name)]
        context.progress.start("dataset (files)", len(wanted))
        for name in wanted:
            _copy(place, name, output / name)
            context.progress.advance()
        context.progress.finish()
        parts = [output / name for name in wanted if name.partition("/")[0] in _PARTS]
        if hash_files(output, parts) != card.output_hash:
            for path in parts:
                path.unlink(missing_ok=True)
            raise DataError(
                "the rows are not those that its run card is about: a file was changed, or is missing",
                where=config.path,
                next_step="copy the whole dataset directory again",
            )
        for split in _SPLITS:  # last, so that a split without its run card is an unfinished one
            if f"{split}/{CARD_NAME}" in names:
                _copy(place, f"{split}/{CARD_NAME}", output / split / CARD_NAME)
        write_dataset_card(
            output,
            title=f"{card.record} records",
            description=f"A copy of a dataset that codetune's stage `{card.plan.stage}` made.",
            plan=card.plan,
            kept=card.counts["kept"],
            rejects=card.rejects,
            licenses=card.licenses,
            sources={},
        )
        return stage.finish(
            output_hash=card.output_hash,
            record=card.record,
            counts=card.counts,
            rejects=card.rejects,
            licenses=card.licenses,
            results={"made_by": card.plan.stage},
        )


def _is_part(name: str) -> bool:
    pieces = name.split("/")
    if pieces[0] in _SPLITS:
        pieces = pieces[1:]
    return len(pieces) == 2 and pieces[0] in _PARTS and pieces[1].startswith("part-")


def _card(place: _Place, names: Sequence[str]) -> RunCard:
    if CARD_NAME not in names:
        raise DataError(
            "this is not a finished dataset directory (it has no run.json)",
            where=place.root,
            next_step="give the output folder of collect, tasks, synth, curate or mix; other files are read by collect",
        )
    if not is_remote(place.root):
        card = read_card(Path(place.root))
        assert card is not None
    else:
        with place.open(CARD_NAME) as body:
            card = parse_card(body.read(), where=f"{place.root}/{CARD_NAME}")
    if card.record is None:
        raise DataError(
            f"this is the output of the stage {card.plan.stage}, which is no dataset", where=place.root
        )
    return card


def _copy(place: _Place, name: str, target: Path) -> None:
    if target.exists():
        return
    with disk_errors(target), place.open(name) as body, replacing(target) as temporary:
        with open(temporary, "wb") as file:
            shutil.copyfileobj(body, file)
