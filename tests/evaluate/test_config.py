"""Settings of an evaluation that contradict each other are refused before anything is opened."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from codetune.evaluate.config import EvaluateConfig


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"benchmarks": ("humaneval", "humaneval")}, "benchmarks names 'humaneval' twice"),
        ({"serve": "http://"}, "it names no server"),
        ({"serve": "ftp://127.0.0.1/v1"}, "it must begin with http:// or https://"),
    ],
)
def test_what_can_not_be_is_named(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        EvaluateConfig(**settings)  # type: ignore[arg-type]
