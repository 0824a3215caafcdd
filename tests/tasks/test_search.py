"""Code search candidates: hard, wrong, deterministic, and the right one anywhere with equal chance."""

from __future__ import annotations

import pytest
from scipy.stats import chisquare

from codetune.tasks.search import Pair, draw_candidates
from codetune.text.bm25 import Bm25, code_terms


def pairs(count: int, language: str = "python") -> list[Pair]:
    verbs = ["read", "write", "parse", "sort", "merge", "split", "send"]
    nouns = ["file", "header", "matrix", "socket", "table", "image"]
    return [
        Pair(
            id=f"{language}{n}",
            query=f"how to {verbs[n % 7]} {nouns[n % 6]} number {n}",
            code=f"def {verbs[n % 7]}_{nouns[n % 6]}_{n}(x):\n    return {verbs[n % 7]}(x, {n})",
            programming_language=language,
        )
        for n in range(count)
    ]


@pytest.mark.parametrize("count", [2, 5, 10])
def test_place_of_the_right_one_is_uniform(count):
    drawn = draw_candidates(pairs(1000), count=count, seed=11)
    assert len(drawn) == 1000
    places = [0] * count
    for candidates in drawn.values():
        places[candidates.answer] += 1
    assert chisquare(places).pvalue > 0.01


def test_candidates_are_the_right_one_and_wrong_ones_of_the_same_language():
    everything = {pair.id: pair for pair in (*pairs(60), *pairs(60, "sql"))}
    code_language = {pair.code: pair.programming_language for pair in pairs(60)}
    for identifier, candidates in draw_candidates(everything.values(), count=5, seed=0).items():
        pair = everything[identifier]
        assert len(set(candidates.codes)) == 5
        assert candidates.codes[candidates.answer] == pair.code
        if pair.programming_language == "python":
            assert all(code in code_language for code in candidates.codes)


def test_wrong_ones_are_hard():
    corpus = pairs(300)
    by_code = {pair.code: [term for term in code_terms(pair.code) if term.isalnum()] for pair in corpus}

    def likeness(a: str, b: str) -> float:
        one, two = set(by_code[a]), set(by_code[b])
        return len(one & two) / len(one | two)

    drawn = draw_candidates(corpus, count=4, seed=0)
    near, anywhere = [], []
    for pair in corpus:
        near += [likeness(pair.code, code) for code in drawn[pair.id].codes if code != pair.code]
        anywhere += [likeness(pair.code, other.code) for other in corpus[::37] if other.code != pair.code]
    assert sum(near) / len(near) > 1.5 * sum(anywhere) / len(anywhere)


def test_what_may_be_right_too_is_no_candidate():
    corpus = [
        Pair("a", "read a file", "open(path).read()", "python", "q1"),
        Pair("b", "Read  a FILE", "open(p).read().strip()", "python"),
        Pair("c", "same code", "open( path ) . read( )", "python"),
        Pair("d", "same question", "path.read_text()", "python", "q1"),
        Pair("e", "another", "open(path).write(x)", "python"),
        Pair("f", "one more", "open(path).close()", "python"),
    ]
    drawn = draw_candidates(corpus, count=3, seed=0)
    assert set(drawn["a"].codes) == {"open(path).read()", "open(path).write(x)", "open(path).close()"}
    assert "a" not in draw_candidates(corpus, count=4, seed=0)


def test_seed_and_id_decide_and_order_does_not():
    corpus = pairs(50)
    first = draw_candidates(corpus, count=5, seed=3)
    assert first == draw_candidates(corpus, count=5, seed=3)
    assert first != draw_candidates(corpus, count=5, seed=4)
    backwards = draw_candidates(corpus[::-1], count=5, seed=3)
    assert [first[key].answer for key in first] == [backwards[key].answer for key in first]


def test_what_is_labelled_wrong_stands_against_its_own_question_first():
    corpus = [
        Pair("a", "read a file", "open(path).read()", "python", "q1"),
        Pair("n", "read a file", "Traceback: no such file", "python", "q1", is_answer=False),
        Pair("m", "read a file", "Traceback:  no such file", "python", "q1", is_answer=False),
        *(Pair(f"o{n}", f"other {n}", f"open(path).read({n})", "python", f"o{n}") for n in range(9)),
        Pair("x", "in sql", "select 1", "sql", "q1", is_answer=False),
    ]
    drawn = draw_candidates(corpus, count=3, seed=0)
    assert set(drawn) == {"a", *(f"o{n}" for n in range(9))}
    assert "Traceback: no such file" in drawn["a"].codes
    assert len({code.replace(" ", "") for code in drawn["a"].codes}) == 3
    assert "select 1" not in drawn["a"].codes


def test_a_pair_among_many_that_can_not_stand_against_it_still_gets_its_candidates():
    duplicates = [Pair(f"t{n}", f"how {n}", "xs . sort()" + " " * n, "python") for n in range(200)]
    others = [Pair(f"o{n}", f"other {n}", f"print({n})", "python") for n in range(4)]
    drawn = draw_candidates([*duplicates, *others], count=5, seed=0)
    assert set(drawn["t0"].codes) == {"xs . sort()", *(f"print({n})" for n in range(4))}


def test_thousands_of_pieces_are_drawn_in_batches(monkeypatch):
    asked = []
    plain = Bm25.neighbours
    monkeypatch.setattr(
        Bm25, "neighbours", lambda self, rows, count: asked.append(len(rows)) or plain(self, rows, count)
    )
    assert len(draw_candidates(pairs(2000), count=5, seed=0)) == 2000
    assert asked == [2000]  # one question for all of them, none asked again
