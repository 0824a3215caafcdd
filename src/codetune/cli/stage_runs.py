"""What a command that runs one stage prints at its end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from codetune.store.run_card import RunCard

__all__ = ["card_table"]


def card_table(card: RunCard, folder: Path) -> Table:
    """Counts of a run card, and the reasons of what was refused."""
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(justify="right")
    for name, count in card.counts.items():
        table.add_row(name, f"{count:,}")
    for reason, count in card.rejects.items():
        table.add_row(f"  {reason}", f"{count:,}")
    table.add_row("seconds", f"{card.seconds:.1f}")
    table.add_row("folder", str(folder))
    return table
