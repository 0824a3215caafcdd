"""What a benchmark is: data with a checksum and a licence, and how a solution becomes a program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from codetune.errors import DataError
from codetune.evaluate.benchmarks.data_file import DataEdition, DataFile, Edition, json_rows, wheel_file
from codetune.execution.protocol import Limits, Program
from codetune.records import Problem

__all__ = ["Benchmark", "json_rows", "wheel_file"]


def _appended(problem: Problem, solution: str, limits: Limits) -> Program:
    return Program(
        id=problem.task_id,
        code=solution,
        tests=problem.tests,
        language=problem.programming_language,
        limits=limits,
    )


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """One benchmark.

    Attributes:
        name: What commands call it.
        title: What people call it.
        licence: SPDX id of the data, or what its publisher says in words.
        url: Where it was published.
        read: Raw bytes of the data file, then of each companion -> its items.
        checksums: SHA-256 of the data files known to be this benchmark -> which edition it is.
        language: What its programs are written in.
        items: How many items it has; None where that is the file's affair.
        find: The file that is here already, or None.
        fields: Fields that each row has to have.
        download: Address of the data file itself.
        pinned: False takes a file of unknown checksum whose rows fit, and says so in the score.
        companions: More files that it is read from, each found beside the data file or by itself.
        program: (item, solution, limits) -> what is executed.
        base: (item, solution, limits) -> what is executed for the score on the base tests alone,
            where the benchmark adds tests to an older one.
        graded: Task whose grader decides, where nothing is executed.
        trains: False where the licence forbids training on it.
        limits: What each program may use.
        max_new_tokens: Longest answer that is allowed by default: the rest of a
            function, or (twice as long, at least 1,024) a whole program with words around it.
        siblings: The other benchmarks, to say which of them a wrong file belongs to.
    """

    name: str
    title: str
    licence: str
    url: str
    read: Callable[..., Iterator[Problem]]
    checksums: Mapping[str, str] = field(default_factory=dict)
    language: str = "python"
    items: int | None = None
    find: Callable[[], Path | None] = lambda: None
    fields: tuple[str, ...] = ()
    download: str | None = None
    pinned: bool = True
    companions: tuple[DataFile, ...] = ()
    program: Callable[[Problem, str, Limits], Program] = _appended
    base: Callable[[Problem, str, Limits], Program] | None = None
    graded: str | None = None
    trains: bool = True
    limits: Limits = field(default_factory=Limits)
    max_new_tokens: int = 512
    siblings: Callable[[], Iterable[Benchmark]] = lambda: ()

    @property
    def data(self) -> DataFile:
        """Its main file."""
        return DataFile(
            title=self.title,
            url=self.url,
            checksums=self.checksums,
            find=self.find,
            fields=self.fields,
            download=self.download,
            pinned=self.pinned,
        )

    def path(self, given: Path | None = None) -> Path:
        """The data file: the one given (a path or an address), or the one that is here already.

        Raises:
            DataError: There is none.
        """
        return self.data.path(given)

    def load(self, given: Path | None = None) -> list[Problem]:
        """Read the items, after checking that the file is what it says it is.

        Raises:
            DataError: No file, another benchmark's, an unknown edition, or a broken one.
        """
        path = self.path(given)
        raw, edition = self.data.read(path)
        self._check(raw, edition, path)
        beside = [self._companion(companion, path) for companion in self.companions]
        try:
            return list(self.read(raw, *beside))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"the file does not have the rows of {self.title}: {type(error).__name__} {error}"[:300],
                where=str(path),
                next_step=f"take the file published at {self.url}",
            ) from error

    def _check(self, raw: bytes, edition: Edition, path: Path) -> None:
        if self.data.knows(edition) and (self.checksums or not self.fields or self.data.fits(raw)):
            return
        if not self.pinned and self.data.fits(raw):
            return
        others = [other for other in self.siblings() if other.name != self.name]
        same = [other.name for other in others if edition.sha256 in other.checksums]
        alike = [other.name for other in others if other.data.fits(raw)] if not same else []
        if same:
            what = f"this file is {_named(same)}, not {self.title}"
        elif self.data.fits(raw) or not (self.fields and alike):
            what = f"this is not a known edition of {self.title}: its SHA-256 is {edition.sha256[:16]}..."
        else:
            what = f"this file looks like {_named(alike)}, not like {self.title}"
        raise DataError(
            what,
            where=str(path),
            next_step="take the published file, or score it under a name of its own",
        )

    def _companion(self, companion: DataFile, main: Path) -> bytes:
        beside = [main.with_name(name) for name in companion.names]
        path = companion.path(next((path for path in beside if path.is_file()), None))
        raw, edition = companion.read(path)
        if not companion.knows(edition):
            raise DataError(
                f"{self.title} also needs {companion.title}, and this is no known edition of it: its "
                f"SHA-256 is {edition.sha256[:16]}...",
                where=str(path),
                next_step=f"take the file published at {companion.url}",
            )
        return raw

    def edition(self, given: Path | None = None) -> DataEdition:
        """Checksum, edition and licence of the data, for the score's record."""
        _, edition = self.data.read(given)
        return DataEdition(
            name=self.name,
            sha256=edition.sha256,
            edition=edition.name,
            licence=self.licence,
            url=self.url,
        )


def _named(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
