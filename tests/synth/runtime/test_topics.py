from __future__ import annotations

import pytest

from codetune.synth.runtime.topics import TOPICS, topics_of


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("Reverse every word of a string.", {"text and patterns"}),
        ("Write a SQL query that joins two tables.", {"data and databases"}),
        ("Sort an array of dates.", {"lists and sorting", "dates and times"}),
        ("编写一个函数，判断一个整数是否为素数。", {"numbers and maths"}),
        ("用线程锁保护字典。", {"concurrency", "dictionaries and sets"}),
        ("Be brief.", {"other"}),
        ("Classical music", {"other"}),
    ],
)
def test_topics_go_by_words(text: str, topics: set[str]) -> None:
    assert set(topics_of(text)) == topics and topics <= set(TOPICS)
