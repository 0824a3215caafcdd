"""A stage's folder, from the first byte to the run card.

    empty ──▶ plan.json ──▶ parts, checkpoints ... ──▶ run.json (plan.json goes)
              resumable                                 finished

A folder of the same plan is resumed, or found finished. A folder of another plan is refused; the
message names the difference, and `replacing_other_runs` removes the folder instead. A lock keeps two
processes out of one folder; the system drops the lock with the process, however that ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from codetune.errors import OutputError
from codetune.store.atomic import disk_errors, make_folder, write_text
from codetune.store.run_card import CARD_NAME, Plan, RunCard, read_card

__all__ = ["PLAN_NAME", "OtherRunError", "StageOutput", "replacing_other_runs"]

T = TypeVar("T")

PLAN_NAME = "plan.json"
_LOCK_NAME = ".lock"


class OtherRunError(OutputError):
    """The output folder holds a run of another plan.

    Attributes:
        folder: That folder.
    """

    def __init__(self, difference: str, folder: Path) -> None:
        super().__init__(
            f"the output folder holds another run: {difference}",
            where=str(folder),
            next_step="choose another folder with -o, or replace this one with --overwrite",
        )
        self.difference = difference
        self.folder = folder

    def __reduce__(self) -> tuple[object, ...]:
        return (OtherRunError, (self.difference, self.folder))


def replacing_other_runs(work: Callable[[], T], *, overwrite: bool, inputs: Sequence[Path] = ()) -> T:
    """Do the work; where its output folder holds another run, remove that run and start again.

    Args:
        work: Opens a `StageOutput`; called a second time after a removal.
        overwrite: False only does the work.
        inputs: Folders that the work reads: an output folder around one of them is never removed.

    Raises:
        OtherRunError: Not to be overwritten.
        OutputError: The folder can't be removed.
    """
    try:
        return work()
    except OtherRunError as error:
        if not overwrite:
            raise
        replaced = error.folder
    _remove(replaced, inputs)
    return work()


def _remove(folder: Path, inputs: Sequence[Path]) -> None:
    whole = folder.resolve()
    needed = [Path.cwd(), *(path.resolve() for path in inputs)]
    for path in needed:
        if path == whole or whole in path.parents:
            raise OutputError(
                f"the output folder can't be replaced: {path} lies in it",
                where=str(folder),
                next_step="choose another folder with -o",
            )
    with disk_errors(folder):
        lock = os.open(folder / _LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _take(lock, folder)
            # The marks go last: what a kill leaves behind is still known as ours.
            for entry in sorted(folder.iterdir(), key=lambda path: path.name in (CARD_NAME, PLAN_NAME)):
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry)
                else:
                    entry.unlink(missing_ok=True)
        finally:
            os.close(lock)


def _take(lock: int, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OutputError(
            "another codetune process is writing this folder",
            where=str(folder),
            next_step="wait for it, or choose another folder with -o",
        ) from error


class StageOutput:
    """A folder that one stage writes.

    Args:
        folder: Where; made if absent.
        plan: What the stage is about to do.

    Attributes:
        finished: The run card, if the folder holds this very plan's finished output.
        resumed: True when an earlier run with the same plan began here.
        preparations: Names of files that hold no work: a first run that leaves nothing else behind
            gives up its claim on the folder, so that a corrected command may use it.

    Raises:
        OutputError: The folder holds something else, is in use, or can't be written.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder = folder
        self.plan = plan
        self.resumed = False
        self.preparations: set[str] = set()
        self._earlier_seconds = 0.0
        self._clock = time.monotonic()
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._lock: int | None = None
        self._made = not folder.exists()
        self.finished = self._claim()

    def _claim(self) -> RunCard | None:
        card = read_card(self.folder)
        if card is not None:
            self._refuse_other(card.plan)
            return card
        with disk_errors(self.folder):
            self._check_kind()
        make_folder(self.folder)
        with disk_errors(self.folder):
            self._lock = os.open(self.folder / _LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _take(self._lock, self.folder)
            self._begin_or_resume()
        except BaseException:
            self.close()
            raise
        return None

    def _check_kind(self) -> None:
        if self.folder.exists() and not self.folder.is_dir():
            raise OutputError(
                "the output path is a file",
                where=str(self.folder),
                next_step="choose a folder with -o",
            )
        if self.folder.is_dir() and not (self.folder / PLAN_NAME).exists():
            others = [entry.name for entry in self.folder.iterdir() if not _is_ours(entry.name)]
            if others:
                raise OutputError(
                    f"the output folder holds files that codetune did not make, {sorted(others)[0]} among them",
                    where=str(self.folder),
                    next_step="choose an empty or new folder with -o",
                )

    def _begin_or_resume(self) -> None:
        path = self.folder / PLAN_NAME
        if path.exists():
            try:
                begun = json.loads(path.read_text("utf-8"))
                plan = Plan(**begun["plan"])
            except (ValueError, KeyError, TypeError) as error:
                raise OutputError(
                    "the plan of the unfinished run can't be read",
                    where=str(path),
                    next_step="remove the folder, or choose another one with -o",
                ) from error
            self._refuse_other(plan)
            self.resumed = True
            self._earlier_seconds = float(begun.get("seconds", 0.0))
            for half in self.folder.rglob(".*.tmp"):  # what a killed run was writing
                half.unlink(missing_ok=True)
        self.checkpoint_time()

    def _refuse_other(self, plan: Plan) -> None:
        difference = self.plan.difference(plan)
        if difference:
            raise OtherRunError(difference, self.folder)

    @property
    def seconds(self) -> float:
        """Wall time spent on this output so far, interrupted runs included."""
        return self._earlier_seconds + time.monotonic() - self._clock

    def checkpoint_time(self) -> None:
        """Keep the time spent, so that a later run can add to it."""
        begun = {"plan": asdict(self.plan), "seconds": round(self.seconds, 3)}
        write_text(self.folder / PLAN_NAME, json.dumps(begun, indent=2, ensure_ascii=False) + "\n")

    def finish(
        self,
        *,
        output_hash: str,
        record: str | None = None,
        counts: dict[str, int] | None = None,
        rejects: dict[str, int] | None = None,
        licenses: dict[str, int] | None = None,
        results: dict[str, Any] | None = None,
    ) -> RunCard:
        """Write the run card, and with it call the output whole."""
        card = RunCard(
            plan=self.plan,
            record=record,
            output_hash=output_hash,
            counts=counts or {},
            rejects=rejects or {},
            licenses=licenses or {},
            results=results or {},
            started=self._started,
            seconds=round(self.seconds, 3),
        )
        card.write(self.folder)
        card = read_card(self.folder) or card  # results as every later reader finds them: plain data
        (self.folder / PLAN_NAME).unlink(missing_ok=True)
        self.finished = card
        self.close()
        return card

    def close(self) -> None:
        """Give the folder back; what is unfinished stays for the next run."""
        if self._lock is not None:
            if self.finished_here:
                (self.folder / _LOCK_NAME).unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    @property
    def finished_here(self) -> bool:
        return (self.folder / CARD_NAME).exists()

    def __enter__(self) -> StageOutput:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            # On a full disk the time spent is not written; the error that is raised says why.
            with contextlib.suppress(OutputError, OSError):
                if self._lock is not None and not self.finished_here and not self._give_up():
                    self.checkpoint_time()
        finally:
            self.close()

    def _give_up(self) -> bool:
        """Undo a claim that led to no work; False where there is work to continue."""
        nothing = self.preparations | {PLAN_NAME, _LOCK_NAME}
        if self.resumed or {*os.listdir(self.folder)} - nothing:
            return False
        for name in nothing:
            (self.folder / name).unlink(missing_ok=True)
        if self._made:
            self.folder.rmdir()
        return True


def _is_ours(name: str) -> bool:
    return name == _LOCK_NAME or (name.startswith(".") and name.endswith(".tmp"))
