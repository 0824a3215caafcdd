"""Edits from histories, and histories from a model that plays a programmer."""

from __future__ import annotations

import asyncio
import json

import pytest
from tests.synth.conftest import ScriptedExecutor, snippet

from codetune.execution.languages.toolchains import toolchain
from codetune.execution.open import open_executor
from codetune.records import Check, EditHistory, Verdict

OLD = "def area(w, h):\n    return w * h\n\n\ndef edge(w, h):\n    return w + h\n\n\nprint(area(1, 2))"
MIDDLE = OLD.replace("def area(w, h):\n    return w * h", "def area(a, b):\n    return a * b")
NEW = MIDDLE.replace("def edge(w, h):\n    return w + h", "def edge(a, b):\n    return a + b").replace(
    "1, 2", "3, 4"
)
CODE = "def mean(values):\n    if not values:\n        return 0.0\n    return sum(values) / len(values)"


def history(*versions: str, **more) -> EditHistory:
    return EditHistory(
        **{"origin": "commit", "versions": versions, "programming_language": "python", "request": "Rename sides",
           "source": "git", "license": "MIT", **more}
    )  # fmt: skip


def make(built, context, row):
    return asyncio.run(built.make((row,), context))


def answering(
    follows=(True, False), user="Please give edge the same names.", chat="I renamed the parameters of edge."
):
    def answer(request) -> object:
        if request.json_schema:
            return json.dumps({"decisions": [{"reason": "the names", "follows": one} for one in follows]})
        return user if "would have said" in request.messages[0].content else chat

    return answer


GUESS = {"use_user_prob": 0, "use_history_prob": 1, "limit_one_block_prob": 0}
ASK = {"use_user_prob": 1, "use_history_prob": 1, "limit_one_block_prob": 0}


def test_only_changes_that_follow_make_the_next_text(make_context) -> None:
    built, context, model = make_context("edit", answering(), options=GUESS)
    (edit,) = [row for key in range(30) for row in make(built, context, history(OLD, MIDDLE, NEW, accepted=None,
               license=f"L{key}")).kept][:1]  # fmt: skip
    assert edit.current.code == MIDDLE and [state.code for state in edit.history] == [OLD]
    assert edit.next == NEW.replace("3, 4", "1, 2"), "the second change was judged not to follow"
    assert edit.user == "" and edit.chat.startswith("I renamed")
    assert (
        Check(check="follows from what is known", verdict="passed", detail="1 of 2 changes")
        in edit.lineage.checks
    )
    judged, told = model.asked[0].messages, model.asked[1].messages
    assert "Change 2:" in judged[-1].content and "-def area(w, h):" in judged[-1].content
    assert "3, 4" not in told[-1].content, "what was left out is not spoken of"


def test_where_somebody_asks_the_last_version_is_next(make_context) -> None:
    built, context, model = make_context("edit", answering(), options=ASK)
    rows = [
        row
        for key in range(30)
        for row in make(built, context, history(OLD, MIDDLE, NEW, license=f"L{key}")).kept
    ]
    assert rows and {row.next for row in rows} == {NEW}
    assert {row.user for row in rows} == {"Please give edge the same names."}
    assert "Rename sides" in model.asked[0].messages[-1].content, "the commit's subject helps"
    assert {generated.field for generated in rows[0].lineage.generated} == {"user", "chat"}


@pytest.mark.parametrize(
    ("origin", "request_text", "user"),
    [
        ("commit", "Rename sides", "Rename sides"),
        (
            "submission",
            "Add two numbers.",
            "Write a correct python program for the following problem:\n\nAdd two numbers.",
        ),
    ],
)
def test_at_the_beginning_the_authors_words_are_the_request(make_context, origin, request_text, user) -> None:
    built, context, model = make_context("edit", answering(), options={**ASK, "use_history_prob": 0})
    (row,) = make(built, context, history(OLD, NEW, origin=origin, request=request_text)).kept
    assert row.user == user and row.current.code == OLD
    assert len(model.asked) == 1, "only the chat is asked for"


