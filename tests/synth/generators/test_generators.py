"""Each generator with a scripted model: what a good answer becomes, and what each bad one is refused for."""

from __future__ import annotations

import asyncio
import json

import pytest
from tests.synth.conftest import ScriptedExecutor, instruction, snippet

from codetune.execution.open import open_executor
from codetune.records import Check, Verdict

DOUBLE = "def double(n):\n    if n < 0:\n        return n * 2\n    return n + n\n"


def make(built, context, *rows):
    return asyncio.run(built.make(tuple(rows), context))


def by_prompt(**answers):
    """Answer by a word of the system turn or of the schema."""

    def answer(request):
        schema = request.json_schema or {}
        for key, said in answers.items():
            if key in schema.get("properties", {}) or (key == "text" and not schema):
                return (
                    said(request) if callable(said) else said if isinstance(said, str) else json.dumps(said)
                )
        raise AssertionError(schema)

    return answer


def fenced(code: str) -> str:
    return f"```python\n{code}```"


# solve-and-test, in the real sandbox


@pytest.fixture(scope="module")
def sandbox():
    executor = open_executor(1)
    yield executor
    executor.close()


BITING = ["assert double(2) == 4", "assert double(-3) == -6", "assert double(0) == 0"]


def solved(make_context, sandbox, tests, code=DOUBLE, **options):
    built, context, _ = make_context(
        "solve-and-test",
        by_prompt(tests={"tests": tests}, text=fenced(code)),
        executor=sandbox,
        options=options,
        retries=0,
    )
    return make(built, context, instruction())


def test_tests_that_bite_are_kept_with_their_score(make_context, sandbox) -> None:
    (row,) = solved(make_context, sandbox, BITING).kept
    assert row.output == DOUBLE and row.tests == "\n".join(BITING) + "\n"
    checks = {check.check: check for check in row.lineage.checks}
    assert set(checks) == {"tests pass twice", "empty body fails", "mutation score"}
    killed, total = (int(word) for word in checks["mutation score"].detail.split() if word.isdigit())
    assert 0.5 <= killed / total <= 1 and total == 8
    assert [g.field for g in row.lineage.generated] == ["output", "tests"]
    assert row.lineage.parents == (instruction().id,)


@pytest.mark.parametrize(
    ("tests", "code", "reason"),
    [
        (["assert double(2) == 5"], DOUBLE, "tests fail"),
        (["assert double(0) == 0"], DOUBLE, "tests too weak"),
        (["assert double(0) == None"], "def double(n):\n    return None\n", "tests can't fail"),
        (["assert 4 == 4"], DOUBLE, "not a test"),
        (["double(2) == 4"], DOUBLE, "not a test"),
        (["assert double(2 == 4"], DOUBLE, "tests do not parse"),
        (["assert double(2) == 4"], "x = 1\n", "no function"),
        (["assert double(2) == 4"], "def double(n) return\n", "does not parse"),
        (["assert double(2) == 4"], "def double(n):\n    while True: pass\n", "tests fail"),
        (
            ["assert double(2) == 4"],
            "import os\ndef double(n):\n    os._exit(0)\n",
            "tests fail",
        ),
    ],
)  # fmt: skip
def test_tests_that_prove_nothing_are_refused(make_context, sandbox, tests, code, reason) -> None:
    shard = solved(make_context, sandbox, tests, code, cpu_seconds=1)
    assert not shard.kept
    (reject,) = shard.rejected
    assert (reject.reason, reject.stage) == (reason, "synth"), reject.detail
    assert reject.row.lineage.checks[-1] == Check(check="solve-and-test", verdict="failed", detail=reason)


def test_a_flaky_solution_is_refused(make_context) -> None:
    executor = ScriptedExecutor(lambda p: Verdict.WRONG if "once more" in p.tests else Verdict.PASS)
    shard = solved(make_context, executor, BITING)
    assert shard.rejected[0].reason == "flaky"


def test_a_sandbox_that_can_not_run_it_proves_nothing(make_context) -> None:
    shard = solved(make_context, ScriptedExecutor(lambda p: Verdict.SKIPPED), BITING)
    assert shard.rejected[0].reason == "could not be run"


# instruct-from-code in another language


GO = 'func Shout(text string) string {\n\treturn strings.ToUpper(text) + "!"\n}'
GO_PARTS = {
    "imports": 'import (\n\t"fmt"\n\t"strings"\n)',
    "definitions": "",
    "example": 'fmt.Println(Shout("hi"))',
}
SHOUT = {"instruction": "Write a Go function `Shout` that returns the text in upper case with a mark."}


