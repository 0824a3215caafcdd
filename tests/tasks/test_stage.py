"""The stage: snippets in, instructions and reasons out, the same bytes whatever the workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from codetune.engine.local import LocalEngine
from codetune.errors import DataError, OutputError
from codetune.records import Instruction, Snippet
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset, DatasetWriter, Shard
from codetune.store.hashing import file_hash
from codetune.store.run_card import Plan
from codetune.store.stage_output import StageOutput
from codetune.tasks.config import TasksConfig
from codetune.tasks.stage import run

GOOD = 'def add(a, b):\n    """Add two numbers.\n\n    :param a: one\n    """\n    total = a + b\n    return total\n'


def snippet(code: str, docstring: str | None, **more: str) -> Snippet:
    values = {"programming_language": "python", "source": "code", "path": "m.py", "license": "MIT", **more}
    return Snippet(code=code, docstring=docstring, **values)


REJECTED = {
    "no docstring": snippet("def f(a):\n    b = a\n    return b", None),
    "docstring too short": snippet("def f(a):\n    b = a\n    return b", "Add."),
    "docstring is only a list of tags": snippet("def f(a):\n    b = a\n    return b", ":param a: b"),
    "docstring too long": snippet("def f(a):\n    b = a\n    return b", "many words here " * 200),
    "docstring in another language": snippet("def f(a):\n    b = a\n    return b", "返回两数之和的结果"),
    "code does not parse": snippet("def f(a:\n    return b", "Add two numbers."),
    "code has no body": snippet("def f(a):\n    pass", "Add two numbers."),
    "code too short": snippet("def f(a):\n    return a", "Add two numbers."),
    "code too long": snippet("def f(a):\n" + "    a += 1\n" * 900, "Add two numbers."),
}
LEAK = snippet("def f(a):\n    # add two numbers\n    b = a\n    return b", "Add two numbers.")


def dataset(folder: Path, *parts: list[Snippet]) -> Path:
    plan = Plan(stage="collect", config={}, inputs={}, code="")
    with StageOutput(folder, plan) as output:
        writer = DatasetWriter(output, Snippet)
        for number, part in enumerate(parts):
            writer.write(number, Shard(part))
        writer.finish(title="t", description="d")
    return folder


@pytest.fixture
def context(tmp_path: Path) -> StageContext:
    return StageContext(seed=7, cache=tmp_path / "cache")


def test_one_snippet_gives_a_row_to_each_task(tmp_path, context):
    good = snippet(GOOD, "Add two numbers.\n\n:param a: one", name="add", repo="o/r", commit="c1")
    card = run(TasksConfig(), [dataset(tmp_path / "in", [good])], tmp_path / "out", context)
    assert card.counts == {"kept": 2, "rejected": 0, "read": 1}
    summary, code = Dataset(tmp_path / "out", Instruction)
    assert summary.task == "code_summarization"
    assert summary.output == "Add two numbers."
    assert "two numbers" not in summary.instruction + summary.input
    assert summary.input == "def add(a, b):\n    total = a + b\n    return total"
    assert code.task == "code_generation"
    assert code.input == "Add two numbers.\n\n:param a: one\n\ndef add(a, b):"
    assert code.output == summary.input
    for row in (summary, code):
        assert (row.license, row.source, row.language) == ("MIT", "code", "en")
        assert row.lineage.parents == (good.id,)
        assert row.lineage.repo == row.lineage.group == "o/r"
        assert row.lineage.prompt_template is not None
        assert row.lineage.prompt_template.startswith(f"{row.task}.en.")


def test_each_rejection_has_its_reason_and_its_row(tmp_path, context):
    config = TasksConfig(tasks=("code_summarization",), tags=False)
    folder = dataset(tmp_path / "in", [*REJECTED.values(), LEAK])
    card = run(config, [folder], tmp_path / "out", context)
    assert card.counts["kept"] == 0
    assert set(card.rejects) == {*REJECTED, "docstring stands in the code"}
    assert set(card.rejects.values()) == {1}
    by_reason = {row["reason"]: row for row in Dataset(tmp_path / "out").rejects()}
    for reason, rejected in REJECTED.items():
        assert by_reason[reason]["lineage"]["parents"] == [rejected.id]
        assert by_reason[reason]["stage"] == "tasks"
        assert by_reason[reason]["input"] == rejected.code


def test_leaking_docstring_is_no_hindrance_to_generation(tmp_path, context):
    config = TasksConfig(tasks=("code_generation",))
    card = run(config, [dataset(tmp_path / "in", [LEAK])], tmp_path / "out", context)
    assert card.counts["kept"] == 1


def test_rows_in_are_rows_out_or_rejections(tmp_path, context):
    rows = [snippet(GOOD, "Add two numbers."), *REJECTED.values(), LEAK]
    card = run(TasksConfig(), [dataset(tmp_path / "in", rows)], tmp_path / "out", context)
    assert card.counts["kept"] + card.counts["rejected"] == 2 * len(rows)


def test_chinese(tmp_path, context):
    rows = [snippet(GOOD, "返回两个数相加的结果。"), snippet(GOOD, "Add two numbers.")]
    card = run(TasksConfig(language="zh"), [dataset(tmp_path / "in", rows)], tmp_path / "out", context)
    assert card.rejects == {"docstring in another language": 2}
    first = next(iter(Dataset(tmp_path / "out", Instruction)))
    assert first.language == "zh"
    assert "Python" in first.instruction


def test_fences_only_around_code_answers(tmp_path, context):
    rows = [snippet(GOOD, "Add two numbers.")]
    run(TasksConfig(fence_code=True), [dataset(tmp_path / "in", rows)], tmp_path / "out", context)
    summary, code = Dataset(tmp_path / "out", Instruction)
    assert code.output == "```python\ndef add(a, b):\n    total = a + b\n    return total\n```"
    assert "```" not in summary.output + summary.input


def test_workers_change_no_byte_and_parts_stay_parts(tmp_path, context):
    def part(name: str) -> list[Snippet]:
        return [snippet(GOOD.replace("add", f"{name}{i}"), f"Add two numbers, {i}.") for i in range(20)]

    folder = dataset(tmp_path / "in", part("a"), part("b"), part("c"))
    run(TasksConfig(), [folder], tmp_path / "one", context)
    with LocalEngine(workers=2) as engine:
        both = StageContext(seed=7, cache=tmp_path, engine=engine)
        run(TasksConfig(), [folder], tmp_path / "two", both)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.parquet"))
    assert len(files) == 6
    for file in files:
        assert file_hash(tmp_path / "one" / file) == file_hash(tmp_path / "two" / file)


def test_a_second_run_does_nothing_and_another_config_is_refused(tmp_path, context):
    folder = dataset(tmp_path / "in", [snippet(GOOD, "Add two numbers.")])
    first = run(TasksConfig(), [folder], tmp_path / "out", context)
    written = (tmp_path / "out" / "data" / "part-00000.parquet").stat().st_mtime_ns
    assert run(TasksConfig(), [folder], tmp_path / "out", context) == first
    assert (tmp_path / "out" / "data" / "part-00000.parquet").stat().st_mtime_ns == written
    with pytest.raises(OutputError, match='language = "en", not "zh"'):
        run(TasksConfig(language="zh"), [folder], tmp_path / "out", context)


def test_other_prompt_templates_are_another_run(tmp_path, context, monkeypatch):
    folder = dataset(tmp_path / "in", [snippet(GOOD, "Add two numbers.")])
    run(TasksConfig(), [folder], tmp_path / "out", context)
    monkeypatch.setattr(
        "codetune.tasks.prompt_templates._shipped_text", lambda task, language, home: f"{task} {language} new"
    )
    with pytest.raises(OutputError, match="made from another prompt template set"):
        run(TasksConfig(), [folder], tmp_path / "out", context)


def test_no_input_and_wrong_input(tmp_path, context):
    with pytest.raises(DataError, match="no input"):
        run(TasksConfig(), [], tmp_path / "out", context)
    folder = dataset(tmp_path / "in", [snippet(GOOD, "Add two numbers.")])
    run(TasksConfig(), [folder], tmp_path / "out", context)
    with pytest.raises(DataError, match="no task can be made of Instruction rows"):
        run(TasksConfig(), [tmp_path / "out"], tmp_path / "again", context)
    assert not (tmp_path / "again").exists()


OWN = """variants:
  code:
    needs: [code, docstring]
    input: "{{ code }}"
    output: "{{ docstring }}"
    templates:
      - {name: house, instruction: "Say what this {{ lang_ }}code is for."}
