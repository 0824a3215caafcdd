from __future__ import annotations

from pathlib import Path

from tests.synth.conftest import instruction, snippet, write_dataset

from codetune.records import Check, Instruction, Lineage, Snippet
from codetune.synth.runtime.diversity import diversity_of


def rows(*texts: str) -> list[Instruction]:
    return [instruction(text, output="one two three", programming_language="python") for text in texts]


def test_near_duplicates_and_lengths_are_told(tmp_path: Path) -> None:
    same = "Write a function that returns the sum of the even numbers of a list."
    texts = (
        same,
        same.replace("a list", "the list"),
        "Explain when a hash table is slower than a sorted array.",
    )
    found = diversity_of(write_dataset(tmp_path / "in", Instruction, [rows(*texts)]))
    assert found is not None and (found.rows, found.sampled) == (3, 3)
    assert round(found.near_duplicates, 2) == 0.33 and 0.5 < found.distinct_3 < 0.8
    assert found.output_words == (3, 3, 3) and found.programming_languages == {"python": 3}
    assert found.openings == {"write a": 2 / 3, "explain when": 1 / 3}
    assert "33.3% of them have a near duplicate" in found.lines()[1]


def test_difficulty_is_the_judges_and_topics_go_by_words(tmp_path: Path) -> None:
    def judged(text: str, *checks: tuple[str, str]) -> Instruction:
        held = tuple(Check(check=name, verdict="passed", detail=detail) for name, detail in checks)
        return instruction(text, lineage=Lineage(checks=held))

    given = [
        judged("Sort a list.", ("difficulty", "2 of 5")),
        judged("Sort a list of dates.", ("judge: difficulty", "4, 3, 4: it takes a while")),
        judged("Be brief.", ("about the code", "score 4 of 5: fine")),
    ]
    found = diversity_of(write_dataset(tmp_path / "in", Instruction, [given]))
    assert found is not None and found.difficulty == {"2": 1, "4": 1} and found.scores == {"4": 1}
    assert round(found.topics["lists and sorting"], 2) == 0.67 and round(found.topics["other"], 2) == 0.33
    assert "Difficulty by the judge: 2 of 5 in 1, 4 of 5 in 1." in found.lines()


def test_another_language_is_another_task(tmp_path: Path) -> None:
    texts = ("Sort a list in C++.", "Sort a list in C#.", "Sort a list in C.")
    found = diversity_of(write_dataset(tmp_path / "in", Instruction, [rows(*texts)]))
    assert found is not None and found.near_duplicates == 0.0


def test_empty_sets_and_other_records_have_none(tmp_path: Path) -> None:
    found = diversity_of(write_dataset(tmp_path / "empty", Instruction, [[]]))
    assert found is not None and found.rows == 0 and found.lines() == ()
    given = [snippet("def f(): pass", "f")]
    assert diversity_of(write_dataset(tmp_path / "snippets", Snippet, [given])) is None