def test_go_is_completed_around_the_unchanged_code(make_context) -> None:
    built, context, _ = make_context(
        "instruct-from-code", by_prompt(instruction=SHOUT, imports=GO_PARTS), options={"min_grounded": 0}
    )
    (row,) = make(built, context, snippet(GO, "Shout", "Return text in upper case.", "go")).kept
    assert row.output.startswith("package main\n\nimport (") and GO in row.output
    assert row.output.endswith('func main() {\n    fmt.Println(Shout("hi"))\n}\n')


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({**GO_PARTS, "example": "fmt.Println(1)"}, "example doesn't use the code"),
        ({**GO_PARTS, "example": "fmt.Println(Shout("}, "does not parse"),
    ],
)
def test_a_program_that_is_none_is_refused_and_its_statement_kept(make_context, parts, reason) -> None:
    answer = by_prompt(instruction=SHOUT, imports=parts)
    built, context, model = make_context("instruct-from-code", answer, options={"min_grounded": 0})
    (reject,) = make(built, context, snippet(GO, "Shout", None, "go")).rejected
    assert reject.reason == reason and reject.row.instruction == SHOUT["instruction"]
    assert [(c.check, c.verdict) for c in reject.row.lineage.checks] == [
        ("statement", "passed"),
        ("program", "failed"),
    ]
    assert len(model.asked) == 3  # one statement, and the program twice
    built, context, _ = make_context(
        "instruct-from-code", answer, options={"min_grounded": 0, "accept": "statement"}
    )
    (row,) = make(built, context, snippet(GO, "Shout", None, "go")).kept
    assert row.output == GO and row.lineage.checks[-1].verdict == "failed"
    assert [entry.field for entry in row.lineage.generated] == ["instruction"]


def test_a_program_that_did_not_run_leaves_the_code_as_it_was_found(make_context) -> None:
    answer = by_prompt(instruction=SHOUT, imports=GO_PARTS)
    failing = ScriptedExecutor(lambda p: Verdict.RUNTIME)
    built, context, _ = make_context(
        "instruct-from-code", answer, executor=failing, options={"min_grounded": 0, "accept": "statement"}
    )
    (row,) = make(built, context, snippet(GO, "Shout", None, "go")).kept
    assert row.output == GO and row.lineage.checks[-1].detail == "did not run"
    assert [entry.field for entry in row.lineage.generated] == ["instruction"]  # nobody wrote this output


def test_a_language_without_toolchain_is_kept_as_not_run_or_refused(make_context) -> None:
    answer = by_prompt(instruction=SHOUT, imports=GO_PARTS)
    absent = ScriptedExecutor(lambda p: Verdict.SKIPPED)
    built, context, _ = make_context(
        "instruct-from-code", answer, executor=absent, options={"min_grounded": 0}
    )
    (row,) = make(built, context, snippet(GO, "Shout", None, "go")).kept
    assert (row.lineage.checks[-1].check, row.lineage.checks[-1].verdict) == ("runs", "not run")
    options = {"min_grounded": 0, "unrunnable": "refuse"}
    built, context, _ = make_context("instruct-from-code", answer, executor=absent, options=options)
    assert make(built, context, snippet(GO, "Shout", None, "go")).rejected[0].reason == "could not be run"


def test_chinese_statements_are_asked_for_in_chinese(make_context) -> None:
    said = {"instruction": "编写一个 Go 函数 `Shout`，返回文本的大写形式并加上感叹号。"}
    built, context, model = make_context(
        "instruct-from-code", by_prompt(instruction=said, imports=GO_PARTS), language="zh"
    )
    (row,) = make(built, context, snippet(GO, "Shout", None, "go")).kept
    assert row.language == "zh" and "开头写" in model.asked[0].messages[-1].content


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (snippet("x" * 5000, "f"), "snippet too long"),
        (snippet("IDENTIFICATION DIVISION.", "f", language="cobol"), "language not supported"),
        (snippet("lambda: 1", None), "snippet without a name"),
    ],
)
def test_a_snippet_not_worth_a_request_costs_none(make_context, given, reason) -> None:
    built, context, model = make_context("instruct-from-code", lambda request: "")
    assert make(built, context, given).rejected[0].reason == reason
    assert not model.asked


# self-instruct


def tasks(*texts):
    return {"tasks": [{"instruction": text, "needs_input": False, "input": ""} for text in texts]}