@pytest.mark.parametrize(
    ("row", "answer", "reason"),
    [
        (history(OLD, NEW), answering(follows=(False, False, False)), "no change follows"),
        (history(OLD, NEW), answering(follows=(True,)), "wrong number of decisions"),
        (history(OLD, NEW), lambda request: "Sure!", "invalid JSON"),
        (
            history("x = [1,\n2]\ny = 1\nz = 3", "x = [1,\n3]\ny = 1\nz = ["),
            answering((False, True)),
            "breaks the syntax",
        ),
        (history("a = 1", "a  =  1"), answering((True,)), "no moment drawn"),
    ],
)
def test_edits_that_teach_nothing_are_rejected(make_context, row, answer, reason) -> None:
    built, context, _ = make_context("edit", answer, options={**GUESS, "use_history_prob": 0}, retries=0)
    made = make(built, context, row)
    assert not made.kept and [rejected.reason for rejected in made.rejected] == [reason]


def test_an_edit_without_words_is_kept_and_says_so(make_context) -> None:
    built, context, _ = make_context("edit", answering(chat="```python\nx\n```"), options=ASK, retries=0)
    row = next(
        r
        for key in range(30)
        for r in make(built, context, history(OLD, MIDDLE, NEW, license=f"L{key}")).kept
    )
    assert (
        row.chat == ""
        and Check(check="chat", verdict="failed", detail="code in the words") in row.lineage.checks
    )


def steps(*blocks: str) -> str:
    return "\n\n".join(f"Next:\n\n```python\n{block}\n```" for block in blocks)


FIRST = "def mean(values):\n    return sum(values) / len(values)"


def test_steps_of_a_programmer_are_a_history_from_an_empty_file(make_context) -> None:
    built, context, model = make_context("ai-programmer", lambda request: steps(FIRST, CODE, CODE))
    (row,) = make(built, context, snippet(CODE, "mean")).kept
    assert row.versions == ("", FIRST, CODE) and row.origin == "ai-programmer" and row.license == "MIT"
    assert CODE in model.asked[0].messages[-1].content


def test_the_skill_is_drawn_from_the_snippets_id(make_context) -> None:
    built, context, model = make_context("ai-programmer", lambda request: steps(FIRST, CODE))
    for number in range(40):
        make(built, context, snippet(CODE, "mean", repo=f"r{number}"))
    systems = [request.messages[0].content for request in model.asked]
    counts = [
        sum(f"You are {skill}" in system for system in systems)
        for skill in ("a novice", "an ordinary", "an expert")
    ]
    assert sum(counts) == 40 and min(counts) >= 4


SPACED = CODE.replace("\n    return sum", "\n\n    return sum")
QUOTED = CODE.replace("0.0", "(0.0)")


@pytest.mark.parametrize(
    ("last_step", "answer", "reason"),
    [
        ("exact", steps(FIRST, SPACED), "another program at the end"),
        ("formatting", steps(FIRST, SPACED), None),
        ("formatting", steps(FIRST, QUOTED), "another program at the end"),
        ("syntax", steps(FIRST, QUOTED), None),
        ("syntax", steps(CODE, FIRST), "another program at the end"),
        ("formatting", steps(CODE), "a single step"),
        ("formatting", steps(FIRST, FIRST, CODE), "two steps alike"),
        (
            "formatting",
            steps("def mean(values):", "    if not values:", "        return 0.0", CODE),
            "steps are pieces",
        ),
        ("formatting", "I can't do that.", "model declined"),
        ("formatting", "Just write it.", "no code"),
        ("formatting", steps(FIRST) + "\n\n```python\n" + CODE, "code block never closes"),
        ("formatting", (steps(FIRST, CODE), "length"), "cut short"),
    ],
)
def test_steps_are_checked(make_context, last_step, answer, reason) -> None:
    built, context, _ = make_context(
        "ai-programmer", lambda request: answer, options={"last_step": last_step}, retries=0
    )
    made = make(built, context, snippet(CODE, "mean"))
    assert [rejected.reason for rejected in made.rejected] == ([reason] if reason else [])
    if reason is None:
        assert made.kept[0].versions[-1] == CODE, "the last step becomes the snippet itself"


def test_an_empty_snippet_is_rejected_without_asking(make_context) -> None:
    built, context, model = make_context("ai-programmer", lambda request: "")
    made = make(built, context, snippet(" \n", "x"))
    assert [row.reason for row in made.rejected] == ["empty snippet"] and not model.asked


