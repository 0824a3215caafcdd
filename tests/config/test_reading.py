"""Settings from a file, options and `--set`: which wins, and every fault with its place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field, model_validator

from codetune.config.faults import build_settings
from codetune.config.reading import parse_assignment, read_settings
from codetune.config.settings import Settings
from codetune.errors import ConfigError


class Inner(Settings):
    depth: int = Field(1, ge=1, description="How deep.")


class Some(Settings):
    """Settings with a field of each kind."""

    limit: int | None = Field(None, ge=1, description="Most rows.")
    rate: float = Field(0.5, gt=0, lt=1, description="A rate.")
    method: Literal["lora", "full"] = "lora"
    names: tuple[str, ...] = ()
    path: str | None = None
    strict: bool = False
    inner: Inner = Inner()

    @model_validator(mode="after")
    def _consistent(self) -> Some:
        if self.strict and self.limit is None:
            raise ValueError("strict needs a limit.")
        return self

    @classmethod
    def path_of(cls, key: str, values: Mapping[str, Any]) -> tuple[str | int, ...]:
        return ("inner", "depth") if key == "depth" else super().path_of(key, values)


def fault(*assignments: str, **more: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        read_settings(Some, assignments=assignments, **more)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_an_assignment_wins_over_the_file_and_an_option_too(tmp_path: Path) -> None:
    path = tmp_path / "some.yaml"
    path.write_text("limit: 3\nrate: 0.1\nnames: [a]\n")
    read = read_settings(Some, path, ["rate=0.2"], {"limit": 7, "path": None})
    assert read == Some(limit=7, rate=0.2, names=("a",))


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n"])
def test_an_empty_file_is_the_defaults(tmp_path: Path, text: str) -> None:
    (tmp_path / "e.yaml").write_text(text)
    assert read_settings(Some, tmp_path / "e.yaml", ["limit=2"]) == Some(limit=2)


def test_an_options_value_is_taken_as_it_is() -> None:
    assert read_settings(Some, options={"path": "a #1.jsonl"}).path == "a #1.jsonl"
    assert read_settings(Some, options={"path": "2024"}).path == "2024"


def test_values_of_assignments_are_yaml() -> None:
    read = read_settings(
        Some, assignments=["names=[a, b]", "strict=true", "limit=4", "path='5'", "inner.depth=2"]
    )
    assert read == Some(names=("a", "b"), strict=True, limit=4, path="5", inner=Inner(depth=2))


def test_settings_may_put_a_key_elsewhere() -> None:
    assert read_settings(Some, assignments=["depth=4"]).inner.depth == 4
    assert fault("depth=0") == "inner.depth has to be at least 1, not 0 (--set depth)."


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("limit=0", "limit has to be at least 1, not 0 (--set limit)."),
        ("limit=abc", "limit has to be a whole number, not 'abc' (--set limit)."),
        ("limit=1.5", "limit has to be a whole number, not 1.5 (--set limit)."),
        ("rate=1", "rate has to be less than 1, not 1 (--set rate)."),
        ("rate=.nan", "rate has to be less than 1, not nan (--set rate)."),
        ("method=lore", "method has to be 'lora' or 'full', not 'lore' (--set method)."),
        ("names=a", "names has to be a list, such as [a, b], not 'a' (--set names)."),
        ("path=2024", "path has to be text (put it in quotes), not 2024 (--set path)."),
        ("strict=perhaps", "strict has to be true or false, not 'perhaps' (--set strict)."),
        ("inner=3", "inner has to be a mapping, such as {key: value}, not 3 (--set inner)."),
        ("inner.dept=3", "unknown key 'inner.dept' (--set inner.dept); did you mean 'depth'?"),
        ("limt=3", "unknown key 'limt' (--set limt); did you mean 'limit'?"),
        ("strict=true", "strict needs a limit."),
        ("limit", "--set 'limit' is not of the form KEY=VALUE."),
        ("=3", "--set '=3' is not of the form KEY=VALUE."),
    ],
)
def test_each_fault_is_one_sentence_in_our_words(assignment: str, said: str) -> None:
    assert fault(assignment) == said


def test_a_value_with_an_open_bracket_is_one_sentence() -> None:
    said = fault("limit=[")
    assert said.startswith("'[' is not a value in YAML (--set limit);") and "\n" not in said


def test_faults_of_file_and_options_come_together(tmp_path: Path) -> None:
    path = tmp_path / "some.yaml"
    path.write_text("rate: 2\nlimt: 3\nrate: 3\n")
    said = fault("method=x", file=path, options={"limit": 0})
    assert said.startswith(f"{path} has 5 faults:")
    for line in (
        "line 2: unknown key 'limt'; did you mean 'limit'?",
        "line 3: rate has to be less than 1, not 3",
        "line 3: the key 'rate' stands twice",
        "--limit: limit has to be at least 1, not 0",
        "--set method: method has to be 'lora' or 'full', not 'x'",
    ):
        assert f"\n  {line}" in said


def test_an_option_and_set_for_the_same_value_are_refused() -> None:
    assert (
        fault("limit=3", options={"limit": 4}) == "--limit and --set limit set the same value; leave one out."
    )


def test_a_file_that_is_no_mapping(tmp_path: Path) -> None:
    (tmp_path / "list.yaml").write_text("[1, 2]\n")
    assert "the settings have to be a mapping" in fault(file=tmp_path / "list.yaml")


def test_settings_built_by_a_program_name_no_file() -> None:
    with pytest.raises(ConfigError) as caught:
        build_settings(Some, {"limit": 0, "rate": 5})
    assert str(caught.value).startswith("2 settings are wrong:\n  limit has to be at least 1, not 0\n")


def test_a_long_value_is_cut() -> None:
    said = fault(f"limit={'x' * 500}")
    assert len(said) < 150 and "..." in said


def test_an_equals_sign_may_stand_in_the_value() -> None:
    assert parse_assignment("path=a=b") == ("path", "a=b")
