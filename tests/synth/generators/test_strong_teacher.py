"""The generators with a strong teacher: unusual good answers are kept, and each bad one has its reason."""

from __future__ import annotations

import asyncio
import json

import pytest
from tests.synth.conftest import instruction, snippet

from codetune.synth.config import SynthConfig
from codetune.synth.options import options_of
from codetune.synth.registry import GENERATORS, build_generator

CODE = "def load(path):\n    stream = open(path)\n    return json.loads(stream.read())\n"


def answers(score: int = 5, **by_opening):
    """Answer by a word of the system turn."""

    def answer(request):
        system = request.messages[0].content
        for word, said in by_opening.items():
            if word in system.split(".")[0] and not system.startswith(("You check", "You decide")):
                return said
        return json.dumps({"reason": "So it is.", "score": score})

    return answer


def make(make_context, generator, answer, *rows, **more):
    built, context, model = make_context(generator, answer, profile="strong", retries=0, **more)
    return asyncio.run(built.make(tuple(rows), context)), model


def test_a_review_with_code_blocks_is_kept_and_scored(make_context) -> None:
    text = "- **major**: `stream` stays open.\n  ```python\n  with open(path) as stream:\n      return json.load(stream)\n  ```"
    shard, _ = make(
        make_context, "review", answers(review=f"<review>\n{text}\n</review>"), snippet(CODE, "load")
    )
    (row,) = shard.kept
    assert row.output == text and row.lineage.checks[-2].detail == "score 5 of 5: So it is."
    shard, _ = make(
        make_context, "review", answers(1, review=f"<review>{text}</review>"), snippet(CODE, "load")
    )
    assert shard.rejected[0].reason == "scored as not about the code"


def test_a_summary_has_a_drawn_length_and_may_use_other_words(make_context) -> None:
    said = answers(say="<summary>Parse whatever a file holds into plain data.</summary>")
    shard, model = make(make_context, "summarize", said, snippet(CODE, "load"))
    assert shard.kept[0].output == "Parse whatever a file holds into plain data."
    assert "Summarise it in " in model.asked[0].messages[-1].content


def test_an_evolved_task_may_show_code_and_passes_the_elimination(make_context) -> None:
    task = "Find the fault in this function and fix it:\n\n```python\ndef double(n, seen=[]):\n    seen.append(n)\n    return n * 2\n```"
    said = answers(4, turn=f"<instruction>\n{task}\n</instruction>", experienced="The default is shared.")
    shard, _ = make(make_context, "evolve", said, instruction())
    (row,) = shard.kept
    assert row.instruction == task and "elimination" in {c.check for c in row.lineage.checks}
    said = answers(1, turn=f"<instruction>\n{task}\n</instruction>")
    shard, _ = make(make_context, "evolve", said, instruction())
    assert shard.rejected[0].reason == "eliminated"


def test_a_class_with_methods_in_a_list_is_a_problem(make_context) -> None:
    problem = "Implement a class `Rolling`:\n\n* `add(value)`: take one reading\n* `mean()`: their mean\n\n```python\nRolling(3).add(1)\n```"
    solution = "```python\nclass Rolling:\n    def add(self, value):\n        pass\n    def mean(self):\n        return 0\n```"
    said = answers(invent=f"<problem>{problem}</problem>", solve=solution)
    shard, model = make(make_context, "oss-instruct", said, snippet(CODE, "load"))
    assert shard.kept[0].instruction == problem and shard.kept[0].output.startswith("class Rolling")
    assert "Difficulty: " in model.asked[0].messages[-1].content
    shard, _ = make(make_context, "oss-instruct", answers(2, invent=f"<problem>{problem}</problem>", solve=solution), snippet(CODE, "load"))  # fmt: skip
    assert shard.rejected[0].reason == "scored as no solution"


