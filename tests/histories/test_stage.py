"""Histories from a real repository and from CodeNet's layout: every row is kept or rejected."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pygit2
import pytest

from codetune.errors import DataError
from codetune.histories.config import HistoriesConfig
from codetune.histories.stage import run
from codetune.records import Commit, EditHistory, Revision, Snippet, Submission
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset, DatasetWriter, Shard
from codetune.store.run_card import Plan
from codetune.store.stage_output import StageOutput


def dataset(folder: Path, kind: type[Any], *parts: list[Any]) -> Path:
    with StageOutput(folder, Plan(stage="collect", config={}, inputs={}, code="", seed=0)) as stage:
        writer = DatasetWriter(stage, kind)
        for number, rows in enumerate(parts):
            writer.write(number, Shard(rows))
        writer.finish(title="t", description="d")
    return folder


def commit(
    before: str, after: str, subject: str = "Add the next step", path: str = "a.py", **more: Any
) -> Commit:
    return Commit(
        before=before, after=after, subject=subject, message=more.pop("message", subject), path=path, repo="r",
        programming_language=more.pop("programming_language", "python"), source="git", **more,
    )  # fmt: skip


def histories(folder: Path, *inputs: Path, **settings: Any) -> tuple[list[EditHistory], dict[str, int]]:
    card = run(HistoriesConfig(**settings), inputs, folder, StageContext(cache=folder / "cache"))
    kept = list(Dataset(folder, EditHistory))
    assert card.counts["kept"] == len(kept)
    return kept, dict(card.rejects)


V = ["a = 1\nb = 1", "a = 1\nb = 2", "a = 3\nb = 2", "a = 3\nb = 2\nc = 4"]


def test_changes_of_one_file_in_several_parts_are_one_history(tmp_path: Path) -> None:
    other = commit("x = 1\ny = 1", "x = 2\ny = 1", path="b.py")
    rows = [commit(old, new) for old, new in itertools.pairwise(V)]
    source = dataset(tmp_path / "in", Commit, [rows[0], other], [rows[1]], [rows[2]])
    kept, rejected = histories(tmp_path / "out", source)
    assert [history.versions for history in kept] == [tuple(V), (other.before, other.after)]
    assert kept[0].lineage.parents == tuple(row.id for row in rows)
    assert not rejected


def test_a_renamed_file_goes_on(tmp_path: Path) -> None:
    rows = [
        commit(V[0], V[1]),
        commit(V[1], V[2], path="new.py", old_path="a.py"),
        commit(V[2], V[3], path="new.py"),
    ]
    kept, _ = histories(tmp_path / "out", dataset(tmp_path / "in", Commit, rows))
    assert [history.versions for history in kept] == [tuple(V)]


def test_a_gap_or_a_rejected_change_ends_a_chain(tmp_path: Path) -> None:
    rows = [commit(V[0], V[1]), commit(V[2], V[3]), commit(V[3], V[0], "wip")]
    kept, rejected = histories(tmp_path / "out", dataset(tmp_path / "in", Commit, rows))
    assert [history.versions for history in kept] == [(V[0], V[1]), (V[2], V[3])]
    assert rejected == {"message says nothing": 1}


def test_long_chains_are_cut_and_share_a_version(tmp_path: Path) -> None:
    rows = [commit(old, new) for old, new in itertools.pairwise(V)]
    kept, _ = histories(tmp_path / "out", dataset(tmp_path / "in", Commit, rows), max_versions=3)
    assert [history.versions for history in kept] == [tuple(V[:3]), tuple(V[2:])]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (commit("a = 1\nb = 2", "a  = 1\n\nb = 2"), "formatting only"),
        (commit("f(a, b)\nx", "f(\n  a,\n  b\n)\nx", programming_language="javascript"), "formatting only"),
        (commit("a = 1\nb = 2", "a = 2\nb = 2", "Merge branch 'main'"), "merge or revert"),
        (commit("a = 1\nb = 2", "a = 2\nb = 2", "Bump x from 1 to 2"), "made by a bot"),
        (
            commit("a = 1\nb = 2", "a = 2\nb = 2", "Fix it", message="Fix it\n\nCo-authored-by: x[bot]"),
            "made by a bot",
        ),
        (commit("a = 1\nb = 2", "a = 2\nb = 2", "update README.md"), "message says nothing"),
        (commit("a = 1\nb = 2", "\n".join(f"a{i} = 1" for i in range(900))), "too long"),
        (commit("a = 1\nb = 2", "\n".join(f"a{i} = 1" for i in range(300))), "change is too large"),
        (commit("a = 1\nb = 2", "a = 2"), "too short"),
    ],
)
def test_changes_that_teach_nothing_are_rejected(tmp_path: Path, row: Commit, reason: str) -> None:
    kept, rejected = histories(tmp_path / "out", dataset(tmp_path / "in", Commit, [row]))
    assert not kept and rejected == {reason: 1}


@pytest.mark.parametrize(
    "row",
    [
        commit("if a:\n    b()\nc()", "if a:\n    b()\n    c()"),  # indentation alone, and another program
        commit("a = 1\nb = 2", "a = 1  # one\nb = 2"),  # a comment is an edit
        commit("a = 1\nb = 2", "a = 2\nb = 2", "修复空指针问题"),
    ],
)
def test_changes_that_teach_something_are_kept(tmp_path: Path, row: Commit) -> None:
    kept, rejected = histories(tmp_path / "out", dataset(tmp_path / "in", Commit, [row]))
    assert len(kept) == 1 and not rejected


def submission(
    user: str, *programs: str, problem: str = "p1", language: str = "python", **more: Any
) -> Submission:
    revisions = tuple(Revision(code=program, programming_language=language) for program in programs)
    return Submission(
        problem_id=problem, user_id=user, problem="Add two numbers.", programs=revisions, source="codenet",
        statuses=(*("Wrong Answer" for _ in programs[1:]), "Accepted"), **more,
    )  # fmt: skip


FIRST = "a = int(input())\nb = int(input())\nprint(a - b)"
RIGHT = "a = int(input())\nb = int(input())\nprint(a + b)"
UNLIKE = ["import sys\nnumbers = map(int, sys.stdin)\nwrite = sys.stdout\nwrite.write(sum(numbers))"] * 2


def test_series_up_to_the_accepted_program_are_histories(tmp_path: Path) -> None:
    source = dataset(tmp_path / "in", Submission, [submission("u1", FIRST, RIGHT)])
    (history,), rejected = histories(tmp_path / "out", source)
    assert history.versions == (FIRST, RIGHT) and history.accepted and history.request == "Add two numbers."
    assert history.lineage.group == "p1" and not rejected


def test_both_similarity_thresholds_and_the_caps(tmp_path: Path) -> None:
    rows = [
        submission("same", FIRST, RIGHT.replace("print", "print ")),
        submission("u1", FIRST, RIGHT),
        submission("jump", "x = 1\ny = 2", UNLIKE[0]),
        submission("once", RIGHT),
        submission("twice", RIGHT, RIGHT),
        submission("accent", FIRST, RIGHT + "  # é"),
        submission("blank", FIRST, RIGHT + "\n\n\n\nprint()"),
    ]
    kept, rejected = histories(tmp_path / "out", dataset(tmp_path / "in", Submission, rows))
    assert len(kept) == 1
    assert rejected == {
        "similar to another solution": 1, "no earlier program is similar": 1, "a single submission": 1,
        "submitted twice": 1, "not ASCII": 1, "many blank lines": 1,
    }  # fmt: skip
    two = [
        submission("u1", FIRST, RIGHT),
        submission("u2", UNLIKE[0] + "\nprint()", UNLIKE[0], language="ruby"),
    ]
    source = dataset(tmp_path / "two", Submission, two)
    assert len(histories(tmp_path / "both", source)[0]) == 2
    assert histories(tmp_path / "one", source, max_per_problem=1)[1] == {"enough of the problem": 1}


def test_a_series_in_two_languages_is_rejected(tmp_path: Path) -> None:
    mixed = Submission(
        problem_id="p", user_id="u", source="codenet",
        programs=(Revision(code=FIRST, programming_language="python"), Revision(code=RIGHT, programming_language="ruby")),
    )  # fmt: skip
    _, rejected = histories(tmp_path / "out", dataset(tmp_path / "in", Submission, [mixed]))
    assert rejected == {"several languages": 1}


def test_the_same_rows_whatever_the_order_of_the_input(tmp_path: Path) -> None:
    rows = [submission(f"u{n}", FIRST + f"\nx{n} = {n}", RIGHT + f"\nx{n} = {n}") for n in range(12)]
    one, _ = histories(tmp_path / "a", dataset(tmp_path / "in", Submission, rows))
    two, _ = histories(tmp_path / "b", dataset(tmp_path / "turned", Submission, rows[6:], rows[:6]))
    assert [history.id for history in one] == [history.id for history in two]


def test_snippets_are_refused_with_the_command_that_takes_them(tmp_path: Path) -> None:
    snippet = Snippet(code="x", programming_language="python", source="code")
    with pytest.raises(DataError, match="ai-programmer"):
        histories(tmp_path / "out", dataset(tmp_path / "in", Snippet, [snippet]))


def test_this_projects_own_history(tmp_path: Path) -> None:
    from codetune.sources.config import CollectConfig
    from codetune.sources.stage import run as collect

    root = Path(__file__).parents[2]
    try:
        pygit2.Repository(str(root))
    except pygit2.GitError:
        pytest.skip("the sources lie in no git repository")
    context = StageContext(cache=tmp_path / "cache")
    card = collect(CollectConfig(source="git", path=str(root)), [], tmp_path / "commits", context)
    kept, rejected = histories(tmp_path / "out", tmp_path / "commits")
    used = sum(len(history.versions) - 1 for history in kept)
    assert used + sum(rejected.values()) == card.counts["kept"], "each change is in a history or rejected"
    assert any(len(history.versions) > 2 for history in kept)


def test_a_run_that_ended_midway_goes_on_with_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from codetune.engine.progress import SilentProgress
    from codetune.histories import stage

    class Killed(BaseException):
        pass

    class Killing(SilentProgress):
        """Ends the run after its third piece, as SIGKILL does: nothing behind it is executed."""

        done = 0

        def advance(self, count: int = 1) -> None:
            self.done += count
            if self.done == 3:
                raise Killed

    monkeypatch.setattr(stage, "_ROWS_A_PIECE", 4)
    rows = [
        submission(f"u{number}", FIRST + f"\nx = {number}", RIGHT + f"\nx = {number}", problem=f"p{number}")
        for number in range(40)
    ]
    source = dataset(tmp_path / "in", Submission, rows[:25], rows[25:])
    whole = run(HistoriesConfig(), [source], tmp_path / "whole", StageContext(cache=tmp_path / "cache"))
    with pytest.raises(Killed):
        run(
            HistoriesConfig(), [source], tmp_path / "killed",
            StageContext(cache=tmp_path / "cache", progress=Killing()),
        )  # fmt: skip
    made = sorted((tmp_path / "killed" / "data").glob("*.parquet"))
    before = [path.stat().st_mtime_ns for path in made]
    assert made and not (tmp_path / "killed" / "run.json").exists()
    card = run(HistoriesConfig(), [source], tmp_path / "killed", StageContext(cache=tmp_path / "cache"))
    assert card.output_hash == whole.output_hash and card.counts["kept"] == 40
    assert [path.stat().st_mtime_ns for path in made] == before, "finished parts are not made again"
