"""Submissions to one problem in; histories out: a user's tries up to the accepted one, few alike.

The filters and their defaults are those of Programming-Instruct's preprocessing (CursorCore,
arXiv:2410.07002). Users are taken in an order drawn by the record's id.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from codetune.histories.config import HistoriesConfig
from codetune.records import EditHistory, Lineage, Submission
from codetune.rejection import Rejection
from codetune.seeding import rank
from codetune.text.similarity import lcs_length

__all__ = ["check_submission", "histories_of_problem"]

_TOKEN = re.compile(r"[a-z0-9]+")
_ACCEPTED = "accepted"


def check_submission(row: Submission, config: HistoriesConfig) -> None:
    """Check one user's tries.

    Raises:
        Rejection: They can't be a history; the reason is one of a few fixed words.
    """
    programs = [program.code for program in row.programs]
    languages = {program.programming_language for program in row.programs}
    if len(programs) < 2:
        raise Rejection("a single submission", row.user_id)
    if len(languages) > 1:
        raise Rejection("several languages", ", ".join(sorted(str(name) for name in languages)))
    if config.languages and not languages & set(config.languages):
        raise Rejection("other language", str(languages.pop()))
    lines = [program.count("\n") + 1 for program in programs]
    if max(lines) > config.max_lines:
        raise Rejection("too long", f"{max(lines):,} lines")
    if len(programs[-1].strip().split("\n")) < config.min_lines:
        raise Rejection("too short", f"{lines[-1]} lines")
    if "\n\n\n\n" in programs[-1]:
        raise Rejection("many blank lines", "four line ends in a row")
    if any(old == new for old, new in itertools.pairwise(programs)):
        raise Rejection("submitted twice", "two programs in a row are equal")
    if config.ascii_only and not all(program.isascii() for program in programs):
        raise Rejection("not ASCII", "set ascii_only=false to keep it")
    final = _tokens(programs[-1])
    if not any(_similar(_tokens(program), final, config.internal_similarity) for program in programs[:-1]):
        raise Rejection("no earlier program is similar", f"ROUGE-L below {config.internal_similarity}")


def histories_of_problem(
    rows: Iterable[Submission], config: HistoriesConfig, seed: int
) -> Iterator[EditHistory | tuple[Submission, Rejection]]:
    """Histories of one problem.

    Args:
        rows: All series of the problem.
        config: What is rejected, and how many are taken.
        seed: Of the order in which users are looked at.

    Yields:
        Histories, and rejected series with the reason; each series is one of the two.
    """
    taken: list[list[str]] = []
    by_language: Counter[str | None] = Counter()
    for row in sorted(rows, key=lambda row: rank(seed, row.id, "submission")):
        try:
            language = row.programs[-1].programming_language if row.programs else None
            if len(taken) >= config.max_per_problem:
                raise Rejection("enough of the problem", f"{len(taken)} histories")
            if by_language[language] >= config.max_per_language:
                raise Rejection("enough of the language", f"{by_language[language]} in {language}")
            check_submission(row, config)
            final = _tokens(row.programs[-1].code)
            if any(_similar(other, final, config.external_similarity) for other in taken):
                raise Rejection(
                    "similar to another solution", f"ROUGE-L of {config.external_similarity} or more"
                )
        except Rejection as rejection:
            yield row, rejection
            continue
        taken.append(final)
        by_language[language] += 1
        yield _history(row)


def _tokens(program: str) -> list[str]:
    return _TOKEN.findall(program.lower())


def _similar(a: Sequence[str], b: Sequence[str], least: float) -> bool:
    """Whether ROUGE-L is at least so much; lengths alone often tell that it can't be."""
    total = len(a) + len(b)
    if total == 0 or 2 * min(len(a), len(b)) / total < least:
        return False
    return 2 * lcs_length(a, b) / total >= least


def _history(row: Submission) -> EditHistory:
    last = row.programs[-1]
    status = row.statuses[-1] if len(row.statuses) == len(row.programs) else None
    return EditHistory(
        origin="submission",
        versions=tuple(program.code for program in row.programs),
        programming_language=last.programming_language,
        request=row.problem or "",
        accepted=None if status is None else status.strip().lower() == _ACCEPTED,
        source=row.source,
        license=row.license,
        lineage=Lineage(
            upstream_id=row.lineage.upstream_id,
            url=row.lineage.url,
            path=row.lineage.path,
            group=row.lineage.group or row.problem_id,
            parents=(row.id,),
        ),
    )
