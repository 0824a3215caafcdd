"""The checks that look at one row alone: unwanted tags, syntax, secrets, overlap with a benchmark.

A row goes in, None or a `Rejection` comes out. Comparing rows with one another is in `duplicates`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from codetune.config.faults import nearest
from codetune.curate.config import CurateConfig
from codetune.curate.syntax import check_syntax
from codetune.errors import ConfigError
from codetune.records import Instruction
from codetune.rejection import Rejection
from codetune.text.benchmark_index import BenchmarkIndex
from codetune.text.secrets import find_secret

__all__ = ["ROW_CHECKS", "RowCheck", "check_row", "full_text", "named_checks"]

RowCheck = Callable[[Instruction], Rejection | None]
"""Looks at one row alone; a function of a module, so that workers can be sent its name."""

ROW_CHECKS: dict[str, RowCheck] = {}
"""Checks of your own, by name; the setting `checks` names those that run."""


def named_checks(names: Sequence[str]) -> tuple[RowCheck, ...]:
    """The checks of these names.

    Raises:
        ConfigError: There is none of that name.
    """
    for name in names:
        if name not in ROW_CHECKS:
            raise ConfigError(
                f"there is no check {name!r}{nearest(name, ROW_CHECKS)}",
                next_step="import the module that adds it to ROW_CHECKS, or take it out of `checks`",
            )
    return tuple(ROW_CHECKS[name] for name in names)


def full_text(row: Instruction) -> str:
    """Everything a model would see of a row."""
    return "\n".join(part for part in (row.instruction, row.input, row.output) if part)


def check_row(
    config: CurateConfig, index: BenchmarkIndex | None, row: Instruction, more: Sequence[RowCheck] = ()
) -> Rejection | None:
    """The first check that a row fails, or None.

    Args:
        config: Which checks are run.
        index: Items of the benchmarks to stay clear of; None checks no overlap.
        row: The row.
        more: Checks that are run after these.
    """
    if (tag := _unwanted(row.tags, config.without_tags)) is not None:
        return Rejection("unwanted tag", tag)
    if config.syntax and (rejection := check_syntax(row)):
        return rejection
    if config.secrets and (kind := find_secret(full_text(row))):
        return Rejection("secret", kind)
    language = row.programming_language or "python"
    if index is not None and (found := index.overlap(full_text(row), language)):
        return Rejection("overlaps a benchmark", found[0].describe())
    return next((rejection for check in more if (rejection := check(row)) is not None), None)


def _unwanted(tags: Sequence[str], unwanted: Sequence[str]) -> str | None:
    """The first tag that is unwanted, itself or by what stands before its colon."""
    return next((tag for tag in tags if tag in unwanted or tag.partition(":")[0] in unwanted), None)
