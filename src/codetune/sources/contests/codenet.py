"""CodeNet: what people handed in to a judge, try by try, up to the first accepted one."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any

from codetune.code.languages import canonical_language
from codetune.errors import DataError
from codetune.records import Lineage, Revision, Submission
from codetune.rejection import Rejection
from codetune.sources.config import CollectConfig
from codetune.sources.source import Collection, rejected_row
from codetune.sources.stackexchange.html_text import html_text
from codetune.store.dataset import RejectedRow, Shard
from codetune.store.hashing import hash_files

__all__ = ["CodeNetSource"]

_NEEDED = ("submission_id", "user_id", "language", "status")


@dataclass(frozen=True)
class _Problem:
    root: Path
    number: str
    group: str


class CodeNetSource:
    """One row for each user, problem and language: their programs in order, the first accepted one last.

    Problems of one cluster of identical ones (`identical_problem_clusters`) share a group.
    """

    name = "codenet"
    holds = "14 million submissions to 4,053 problems of two judges, in 55 languages"
    reads = "Project_CodeNet/ with metadata/, data/ and problem_descriptions/"
    record = Submission
    license: str | None = "CDLA-Permissive-2.0"
    license_url: str | None = "https://developer.ibm.com/exchanges/data/all/project-codenet/"
    url: str | None = "https://github.com/IBM/Project_CodeNet"

    def open(self, config: CollectConfig, seed: int) -> Collection:
        root = _root(config.path)
        problems = sorted(p for p in (root / "metadata").glob("p*.csv"))
        clusters = _clusters(root)
        items = [_Problem(root, path.stem, clusters.get(path.stem, path.stem)) for path in problems]
        texts = sorted(path for path in (root / "problem_descriptions").glob("p*.html"))
        # The programs count by their problem's metadata: hashing millions of files would read all.
        read = [*problems, *texts, *(p for p in (_cluster_file(root),) if p is not None)]
        return Collection(
            items=lambda: items,
            work=partial(_series, config),
            inputs={"input of codenet": hash_files(root, read)},
            total=len(items),
            notes={"problems": len(items), "problems_with_statement": len(texts)},
        )


def _root(path: str | None) -> Path:
    if not path:
        raise DataError(
            "the source codenet needs a path", next_step="codetune collect codenet Project_CodeNet -o DIR"
        )
    root = Path(path).expanduser()
    if not root.exists():
        raise DataError("there is no such folder", where=path, next_step="check the path")
    if root.is_file():
        raise DataError(
            "CodeNet's archive holds millions of files and is not read packed",
            where=path,
            next_step=f"unpack it first: tar xf {root.name}",
        )
    for candidate in (root, *sorted(child for child in root.iterdir() if child.is_dir())):
        if (candidate / "metadata").is_dir() and any((candidate / "metadata").glob("p*.csv")):
            return candidate
    raise DataError(
        "this is not CodeNet's folder: there is no metadata/p*.csv in it",
        where=path,
        next_step="give the folder that holds metadata and data",
    )


def _cluster_file(root: Path) -> Path | None:
    return (
        next(iter(sorted(root.rglob("identical_problem_clusters*"))), None)
        if (root / "derived").is_dir()
        else None
    )


def _clusters(root: Path) -> dict[str, str]:
    """Problem -> the first problem of its cluster."""
    file = _cluster_file(root)
    if file is None:
        return {}
    lines = [
        line.replace(",", " ").split() for line in file.read_text("utf-8", errors="replace").splitlines()
    ]
    return {number: min(line) for line in lines for number in line}


@lru_cache(maxsize=64)
def _statement(root: Path, number: str) -> str | None:
    try:
        source = (root / "problem_descriptions" / f"{number}.html").read_text("utf-8", errors="replace")
    except OSError:
        return None
    start = source.find('<span class="lang-en"')  # one judge gives both languages in one page
    return html_text(source[start:] if start >= 0 else source) or None


def _series(config: CollectConfig, problem: _Problem) -> Shard[Submission]:
    kept: list[Submission] = []
    rejected: list[RejectedRow] = []
    file = f"metadata/{problem.number}.csv"
    handed_in = list(_handed_in(problem, file, config, rejected))
    handed_in.sort(key=lambda row: (row["user_id"], row["language"], row["date"], row["number"]))
    for (user, language), tries in groupby(handed_in, key=lambda row: (row["user_id"], row["language"])):
        programs: list[Revision] = []
        statuses: list[str] = []
        accepted = False
        for row in tries:
            reason = _why_not(row, accepted, programs)
            if reason is not None:
                rejected.append(_rejected(problem, row, reason))
                continue
            programs.append(Revision(code=row["code"], programming_language=language))
            statuses.append(row["status"])
            accepted = row["status"] == "Accepted"
        if programs and not accepted:
            rejected.append(
                rejected_row(
                    _submission(problem, user, programs, statuses),
                    "never accepted",
                    f"{len(programs)} programs",
                )
            )
        elif programs:
            kept.append(_submission(problem, user, programs, statuses))
    return Shard(kept, rejected)


def _handed_in(
    problem: _Problem, file: str, config: CollectConfig, rejected: list[RejectedRow]
) -> Iterator[dict[str, Any]]:
    try:
        with (problem.root / file).open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            reader = csv.DictReader(stream)
            for number, row in enumerate(reader, 2):
                row_place = {**row, "number": number}
                missing = [name for name in _NEEDED if not row.get(name)]
                if missing:
                    rejected.append(_rejected(problem, row_place, "missing field", missing[0]))
                    continue
                language = canonical_language(row["language"])
                if config.languages and language not in config.languages:
                    rejected.append(_rejected(problem, row_place, "language not wanted", str(language)))
                    continue
                try:
                    code = _program(problem, row)
                except Rejection as rejection:
                    rejected.append(_rejected(problem, row_place, rejection.reason, rejection.detail))
                    continue
                if len(code) > config.max_characters:
                    rejected.append(_rejected(problem, row_place, "too long", f"{len(code):,} characters"))
                else:
                    yield {**row_place, "language": language, "code": code, "date": _order(row.get("date"))}
    except (OSError, csv.Error) as error:
        rejected.append(_rejected(problem, {"number": 1}, "unreadable file", f"{file}: {error}"))


def _order(date: str | None) -> tuple[int, str]:
    """Seconds since 1970 sort as numbers, whatever their length."""
    date = (date or "").strip()
    return (len(date) if date.isdigit() else 0, date)


def _program(problem: _Problem, row: dict[str, Any]) -> str:
    """The text of a submission.

    Raises:
        Rejection: Its file is not there, outside the folder, or not UTF-8.
    """
    name = f"{row['submission_id']}.{row.get('filename_ext') or 'txt'}"
    inside = Path("data", problem.number, row["language"], name)
    if ".." in inside.parts or Path(row["language"]).is_absolute():
        raise Rejection("path outside the folder", str(inside))
    try:
        return (problem.root / inside).read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise Rejection("missing file", str(inside)) from error
    except UnicodeDecodeError as error:
        raise Rejection("not UTF-8", f"{inside}, byte {error.start}") from error


def _why_not(row: dict[str, Any], accepted: bool, programs: list[Revision]) -> str | None:
    if accepted:
        return "after the first accepted one"
    if not row["code"].strip():
        return "empty file"
    if programs and programs[-1].code == row["code"] and row["status"] != "Accepted":
        return "same as the one before"
    return None


def _submission(problem: _Problem, user: str, programs: list[Revision], statuses: list[str]) -> Submission:
    return Submission(
        problem_id=problem.number,
        user_id=user,
        problem=_statement(problem.root, problem.number),
        programs=tuple(programs),
        statuses=tuple(statuses),
        source=CodeNetSource.name,
        license="CDLA-Permissive-2.0",
        lineage=Lineage(upstream_id=f"{problem.number}:{user}", group=problem.group),
    )


def _rejected(problem: _Problem, row: dict[str, Any], reason: str, detail: str = "") -> RejectedRow:
    place = f"metadata/{problem.number}.csv:{row['number']}"
    known = {
        "problem_id": problem.number,
        "user_id": row.get("user_id"),
        "source": CodeNetSource.name,
        "lineage": {"upstream_id": place},
    }
    return rejected_row(
        known, reason, ": ".join(part for part in (place, row.get("submission_id") or "", detail) if part)
    )
