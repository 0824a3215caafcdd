from __future__ import annotations

import pytest

from codetune.records import Instruction
from codetune.rejection import Rejection
from codetune.tasks.registry import get_task
from codetune.tasks.translation.masking import is_worth_translating, translation_fault
from codetune.tasks.translation.row_translation import translation_of

CODE = "def f(x):\n    return x + 1"


def asked(task: str, fields: dict, language: str = "en", **more) -> Instruction:
    rendered = get_task(task).render(
        {**fields, "programming_language": "python"}, record_id="r", language=language
    )
    row = Instruction(
        task=task, instruction=rendered.instruction, input=rendered.input, output=rendered.output,
        language=language, programming_language="python", source="test", **more,
    )  # fmt: skip
    object.__setattr__(row.lineage, "prompt_template", rendered.prompt_template)
    return row


def test_yes_and_no_have_a_fixed_word_and_nothing_is_asked() -> None:
    row = asked("defect_detection", {"code": CODE, "label": False})
    wanted = translation_of(row, "zh")
    assert wanted.masked == {}
    made = wanted.put({})
    assert (made.output, made.input, made.language) == ("否", CODE, "zh")
    assert "C" not in made.instruction and made.lineage.parents[-1] == row.id
    back = translation_of(made, "en").put({})
    assert (back.output, back.instruction) == ("No", row.instruction)


def test_the_description_in_the_input_is_translated_and_its_code_is_not() -> None:
    row = asked("code_generation", {"description": "Adds `one` to x.", "signature": "def f(x)", "code": CODE})
    wanted = translation_of(row, "zh")
    assert {name: text.text for name, text in wanted.masked.items()} == {"description": "Adds ⟦0⟧ to x."}
    made = wanted.put({"description": "给 x 加 ⟦0⟧。"})
    assert made.input == "给 x 加 `one`。\n\ndef f(x)" and made.output == CODE


def test_a_query_is_translated_and_its_candidates_are_not() -> None:
    row = asked(
        "code_search",
        {"query": "add one", "candidates": (CODE, "y"), "answer": 0},
        candidates=(CODE, "y"),
    )
    wanted = translation_of(row, "zh")
    assert list(wanted.masked) == ["query"]
    made = wanted.put({"query": "加一"})
    assert made.input == f"加一\n\n[1]\n{CODE}\n\n[2]\ny" and made.output == "1"


def test_code_of_a_source_without_a_fence_stays_and_nothing_of_it_is_asked() -> None:
    row = Instruction(
        task="instruction_following", instruction="Add one to x.", input="x = 1", output=CODE, source="test"
    )
    wanted = translation_of(row, "zh")
    assert list(wanted.masked) == ["instruction"]
    assert wanted.put({"instruction": "给 x 加一。"}).output == CODE


def test_labels_of_a_row_in_other_words_have_their_fixed_word_too() -> None:
    row = Instruction(
        task="defect_detection", instruction="Any hole here?", input=CODE, output="Yes", source="t"
    )
    made = translation_of(row, "zh").put({"instruction": "这里有漏洞吗？"})
    assert made.output == "是"
    with pytest.raises(Rejection, match="no word for yes or no"):
        translation_of(row, "de")


def test_a_language_without_templates_is_told_by_content() -> None:
    row = asked("code_summarization", {"code": CODE, "docstring": "Adds one to the number."})
    wanted = translation_of(row, "de")
    assert list(wanted.masked) == ["instruction", "output"]


def test_marks_have_to_come_back() -> None:
    row = Instruction(task="instruction_following", instruction="Call `f` twice.", output="1", source="t")
    with pytest.raises(Rejection, match="code lost"):
        translation_of(row, "zh").put({"instruction": "调用两次。"})


@pytest.mark.parametrize(
    ("text", "to", "worth"),
    [
        ("5", "zh", False),
        ("config.yaml", "zh", False),
        ("https://e.org/a.jpg, saved_image.jpg", "zh", False),
        ('["apple", "pear"]', "zh", False),
        ("⟦0⟧", "zh", False),
        ("Add the numbers", "zh", True),
        ("已经是中文 JSON", "zh", False),
        ("add one", "en", False),
        ("加一", "en", True),
    ],
)
def test_what_has_no_words_is_not_sent(text, to, worth) -> None:
    assert is_worth_translating(text, to) is worth


@pytest.mark.parametrize(
    ("original", "said", "reason"),
    [
        ("Read 3 lines of config.yaml", "读取config.yaml的3行", None),
        ("Use FastAPI and Node.js with a REST API", "用 FastAPI 和 Node.js 写 REST API", None),
        ("input/output is read", "读取输入/输出", None),
        ("Read /etc/hosts", "读取主机文件", "names or numbers changed"),
        ("Read it", "please read all of the lines in it", "wrong language"),
        ("Read it", "Lesen", "wrong language"),
        ('Sample: "the cat sits on the warm mat"', '样例: "the cat sits on the warm mat"', None),
        ('Say "the cat sits on the warm mat"', '"the cat sits on the warm mat"', "wrong language"),
    ],
)
def test_faults_of_a_translation(original, said, reason) -> None:
    found = translation_fault(original, said, 0, "zh")
    assert (found and found[0]) == reason


def test_blanks_around_a_text_stay_whatever_the_model_makes_of_them() -> None:
    row = Instruction(
        task="instruction_following", instruction="Add one.\n", input="\nThe first line.\n\n", output="Done it.", source="test"
    )  # fmt: skip
    wanted = translation_of(row, "zh")
    made = wanted.put({"instruction": "加一。", "input": " 第一行。", "output": "完成了。\n"})
    assert (made.instruction, made.input, made.output) == ("加一。\n", "\n第一行。\n\n", "完成了。")
