"""A finished score goes on: more samples, another k, a training set to look at.

Answers come from the request store and verdicts from the verdict cache, so only what is new is asked
and run; the score is written again. Any other difference is refused with a sentence.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from codetune.errors import DataError, OutputError
from codetune.store.atomic import disk_errors, write_text
from codetune.store.run_card import CARD_NAME, Plan, read_card
from codetune.store.stage_output import PLAN_NAME

__all__ = ["TRAINING_SET", "reopen"]

TRAINING_SET = "training set "
"""Begins the name of such an input; they may come and go."""
_MAY_CHANGE = {"n", "k", "train"}


def reopen(folder: Path, plan: Plan) -> bool:
    """Make a folder ready for a plan that goes beyond what is in it.

    Args:
        folder: Perhaps a finished or begun score.
        plan: What is to be done now.

    Returns:
        Whether the folder was reopened; if not, it is new, equal, or of another plan.

    Raises:
        OutputError: Fewer samples were asked for than are there, or other code made them.
    """
    held, seconds = _held(folder)
    if held is None or not _goes_beyond(held, plan):
        return False
    if held.code != plan.code:
        raise OutputError(
            "the output folder was made by another version of codetune's code, so it can't go on",
            where=str(folder),
            next_step="choose another folder with -o",
        )
    before, now = held.config.get("n", 1), plan.config.get("n", 1)
    if now < before:
        raise OutputError(
            f"the output folder holds {before} samples of each problem, and {now} were asked for",
            where=str(folder),
            next_step=f"ask for {before} or more, or choose another folder with -o",
        )
    with _locked(folder) as locked:
        if locked:
            # The plan first: a kill in between leaves the old card, and the next run comes here again.
            begun = {"plan": asdict(plan), "seconds": seconds}
            write_text(folder / PLAN_NAME, json.dumps(begun, indent=2, ensure_ascii=False) + "\n")
            (folder / CARD_NAME).unlink(missing_ok=True)
    return locked


def _held(folder: Path) -> tuple[Plan | None, float]:
    """The plan of what is in the folder, and the seconds spent on it."""
    if not folder.is_dir():
        return None, 0.0
    card = read_card(folder)
    if card is not None:
        return card.plan, card.seconds
    try:
        begun: dict[str, Any] = json.loads((folder / PLAN_NAME).read_text("utf-8"))
        return Plan(**begun["plan"]), float(begun.get("seconds", 0.0))
    except (OSError, ValueError, KeyError, TypeError, DataError):
        return None, 0.0


def _goes_beyond(held: Plan, plan: Plan) -> bool:
    if held.hashes == plan.hashes or (held.stage, held.seed) != (plan.stage, plan.seed):
        return False
    keys = {key for key in {*held.config, *plan.config} if held.config.get(key) != plan.config.get(key)}
    inputs = {key for key in {*held.inputs, *plan.inputs} if held.inputs.get(key) != plan.inputs.get(key)}
    return keys <= _MAY_CHANGE and all(key.startswith(TRAINING_SET) for key in inputs)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Whether no other process writes the folder; if so, none does until the block ends."""
    with disk_errors(folder):
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)
