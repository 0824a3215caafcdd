from __future__ import annotations

import pytest
from tests.synth.languages.programs_in_languages import CLAMP, NAMES, program

from codetune.synth.languages.calls import only_meaningless_calls
from codetune.synth.languages.given_code import given_code

NULL = {
    "javascript": "undefined", "typescript": "null", "java": "null", "go": "nil", "c": "NULL", "cpp": "nullptr",
    "csharp": "null", "php": "null", "ruby": "nil",
}  # fmt: skip


def meaningless(language: str, *arguments: str) -> bool:
    given = given_code(program(language, arguments), CLAMP[language], language)
    assert given is not None
    return only_meaningless_calls(given, NAMES[language])


@pytest.mark.parametrize("language", [language for language in CLAMP if language != "rust"])
def test_calls_with_null_alone_are_told_from_calls_with_data(language: str) -> None:
    null = f"{NULL[language]}, {NULL[language]}, {NULL[language]}"
    assert meaningless(language, null)
    assert not meaningless(language, null, "1, 2, 3")
    assert not meaningless(language, f"{NULL[language]}, 2, {NULL[language]}")


def test_arguments_inside_a_macro_count_as_data() -> None:
    assert not meaningless("rust", "None, None, None")
    code = "fn f(a: Option<u8>) -> u8 { 1 }"
    given = given_code(f"{code}\nfn main() {{ let x = f(None); println!(x); }}\n", code, "rust")
    assert given is not None and only_meaningless_calls(given, "f")


def test_functions_are_no_data_and_no_call_is_no_evidence() -> None:
    assert meaningless("javascript", "() => 1, function () {}, null")
    assert not meaningless("javascript", "() => 1, [], null")
    assert not meaningless("javascript", "")
    assert not meaningless("javascript")
    code = "function clamp(x) { return clamp(null); }"
    given = given_code(f"{code}\n[1].map(clamp);\n", code, "javascript")
    assert given is not None and not only_meaningless_calls(given, "clamp")
