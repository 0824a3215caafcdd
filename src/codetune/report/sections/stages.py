"""Finds the finished stages of a run by their run cards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from codetune.errors import DataError
from codetune.store.run_card import CARD_NAME, RunCard, read_card
from codetune.store.stage_output import PLAN_NAME

__all__ = ["ORDER", "StageFolder", "Stages", "find_stages"]

ORDER = ("collect", "dataset", "tasks", "synth", "curate", "mix", "train", "merge", "evaluate")
"""Stages in pipeline order; others come after them."""


@dataclass(frozen=True, slots=True)
class StageFolder:
    """One finished stage."""

    folder: Path
    card: RunCard

    @property
    def name(self) -> str:
        return self.card.plan.stage

    def parts(self, kind: str) -> list[Path]:
        """Parquet parts under `data`, `rejects` or the like, in order."""
        return sorted((self.folder / kind).glob("part-*.parquet"))


class Stages:
    """The stages a report is made from.

    Args:
        folders: Finished stages' folders, in any order.
        unfinished: Names of stages that were started and not finished.

    Raises:
        DataError: A folder has no run card.
    """

    def __init__(self, folders: Iterable[Path], unfinished: Sequence[str] = ()) -> None:
        self.unfinished = tuple(unfinished)
        found = []
        for folder in folders:
            card = read_card(folder)
            if card is None:
                raise DataError(
                    "no report is made of results without a run card (run.json)",
                    where=str(folder),
                    next_step="let the stage that writes this folder run to its end",
                )
            if card.plan.stage != "report":
                found.append(StageFolder(folder, card))
        self.all = tuple(sorted(found, key=lambda stage: (_place(stage.name), stage.card.started)))

    def named(self, name: str) -> list[StageFolder]:
        """All stages of that name, oldest first."""
        return [stage for stage in self.all if stage.name == name]

    def last(self, *names: str) -> StageFolder | None:
        """The newest stage of the first of these names that has one."""
        for name in names:
            if found := self.named(name):
                return found[-1]
        return None

    @property
    def seconds(self) -> float | None:
        """Wall time of all stages together, in seconds; None where there is no stage."""
        return sum(stage.card.seconds for stage in self.all) if self.all else None


def _place(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


def find_stages(run: Path) -> Stages:
    """Read a run directory: a folder for each stage, `RUN/<stage name>/run.json`.

    Raises:
        DataError: No folder, or no finished stage in it.
    """
    if not run.is_dir():
        raise DataError("there is no such run directory", where=str(run), next_step="check the path")
    inner = sorted(entry for entry in run.iterdir() if entry.is_dir())
    finished = [entry for entry in inner if (entry / CARD_NAME).is_file()]
    begun = [entry.name for entry in inner if entry not in finished and (entry / PLAN_NAME).is_file()]
    stages = Stages(finished, [name for name in begun if name != "report"])
    if not stages.all:
        raise DataError(
            "the run directory holds no finished stage (a folder with a run.json)",
            where=str(run),
            next_step="give the output folder of codetune quickstart or codetune run",
        )
    return stages
