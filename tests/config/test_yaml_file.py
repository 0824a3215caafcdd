"""YAML files: lines of keys, and what is refused quickly instead of hanging or crashing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codetune.config.yaml_file import load_yaml, parse_yaml
from codetune.errors import ConfigError


def fault(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, "x.yaml")
    return str(caught.value)


def test_keys_and_items_have_their_lines() -> None:
    file = parse_yaml("a:\n  - b: 1\n  - c\nd: &x {e: 2}\nf: *x\n", "x.yaml")
    assert file.data == {"a": [{"b": 1}, "c"], "d": {"e": 2}, "f": {"e": 2}}
    assert [file.line(path) for path in (("a",), ("a", 0, "b"), ("a", 1), ("d", "e"))] == [1, 2, 3, 4]
    assert file.line(("a", 0, "absent", "deeper")) == 2, "the nearest place around it"


def test_a_repeated_key_is_noted_and_the_last_value_stays() -> None:
    file = parse_yaml("a: 1\nb: 2\na: 3\n", "x.yaml")
    assert file.data == {"a": 3, "b": 2}
    assert file.repeated == (("a", 3),)


def test_an_assigned_value_knows_its_option() -> None:
    file = parse_yaml("a: {b: 1}\n", "x.yaml")
    file.assign(("a", "c", "d"), 5, "--set a.c.d")
    assert file.data == {"a": {"b": 1, "c": {"d": 5}}}
    assert file.option(("a", "c", "d")) == "--set a.c.d"
    assert file.option(("a", "b")) is None


def test_an_alias_of_itself_is_refused() -> None:
    assert fault("a: &a [1, *a]\n") == "an alias refers to the value it stands in (x.yaml, line 1)."
    assert "an alias refers" in fault("a: &a {b: *a}\n")


def test_aliases_of_aliases_do_not_expand_without_bound() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    assert "expand to more than 200,000 values" in fault("\n".join(lines))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [\n", "this is not valid YAML"),
        ("a: \x07\n", "characters that YAML does not allow"),
        ("a: 2026-99-99\n", "month must be in 1..12"),
        ("[" * 5000, "nested too deeply"),
        ("{[a, b]: c}", "a key has to be one word"),
        ("a: !!python/object:os.system x\n", "could not determine a constructor"),
    ],
)
def test_what_is_no_yaml_is_one_sentence(text: str, words: str) -> None:
    said = fault(text)
    assert words in said and "x.yaml" in said and "\n" not in said


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    (tmp_path / "latin.yaml").write_bytes(b"caf\xe9: 1\n")
    for path, words in (
        (pipe, "named pipe"),
        (tmp_path / "absent.yaml", "no such file"),
        (tmp_path, "is a directory"),
        (tmp_path / "latin.yaml", "not UTF-8"),
        (Path("/dev/zero"), "larger than 10 MB"),
        (Path("a\0b"), "can't be read"),
    ):
        with pytest.raises(ConfigError, match=words):
            load_yaml(path)


def test_a_byte_order_mark_is_no_part_of_a_key(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert load_yaml(path).data == {"a": 1}