def test_tasks_stand_between_tags_with_their_inputs_as_they_are(make_context) -> None:
    said = (
        "<task>\n<instruction>Explain the output.</instruction>\n<input>print({1: '\"'})\n</input>\n</task>\n"
        "<task><instruction>Compare two sorting methods for nearly sorted data.</instruction></task>"
    )
    built, context, _ = make_context(
        "self-instruct", answers(invent=said, experienced="So."), profile="strong"
    )
    shard = asyncio.run(built.make((instruction(),), context))
    assert [row.input for row in shard.kept] == ["print({1: '\"'})", ""], shard.rejected


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("<think>Let me see, what would be harder", "only reasoning"),
        ("I'm sorry, but I can't do that.", "model declined"),
        ("<instruction>Schreiben Sie eine Funktion, die eine Zahl verdoppelt und das Ergebnis in einer Liste zurückgibt.</instruction>", "wrong language"),
        (("<instruction>Write a function that", "length"), "cut short"),
        ("", "empty answer"),
    ],
)  # fmt: skip
def test_each_bad_answer_has_its_own_reason(make_context, said, reason) -> None:
    shard, _ = make(make_context, "evolve", answers(turn=said), instruction())
    assert shard.rejected[0].reason == reason


def test_a_question_that_comes_back_is_told_as_that(make_context) -> None:
    shard, _ = make(make_context, "evolve", lambda request: request.messages[-1].content, instruction())
    assert shard.rejected[0].reason == "prompt repeated"


@pytest.mark.parametrize("name", GENERATORS)
def test_the_profile_goes_by_the_model_and_small_ones_keep_their_limits(name: str) -> None:
    assert build_generator(SynthConfig(generator=name), seed=0).profile == "small"
    assert build_generator(SynthConfig(generator=name, model="x.gguf"), seed=0).profile == "strong"
    assert build_generator(SynthConfig(generator=name, profile="strong"), seed=0).profile == "strong"


def test_given_options_go_before_the_profiles_defaults() -> None:
    assert options_of("instruct-from-code", {}, "small").max_words == 60
    assert options_of("instruct-from-code", {"max_words": 90}, "small").max_words == 90
    assert options_of("instruct-from-code", {}).max_words == 600


NUMPY = "Load a file.\n\nParameters\n----------\npath : str\n    The file.\n\nReturns\n-------\nobject\n    What it holds."


def summary_of(make_context, text: str, *, wanted: str, **options):
    """A summary of the first snippet whose drawn length is the wanted one, with its prompt."""
    for number in range(60):
        built, context, model = make_context(
            "summarize",
            answers(say=f"<summary>{text}</summary>"),
            profile="strong",
            retries=0,
            options=options,
        )
        documented = [
            snippet(f"def f{i}(path): pass", f"f{i}", NUMPY.replace("Load", f"Load {i}")) for i in range(3)
        ]
        built = built.surveyed(documented)
        shard = asyncio.run(built.make((snippet(CODE + f"# {number}\n", "load"),), context))
        row = [*shard.kept, *(reject.row for reject in shard.rejected)][0]
        told = [check for check in row.lineage.checks if check.check == "docstring convention"]
        if wanted in model.asked[0].messages[-1].content:
            return shard, told, model.asked[0].messages[-1].content
    raise AssertionError(f"no row was asked for {wanted}")


def test_a_whole_comment_is_asked_for_in_the_projects_convention(make_context) -> None:
    shard, (told,), asked = summary_of(make_context, NUMPY, wanted="documentation comment")
    assert "NumPy style" in asked and shard.kept[0].output == NUMPY
    assert (told.verdict, told.detail) == ("passed", "comment, numpy")
    _, (told,), _ = summary_of(make_context, "Load a file.", wanted="documentation comment")
    assert told.verdict == "failed"
    shard, _, _ = summary_of(
        make_context, "Load a file.", wanted="documentation comment", form="require", convention="sphinx"
    )
    assert shard.rejected[0].reason == "other form than asked for"
    assert "Sphinx style" in shard.rejected[0].detail


def test_one_line_is_one_line_and_marks_are_taken_off(make_context) -> None:
    shard, (told,), _ = summary_of(make_context, '"""Load a JSON file."""', wanted="one line")
    assert shard.kept[0].output == "Load a JSON file." and told.verdict == "passed"
    _, (told,), _ = summary_of(make_context, NUMPY, wanted="one line")
    assert told.verdict == "failed"


def test_a_summary_of_parameters_that_are_not_there_is_rejected(make_context) -> None:
    shard, _ = make(
        make_context,
        "summarize",
        answers(say=f"<summary>{NUMPY.replace('path', 'stream_name')}</summary>"),
        snippet(CODE, "load"),
    )
    assert shard.rejected[0].reason == "documents what is not there"