def test_new_tasks_are_answered_and_old_ones_refused_before_they_cost_an_answer(make_context) -> None:
    new, old = (
        "Explain how a bloom filter forgets nothing it saw.",
        "Write a function `double` that doubles one number.",
    )
    built, context, model = make_context("self-instruct", by_prompt(tasks=tasks(new, old), text="Because."))
    seeds = [instruction(), instruction("Sort a list of words by their length.")]
    built.load(seeds)
    shard = built.finalize([make(built, context, *item) for item in built.items(seeds)])
    assert [row.instruction for row in shard.kept] == [new]
    assert shard.kept[0].output == "Because." and shard.kept[0].lineage.parents[0] == seeds[0].id
    # The old task twice, and the new one a second time.
    assert [reject.reason for reject in shard.rejected] == ["not new", "not new", "not new"]
    assert sum(request.json_schema is None for request in model.asked) == 2


def test_a_task_that_lacks_its_input_is_refused(make_context) -> None:
    said = {"tasks": [{"instruction": "Mend the fault in this program.", "needs_input": True, "input": " "}]}
    built, context, _ = make_context("self-instruct", by_prompt(tasks=said, text="Done."))
    assert make(built, context, instruction()).rejected[0].reason == "input missing"


# evolve


def test_an_evolved_instruction_is_answered_and_evolved_again(make_context) -> None:
    def evolved(request):
        again = "matrix" in request.messages[-1].content
        harder = "that doubles each row of a matrix in place." if again else "that doubles a matrix."
        return json.dumps({"instruction": f"Write a function `double` {harder}"})

    built, context, _ = make_context(
        "evolve", by_prompt(instruction=evolved, text="See below."), options={"rounds": 2}
    )
    first, second = make(built, context, instruction()).kept
    assert second.lineage.parents == (first.id,) and second.lineage.group == first.lineage.group
    assert first.tags[0] == "evolve" and first.tags[1] in built.options.methods


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (instruction().instruction, "nothing gained"),
        ("Rewrite the given prompt so that it doubles twice, please.", "prompt leaked"),
        ("I'm sorry, but I can't make this any harder than it is.", "model declined"),
        ("Harder.", "length"),
    ],
)
def test_failed_evolutions_are_eliminated(make_context, said, reason) -> None:
    built, context, _ = make_context(
        "evolve", by_prompt(instruction={"instruction": said}, text="x"), retries=0
    )
    assert make(built, context, instruction()).rejected[0].reason == reason


# oss-instruct


def test_a_problem_is_invented_and_a_copy_of_the_snippet_refused(make_context) -> None:
    problem = {
        "problem": "Write a function that counts how often each word of a text occurs and returns the counts."
    }
    given = snippet(DOUBLE, "double")
    other = "def count(text):\n    return {w: text.split().count(w) for w in text.split()}\n"
    built, context, _ = make_context("oss-instruct", by_prompt(problem=problem, text=fenced(other)))
    (row,) = make(built, context, given).kept
    assert row.output == other and row.license == "MIT"
    built, context, _ = make_context("oss-instruct", by_prompt(problem=problem, text=fenced(DOUBLE)))
    assert make(built, context, given).rejected[0].reason == "repeats the snippet"


# fill-ins


def test_a_summary_goes_into_a_worded_row(make_context) -> None:
    built, context, _ = make_context("summarize", by_prompt(text={"text": "Doubles the given n."}))
    (row,) = make(built, context, snippet(DOUBLE, "double")).kept
    assert (
        row.task == "code_summarization"
        and row.output.startswith("Doubles")
        and DOUBLE.strip() in row.instruction + row.input
    )


def test_the_reason_of_a_defect_follows_its_verdict(make_context) -> None:
    said = by_prompt(text={"text": "The call strcpy writes past the end of the buffer text."})
    built, context, _ = make_context("explain-defect", said)
    given = instruction(
        "Is this defective?", task="defect_detection", input="strcpy(text, buffer);", output="Yes."
    )
    (row,) = make(built, context, given).kept
    assert row.output == "Yes. The call strcpy writes past the end of the buffer text."
    assert make(built, context, instruction()).rejected[0].reason == "other task"


def test_a_review_of_something_else_is_refused(make_context) -> None:
    said = by_prompt(text={"text": "Database connections should be pooled across several threads."})
    built, context, _ = make_context("review", said)
    assert make(built, context, snippet(DOUBLE, "double")).rejected[0].reason == "not about the code"


# translate


