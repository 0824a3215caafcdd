"""Changes as people read them."""

from __future__ import annotations

import difflib
import random

from codetune.edits.unified_diff import unified_diff


def theirs(old: str, new: str) -> str:
    lines = difflib.unified_diff(old.split("\n"), new.split("\n"), n=3, lineterm="")
    return "\n".join(list(lines)[2:])


def hunk_lines(diff: str) -> list[str]:
    return [line for line in diff.split("\n") if not line.startswith("@@")]


def test_changes_with_their_neighbours() -> None:
    old = "\n".join("abcdefghij")
    assert unified_diff(old, old.replace("e", "E")) == "@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h"
    assert unified_diff(old, old) == ""
    assert unified_diff("", "a") == "@@ -1,1 +1,1 @@\n-\n+a"


def test_the_same_hunks_as_pythons_diff_where_there_is_one_way_to_read_it() -> None:
    draw = random.Random(1)
    for _ in range(60):
        old = [f"line {number}" for number in range(60)]
        new = list(old)
        for number in range(draw.randint(1, 4)):
            place = draw.randrange(len(new))
            new[place : place + draw.randint(0, 2)] = [f"new {number} {draw.random()}"] * draw.randint(0, 2)
        a, b = "\n".join(old), "\n".join(new)
        assert sorted(hunk_lines(unified_diff(a, b))) == sorted(hunk_lines(theirs(a, b)))
        assert unified_diff(a, b).count("@@ -") == theirs(a, b).count("@@ -")
