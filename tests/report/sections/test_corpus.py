from __future__ import annotations

from tests.report.made_run import write_dataset

from codetune.records import Instruction, Snippet, Submission
from codetune.report.sections.corpus import read_corpus
from codetune.report.sections.stages import Stages
from codetune.store.dataset import Shard


def collected(folder, kind, rows):
    return Stages([write_dataset(folder, "collect", kind, Shard(rows))]).all


def snippet(code, language="python", license=None):
    return Snippet(code=code, programming_language=language, license=license, source="code")


def test_lengths_are_counted_in_lines(tmp_path) -> None:
    codes = ["a", "a\n", "a\nb", "a\nb\n\n", "\n".join("abc"), "x\n" * 20, "x\n" * 21, "x\n" * 5_000]
    corpus = read_corpus(collected(tmp_path / "c", Snippet, [snippet(code) for code in codes]))
    lengths = dict(corpus.lengths)
    assert lengths == {
        "≤2": 4,
        "≤5": 1,
        "≤10": 0,
        "≤20": 1,
        "≤40": 1,
        "≤80": 0,
        "≤160": 0,
        "≤320": 0,
        ">320": 1,
    }
    assert sum(lengths.values()) == corpus.rows == 8
    assert corpus.median_lines == 2
    assert corpus.code_characters == sum(map(len, codes))


def test_languages_and_licences_are_ranked_and_unknown_is_named(tmp_path) -> None:
    rows = [snippet("a", "go", "MIT"), snippet("b", "go"), snippet("c", "c", "MIT")]
    corpus = read_corpus(collected(tmp_path / "c", Snippet, rows))
    assert corpus.languages == [("go", 2), ("c", 1)]
    assert corpus.licenses == [("MIT", 2), ("unknown", 1)]
    assert corpus.unit == "snippets"


def test_a_long_tail_is_summed_and_nothing_is_lost(tmp_path) -> None:
    rows = [snippet(str(i), f"language{i:02d}") for i in range(30)]
    corpus = read_corpus(collected(tmp_path / "c", Snippet, rows))
    assert len(corpus.languages) == 12
    assert corpus.languages[-1] == ("19 others", 19)
    assert sum(count for _, count in corpus.languages) == 30


def test_rows_without_one_piece_of_code_have_no_lengths(tmp_path) -> None:
    rows = [Submission(problem_id="p", user_id="u", programs=(), source="codenet")]
    corpus = read_corpus(collected(tmp_path / "c", Submission, rows))
    assert (corpus.rows, corpus.lengths, corpus.median_lines, corpus.code_characters) == (1, [], None, None)


def test_nothing_collected_is_none_and_an_empty_collection_is_zero(tmp_path) -> None:
    assert read_corpus([]) is None
    assert read_corpus(collected(tmp_path / "c", Snippet, [])).rows == 0


def test_tags_are_those_of_the_last_stage_that_tagged_rows(tmp_path) -> None:
    found = collected(tmp_path / "c", Snippet, [snippet("a")])
    rows = [
        Instruction(task="t", instruction=f"Do {n}.", output="", source="s", tags=(f"level:{level}",))
        for n, level in enumerate(("beginner", "beginner", "advanced"))
    ] + [Instruction(task="t", instruction="Do it.", output="", source="s")]
    made = Stages([write_dataset(tmp_path / "t", "tasks", Instruction, Shard(rows))]).all
    assert read_corpus(found, [*found, *made]).tags == [
        ("Level", [("beginner", 2), ("advanced", 1), ("none", 1)])
    ]
    assert read_corpus(found, found).tags == []
