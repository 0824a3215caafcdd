"""Tags against a reader: precision and recall of each paradigm. For levels see bench_levels.py.

    python benchmarks/bench_tags.py --repositories DIR

The functions are those that tests/tasks/tagging/labelled_functions.jsonl (300) and labelled_later.jsonl (70) name. Their
code is read from DIR, which holds a clone of each repository as OWNER+NAME, bare or not, with the commit named.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from codetune.code.functions import FunctionSpan, functions
from codetune.tasks.tagging.tags import tags_of

_FOLDER = Path(__file__).parents[1] / "tests" / "tasks" / "tagging"
LABELLED, LATER = _FOLDER / "labelled_functions.jsonl", _FOLDER / "labelled_later.jsonl"
PARADIGMS = ("event-driven", "object-oriented", "functional", "procedural")


def span_of(row: dict[str, Any], repositories: Path) -> FunctionSpan:
    """The function that a row names, read from its repository at its commit."""
    folder = repositories / row["repo"].replace("/", "+")
    folder = folder / "repo" if (folder / "repo" / "HEAD").is_file() else folder
    command = ["git", "-C", str(folder), "show", f"{row['commit']}:{row['path']}"]
    shown = subprocess.run(command, capture_output=True, check=False)
    if shown.returncode:
        raise SystemExit(
            f"{row['repo']} at {row['commit'][:12]} is not in {repositories}; clone it there first"
        )
    text = shown.stdout.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    return next(
        span
        for span in functions(text, row["language"])
        if (span.start_line, span.name) == (row["line"], row["name"])
    )


def labelled(repositories: Path, names: Path = LABELLED) -> list[dict[str, Any]]:
    """The functions, each with the reader's paradigm and the rule's."""
    rows = [json.loads(line) for line in names.read_text("utf-8").splitlines()]
    for row in rows:
        span = span_of(row, repositories)
        tags = tags_of(span.code, row["language"], span.name, span.scopes)
        row["told"] = tags[0].removeprefix("paradigm:")
        row["level"] = tags[1].removeprefix("level:")
    return rows


def share(part: int, whole: int) -> str:
    return f"{part} of {whole}" + (f" ({part / whole:.0%})" if whole else "")


def paradigms(rows: Sequence[dict[str, Any]], title: str) -> None:
    same = sum(row["told"] == row["paradigm"] for row in rows)
    print(f"\n{title}: {share(same, len(rows))} agree\n")
    print("| paradigm | precision | recall |\n| --- | ---: | ---: |")
    for paradigm in PARADIGMS:
        right = sum(row["told"] == row["paradigm"] == paradigm for row in rows)
        told = sum(row["told"] == paradigm for row in rows)
        read = sum(row["paradigm"] == paradigm for row in rows)
        print(f"| {paradigm} | {share(right, told)} | {share(right, read)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repositories", type=Path, required=True, help="clones, each as OWNER+NAME")
    arguments = parser.parse_args()
    rows = labelled(arguments.repositories)
    paradigms(labelled(arguments.repositories, LATER), "Labelled later, from other repositories")
    paradigms(rows, "All of the first 300")
    paradigms([r for r in rows if r["number"] % 2 == 0], "Even numbers")
    paradigms([r for r in rows if r["number"] % 2], "Odd numbers")
    print("\n| language | agree |\n| --- | ---: |")
    for language in dict.fromkeys(row["language"] for row in rows):
        own = [row for row in rows if row["language"] == language]
        print(f"| {language} | {share(sum(r['told'] == r['paradigm'] for r in own), len(own))} |")


if __name__ == "__main__":
    main()
