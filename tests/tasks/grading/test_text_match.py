"""Edit similarity and literals, as CodeXGLUE's evaluators take them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from codetune.tasks.grading.text_match import edit_similarity, plain_literals, same_tokens

TEXT = st.text(alphabet="abc \n中文_.", max_size=40)


@settings(max_examples=200)
@given(TEXT, TEXT)
def test_edit_similarity_is_a_whole_percent_and_one_for_equals(a: str, b: str) -> None:
    score = edit_similarity(a, b)
    assert 0.0 <= score <= 1.0
    assert round(100 * score) / 100 == score
    if a.strip():
        assert edit_similarity(a.strip(), a) == 1.0


def test_an_empty_answer_scores_nothing() -> None:
    assert edit_similarity("say it", " ") == 0.0


def test_literals() -> None:
    assert plain_literals('f ( <NUM_LIT:1> , "<STR_LIT:a b>" , <STR_LIT> )') == 'f ( 1 , "a b" ,  )'
    assert same_tokens("x = <NUM_LIT:1>", "x  =\t1")
