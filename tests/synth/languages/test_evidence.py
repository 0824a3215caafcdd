"""What a program has to show of the given code, in ten languages and the real sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from tests.synth.conftest import snippet
from tests.synth.languages.programs_in_languages import CLAMP, NAMES, program

from codetune.execution.languages.toolchains import toolchain
from codetune.execution.open import open_executor
from codetune.execution.protocol import Execution, Executor
from codetune.records import Check, Verdict
from codetune.rejection import Rejection
from codetune.synth.checks.snippet_text import SnippetView
from codetune.synth.languages.evidence import checks_in_language, same_lines, stable_lines
from codetune.synth.options import InstructFromCodeOptions

ALL_THREE = ("5, 0, 3", "-1, 0, 3", "2, 0, 3")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Executor]:
    executor = open_executor(2)
    yield executor
    executor.close()


def shown(
    make_context, sandbox, language: str, text: str, *, code: str = "", name: str = "", **options
) -> dict[str, Check]:
    if toolchain(language).path is None:
        pytest.skip(f"no toolchain for {language}")
    _, context, _ = make_context("instruct-from-code", lambda request: "", executor=sandbox)
    view = SnippetView(snippet(code or CLAMP[language], name or NAMES[language], language=language))
    checks = asyncio.run(checks_in_language(text, view, context, InstructFromCodeOptions(**options)))
    return {check.check: check for check in checks}


@pytest.mark.parametrize("language", CLAMP)
def test_a_program_that_uses_the_code_shows_it(make_context, sandbox, language: str) -> None:
    found = shown(make_context, sandbox, language, program(language, ALL_THREE))
    assert found["branches"].detail == "4 of 4 branches"
    assert found["result depends on the code"].detail == "tried with an empty body"
    assert {check.verdict for check in found.values()} == {"passed"}


@pytest.mark.parametrize("language", ["javascript", "php", "go"])
def test_programs_that_show_nothing_of_the_code_have_their_reasons(
    make_context, sandbox, language: str
) -> None:
    cases = (
        (program(language, constant="7"), "code not called"),
        (program(language, ignored=ALL_THREE, constant="7"), "result does not depend on the code"),
        (program(language, ("5, 0, 3",)), None),
        (program(language, ("2, 0, 3",)).replace("0, 3", "0"), "did not run"),
    )
    for text, reason in cases[:3] if language == "javascript" else cases:
        if reason is None:  # two of four branches
            assert shown(make_context, sandbox, language, text)
            continue
        with pytest.raises(Rejection) as refused:
            shown(make_context, sandbox, language, text)
        assert refused.value.reason == reason, (text, refused.value)


def test_few_branches_and_silence_are_told(make_context, sandbox) -> None:
    text = program("javascript", ("5, 0, 3",))
    with pytest.raises(Rejection, match="2 of 4") as refused:
        shown(make_context, sandbox, "javascript", text, min_branches=0.8)
    assert refused.value.reason == "too few branches"
    with pytest.raises(Rejection) as refused:
        shown(make_context, sandbox, "javascript", program("javascript", ignored=ALL_THREE))
    assert refused.value.reason == "shows no result"
    asserts = program("javascript") + 'require("assert").strictEqual(clamp(5, 0, 3), 3);\n'
    assert shown(make_context, sandbox, "javascript", asserts)["branches"].detail == "2 of 4 branches"


def test_a_later_definition_of_the_same_name_is_a_stub(make_context, sandbox) -> None:
    stubbed = program("javascript", ALL_THREE) + "function clamp() { return 1; }\n"
    with pytest.raises(Rejection) as refused:
        shown(make_context, sandbox, "javascript", stubbed)
    assert refused.value.reason == "code not called"


@pytest.mark.parametrize(
    ("language", "code", "text"),
    [
        ("javascript", "function up(text) {\n  return text.toUpperCase();\n}", "{code}\nup('a').length;\nconsole.log(3);\n"),
        ("php", "function up($text) {\n    return [strtoupper($text)];\n}", "<?php\n{code}\n$x = count(up('a'));\necho 3;\n"),
        ("java", "static String up(String text) {\n    return text.toUpperCase();\n}",
         "class Main {\n{code}\n    public static void main(String[] a) {\n        up(\"a\").length();\n        System.out.println(3);\n    }\n}\n"),
    ],
)  # fmt: skip
def test_a_constant_is_told_though_the_program_fails_on_nothing(
    make_context, sandbox, language: str, code: str, text: str
) -> None:
    with pytest.raises(Rejection) as refused:
        shown(make_context, sandbox, language, text.replace("{code}", code), code=code, name="up")
    assert refused.value.reason == "result does not depend on the code"


def test_nothing_but_null_is_no_meaningful_input(make_context, sandbox) -> None:
    with pytest.raises(Rejection) as refused:
        shown(make_context, sandbox, "javascript", program("javascript", ("null, null, null",)))
    assert refused.value.reason == "no meaningful input"


def test_a_package_that_is_not_there_is_named(make_context, sandbox) -> None:
    text = 'require("nolib");\n' + program("javascript", ALL_THREE)
    with pytest.raises(Rejection, match="nolib") as refused:
        shown(make_context, sandbox, "javascript", text)
    assert refused.value.reason == "package not found"


def test_code_without_a_known_empty_value_gets_a_body_that_fails(make_context, sandbox) -> None:
    code = "fn above(low: i64) -> impl Fn(i64) -> bool {\n    move |x| x > low\n}"
    text = code + '\n\nfn main() {\n    println!("{}", above(3)(4));\n}\n'
    found = shown(make_context, sandbox, "rust", text, code=code, name="above")
    assert found["branches"].detail == "called"
    assert found["result depends on the code"].detail == "tried with a body that fails"


def test_output_that_changes_from_run_to_run_is_no_evidence(make_context, sandbox) -> None:
    code = "function now() {\n  return process.hrtime.bigint();\n}"
    text = code + "\nconsole.log(now(), process.hrtime.bigint());\n"
    found = shown(make_context, sandbox, "javascript", text, code=code, name="now")
    assert found["result depends on the code"].verdict == "not run"


class Skips:
    """A machine without the language."""

    def run(self, programs):
        for asked in programs:
            yield Execution(
                id=asked.id, verdict=Verdict.SKIPPED, cpu_seconds=0.0, wall_seconds=0.0, detail="g++ is not installed",
            )  # fmt: skip

    def close(self) -> None:
        pass


def test_a_missing_toolchain_is_told_and_refuses_nothing(make_context) -> None:
    _, context, _ = make_context("instruct-from-code", lambda request: "", executor=Skips())
    view = SnippetView(snippet(CLAMP["cpp"], "clamp", language="cpp"))
    text = program("cpp", ALL_THREE)
    (check,) = asyncio.run(checks_in_language(text, view, context, InstructFromCodeOptions()))
    assert (check.check, check.verdict, check.detail) == ("runs", "not run", "g++ is not installed")
    with pytest.raises(Rejection) as refused:
        asyncio.run(checks_in_language(text, view, context, InstructFromCodeOptions(unrunnable="refuse")))
    assert refused.value.reason == "could not be run"


def printing(text: str) -> Execution:
    return Execution(id="a", verdict=Verdict.PASS, cpu_seconds=0.0, wall_seconds=0.0, stdout=text)


def test_lines_are_compared_where_two_runs_agree() -> None:
    wanted = stable_lines(printing("a\n0.3\n17:03\n"), printing("a\n0.3\n17:04\n"))
    assert wanted == ["a", "0.3", None]
    assert same_lines(wanted, printing("a\n0.30000000001\n")) == [True, True]
    assert same_lines(wanted, printing("b")) == [False, False]
