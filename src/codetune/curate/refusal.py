"""Why a row does not stay."""

from __future__ import annotations

from dataclasses import dataclass

from codetune.records import Instruction

__all__ = ["Refusal", "full_text"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason that can be counted, and what is particular to this row."""

    reason: str
    detail: str = ""


def full_text(row: Instruction) -> str:
    """Everything a model would see of a row."""
    return "\n".join(part for part in (row.instruction, row.input, row.output) if part)