"""


def test_own_prompt_templates_replace_those_of_their_task(tmp_path, context):
    folder = dataset(tmp_path / "in", [snippet(GOOD, "Add two numbers.")])
    own = tmp_path / "own"
    own.mkdir()
    (own / "code_summarization.en.yaml").write_text(OWN, "utf-8")
    config = TasksConfig(prompt_templates=str(own))
    run(config, [folder], tmp_path / "out", context)
    summary, code = Dataset(tmp_path / "out", Instruction)
    assert summary.instruction == "Say what this Python code is for."
    assert summary.lineage.prompt_template == "code_summarization.en.house"
    assert code.lineage.prompt_template.startswith("code_generation.en.")
    own.rename(tmp_path / "moved")  # where the folder lies does not count, its content does
    moved = TasksConfig(prompt_templates=str(tmp_path / "moved"))
    assert run(moved, [folder], tmp_path / "out", context).counts["kept"] == 2
    with pytest.raises(OutputError, match="made from another prompt template set"):
        run(TasksConfig(), [folder], tmp_path / "out", context)


def test_search_can_answer_with_the_code(tmp_path, context):
    folder = dataset(tmp_path / "in", many(8))
    run(TasksConfig(tasks=("code_search",), search_answer="code"), [folder], tmp_path / "out", context)
    for row in Dataset(tmp_path / "out", Instruction):
        assert row.output in row.candidates
        assert "number" not in row.instruction.replace("without its number", "").replace("numbered", "")


def many(count: int) -> list[Snippet]:
    return [
        snippet(
            f"def take_{n}(xs):\n    first = xs[{n}]\n    rest = xs[{n + 1}:]\n    return first, rest\n",
            f"Split a list at element number {n}.",
            name=f"take_{n}",
        )
        for n in range(count)
    ]


def test_code_search_over_all_parts(tmp_path, context):
    rows = many(60)
    folder = dataset(tmp_path / "in", rows[:30], rows[30:], [REJECTED["no docstring"]])
    config = TasksConfig(tasks=("code_search",), candidates=4)
    card = run(config, [folder], tmp_path / "out", context)
    assert card.counts["kept"] == 60
    assert card.rejects == {"no docstring": 1}
    by_id = {row.id: row for row in rows}
    crossed = False
    for row in Dataset(tmp_path / "out", Instruction):
        right = by_id[row.lineage.parents[0]]
        assert len(set(row.candidates)) == 4
        assert row.candidates[int(row.output) - 1] == right.code.strip()
        assert row.input.startswith(right.docstring)
        crossed |= rows.index(right) < 30 and any(c == other.code.strip() for c in row.candidates for other in rows[30:])  # fmt: skip
    assert crossed, "candidates never come from another part"


def test_code_search_with_too_few_others(tmp_path, context):
    folder = dataset(tmp_path / "in", many(3))
    card = run(TasksConfig(tasks=("code_search",)), [folder], tmp_path / "out", context)
    assert card.rejects == {"too few candidates": 3}


def test_code_completion_cuts_at_a_line_that_says_something(tmp_path, context):
    code = "def f(a):\n    # why\n    bb = a\n\n    # no\n    )\n    return b  # done\n"
    folder = dataset(tmp_path / "in", [snippet(code.replace("f(", f"f{n}("), None) for n in range(40)])
    card = run(TasksConfig(tasks=("code_completion",)), [folder], tmp_path / "out", context)
    assert card.counts["kept"] == 40
    outputs = set()
    for row in Dataset(tmp_path / "out", Instruction):
        outputs.add(row.output)
        assert row.input.endswith("\n    ")
        assert (row.input + row.output) in code.replace("f(", row.input.split("def ")[1].split("(")[0] + "(")
    assert outputs == {"bb = a", "return b  # done"}


def test_an_end_alone_says_nothing_to_complete(tmp_path, context):
    code = "def f(a)\n  b = a\n  b += 1 if a\nend"
    rows = [snippet(code.replace("f(", f"f{n}("), None, programming_language="ruby") for n in range(20)]
    folder = dataset(tmp_path / "in", rows)
    run(TasksConfig(tasks=("code_completion",)), [folder], tmp_path / "out", context)
    assert {row.output for row in Dataset(tmp_path / "out", Instruction)} == {"b += 1 if a"}
