"""The files of Programming-Instruct (CursorCore): edits, and the histories that they are made from.

    history, current, user, chat, next, loc        what is trained on        -> Edit
    input, output                                  aiprogrammer.json         -> EditHistory
    code1, code2, lang, git                        commit.json               -> EditHistory
    language, submissions, problems_contexts       submit_process.json       -> EditHistory

Source: Jiang et al. 2024, arXiv:2410.07002.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from codetune.code.languages import canonical_language
from codetune.edits.area import check_area
from codetune.records import Edit, EditHistory, Record, Revision
from codetune.rejection import Rejection
from codetune.sources.rows.row import Row
from codetune.sources.rows.row_source import RowSource

__all__ = ["CursorCoreHistorySource", "CursorCoreSource"]


class CursorCoreSource(RowSource):
    """Edits with their target areas."""

    name = "cursorcore"
    holds = "moments of editing, with what the programmer asks and the assistant answers"
    reads = "JSON or JSON Lines with history, current, user, chat, next, and perhaps loc"
    record: ClassVar[type[Record]] = Edit
    url = "https://github.com/TechxGenus/CursorCore"

    def fits(self, row: Mapping[str, Any]) -> bool:
        return {"history", "current", "next"} <= row.keys()

    def convert(self, row: Row) -> Iterable[Edit]:
        history = row.fields.get("history")
        if not isinstance(history, list):
            raise Rejection("wrong type", "history is no list")
        current, following = _state(row.fields.get("current")), _state(row.fields.get("next"))
        if current.code == following.code:
            raise Rejection("nothing changed", "next equals current")
        area = _area(row.fields.get("loc"))
        check_area(current.code, area)
        yield Edit(
            history=tuple(_state(state) for state in history),
            current=current,
            area=area,
            user=row.text("user", default=""),
            next=following.code,
            chat=row.text("chat", default=""),
            source=row.source,
            license=row.license,
            lineage=row.lineage(),
        )


class CursorCoreHistorySource(RowSource):
    """Histories of all three kinds, told apart by their fields."""

    name = "cursorcore-histories"
    holds = "edit histories of AI programmers, commits and submissions"
    reads = "aiprogrammer.json, commit.json and submit_process.json of Programming-Instruct"
    record: ClassVar[type[Record]] = EditHistory
    url = "https://github.com/TechxGenus/CursorCore"

    def fits(self, row: Mapping[str, Any]) -> bool:
        keys = row.keys()
        return any(
            fields <= keys
            for fields in ({"input", "output"}, {"code1", "code2"}, {"submissions", "language"})
        )

    def convert(self, row: Row) -> Iterable[EditHistory]:
        fields = row.fields
        if "submissions" in fields:
            versions, request = fields["submissions"], row.text("problems_contexts", default="")
            language, origin = canonical_language(row.text("language", default="")), "submission"
        elif "code1" in fields:
            versions, request = [fields["code1"], fields["code2"]], row.text("git", default="")
            language, origin = canonical_language(row.text("lang", default="")), "commit"
        else:
            versions, request, language, origin = fields.get("output"), "", None, "ai-programmer"
        if not isinstance(versions, list) or not all(isinstance(version, str) for version in versions):
            raise Rejection("wrong type", "the versions are no list of texts")
        if len(versions) < 2:
            raise Rejection("a single version", f"{len(versions)} versions")
        yield EditHistory(
            origin=origin,  # type: ignore[arg-type]
            versions=tuple(versions),
            programming_language=language,
            request=request,
            accepted=True if origin == "submission" else None,  # its series end with the accepted program
            source=row.source,
            license=row.license,
            lineage=row.lineage(),
        )


def _state(value: Any) -> Revision:
    if not isinstance(value, dict) or not isinstance(value.get("code"), str):
        raise Rejection("wrong type", "a state is no object with code")
    language = value.get("lang")
    return Revision(
        code=value["code"],
        programming_language=canonical_language(language) if isinstance(language, str) else None,
    )


def _area(value: Any) -> tuple[int, ...] | None:
    if value is None:
        return None
    numbers = [value] if isinstance(value, int) else value
    if not isinstance(numbers, list) or any(not isinstance(n, int) or isinstance(n, bool) for n in numbers):
        raise Rejection("wrong type", f"loc is {str(value)[:80]}")
    return tuple(numbers)
