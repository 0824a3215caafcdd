from __future__ import annotations

import json
from pathlib import Path

from tests.report.made_run import instruction, write_dataset

from codetune.records import Instruction
from codetune.report.config import ReportConfig
from codetune.report.document import report_html
from codetune.report.sections.diversity import read_diversity
from codetune.report.sections.stages import Stages
from codetune.store.dataset import Shard
from codetune.store.run_card import CARD_NAME

TOLD = {
    "rows": 40,
    "sampled": 40,
    "instruction_words": [9, 14, 31],
    "output_words": [20, 60, 1200],
    "distinct_3": 0.875,
    "self_similarity": 0.42,
    "near_duplicates": 0.05,
    "openings": {"write a": 0.25},
    "programming_languages": {"python": 40},
    "scores": {"4": 30, "5": 10},
    "topics": {"lists and sorting": 0.5, "other": 0.1},
    "difficulty": {},
}


def synthesis(folder: Path, diversity: object) -> Stages:
    write_dataset(folder, "synth", Instruction, Shard([instruction(i) for i in range(3)]), generator="evolve")
    card = json.loads((folder / CARD_NAME).read_text())
    card["results"] = {"diversity": diversity} if diversity is not None else {}
    (folder / CARD_NAME).write_text(json.dumps(card))
    return Stages([folder])


def test_the_figures_of_the_run_card_are_told(tmp_path: Path) -> None:
    (one,) = read_diversity(synthesis(tmp_path / "s", TOLD).all)
    assert (one.title, one.rows) == ("evolve", 40)
    assert ("words of an output", "60 in the middle, 20 to 1,200 for eight rows in ten") in one.facts
    assert ("near duplicates", "5.0%") in one.facts
    assert dict(one.counts)["Topics"] == [("lists and sorting", 20), ("other", 4)]
    assert "Difficulty, by the judge" not in dict(one.counts), "nobody was asked"
    assert dict(one.counts)["Score of the judge"] == [("4 of 5", 30), ("5 of 5", 10)]


def test_the_page_shows_them_or_says_that_nothing_was_written(tmp_path: Path) -> None:
    page = report_html(synthesis(tmp_path / "s", TOLD), ReportConfig())
    assert 'id="diversity"' in page and "lists and sorting" in page and "“write a” 25.0%" in page
    for nothing in (None, {"rows": 0}, []):
        page = report_html(
            synthesis(tmp_path / f"t{type(nothing).__name__}{bool(nothing)}", nothing), ReportConfig()
        )
        assert "Rows written by a model: not run." in page
