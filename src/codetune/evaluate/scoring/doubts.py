"""Reasons to doubt a score, found while samples are counted: cut answers, and one verdict for nearly all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from codetune.evaluate.scoring.run_samples import SampleResult
from codetune.evaluate.scoring.score import CutAnswers, ScoreWarning
from codetune.records import Verdict

__all__ = ["Doubts", "cut_warning"]

_CUT_SHARE = 0.02
"""Above it the limit, not the model, decides answers."""
_SERVERS_OWN = 0.9
"""No cut answer longer than this share of the limit: the limit that cut them is another one."""
_ONE_VERDICT_SHARE = 0.9
_FEWEST_SAMPLES = 5
"""Fewer samples may well end alike."""
_SHOWN_CHARACTERS = 600
_EXPECTED = (Verdict.PASS, Verdict.WRONG)


def cut_warning(cut: CutAnswers, limit: int | None) -> ScoreWarning | None:
    """A warning where too many answers ended at the length limit."""
    if cut.share <= _CUT_SHARE:
        return None
    if limit and 0 < cut.longest <= _SERVERS_OWN * limit:
        return ScoreWarning(
            text=f"{cut.cut} of {cut.known} answers ({cut.share:.1%}) were cut by the server itself after at most "
            f"{cut.longest:,} tokens, though {limit:,} were allowed: raise the server's own limit, or its context"
        )
    tokens = f" of {limit:,} tokens" if limit else ""
    return ScoreWarning(
        text=f"{cut.cut} of {cut.known} answers ({cut.share:.1%}) were cut at the limit{tokens}; "
        "a larger max_new_tokens may change the score"
    )


@dataclass(slots=True)
class Doubts:
    """What speaks against a score, gathered row by row."""

    cut: int = 0
    known: int = 0
    longest: int = 0
    """Tokens of the longest answer that was cut."""
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    first: dict[Verdict, ScoreWarning] = field(default_factory=dict)
    """The first answer of each verdict."""
    skipped_because: str = ""

    def add(self, row: SampleResult) -> None:
        """Look at one more sample."""
        self.verdicts[row.verdict] += 1
        if row.finish_reason is not None:
            self.known += 1
            if row.finish_reason == "length":
                self.cut += 1
                self.longest = max(self.longest, row.completion_tokens)
        if row.verdict is Verdict.SKIPPED and not self.skipped_because:
            self.skipped_because = row.detail
        if row.verdict not in self.first:
            self.first[row.verdict] = ScoreWarning(
                text=row.detail, task_id=row.task_id, answer=row.completion[:_SHOWN_CHARACTERS]
            )

    @property
    def cut_answers(self) -> CutAnswers | None:
        return CutAnswers(cut=self.cut, known=self.known, longest=self.longest) if self.known else None

    def warnings(self, limit: int | None) -> tuple[ScoreWarning, ...]:
        """All warnings.

        Args:
            limit: The longest answer allowed, in tokens.
        """
        found = []
        if self.cut_answers is not None and (warning := cut_warning(self.cut_answers, limit)) is not None:
            found.append(warning)
        samples = sum(self.verdicts.values())
        for verdict, count in self.verdicts.most_common(1):
            if samples < _FEWEST_SAMPLES or verdict in _EXPECTED or count < _ONE_VERDICT_SHARE * samples:
                continue
            shown = self.first[verdict]
            reason = f" ({shown.text})" if shown.text else ""
            found.append(
                ScoreWarning(
                    text=f"{count} of {samples} samples ended in {verdict}{reason}: this looks like a wrong "
                    "prompt style, reading or set-up, not like a weak model; look at an answer",
                    task_id=shown.task_id,
                    answer=shown.answer,
                )
            )
        if self.verdicts[Verdict.SKIPPED]:
            found.append(
                ScoreWarning(
                    text=f"{self.verdicts[Verdict.SKIPPED]} samples were not run: {self.skipped_because}"
                )
            )
        return tuple(found)
