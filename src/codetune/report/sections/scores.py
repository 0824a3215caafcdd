"""Two models on one benchmark, as evaluation scored them; nothing is computed anew here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from codetune.errors import DataError
from codetune.evaluate.benchmarks.registry import BENCHMARKS
from codetune.records import Verdict
from codetune.report.numbers import number
from codetune.report.sections.differences import Difference, in_turn, read_differences
from codetune.report.sections.stages import StageFolder

__all__ = ["Comparison", "Evaluation", "Rate", "Score", "Word", "read_evaluation", "read_pair"]

Word = Literal["better", "worse", "tie"]


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate with its interval, fractions in [0, 1]."""

    label: str
    """E.g. `pass@1`."""
    value: float | None
    low: float | None
    high: float | None
    method: str
    """How the interval was made; "" where that is not said."""


@dataclass(frozen=True, slots=True)
class Score:
    """One model on one benchmark."""

    name: str
    """What the page calls it: `base` and `tuned`, or two runs' own names."""
    colour: str
    """Its class in the page's style: `base` for the first, `tuned` for the second."""
    model: str
    passed: int | None
    problems: int | None
    """The rates' denominator: problems with a verdict about the program."""
    samples: int | None
    rates: list[Rate]
    """pass@k for each k, the smallest first."""
    lenient: Rate | None
    """pass@1 when every answer is read as kindly as can be."""
    verdicts: list[tuple[str, int]]
    """Verdict -> samples, passes first."""
    unsandboxed: int
    """Samples that were run without any isolation."""

    @property
    def pass_at_1(self) -> Rate:
        """The rate for k = 1, empty where there is none."""
        return next((r for r in self.rates if r.label == "pass@1"), Rate("pass@1", None, None, None, ""))


@dataclass(frozen=True, slots=True)
class Comparison:
    """The second model against the first, paired by problem."""

    word: Word | None
    """What may be said of the second; None where nothing was compared."""
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    adjusted_p_value: float | None
    """Holm's correction, where several benchmarks were compared."""
    test: str
    problems: int | None
    left_out: int | None
    """Problems that only one of the two has."""
    both: int | None
    base_only: int | None
    tuned_only: int | None
    neither: int | None
    smallest_detectable: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One benchmark, two models."""

    benchmark: str
    edition: str
    """Edition and licence of the benchmark's data, as the score recorded them; "" where it did not."""
    base: Score | None
    tuned: Score | None
    comparison: Comparison | None
    differences: list[Difference]
    """Gains and losses in turn, at most as many as asked for."""
    gained: int
    lost: int

    @property
    def names(self) -> tuple[str, str]:
        """What the two models are called."""
        return (self.base.name if self.base else "base", self.tuned.name if self.tuned else "tuned")


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        plain = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError as error:
        raise DataError("the file is not JSON", where=str(path)) from error
    if not isinstance(plain, dict):
        raise DataError("the file holds no JSON object", where=str(path))
    return plain


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _integer(plain: Mapping[str, Any], *path: str) -> int | None:
    value = number(plain, *path)
    return None if value is None else int(value)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _rate(plain: Mapping[str, Any], table: str, k: str) -> Rate:
    low, high = (number(plain, table, k, end) for end in ("low", "high"))
    method = _text(_mapping(_mapping(plain.get(table)).get(k)).get("method"))
    return Rate(f"pass@{k}", number(plain, table, k, "value"), low, high, method)


def _score(plain: Mapping[str, Any], name: str, colour: str) -> Score:
    verdicts = {
        verdict: int(count)
        for verdict in _mapping(plain.get("verdicts"))
        if (count := number(plain, "verdicts", verdict)) is not None
    }
    ks = sorted((k for k in _mapping(plain.get("pass_at_k")) if k.isdecimal()), key=int)
    lenient = _rate(plain, "lenient_pass_at_k", "1")
    return Score(
        name=name,
        colour=colour,
        model=_text(plain.get("model")),
        passed=_integer(plain, "passed"),
        problems=_integer(plain, "problems"),
        samples=_integer(plain, "samples"),
        rates=[_rate(plain, "pass_at_k", k) for k in ks],
        lenient=lenient if lenient.value is not None else None,
        verdicts=sorted(verdicts.items(), key=lambda item: (item[0] != Verdict.PASS, -item[1], item[0])),
        unsandboxed=_integer(plain, "tiers", "none") or 0,
    )


def _comparison(plain: Mapping[str, Any]) -> Comparison:
    word = plain.get("verdict")
    return Comparison(
        # A word this page does not know says nothing.
        word=word if word in ("better", "worse", "tie") else None,
        difference=number(plain, "difference"),
        low=number(plain, "low"),
        high=number(plain, "high"),
        p_value=number(plain, "p_value"),
        adjusted_p_value=number(plain, "adjusted_p_value"),
        test=_text(plain.get("test")) or "paired test",
        problems=_integer(plain, "problems"),
        left_out=_integer(plain, "left_out"),
        both=_integer(plain, "both"),
        base_only=_integer(plain, "base_only"),
        tuned_only=_integer(plain, "tuned_only"),
        neither=_integer(plain, "neither"),
        smallest_detectable=number(plain, "smallest_detectable"),
    )


def read_pair(
    folders: tuple[Path, Path],
    names: tuple[str, str],
    *,
    comparison: Mapping[str, Any] | None,
    prompts: Path | None = None,
    differences: int = 0,
) -> Evaluation:
    """Read two folders of one benchmark.

    Args:
        folders: Each with `score.json` and `verdicts/`, where there is one.
        names: What the page calls them.
        comparison: What comparing them came to, as plain data.
        prompts: `prompts.jsonl`, for the problems where they differ.
        differences: Most of those to keep.

    Raises:
        DataError: A file is not what it has to be.
    """
    plains = [_read_json(folder / "score.json") for folder in folders]
    first, second = (
        None if plain is None else _score(plain, name, colour)
        for plain, name, colour in zip(plains, names, ("base", "tuned"), strict=True)
    )
    found = read_differences(*folders, prompts)
    gained = sum(difference.gained for difference in found)
    data = next((_mapping(plain.get("benchmark")) for plain in plains if plain is not None), {})
    name = _text(data.get("name")) or _text(_mapping(comparison).get("benchmark"))
    return Evaluation(
        benchmark=BENCHMARKS[name].title if name in BENCHMARKS else name,
        edition=", ".join(part for part in map(_text, (data.get("edition"), data.get("licence"))) if part),
        base=first,
        tuned=second,
        comparison=None if comparison is None else _comparison(comparison),
        differences=in_turn(found, differences),
        gained=gained,
        lost=len(found) - gained,
    )


def read_evaluation(stage: StageFolder, differences: int) -> Evaluation:
    """Read an evaluate stage's folder.

    Args:
        stage: The finished stage.
        differences: Most problems to keep where the models differ.

    Raises:
        DataError: A file of it is not what it has to be.
    """
    return read_pair(
        (stage.folder / "base", stage.folder / "tuned"),
        ("base", "tuned"),
        comparison=_read_json(stage.folder / "comparison.json"),
        prompts=stage.folder / "prompts.jsonl",
        differences=differences,
    )
