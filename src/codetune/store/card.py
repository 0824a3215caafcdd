"""The dataset card: README.md with the YAML front matter that the Hugging Face library reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from codetune.store.atomic import write_text
from codetune.store.run_card import Plan

__all__ = ["write_dataset_card"]

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
          (10_000_000, "1M<n<10M"))  # fmt: skip


def _size_category(rows: int) -> str:
    return next((name for limit, name in _SIZES if rows < limit), "10M<n<100M")


def _table(heading: tuple[str, str], rows: Mapping[str, int]) -> str:
    lines = [f"| {heading[0]} | {heading[1]} |", "| --- | ---: |"]
    return "\n".join([*lines, *(f"| {name} | {count:,} |" for name, count in rows.items())])


def write_dataset_card(
    folder: Path,
    *,
    title: str,
    description: str,
    plan: Plan,
    kept: int,
    rejects: Mapping[str, int],
    licenses: Mapping[str, int],
    sources: Mapping[str, int],
    tags: Mapping[str, Mapping[str, int]] | None = None,
) -> None:
    """Write `README.md`; it holds no times and no paths, so equal data has an equal card.

    Args:
        folder: The dataset directory.
        title: Heading.
        description: A paragraph: what the rows are.
        plan: The stage's plan, for its name and seed.
        kept: Rows in `data/`.
        rejects: Reason -> rejected rows.
        licenses: SPDX expression or `unknown` -> kept rows.
        sources: Source -> kept rows.
        tags: Kind of tag, e.g. `level` -> value -> kept rows.
    """
    known = sorted(name for name in licenses if name != "unknown")
    front = {
        "pretty_name": title,
        "license": known[0].lower() if len(known) == 1 and len(licenses) == 1 else "other",
        "tags": ["code", "codetune"],
        "size_categories": [_size_category(kept)],
        "configs": [
            {"config_name": "default", "default": True, "data_files": "data/part-*.parquet"},
            {"config_name": "rejects", "data_files": "rejects/part-*.parquet"},
        ],
    }
    parts = [
        "---\n" + yaml.safe_dump(front, sort_keys=False, allow_unicode=True) + "---",
        f"# {title}",
        description,
        f"Made by codetune's stage `{plan.stage}` with seed {plan.seed}; `run.json` has the details. "
        f"{kept:,} rows were kept, {sum(rejects.values()):,} rejected (see `rejects/`).",
    ]
    if sources:
        parts += ["## Sources", _table(("source", "rows"), sources)]
    if licenses:
        parts += ["## Licences", _table(("licence", "rows"), licenses)]
    for kind, counts in (tags or {}).items():
        parts += [f"## {kind.capitalize()}", _table((kind, "rows"), counts)]
    if rejects:
        parts += ["## Rejected", _table(("reason", "rows"), rejects)]
    write_text(folder / "README.md", "\n\n".join(parts) + "\n")