AT_FIRST = {"use_user_prob": 1, "use_history_prob": 0, "limit_one_block_prob": 0}
STATEMENT = "Add two numbers.\nSample Input\n\n    1\n    2\n\nSample Output\n\n    3"
WRONG = "a = int(input())\nb = int(input())\n\n\nprint(a - b)"
RIGHT = "a = int(input())\nb = int(input())\n\n\nprint(a + b)"


def by_output(expected: str):
    """Judges a program by the operator in it, as the samples would."""
    return lambda program: Verdict.PASS if expected in program.code else Verdict.WRONG


def verdicts(edit) -> dict[str, str]:
    return {check.check: check.verdict for check in edit.lineage.checks}


def test_the_judges_word_and_the_samples_are_on_record(make_context) -> None:
    executor = ScriptedExecutor(by_output("a + b"))
    built, context, _ = make_context("edit", answering(), options=AT_FIRST, executor=executor)
    accepted = history(WRONG, RIGHT, origin="submission", request=STATEMENT, accepted=True)
    (edit,) = make(built, context, accepted).kept
    assert (
        verdicts(edit)["contest's judge"] == verdicts(edit)["samples"] == verdicts(edit)["parses"] == "passed"
    )
    assert executor.ran[0].cases[0].stdin == "1\n2\n"


def test_an_edit_that_breaks_the_samples_is_rejected(make_context) -> None:
    executor = ScriptedExecutor(by_output("a + b"))
    built, context, _ = make_context("edit", answering(), options=AT_FIRST, executor=executor)
    broken = history(RIGHT, WRONG, origin="submission", request=STATEMENT)
    (row,) = make(built, context, broken).rejected
    assert row.reason == "breaks the program"


def test_without_samples_nothing_is_run_and_the_row_says_so(make_context) -> None:
    executor = ScriptedExecutor()
    built, context, _ = make_context("edit", answering(), options=AT_FIRST, executor=executor)
    (row,) = make(built, context, history(WRONG, RIGHT, origin="submission", request="Add.")).kept
    assert verdicts(row)["samples"] == "not run"
    assert not executor.ran


@pytest.mark.parametrize("language", ["ruby", "cpp"])
def test_samples_run_in_the_edits_own_language(make_context, language: str) -> None:
    if toolchain(language).path is None:
        pytest.skip(f"no toolchain for {language}")
    program = {
        "ruby": "a = gets.to_i\nb = gets.to_i\n\n\nputs a - b",
        "cpp": "#include <iostream>\nint main() {\n  int a, b;\n  std::cin >> a >> b;\n\n\n  std::cout << a - b;\n}",
    }[language]
    right = program.replace("a - b", "a + b")
    with open_executor(1) as executor:
        built, context, _ = make_context("edit", answering(), options=AT_FIRST, executor=executor)
        more = {"origin": "submission", "request": STATEMENT, "programming_language": language}
        (edit,) = make(built, context, history(program, right, **more)).kept
        assert verdicts(edit)["samples"] == "passed"
        (row,) = make(built, context, history(right, program, **more)).rejected
        assert row.reason == "breaks the program"


def test_samples_of_a_language_that_cannot_be_run_are_not_run(make_context) -> None:
    executor = ScriptedExecutor(lambda program: Verdict.SKIPPED)
    built, context, _ = make_context("edit", answering(), options=AT_FIRST, executor=executor)
    (edit,) = make(built, context, history(WRONG, RIGHT, origin="submission", request=STATEMENT)).kept
    assert verdicts(edit)["samples"] == "not run"


@pytest.mark.parametrize("generator", ["edit", "ai-programmer"])
def test_chinese_prompts_are_chinese(make_context, generator: str) -> None:
    _, context, _ = make_context(generator, answering(), language="zh")
    for name, prompt in context.prompts.items():
        assert prompt.name.endswith(".zh"), name


def test_words_in_another_language_are_rejected(make_context) -> None:
    said = {"user": "请把 edge 的参数名也改成一样的。", "chat": "I renamed the parameters of edge for you."}

    def answer(request) -> object:
        return said["user"] if "会说的话" in request.messages[0].content else said["chat"]

    built, context, _ = make_context("edit", answer, options=AT_FIRST, language="zh")
    (row,) = make(built, context, history(OLD, MIDDLE, NEW, request="")).kept
    assert (row.user, row.chat) == (said["user"], ""), "an English remark isn't taken"
    assert verdicts(row)["chat"] == "failed"
