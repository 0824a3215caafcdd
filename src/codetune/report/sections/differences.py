"""Problems that one model solved and the other did not, with both programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from codetune.records import Verdict

__all__ = ["Attempt", "Difference", "asked_text", "in_turn", "read_differences"]

_COLUMNS = ["task_id", "sample", "solution", "verdict", "detail"]
_NOT_ABOUT_THE_PROGRAM = {verdict.value for verdict in Verdict if not verdict.is_about_the_program}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One model's program for one problem."""

    verdict: str
    solution: str
    detail: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A problem that one model solved and the other did not, with the first sample of each."""

    task_id: str
    base: Attempt
    tuned: Attempt
    prompt: str = ""
    """What the models were asked; "" where it was not kept."""

    @property
    def gained(self) -> bool:
        """Whether the second model is the one that solved it."""
        return self.tuned.verdict == Verdict.PASS


def _first_samples(folder: Path) -> dict[str, Attempt]:
    found: dict[str, Attempt] = {}
    for path in sorted((folder / "verdicts").glob("part-*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches(batch_size=2_048, columns=_COLUMNS):
            for row in batch.to_pylist():
                if row["sample"] == 0:
                    found[row["task_id"]] = Attempt(
                        row["verdict"] or "", row["solution"] or "", row["detail"] or ""
                    )
    return found


def asked_text(request: Mapping[str, Any]) -> str:
    """What a kept request asks: its last turn by the user, or its text."""
    turns = request.get("messages")
    for turn in reversed(turns if isinstance(turns, list) else []):
        if isinstance(turn, dict) and turn.get("role") == "user":
            return str(turn.get("content", ""))
    prompt = request.get("prompt")
    return prompt if isinstance(prompt, str) else ""


def _prompts(path: Path | None, wanted: set[str]) -> dict[str, str]:
    if path is None or not wanted or not path.is_file():
        return {}
    found: dict[str, str] = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            request = json.loads(line)
            if request.get("task_id") in wanted:
                found[request["task_id"]] = asked_text(request)
    return found


def read_differences(first: Path, second: Path, prompts: Path | None = None) -> list[Difference]:
    """Problems where the first samples of two folders of verdicts end differently.

    A sample that was not judged says nothing of its program, so its problem is left out.

    Args:
        first: A folder with `verdicts/`; nothing differs where there are none.
        second: Another.
        prompts: A `prompts.jsonl` that says what was asked.

    Returns:
        In the first one's order.
    """
    before, after = _first_samples(first), _first_samples(second)
    found = [
        Difference(task_id, mine, after[task_id])
        for task_id, mine in before.items()
        if task_id in after
        and not {mine.verdict, after[task_id].verdict} & _NOT_ABOUT_THE_PROGRAM
        and (mine.verdict == Verdict.PASS) != (after[task_id].verdict == Verdict.PASS)
    ]
    asked = _prompts(prompts, {difference.task_id for difference in found})
    return [replace(difference, prompt=asked.get(difference.task_id, "")) for difference in found]


def in_turn(found: Sequence[Difference], limit: int) -> list[Difference]:
    """At most `limit` of them; gains and losses alternate, so that a short list flatters neither model."""
    gains = [d for d in found if d.gained]
    losses = [d for d in found if not d.gained]
    taken: list[Difference] = []
    while len(taken) < limit and (gains or losses):
        for side in (gains, losses):
            if side and len(taken) < limit:
                taken.append(side.pop(0))
    return taken
