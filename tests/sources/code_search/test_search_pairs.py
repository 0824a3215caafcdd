"""Choices among candidates: the hard ones, and the right one anywhere."""

from __future__ import annotations

import json
from collections import Counter

from scipy.stats import chisquare


def conala(tmp_path, number):
    rows = [
        {"intent": f"do {i} to a list", "rewritten_intent": None, "snippet": f"xs.method_{i}({i % 7}, arg_{i % 5})", "question_id": i}
        for i in range(number)
    ]  # fmt: skip
    path = tmp_path / "conala.json"
    path.write_text(json.dumps(rows))
    return str(path)


def test_the_right_one_stands_anywhere_with_equal_chances(tmp_path, collect):
    rows = list(collect(source="conala", path=conala(tmp_path, 1000), candidates=5))
    assert len(rows) == 1000
    places = Counter(int(row.output) for row in rows)
    assert sorted(places) == [1, 2, 3, 4, 5]
    assert chisquare([places[n] for n in range(1, 6)]).pvalue > 0.001
    for row in rows:
        assert len(row.candidates) == len(set(row.candidates)) == 5
        number = row.lineage.url.rpartition("/")[2]
        assert row.candidates[int(row.output) - 1].startswith(f"xs.method_{number}(")
        assert row.lineage.group == f"conala:{number}"


def test_the_number_of_candidates_is_a_setting_and_too_few_are_refused(tmp_path, collect):
    rows = list(collect(source="conala", path=conala(tmp_path, 50), candidates=9))
    assert {len(row.candidates) for row in rows} == {9}
    dataset = collect(source="conala", path=conala(tmp_path, 3), candidates=5)
    assert len(dataset) == 0
    assert dataset.card.rejects == {"too few candidates": 3}


def test_the_seed_moves_places_but_not_who_stands_there(tmp_path, collect):
    path = conala(tmp_path, 200)
    one = {row.lineage.url: row for row in collect(source="conala", path=path, seed=1)}
    two = {row.lineage.url: row for row in collect(source="conala", path=path, seed=2)}
    assert sum(one[url].output != two[url].output for url in one) > 100
    assert all(set(one[url].candidates) == set(two[url].candidates) for url in one)


def test_wrong_blocks_of_the_same_question_stand_against_the_right_one(tmp_path, collect):
    blocks = [
        [(1, 0), [["try"], ["-10000"]], [["right()\n"]], ["How to a?"], 2, 1],
        [(1, 1), [["-10000"], ["x"]], [["wrong()\n"]], ["How to a?"], 2, 0],
        *([(n, 0), [["a"], ["b"]], [[f"other_{n}()\n"]], [f"How to {n}?"], 1, 1] for n in range(2, 9)),
    ]
    (tmp_path / "python_blocks_labeled.txt").write_text(repr(blocks))
    dataset = collect(source="codepro", path=str(tmp_path))
    first = next(row for row in dataset if row.lineage.group == "codepro:1")
    assert "wrong()" in first.candidates
    assert len(dataset) == 8
    assert dataset.card.rejects == {"labelled as no answer": 1}


def test_conala_in_other_languages_has_its_site_and_licence(tmp_path, collect):
    rows = [
        {"intent": f"¿Cómo sumar {n} números?", "snippet": f"sum(range({n}))", "question_id": n}
        for n in range(6)
    ]
    for name in ("es_test.json", "conala-train.json"):
        (tmp_path / name).write_text(json.dumps(rows))
    found = {
        row.lineage.upstream_id.partition(":")[0]: row for row in collect(source="conala", path=str(tmp_path))
    }
    spanish, english = found["es_test.json"], found["conala-train.json"]
    assert (spanish.language, spanish.license) == ("es", "CC-BY-SA-4.0")
    assert spanish.lineage.url.startswith("https://es.stackoverflow.com/q/")
    assert (english.language, english.license) == ("en", None)  # stated nowhere
    assert english.lineage.url.startswith("https://stackoverflow.com/q/")
