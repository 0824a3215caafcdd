from __future__ import annotations

import pytest

from codetune.records import Instruction, Lineage
from codetune.tasks.registry import TASKS
from codetune.tasks.translation.read_back import read_back
from codetune.tasks.translation.row_translation import translation_of

CODE = 'def total(items):\n    """Add up.\n\n    Items without a price count as zero, as the shop wants it.\n    """\n\n    return sum(items)'
OTHER = "int total(List<Integer> items) {\n    return items.size();\n}"
FIELDS = {
    "code": CODE,
    "docstring": "Adds up the prices of the items.",
    "description": "Adds up the prices.\n\nReturns zero for an empty list.",
    "signature": "def total(items)",
    "context": "class Shop:\n    items = []",
    "query": "how to add up prices",
    "candidates": (CODE, "x = 1\n\ny = 2"),
    "answer": 1,
    "label": True,
    "code_a": CODE,
    "code_b": OTHER,
    "prefix": "def total(items):\n    ",
    "suffix": "\n    return 1",
    "completion": "count = 0",
    "fixed": "def total(items):\n\n    return sum(items, 0)",
    "source_language": "java",
    "target_language": "python",
    "translation": "def total(items): return len(items)",
    "history": ("", "def total(): pass"),
    "request": "Take the items as an argument.\n\nKeep the name.",
    "next": CODE,
    "instruction": "Add up the prices.",
    "input": "[1, 2]",
    "output": "3",
}


def rows():
    for task in TASKS.values():
        for language in task.languages:
            templates = task.prompt_templates(language)
            for variant in templates.variants:
                fields = {name: FIELDS[name] for name in (*variant.needs, *variant.optional)}
                for template in variant.templates:
                    texts = template.fill(
                        {**fields, "programming_language": "python"}, answers=templates.answers
                    )
                    name = f"{task.name}.{language}.{template.name}"
                    row = Instruction(
                        task=task.name,
                        instruction=texts[0],
                        input=texts[1],
                        output=texts[2],
                        language=language,
                        programming_language="python",
                        candidates=FIELDS["candidates"] if "candidates" in fields else (),
                        source="test",
                        lineage=Lineage(prompt_template=name),
                    )
                    yield name, row, fields


ROWS = list(rows())


def test_each_field_of_each_template_is_named_with_its_kind() -> None:
    for task in TASKS.values():
        for variant in task.prompt_templates("en").variants:
            assert set(task.fields) >= {*variant.needs, *variant.optional}, task.name


def test_every_template_gives_its_fields_back() -> None:
    wrong = []
    for name, row, fields in ROWS:
        found = read_back(row)
        if found is None or {key: found.fields[key] for key in fields} != fields:
            wrong.append(name)
    assert not wrong
    assert len(ROWS) > 400


def test_a_row_in_the_other_language_is_asked_with_the_same_template() -> None:
    for name, row, fields in ROWS:
        if name.startswith("instruction_following"):
            continue
        to = "zh" if row.language == "en" else "en"
        made = translation_of(row, to).put(
            {field: text.text for field, text in translation_of(row, to).masked.items()}
        )
        again = read_back(made)
        assert again is not None, name
        assert {key: again.fields[key] for key in fields} == fields, name
        assert made.lineage.prompt_template == name.replace(f".{row.language}.", f".{to}.")


def test_words_that_are_no_longer_the_templates_are_not_read_back() -> None:
    name, row, _ = next(entry for entry in ROWS if entry[0].startswith("code_repair.en"))
    changed = Instruction(
        task=row.task,
        instruction=row.instruction + " Quickly!",
        input=row.input,
        output=row.output,
        source="test",
        lineage=Lineage(prompt_template=name),
    )
    assert read_back(changed) is None


@pytest.mark.parametrize("name", [None, "", "nothing", "code_repair.xx.fix", "code_repair.en.nothing"])
def test_a_row_without_a_known_template_is_not_read_back(name) -> None:
    row = Instruction(
        task="code_repair", instruction="a", output="b", source="test", lineage=Lineage(prompt_template=name)
    )
    assert read_back(row) is None
