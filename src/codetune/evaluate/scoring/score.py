"""`score.json`: everything a score says, as one type that is written and read by nothing else.

What goes in are counts and rates (`count_samples`, `graded`), what comes out is a file that `compare`,
the report and the terminal read back as the same type. Nothing is counted or judged here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from pydantic import TypeAdapter, ValidationError

from codetune.errors import DataError
from codetune.evaluate.benchmarks.data_file import DataEdition
from codetune.evaluate.statistics.estimates import Estimate
from codetune.store.atomic import write_text

__all__ = [
    "SCORE_NAME", "Conditions", "Contamination", "CutAnswers", "GroupRate", "Metric",
    "Repeated", "Score", "ScoreWarning", "Usage", "read_score", "write_score",
]  # fmt: skip

SCORE_NAME = "score.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Everything beside the model that a score depends on. Two scores of equal conditions compare models."""

    items: str = ""
    """Hash of the items that were asked."""
    prompts: str = ""
    """Hash of what was sent for each item: messages or text, and stops."""
    prompt_style: str = ""
    """`chat-prefill`, `chat`, `completion`, a protocol's own, or the reading of external samples."""
    continuation: str = ""
    """How a begun assistant turn is sent: `plain`, `continue_final_message`, or "" where none is begun."""
    protocol: str = ""
    """The published protocol that was followed; "" for codetune's own."""
    samples_per_problem: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_new_tokens: int | None = None
    seed: int | None = None
    answered_by: str = ""
    """What computes the answers, and in which number format: `llama.cpp`, `transformers, bfloat16`, `server`."""
    test_isolation: str = ""
    """`standard`: tests run in the program's box; `strict`: outside of it."""
    cpu_seconds: float | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What asking took."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    requests_asked: int | None = None
    """Requests that were sent; the others were answered by the request store."""
    tokens_per_second: float | None = None
    """Tokens written per second of wall time, over all requests in flight; None where most answers came
    from the store, whose time says nothing of the model."""
    seconds: float | None = None
    """Wall time of asking; None as above."""
    cost_usd: float | None = None
    """What the answers cost when they were asked; None where no price is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutAnswers:
    """Answers that ended at the length limit."""

    cut: int
    known: int
    """Answers whose end the server told; the denominator."""
    longest: int = 0
    """Tokens of the longest of the cut answers; 0 where nobody told."""

    @property
    def share(self) -> float:
        return self.cut / self.known if self.known else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreWarning:
    """A reason to doubt the score, with an answer to look at."""

    text: str
    task_id: str = ""
    answer: str = ""
    """The beginning of one answer it is about; "" where none has to be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric of a task's grader over all rows."""

    value: float | None
    """Fraction in [0, 1]; None where it could not be measured, which is not zero."""
    low: float | None = None
    high: float | None = None
    method: str = "not measured"
    """How the interval was made."""
    rows: int = 0
    """Denominator: rows the value is about."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRate:
    """The items of one group alone, e.g. `difficulty=easy`: pass@k, or the leading metric of graded answers."""

    problems: int
    pass_at_k: Mapping[int, Estimate] = field(default_factory=dict)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    task_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """One item that the training set repeats, where it does so most."""

    task_id: str
    kind: str
    """`verbatim` or `renamed`."""
    share: float
    """Fraction of the item's n-grams that stand in the row, 0 to 1."""
    rows: int
    """Rows that repeat it."""
    dataset: str
    record: str
    """Id of the row that repeats most of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contamination:
    """What a training set repeats of the benchmark, and the score without those items."""

    datasets: Mapping[str, str]
    """Folder -> hash of its rows."""
    rows: int
    overlapping: tuple[Repeated, ...]
    """In the benchmark's order."""
    clean_problems: int = 0
    clean_pass_at_k: Mapping[int, Estimate] = field(default_factory=dict)
    """Empty where nothing is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One model on one benchmark.

    Rates are fractions in [0, 1], by k; `problems` is their denominator. Exactly one of `pass_at_k`
    and `metrics` is filled: programs are executed, or answers graded.
    """

    SCHEMA: ClassVar[int] = 3

    benchmark: DataEdition
    model: str
    conditions: Conditions = Conditions()
    problems: int
    """Problems with a verdict about the program (or a graded answer)."""
    problems_asked: int
    samples: int
    passed: int = 0
    """Samples that passed."""
    repeated_samples: int = 0
    """Samples equal to an earlier one of the same problem."""
    pass_at_k: Mapping[int, Estimate] = field(default_factory=dict)
    lenient_pass_at_k: Mapping[int, Estimate] = field(default_factory=dict)
    """The same when every answer is read as kindly as can be."""
    pass_hat_k: Mapping[int, Estimate] = field(default_factory=dict)
    """Chance that all of k samples are right, where k exceeds 1."""
    base_pass_at_k: Mapping[int, Estimate] = field(default_factory=dict)
    """On the base tests alone, of benchmarks that add tests to an older one."""
    groups: Mapping[str, GroupRate] = field(default_factory=dict)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    cut_answers: CutAnswers | None = None
    """None where no answer told how it ended."""
    warnings: tuple[ScoreWarning, ...] = ()
    verdicts: Mapping[str, int] = field(default_factory=dict)
    extractors: Mapping[str, int] = field(default_factory=dict)
    integrity: Mapping[str, int] = field(default_factory=dict)
    tiers: Mapping[str, int] = field(default_factory=dict)
    """Isolation -> samples; `none` is a sample that was run without any."""
    tested_in_process: tuple[str, ...] = ()
    """Task ids whose tests need the program in their own process, so that a program could fool them."""
    reference_failed: Mapping[str, str] = field(default_factory=dict)
    """Task id -> how its reference solution ended, where it didn't pass."""
    missing: tuple[str, ...] = ()
    """Task ids without a verdict."""
    clusters: Mapping[str, str] = field(default_factory=dict)
    """Task id -> what it shares with other items; items that share nothing are absent."""
    finer_groups: Mapping[str, str] = field(default_factory=dict)
    """The same, by the finer group that is taken where clusters are too few."""
    contamination: Contamination | None = None
    assumed: str = ""
    """What was guessed about the model, in a sentence."""
    usage: Usage = Usage()

    def to_json(self) -> dict[str, Any]:
        """Plain data, as `score.json` holds it."""
        return {"schema": self.SCHEMA, **json.loads(json.dumps(asdict(self)))}

    @classmethod
    def from_json(cls, plain: object, *, where: str | None = None) -> Score:
        """The score that `to_json` wrote.

        Args:
            plain: Plain data.
            where: What errors name.

        Raises:
            DataError: Not a score, or one that another version of codetune wrote.
        """
        if not isinstance(plain, dict):
            raise DataError("the score can't be read: it holds no JSON object", where=where, next_step=_AGAIN)
        fields = dict(plain)
        schema = fields.pop("schema", 1)
        if schema != cls.SCHEMA:
            raise DataError(
                f"the score is written in form {schema}, and this codetune reads form {cls.SCHEMA}",
                where=where,
                next_step=_AGAIN,
            )
        try:
            return _ADAPTER.validate_python(fields)
        except ValidationError as error:
            fault = error.errors()[0]
            key = ".".join(map(str, fault["loc"])) or "score"
            raise DataError(
                f"this is not a score: {key}: {fault['msg'].lower()}", where=where, next_step=_AGAIN
            ) from error


_AGAIN = "make the score again with codetune eval or codetune score"
_ADAPTER: TypeAdapter[Score] = TypeAdapter(Score)


def write_score(folder: Path, score: Score) -> None:
    """Write `score.json`."""
    write_text(folder / SCORE_NAME, json.dumps(score.to_json(), indent=2, ensure_ascii=False) + "\n")


def read_score(folder: Path) -> Score | None:
    """The score in a folder; None where there is none.

    Raises:
        DataError: The file is damaged, or written by another version.
    """
    path = folder / SCORE_NAME
    try:
        plain = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise DataError(
            "the score can't be read: it is not JSON", where=str(path), next_step=_AGAIN
        ) from error
    return Score.from_json(plain, where=str(path))
