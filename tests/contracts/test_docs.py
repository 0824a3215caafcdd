"""Every command line in the documents is one the command line knows: command, options, arguments."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from codetune.cli.main import COMMANDS, app

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md") if (ROOT / name).exists()]
DOCUMENTS += sorted((ROOT / "docs").rglob("*.md"))
NAMES = [name for names in COMMANDS.values() for name in names.split()]

_FENCE = re.compile(r"^[ ]*(```+|~~~+)[^\n]*\n(.*?)^[ ]*\1[ ]*$", re.M | re.S)
_INLINE = re.compile(r"`(codetune(?:[ ][^`\n]+)?)`")
_LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")


def command_lines(text: str) -> Iterator[str]:
    """Command lines in fenced blocks (prompt and continuation lines allowed) and in inline code."""
    for block in _FENCE.finditer(text):
        for line in block[2].replace("\\\n", " ").splitlines():
            found = re.match(r"[ ]*(?:\$ |> )?((?:\w+=\S+ )*)(?:\S*/)?codetune(?:\s+(.*))?$", line)
            if found:
                yield f"codetune {found[2] or ''}".strip()
    for inline in _INLINE.finditer(_FENCE.sub("", text)):
        yield inline[1]


def words_of(line: str) -> list[str]:
    """The words after `codetune`, without comment, pipe, redirection and the brackets of a synopsis."""
    lexer = shlex.shlex(re.sub(r"[\[\]]", " ", line), posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    words = []
    for word in lexer:
        if set(word) <= set("|&;<>"):
            break
        words.append(word)
    return words[1:]


def fault_of(line: str) -> str | None:
    """What the command line would say against it, or None."""
    words = [word for word in words_of(line) if word not in ("...", "\N{HORIZONTAL ELLIPSIS}")]
    command: Any = typer.main.get_command(app)
    context: Any = command.context_class(command, info_name="codetune")
    while hasattr(command, "get_command") and words:
        if words[0].startswith("-"):
            break
        inner = command.get_command(context, words[0])
        if inner is None:
            return f"there is no command {words[0]}"
        context = inner.context_class(inner, info_name=words[0], parent=context)
        command, words = inner, words[1:]
    try:
        _, left, _ = command.make_parser(context).parse_args(args=list(words))
    except typer.TyperException as error:
        return str(error.format_message())
    return f"one argument too many: {left[0]}" if left else None


CASES = [
    pytest.param(line, id=f"{document.relative_to(ROOT)}: {line[:60]}")
    for document in DOCUMENTS
    for line in dict.fromkeys(command_lines(document.read_text("utf-8")))
]


@pytest.mark.parametrize("line", CASES)
def test_a_documented_command_line_is_known(line: str) -> None:
    fault = fault_of(line)
    assert fault is None, f"{line}\n{fault}"


@pytest.mark.parametrize("name", NAMES)
def test_the_example_in_a_commands_help_is_known(name: str) -> None:
    command: Any = typer.main.get_command(app)
    context = command.make_context("codetune", [], resilient_parsing=True)
    text = command.get_command(context, name).help or ""
    lines = re.findall(r"^\s*(?:Examples?: )?(codetune [a-z].*)$", text, re.M)
    assert [line for line in lines if line.split()[1] == name], f"codetune {name} --help has no example"
    for line in lines:
        assert fault_of(line) is None, f"{line}\n{fault_of(line)}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for link in _LINK.finditer(_FENCE.sub("", document.read_text("utf-8"))):
        target = (link[1] or link[2]).partition("#")[0]
        if target and not re.match(r"[a-z]+:", target):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_the_list_of_documents_is_whole() -> None:
    listed = (ROOT / "docs" / "README.md").read_text("utf-8")
    for document in sorted((ROOT / "docs").rglob("*.md")):
        name = document.relative_to(ROOT / "docs").as_posix()
        assert name == "README.md" or f"({name})" in listed, f"docs/README.md does not list {name}"


@pytest.mark.parametrize(
    "line",
    [
        "codetune rn quickstart",
        "codetune doctor --atack",
        "codetune report RUN --out page.html",
        "codetune report RUN ANOTHER",
        "codetune --verison",
    ],
)
def test_a_wrong_command_line_is_found(line: str) -> None:
    assert fault_of(line) is not None


@pytest.mark.parametrize(
    "line",
    [
        "codetune",
        "codetune --help",
        "codetune doctor",
        "codetune report RUN [-o report.html]  # a comment",
        "codetune report runs/quickstart --json | head > page.txt",
        "codetune report 'a folder' --title=Mine",
    ],
)
def test_a_right_command_line_is_not(line: str) -> None:
    assert fault_of(line) is None


def test_command_lines_are_found_in_blocks_and_in_sentences() -> None:
    text = (
        "Use `codetune doctor`.\n\n```sh\n$ A=1 .venv/bin/codetune run x.yaml \\\n  -o out\nmake test\n```\n"
    )
    assert [" ".join(line.split()) for line in command_lines(text)] == [
        "codetune run x.yaml -o out",
        "codetune doctor",
    ]
