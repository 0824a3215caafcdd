"""What a mixture did, for its card and its run card: each part's target, what came, what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

from codetune.mix.licenses import license_union, license_warnings
from codetune.mix.select import Choice

__all__ = ["MixSummary", "PartSummary", "describe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartSummary:
    """One part, counted over all splits."""

    name: str
    source: str
    url: str | None
    wanted: int
    found: int
    eligible: int
    taken: int
    copies: int
    taken_earlier: int
    other_splits: int
    rejected: dict[str, int]
    """Reason -> rows that never got so far: broken, or without what the task needs."""
    licenses: dict[str, int]
    languages: dict[str, int]
    programming_languages: dict[str, int]

    @classmethod
    def of(
        cls,
        name: str,
        source: str,
        url: str | None,
        license_name: str | None,
        wanted: int,
        choice: Choice,
        rejected: Mapping[str, int] = MappingProxyType({}),
    ) -> PartSummary:
        """Count a choice; rows without a licence are under the part's, where that is known."""
        licenses = Counter(choice.licenses)
        if license_name is not None and "unknown" in licenses:
            licenses[license_name] += licenses.pop("unknown")
        return cls(
            name=name,
            source=source,
            url=url,
            wanted=wanted,
            found=choice.found,
            eligible=choice.eligible,
            taken=choice.taken,
            copies=choice.copies,
            taken_earlier=choice.taken_earlier,
            other_splits=choice.other_splits,
            rejected=dict(rejected),
            licenses=dict(sorted(licenses.items())),
            languages=dict(sorted(choice.languages.items())),
            programming_languages=dict(sorted(choice.programming_languages.items())),
        )

    @property
    def outcome(self) -> str:
        """What was done about a shortage, in words; empty where there was none."""
        short = self.wanted - self.taken
        if short > 0:
            return f"short by {short:,}"
        return f"{self.copies:,} rows repeated" if self.copies else ""

    @property
    def account(self) -> str:
        """Where the rows that are not there went, in words."""
        sentences = [f"{self.eligible:,} fitting rows of {self.found:,}"]
        if self.taken_earlier:
            sentences.append(f"{self.taken_earlier:,} more are in an earlier part")
        if self.other_splits:
            sentences.append(f"{self.other_splits:,} more are in another split of upstream's")
        if self.rejected:
            most = ", ".join(f"{reason} {rows:,}" for reason, rows in list(self.rejected.items())[:2])
            more = ", ..." if len(self.rejected) > 2 else ""
            sentences.append(f"{sum(self.rejected.values()):,} were rejected before: {most}{more}")
        return "; ".join([*sentences, f"{self.wanted:,} wanted"])


@dataclass(frozen=True, slots=True, kw_only=True)
class MixSummary:
    """A whole mixture."""

    name: str
    description: str
    scale: float
    parts: list[PartSummary]
    missing: dict[str, tuple[int, str]]
    """Part -> rows wanted, and why there are none."""
    splits: dict[str, int] = field(default_factory=dict)

    @property
    def licenses(self) -> Counter[str]:
        """Rows by licence, over all parts."""
        total: Counter[str] = Counter()
        for part in self.parts:
            total.update(part.licenses)
        return total

    @property
    def warnings(self) -> list[str]:
        """What the licences forbid."""
        sources: Counter[str] = Counter()
        for part in self.parts:
            sources[part.source] += part.taken
        return license_warnings(self.licenses, sources)

    @property
    def shortages(self) -> list[str]:
        """A sentence for each part that did not reach its target by itself."""
        sentences = [f"{part.name}: {part.outcome} ({part.account})" for part in self.parts if part.outcome]
        return sentences + [
            f"{name}: left out, {wanted:,} wanted ({reason})"
            for name, (wanted, reason) in self.missing.items()
        ]


def _cell(counts: dict[str, int]) -> str:
    return ", ".join(name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))) or "-"


def _table(summary: MixSummary) -> str:
    lines = [
        "| part | source | rows | wanted | languages | programming languages | licences | url |",
        "| --- | --- | ---: | ---: | --- | --- | --- | --- |",
    ]
    for part in summary.parts:
        cells = (part.name, part.source, f"{part.taken:,}", f"{part.wanted:,}", _cell(part.languages),
                 _cell(part.programming_languages), _cell(part.licenses), part.url or "-")  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def describe(summary: MixSummary, split: str) -> tuple[str, str, dict[str, Any]]:
    """Title and description for the dataset card, and plain data for the run card."""
    title = summary.name if split == "train" else f"{summary.name}, {split} split"
    blocks = [summary.description.strip()] if summary.description.strip() else []
    blocks += [
        "The table counts all splits; rows of one group (repository, problem, question) share a split.",
        _table(summary),
        f"Licence of the whole: {license_union(summary.licenses) or 'none stated'}.",
    ]
    if summary.warnings:
        blocks.append("**Mind the licences.**\n\n" + "\n".join(f"- {text}" for text in summary.warnings))
    if summary.shortages:
        blocks.append(
            "**Not as many rows as wanted.**\n\n" + "\n".join(f"- {text}" for text in summary.shortages)
        )
    results = {
        "mixture": {
            "name": summary.name,
            "scale": summary.scale,
            "parts": [asdict(part) for part in summary.parts],
            "missing": {
                name: {"wanted": wanted, "reason": why} for name, (wanted, why) in summary.missing.items()
            },
            "held_out": summary.splits,
            "license": license_union(summary.licenses),
            "warnings": summary.warnings,
            "shortages": summary.shortages,
        }
    }
    return title, "\n\n".join(blocks), results
