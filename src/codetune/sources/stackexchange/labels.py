"""The labels a user has: which titles ask how to do something, which blocks answer.

Of how-to questions, people publish ids with their labels (StaQC's 250 Python and 250 SQL questions);
the titles come from the dump that is mined.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from codetune.errors import DataError
from codetune.rejection import Rejection
from codetune.sources.files.plain_pickle import plain_pickle
from codetune.sources.stackexchange.answer_classifier import LabelledBlock
from codetune.sources.stackexchange.codepro import labelled_rows
from codetune.store.hashing import file_hash, json_hash

__all__ = ["HowToLabels", "how_to_labels", "labelled_blocks", "labels_hash"]

_HOW_TO_TYPE = 1
"""Of StaQC's types of questions."""


@dataclass(frozen=True, slots=True)
class HowToLabels:
    """Questions with the judgement whether they ask how to do something."""

    titles: tuple[tuple[str, bool], ...]
    """Those that came with their title."""
    questions: Mapping[int, bool]
    """Those that came with their id."""

    def with_titles(self, found: Mapping[int, str]) -> tuple[tuple[str, bool], ...]:
        """All whose title is known, in a fixed order.

        Args:
            found: Titles of labelled questions, by id.

        Raises:
            DataError: There are not both kinds among them: nothing can be learned.
        """
        named = tuple((found[number], self.questions[number]) for number in sorted(found))
        known = self.titles + named
        if len({label for _, label in known}) < 2:
            raise DataError(
                f"of {len(self.titles) + len(self.questions)} labelled questions {len(known)} have a title here, "
                "not of both kinds",
                next_step="give the labels of this dump's questions, or leave how_to_labels out",
            )
        return known


def how_to_labels(path: str) -> HowToLabels:
    """Read labels of how-to questions.

    Args:
        path: JSON Lines of `{"title": ..., "label": 0 or 1}` or `{"id": ..., "label": 0 or 1}`; a pickle
            of `{id: type}` as StaQC publishes it (`*.dict`, type 1 is how-to); or a folder of these.

    Raises:
        DataError: They can't be read.
    """
    titles: list[tuple[str, bool]] = []
    questions: dict[int, bool] = {}
    for file in _files(path):
        try:
            data = file.read_bytes()
            if data[:1] in (b"(", b"\x80"):
                kinds = plain_pickle(data, file.name)
                questions.update((int(number), kind == _HOW_TO_TYPE) for number, kind in kinds.items())
                continue
            for row in _json_lines(data):
                label = row["label"]
                if label not in (0, 1):
                    raise ValueError(f"the label is {label!r}, not 0 or 1")
                if "title" in row:
                    titles.append((str(row["title"]), bool(label)))
                else:
                    questions[int(row["id"])] = bool(label)
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError, Rejection) as error:  # fmt: skip
            raise DataError(
                f"the labelled questions can't be read ({error})",
                where=str(file),
                next_step='give JSON Lines of {"title": ..., "label": 0 or 1}, or StaQC\'s *.dict',
            ) from error
    return HowToLabels(tuple(titles), questions)


def _json_lines(data: bytes) -> Iterator[Mapping[str, Any]]:
    return (orjson.loads(line) for line in data.removeprefix(b"\xef\xbb\xbf").splitlines() if line.strip())


def labelled_blocks(path: str) -> list[LabelledBlock]:
    """CodePro's labelled blocks, of the programming language that the file's name says.

    Raises:
        DataError: It can't be read, or has not both kinds of labels.
    """
    language = "sql" if "sql" in Path(path).name.lower() else "python"
    labelled = [
        LabelledBlock(
            code=code, before=before, after=after, question=question, position=position, blocks=count,
            programming_language=language, label=label, group=str(group),
        )
        for group, position, before, after, code, question, count, label in labelled_rows(Path(path))
    ]  # fmt: skip
    if len({block.label for block in labelled}) < 2:
        raise DataError(
            "there are not both kinds of labels in the file", where=path, next_step="give CodePro's blocks"
        )
    return labelled


def labels_hash(path: str) -> str:
    """Hash of the labels' files.

    Raises:
        DataError: They can't be read.
    """
    try:
        return json_hash([file_hash(file) for file in _files(path)])
    except OSError as error:
        raise DataError("the labels can't be read", where=path, next_step="check the path") from error


def _files(path: str) -> Iterable[Path]:
    given = Path(path)
    if not given.is_dir():
        return (given,)
    found = sorted(file for ending in ("*.dict", "*.jsonl", "*.pickle") for file in given.glob(ending))
    if not found:
        raise DataError(
            "no labels are in the folder", where=path, next_step="give JSON Lines or *.dict files"
        )
    return found
