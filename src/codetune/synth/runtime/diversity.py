"""How diverse the rows of a run are: lengths, repeated word runs, near duplicates, how tasks begin.

Read from the finished parts, so restarts do not matter. Large sets are sampled by row id.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from heapq import heappush, heappushpop
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import pyarrow.parquet as pq

from codetune.synth.checks.novelty import NoveltyIndex, words
from codetune.synth.runtime.topics import topics_of

__all__ = ["Diversity", "diversity_of"]

_COLUMNS = ("id", "instruction", "input", "output", "programming_language", "lineage")
_MOST = 2000
"""Rows that are compared with each other."""
_NEAR = 0.85
"""ROUGE-L above which two tasks, inputs included, count as near duplicates; see docs/design/synthesis.md."""


@dataclass(frozen=True)
class Diversity:
    """Figures of a run's kept rows.

    Attributes:
        rows: Kept rows that have an instruction.
        sampled: Those that were compared with each other.
        instruction_words: Tenth, fiftieth and ninetieth percentile of the instructions' words.
        output_words: Likewise of the outputs.
        distinct_3: Share of different ones among all runs of three words of the instructions, 0 to 1.
        self_similarity: Mean ROUGE-L of each instruction with the nearest other one, 0 to 1.
        near_duplicates: Share of instructions whose nearest other one has a ROUGE-L above 0.85.
        openings: The most frequent first two words of an instruction, with their share.
        programming_languages: Language -> rows.
        scores: Score of a judge (`elimination`, `about the code`, `judge`), rounded -> rows.
        topics: What instructions are about, by their words -> share of the rows; a row may have several.
        difficulty: Difficulty from 1 to 5, by the judge, rounded -> rows; empty where none was asked.
    """

    rows: int
    sampled: int
    instruction_words: tuple[int, int, int]
    output_words: tuple[int, int, int]
    distinct_3: float
    self_similarity: float
    near_duplicates: float
    openings: dict[str, float] = field(default_factory=dict)
    programming_languages: dict[str, int] = field(default_factory=dict)
    scores: dict[str, int] = field(default_factory=dict)
    topics: dict[str, float] = field(default_factory=dict)
    difficulty: dict[str, int] = field(default_factory=dict)

    def lines(self) -> tuple[str, ...]:
        """The figures as sentences for a dataset card."""
        if not self.rows:
            return ()
        low, middle, high = self.instruction_words
        return (
            f"Instructions have {low} to {high} words (tenth to ninetieth percentile), {middle} in the middle.",
            f"{self.near_duplicates:.1%} of them have a near duplicate; mean ROUGE-L with the nearest other "
            f"one {self.self_similarity:.2f}; {self.distinct_3:.0%} of all runs of three words are different.",
            f"Most are about {_first(self.topics)}.",
            *((f"Difficulty by the judge: {_counted(self.difficulty)}.",) if self.difficulty else ()),
        )


def diversity_of(folder: Path) -> Diversity | None:
    """Figures of a dataset directory's kept rows; None where its rows are no instructions.

    Rows are read batch by batch; of each only the lengths stay in memory, and the texts of the sample.
    """
    asked: list[int] = []
    answered: list[int] = []
    languages: Counter[str] = Counter()
    scores: Counter[str] = Counter()
    topics: Counter[str] = Counter()
    difficulty: Counter[str] = Counter()
    sample: list[tuple[int, str]] = []
    for path in sorted((folder / "data").glob("*.parquet")):
        if not set(_COLUMNS) <= set(pq.read_schema(path).names):
            return None
        for batch in pq.ParquetFile(path).iter_batches(columns=list(_COLUMNS)):
            for row in batch.to_pylist():
                asked.append(len(words(row["instruction"])))
                answered.append(len(words(row["output"])))
                languages[row["programming_language"] or "none"] += 1
                topics.update(topics_of(row["instruction"]))
                for counted, value in ((scores, _score(row)), (difficulty, _difficulty(row))):
                    if value is not None:
                        counted[value] += 1
                place = -int.from_bytes(blake2b(str(row["id"]).encode(), digest_size=8).digest(), "big")
                (heappush if len(sample) < _MOST else heappushpop)(
                    sample, (place, f"{row['instruction']}\n{row['input']}".strip())
                )
    texts = [text for _, text in sorted(sample, reverse=True)]
    nearest = list(_nearest(texts))
    runs = Counter(run for text in texts for run in _runs(words(text)))
    openings = Counter(" ".join(text.split()[:2]).lower() for text in texts)
    count = len(texts)
    return Diversity(
        rows=len(asked),
        sampled=count,
        instruction_words=_spread(asked),
        output_words=_spread(answered),
        distinct_3=len(runs) / runs.total() if runs else 1.0,
        self_similarity=sum(nearest) / count if count else 0.0,
        near_duplicates=sum(score > _NEAR for score in nearest) / count if count else 0.0,
        openings={opening: number / count for opening, number in openings.most_common(5)},
        programming_languages=dict(languages.most_common()),
        scores=dict(sorted(scores.items())),
        topics={topic: number / len(asked) for topic, number in topics.most_common()},
        difficulty=dict(sorted(difficulty.items())),
    )


def _nearest(texts: Sequence[str]) -> Iterable[float]:
    """For each text its ROUGE-L with the nearest text before it."""
    index = NoveltyIndex()
    for text in texts:
        yield index.nearest(text)[0]
        index.add(text)


def _runs(found: Sequence[str]) -> Iterable[tuple[str, ...]]:
    return (tuple(found[i : i + 3]) for i in range(len(found) - 2))


def _spread(counts: Sequence[int]) -> tuple[int, int, int]:
    if len(counts) < 2:
        return (counts[0],) * 3 if counts else (0, 0, 0)
    tenths = quantiles(counts, n=10, method="inclusive")
    return round(tenths[0]), round(tenths[4]), round(tenths[8])


def _difficulty(row: dict[str, Any]) -> str | None:
    """The difficulty that a judge gave, rounded."""
    for check in (row["lineage"] or {}).get("checks") or ():
        if check["check"] in ("difficulty", "judge: difficulty"):
            given = [
                int(digit)
                for digit in re.findall(r"\d", (check["detail"] or "").split(":")[0].split(" of ")[0])
            ]
            return str(round(median(given))) if given else None
    return None


def _first(shares: dict[str, float]) -> str:
    return ", ".join(f"{name} ({share:.0%})" for name, share in list(shares.items())[:3])


def _counted(rows: dict[str, int]) -> str:
    return ", ".join(f"{value} of 5 in {count:,}" for value, count in rows.items())


def _score(row: dict[str, Any]) -> str | None:
    """The score that a check names, rounded."""
    for check in (row["lineage"] or {}).get("checks") or ():
        text = check["detail"] or ""
        if text.startswith("score "):
            return str(round(float(text.split()[1].rstrip(",:"))))
    return None
