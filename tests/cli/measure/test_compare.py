"""`codetune compare` on scores written by evaluation's own functions, with numbers that are known."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.report.made_run import verdict_rows, write_scored

from codetune.cli.main import run as codetune

SHARED = set(range(40, 60))


@pytest.fixture
def scores(tmp_path: Path) -> tuple[Path, Path]:
    """Of 60 problems both solve 20; the first 2 more, the second 12 others: exact McNemar, p = 0.0129."""
    first, second = tmp_path / "first", tmp_path / "second"
    write_scored(first, verdict_rows(SHARED | {0, 1}, 60), "a")
    write_scored(second, verdict_rows(SHARED | set(range(2, 14)), 60), "b")
    return first, second


def test_the_verdict_in_json(scores: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert codetune(["compare", *map(str, scores), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["verdict"], found["problems"], found["both"]) == ("better", 60, 20)
    assert found["p_value"] == pytest.approx(2 * (1 + 14 + 91) / 2**14)  # two-sided binomial, 2 of 14
    assert found["difference"] == pytest.approx(10 / 60)
    assert codetune(["compare", *map(str, reversed(scores)), "--json"]) == 0
    other = json.loads(capsys.readouterr().out)
    assert (other["verdict"], other["p_value"]) == ("worse", found["p_value"])
    assert (other["low"], other["high"]) == pytest.approx((-found["high"], -found["low"]))


def test_the_verdict_in_words_and_as_a_page(
    scores: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "pages" / "comparison.html"
    assert codetune(["compare", *map(str, scores), "--html", str(page)]) == 0
    said = capsys.readouterr().out
    for words in ("humaneval", "the second is better", "0.013", "first 2, second 12", "20", "60 problems"):
        assert words in said
    assert "better" in page.read_text("utf-8")


def test_a_score_against_itself_is_a_tie(
    scores: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    first = str(scores[0])
    assert codetune(["compare", first, first]) == 0
    assert "tie" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["first", "absent"], "holds no score"),
        (["first", "run"], "name a folder in it, such as run/evaluate/base"),
        (["first", "bare"], "the score has lost its verdicts"),
        (["first", "."], "two scores of humaneval"),
        (["first", "other"], "different benchmarks"),
        (["first", "broken"], "can't be read"),
        (["first", "second", "--metric", "best@1"], "no metric 'best@1'"),
        (["first", "second", "--metric", "pass@9"], "needs at least 9"),
    ],
)
def test_a_mistake_is_one_sentence(
    scores: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree("first", "run/evaluate/base/humaneval")
    shutil.copytree("first", "bare")
    shutil.rmtree("bare/verdicts")
    if "other" in arguments:
        write_scored(tmp_path / "other", verdict_rows({1}, 9))
        score = json.loads((tmp_path / "other" / "score.json").read_text())
        score["benchmark"]["name"] = "mbpp"
        (tmp_path / "other" / "score.json").write_text(json.dumps(score))
    if "broken" in arguments:
        (tmp_path / "broken").mkdir()
        (tmp_path / "broken" / "score.json").write_text('{"benchmark": ')
    assert codetune(["compare", *arguments, "--html", "page.html"]) == 2
    said = capsys.readouterr()
    assert words in said.err and said.err.count("\n") == 1
    assert not said.out and not (tmp_path / "page.html").exists()
