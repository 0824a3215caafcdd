"""Sets that publish code as tokens with blanks between: line completion, Concode, cloze tests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from codetune.code.languages import PARSED_LANGUAGES
from codetune.records import Instruction
from codetune.rejection import Rejection
from codetune.sources.files.input_files import InputFile, InputFiles
from codetune.sources.files.row_blocks import Block, blocks
from codetune.sources.rows.row import Row
from codetune.sources.rows.row_source import RowSource

__all__ = ["ClozeSource", "CompletionSource", "ConcodeSource", "readable"]

_LITERAL = re.compile(r"<(STR|NUM|CHAR)_LIT(?::(.*?))?>")
_EMPTY_LITERALS = {"STR": "", "NUM": "0", "CHAR": ""}


def readable(tokens: str) -> str:
    """Line breaks and literals of a token stream, as code has them.

    `<EOL>` ends a line, `<STR_LIT:x>` is x, a literal without its value is empty (or 0), `<s>` and
    `</s>` go, `U+0020` in a literal is a blank. Indentation is not in such a stream and can't come back.
    """
    text = tokens.replace("<s>", "").replace("</s>", "")
    text = _LITERAL.sub(lambda m: _literal(m[2]) if m[2] is not None else _EMPTY_LITERALS[m[1]], text)
    return "\n".join(line.strip() for line in text.split("<EOL>")).strip("\n")


def _literal(value: str) -> str:
    """A literal's value; upstream writes its blanks and commas as `U+0020` and `U+002C`."""
    return value.replace("U+0020", " ").replace("U+002C", ",")


class CompletionSource(RowSource):
    """Rows of `input` (what stands before) and `gt` (the line that follows)."""

    name = "codexglue-completion"
    holds = "unfinished Java and Python files and the line that comes next"
    reads = "line_completion/test.json or dev.json of py150 and javaCorpus"
    license = "LicenseRef-C-UDA-1.0"
    license_url = "https://github.com/microsoft/CodeXGLUE/blob/main/README.md#license"
    url = "https://github.com/microsoft/CodeXGLUE/tree/main/Code-Code/CodeCompletion-line"
    has_splits = True

    def fits(self, row: Mapping[str, Any]) -> bool:
        return "input" in row and "gt" in row

    def pieces(self, upstream: InputFiles) -> Iterator[Block]:
        # `literals.json` lists the commonest literals and holds no rows.
        return super().pieces(replace(upstream, files=_without_literals(upstream)))

    def check(self, upstream: InputFiles) -> None:
        super().check(replace(upstream, files=_without_literals(upstream) or upstream.files))

    def convert(self, row: Row) -> Iterable[Instruction]:
        before, line = row.full_text("input"), row.full_text("gt")
        language = _language_of(row.file, {"py": "python", "java": "java"})
        ending = "\n" if before.rstrip().endswith("<EOL>") else " "
        yield row.to_instruction(
            "code_completion",
            {"prefix": readable(before) + ending, "completion": readable(line)},
            programming_language=language,
            # Where blocks are told by indentation, what stands before is not as anyone writes it.
            tags=("no-indentation",) if language == "python" else (),
            lineage=row.lineage(group=_own_id(row)),
        )


def _without_literals(upstream: InputFiles) -> tuple[InputFile, ...]:
    return tuple(m for m in upstream.files if PurePosixPath(m.plain_name).name != "literals.json")


def _own_id(row: Row) -> str:
    own = row.fields.get("id")
    return f"{row.file}:{own}" if own is not None else row.upstream_id


def _language_of(file: str, hints: Mapping[str, str]) -> str | None:
    for part in reversed(PurePosixPath(file).parts):
        for hint, language in hints.items():
            if part.lower().startswith(hint):
                return language
    return None


class ConcodeSource(RowSource):
    """Rows of `nl` (a description, and the class it is for) and `code` (a Java method)."""

    name = "codexglue-concode"
    holds = "Concode: 104,000 Java methods with a description and their class' files"
    reads = "train.json, dev.json (JSON Lines of nl and code)"
    license = "LicenseRef-C-UDA-1.0"
    license_url = "https://github.com/microsoft/CodeXGLUE/blob/main/README.md#license"
    url = "https://github.com/microsoft/CodeXGLUE/tree/main/Text-Code/text-to-code"
    has_splits = True

    def fits(self, row: Mapping[str, Any]) -> bool:
        return "nl" in row and "code" in row

    def convert(self, row: Row) -> Iterable[Instruction]:
        description, _, files = row.full_text("nl").partition("concode_field_sep")
        if not description.strip():
            raise Rejection("empty field", "the description in nl")
        parts = re.split(r"concode_(?:field|elem)_sep", files)
        known = [" ".join(part.split()) for part in parts]
        context = "\n".join(part for part in known if part and part != "PlaceHolder placeHolder")
        yield row.to_instruction(
            "code_generation",
            {
                "description": description.strip(),
                "code": row.full_text("code").strip(),
                "context": context or None,
            },
            programming_language="java",
            lineage=row.lineage(group=row.upstream_id),
        )


class ClozeSource(RowSource):
    """Rows of `pl_tokens` with one `<mask>`; what it hides is in `answers.txt`, for those who have it."""

    name = "codexglue-cloze"
    holds = "code with one word hidden, in six languages"
    reads = "LANG/clozeTest.json, with answers/LANG/answers.txt (id<CODESPLIT>word) beside or above"
    license = "LicenseRef-C-UDA-1.0"
    license_url = "https://github.com/microsoft/CodeXGLUE/blob/main/README.md#license"
    url = "https://github.com/microsoft/CodeXGLUE/tree/main/Code-Code/ClozeTesting-maxmin"
    has_splits = True
    suffixes = (".json", "answers.txt")

    def fits(self, row: Mapping[str, Any]) -> bool:
        return "nl_tokens" in row and "pl_tokens" in row

    def splits(self, row: Row, record: Any) -> tuple[str, ...]:
        return ("test",)  # all of it is made to test with

    def check(self, upstream: InputFiles) -> None:
        super().check(replace(upstream, files=upstream.matching(".json")))

    def pieces(self, upstream: InputFiles) -> Iterator[Block]:
        answers = {_folder_language(file.name): _answers(file) for file in upstream.matching("answers.txt")}
        for file in upstream.matching(".json"):
            language = _folder_language(file.name)
            for block in blocks(file):
                yield replace(block, extra=(language, answers.get(language, {})))

    def convert(self, row: Row) -> Iterable[Instruction]:
        language, answers = row.extra
        own = row.full_text("idx")
        tokens = row.texts("pl_tokens")
        if tokens.count("<mask>") != 1:
            raise Rejection("no single mask", f"{tokens.count('<mask>')} of them")
        if own not in answers:
            raise Rejection("no answer", f"{own} is in no answers.txt")
        where = tokens.index("<mask>")
        before, after = " ".join(tokens[:where]), " ".join(tokens[where + 1 :])
        yield row.to_instruction(
            "code_completion",
            {"prefix": f"{before} ", "suffix": f" {after}", "completion": answers[own]},
            programming_language=language,
            lineage=row.lineage(upstream_id=f"{row.file}:{own}", group=f"{language}:{own}"),
        )


def _folder_language(file: str) -> str | None:
    return next((part for part in reversed(PurePosixPath(file).parts[:-1]) if part in PARSED_LANGUAGES), None)


def _answers(file: InputFile) -> dict[str, str]:
    with file.open() as stream:
        lines = stream.read().decode("utf-8", "replace").splitlines()
    return {own: word for own, found, word in (line.partition("<CODESPLIT>") for line in lines) if found}
