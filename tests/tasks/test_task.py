"""Prompt templates: complete, stable, in both languages, and faithful to the row's text."""

from __future__ import annotations

import pytest

from codetune.errors import ConfigError, DataError
from codetune.tasks.registry import TASKS, get_task
from codetune.tasks.task import FieldValue, Task

FIELDS: dict[str, FieldValue] = {
    "code": "def f(x):\n    return x",
    "docstring": "Return x.",
    "description": "Give x back.",
    "signature": "def f(x):",
    "context": "class A: ...",
    "query": "identity function",
    "candidates": ("alpha()", "beta()"),
    "answer": 1,
    "code_a": "int a;",
    "code_b": "int b;",
    "label": True,
    "prefix": "total = ",
    "suffix": "\nprint(total)",
    "completion": "sum(xs)",
    "fixed": "return 1",
    "source_language": "java",
    "target_language": "csharp",
    "translation": "int c;",
    "request": "rename f",
    "next": "def g(x): return x",
    "history": ("def f(): pass",),
    "instruction": "Do it.",
    "input": "this",
    "output": "done",
}

EVERY_TEMPLATE = [
    (task, language, variant, template)
    for task in TASKS.values()
    for language in task.languages
    for variant in task.prompt_templates(language).variants
    for template in variant.templates
]


def given(needs: tuple[str, ...]) -> dict[str, FieldValue]:
    return {name: FIELDS[name] for name in needs}


@pytest.mark.parametrize("with_language", [True, False])
@pytest.mark.parametrize(
    ("task", "language", "variant", "template"),
    EVERY_TEMPLATE,
    ids=lambda part: getattr(part, "name", part),
)
def test_every_template_fills(task, language, variant, template, with_language):
    fields = given((*variant.needs, *variant.optional))
    if with_language:
        fields["programming_language"] = "cpp"
    answers = task.prompt_templates(language).answers
    instruction, input_, output = template.fill(fields, answers=answers)
    assert instruction.strip() == instruction
    assert instruction
    assert output
    assert "{" not in instruction
    assert "  " not in instruction
    shown = instruction + "\n" + input_ + "\n" + output
    for name in (*variant.needs, *variant.optional):
        value = fields[name]
        texts = value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()
        for text in texts:
            if name in ("source_language", "target_language"):
                text = {"java": "Java", "csharp": "C#"}[text]
            assert text in shown, f"{name} is nowhere in the row"
    optional_left_out = template.fill(given(variant.needs), answers=answers)
    assert optional_left_out[2] == output


def test_eight_tasks_and_edit_have_several_templates_in_both_languages():
    eight = [name for name in TASKS if name not in ("edit", "instruction_following")]
    assert eight == [
        "code_summarization", "code_generation", "code_search", "clone_detection",
        "defect_detection", "code_completion", "code_repair", "code_translation",
    ]  # fmt: skip
    for name in (*eight, "edit"):
        for language in ("en", "zh"):
            templates = TASKS[name].prompt_templates(language)
            assert all(len(variant.templates) >= 3 for variant in templates.variants)
            assert len(set(templates.names)) == len(templates.names)
        english, chinese = (TASKS[name].prompt_templates(x) for x in ("en", "zh"))
        assert english.names == chinese.names, f"{name}: the two languages differ in their templates"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_there_are_twenty_five_templates_and_none_contradicts_its_row(language):
    for name in (name for name in TASKS if name != "instruction_following"):
        variants = TASKS[name].prompt_templates(language).variants
        asked = [template.instruction for variant in variants for template in variant.templates]
        assert len(set(asked)) == len(asked) >= 25, name
        assert not [text for text in asked if "sentences" in text or "几句" in text], name
    for name in ("clone_detection", "defect_detection", "code_search"):
        for variant in TASKS[name].prompt_templates(language).variants:
            for template in variant.templates if "label" in variant.needs else ():
                words = ("Yes", "No") if language == "en" else ("是", "否")
                assert all(word in template.instruction for word in words), template.name
    for variant in TASKS["code_completion"].prompt_templates(language).variants:
        word = "<mask>" if variant.name == "infill" else {"en": "line", "zh": "行"}[language]
        assert all(word in template.instruction for template in variant.templates)


def template_of(task: Task, record_id: str, seed: int = 0, language: str = "en") -> str:
    fields = {"code": "x", "docstring": "Some text."}
    return task.render(fields, record_id=record_id, seed=seed, language=language).prompt_template


def test_template_depends_on_record_and_seed_alone_and_uses_all():
    task = get_task("code_summarization")
    first = [template_of(task, f"r{n}") for n in range(300)]
    assert first == [template_of(task, f"r{n}") for n in range(300)]
    assert first != [template_of(task, f"r{n}", seed=1) for n in range(300)]
    assert {name.rpartition(".")[2] for name in first} == set(task.prompt_templates("en").names)
    assert template_of(task, "r1", language="zh").startswith("code_summarization.zh.")


def test_text_is_never_stripped_or_read_as_a_template():
    task = get_task("code_completion")
    row = task.render({"prefix": "  {{ x }} = [\n", "completion": "\t{% y %}\n"}, record_id="a")
    assert row.input == "  {{ x }} = [\n"
    assert row.output == "\t{% y %}\n"


def test_labels_are_words_of_the_language():
    task = get_task("clone_detection")
    fields: dict[str, FieldValue] = {"code_a": "a", "code_b": "b", "label": False}
    assert task.render(fields, record_id="a").output == "No"
    assert task.render(fields, record_id="a", language="zh").output == "否"


def test_search_names_the_right_candidate_by_its_number():
    task = get_task("code_search")
    row = task.render(
        {"query": "q", "candidates": ("a", "b", "c"), "answer": 2}, record_id="a", language="en"
    )
    assert row.output == "3"
    assert row.input == "q\n\n[1]\na\n\n[2]\nb\n\n[3]\nc"


def test_missing_and_unknown_fields_are_named():
    task = get_task("code_translation")
    with pytest.raises(DataError, match=r"lacks fields: it has code.*source_language"):
        task.render({"code": "x"}, record_id="a")
    with pytest.raises(DataError, match="knows no field 'colour'"):
        get_task("code_repair").render({"code": "x", "fixed": "y", "colour": "red"}, record_id="a")
    with pytest.raises(DataError, match=r"no prompt templates in the language 'de'.*en, zh"):
        task.render({}, record_id="a", language="de")


def test_none_counts_as_absent():
    row = get_task("code_repair").render({"code": "x", "fixed": "y", "description": None}, record_id="a")
    assert row.input == "x"


def test_unknown_task_names_the_nearest():
    with pytest.raises(ConfigError, match="did you mean code_repair"):
        get_task("code_repiar")