EN = "Write `f(x)` that reads config.yaml and returns 3 lines of user_name."


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("编写 ⟦0⟧，读取 config.yaml 并返回 user_name 的 3 行。", None),
        ("编写函数，读取 config.yaml 并返回 user_name 的 3 行。", "code lost"),
        ("编写 ⟦0⟧，读取 config.yaml 并返回用户名的 3 行。", "names or numbers changed"),
        ("编写 ⟦0⟧，读取 config.yaml 并返回 user_name 的 4 行。", "names or numbers changed"),
        ("Please write ⟦0⟧ for config.yaml, 3 lines, user_name.", "wrong language"),
    ],
)
def test_only_the_language_may_change(make_context, said, reason) -> None:
    built, context, _ = make_context("translate", lambda request: said, retries=0)
    shard = make(built, context, instruction(EN, output="x = 1\n"))
    if reason is None:
        (row,) = shard.kept
        assert (
            row.instruction == said.replace("⟦0⟧", "`f(x)`")
            and row.language == "zh"
            and row.output == "x = 1\n"
        )
    else:
        assert shard.rejected[0].reason == reason


def test_a_round_trip_that_comes_back_different_is_refused(make_context) -> None:
    far = (
        "Nobody thought that ⟦0⟧ would one day delete user_name while 3 old friends watched config.yaml burn."
    )
    for back, kept in ((EN.replace("`f(x)`", "⟦0⟧"), 1), (far, 0)):

        def said(request, back=back):
            forth = "to Chinese" in request.messages[-1].content
            return "编写 ⟦0⟧，读取 config.yaml 并返回 user_name 的 3 行。" if forth else back

        built, context, _ = make_context("translate", said, options={"round_trip": True}, retries=0)
        assert len(make(built, context, instruction(EN)).kept) == kept


def test_a_row_that_is_in_the_language_already_is_left_alone(make_context) -> None:
    built, context, model = make_context("translate", lambda request: "x")
    assert (
        make(built, context, instruction("编写函数", language="zh")).rejected[0].reason
        == "already in the language"
    )
    assert not model.asked


# judge


def scores(*values):
    names = ("correctness", "clarity", "usefulness")
    return json.dumps(
        {n: {"reason": f"it is worth {v}", "score": v} for n, v in zip(names, values, strict=True)}
    )


def test_votes_of_several_models_are_weighed_and_kept_with_the_row(make_context) -> None:
    built, context, _ = make_context("judge", lambda r: scores(4, 4, 5), voters=(lambda r: scores(4, 2, 5),))
    row = instruction(output="x")
    (judged,) = make(built, context, row).kept
    assert judged.id == row.id and judged.output == row.output
    checks = {check.check: check for check in judged.lineage.checks}
    assert checks["judge"].detail == "score 4.00, agreement 0.83, 2 of 2 votes"
    assert checks["judge: clarity"].detail == "4, 2: it is worth 4"
    assert len(judged.lineage.generated) == 2


def test_low_scores_and_quarrels_are_refused(make_context) -> None:
    built, context, _ = make_context("judge", lambda r: scores(2, 2, 3))
    assert make(built, context, instruction(output="x")).rejected[0].reason == "low score"
    built, context, _ = make_context(
        "judge",
        lambda r: scores(5, 5, 5),
        voters=(lambda r: scores(1, 1, 1),),
        options={"min_agreement": 0.5},
    )
    assert make(built, context, instruction(output="x")).rejected[0].reason == "votes disagree"


def test_a_vote_that_can_not_be_read_is_missing_not_zero(make_context) -> None:
    built, context, _ = make_context("judge", lambda r: scores(4, 4, 4), voters=(lambda r: "no",), retries=0)
    (judged,) = make(built, context, instruction(output="x")).kept
    assert judged.lineage.checks[-1].detail == "score 4.00, one vote, 1 of 2 votes"
    built, context, _ = make_context("judge", lambda r: "no", retries=0)
    reject = make(built, context, instruction(output="x")).rejected[0]
    assert reject.reason == "invalid JSON" and reject.row.lineage.checks[-1].verdict == "not run"


def test_a_statement_has_to_be_in_words_of_the_documentation_where_that_is_asked_for(make_context) -> None:
    code = "def flash(self, times):\n    for _ in range(times):\n        self.lamp.toggle()\n"
    guess = "Write a function `flash` that burns a new image onto the memory of the lamp."
    right = "Write a function `flash` that makes the lamp blink a number of times."

    def reason(statement: str, docstring: str | None, least: float) -> str | None:
        built, context, _ = make_context(
            "instruct-from-code", by_prompt(instruction={"instruction": statement}),
            options={"min_grounded": 0, "min_documented": least, "complete": False}, retries=0,
        )  # fmt: skip
        shard = asyncio.run(built.make((snippet(code, "flash", docstring),), context))
        return shard.rejected[0].reason if shard.rejected else None

    documented = "Let the lamp blink a number of times."
    assert reason(guess, documented, 0.6) == "not as documented"
    assert reason(right, documented, 0.6) is None and reason(guess, documented, 0) is None
    assert reason(right, None, 0.6) == "no documentation"
