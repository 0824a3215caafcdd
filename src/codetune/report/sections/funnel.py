"""What each stage kept and rejected, read from run cards and `rejects/`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow.parquet as pq

from codetune.report.numbers import plural
from codetune.report.sections.stages import StageFolder

__all__ = ["FunnelStep", "RejectionCount", "read_funnel"]

_BATCH_ROWS = 4_096
_DETAIL_CHARACTERS = 200


@dataclass(slots=True)
class RejectionCount:
    """Rows rejected for one reason."""

    check: str
    """The `stage` column: the check inside the stage, or the stage itself."""
    reason: str
    rows: int = 0
    examples: list[str] = field(default_factory=list)
    """Up to two details that differ, cut to a line."""


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One stage: what it kept and what it rejected."""

    stage: str
    folder: str
    unit: str
    """What a row is, in the plural."""
    kept: int | None
    """None where the card does not say."""
    rejected: int | None
    undrawn: int
    """Rows that passed and were left by a seeded limit: neither kept nor rejected."""
    reasons: list[RejectionCount]
    """Most frequent first."""
    follows: bool
    """Whether it read what the step before it made, rather than standing beside it."""

    @property
    def seen(self) -> int | None:
        """Rows that came to the stage; None where that is not known."""
        if self.kept is None or self.rejected is None:
            return None
        return self.kept + self.rejected + self.undrawn


def _reasons(stage: StageFolder) -> list[RejectionCount]:
    found: dict[tuple[str, str], RejectionCount] = {}
    for path in stage.parts("rejects"):
        file = pq.ParquetFile(path)
        for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=["stage", "reason", "detail"]):
            for row in batch.to_pylist():
                key = (row["stage"] or stage.name, row["reason"] or "no reason given")
                entry = found.setdefault(key, RejectionCount(*key))
                entry.rows += 1
                detail = (row["detail"] or "").strip()[:_DETAIL_CHARACTERS]
                if detail and len(entry.examples) < 2 and detail not in entry.examples:
                    entry.examples.append(detail)
    return sorted(found.values(), key=lambda entry: (-entry.rows, entry.check, entry.reason))


def _kept(stage: StageFolder) -> int | None:
    counts = stage.card.counts
    if "kept" in counts:
        return counts["kept"]
    # Training makes no dataset: what it keeps, it learns from or measures on.
    return counts["rows"] + counts.get("held_out", 0) if "rows" in counts else None


def read_funnel(stages: Sequence[StageFolder]) -> list[FunnelStep]:
    """The steps of the funnel, in pipeline order.

    Args:
        stages: Any stages; those that neither keep nor reject rows are left out.
    """
    steps: list[FunnelStep] = []
    before = ""
    for stage in stages:
        if stage.card.record is None and "rejected" not in stage.card.counts:
            continue
        steps.append(
            FunnelStep(
                stage=stage.name,
                folder=stage.folder.name,
                unit=plural(stage.card.record),
                kept=_kept(stage),
                rejected=stage.card.counts.get("rejected"),
                undrawn=max(stage.card.counts.get("found", 0) - (_kept(stage) or 0), 0),
                reasons=_reasons(stage),
                follows=before in stage.card.plan.inputs.values(),
            )
        )
        before = stage.card.output_hash
    return steps
