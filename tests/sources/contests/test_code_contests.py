"""Contest problems: how many rows a problem gives."""

from __future__ import annotations

import json

import pytest

PROBLEMS = [
    {
        "name": f"p{n}",
        "description": f"Print {n}.",
        "public_tests": {"input": ["1"], "output": [str(n)]},
        "solutions": {
            "language": [3, 3, 2, 4, 1],
            "solution": [f"print({n})", f"print( {n} )", f"int main() {{ return {n}; }}", f"class A{n} {{}}", "print 1"],
        },
    }
    for n in range(20)
]  # fmt: skip


@pytest.fixture
def problems(tmp_path):
    path = tmp_path / "problems.jsonl"
    path.write_text("\n".join(map(json.dumps, PROBLEMS)))
    return str(path)


@pytest.mark.parametrize(("solutions", "rows"), [("problem", 20), ("language", 60), ("all", 80)])
def test_rows_are_counted_by_problem_by_language_or_by_solution(collect, problems, solutions, rows):
    dataset = collect(source="code-contests", path=problems, solutions=solutions)
    assert len(dataset) == rows
    assert len({row.lineage.group for row in dataset}) == 20
    assert all(json.loads(row.tests) for row in dataset)


def test_one_row_a_problem_is_in_a_language_that_is_wanted(collect, problems):
    every = collect(source="code-contests", path=problems, solutions="problem")
    assert {row.programming_language for row in every} == {"cpp", "java", "python"}
    python = collect(source="code-contests", path=problems, solutions="problem", languages=("python",))
    assert [row.programming_language for row in python] == ["python"] * 20


def test_a_row_of_several_languages_is_kept_in_those_that_are_wanted(collect, problems):
    dataset = collect(source="code-contests", path=problems, languages=("python", "java"))
    assert len(dataset) == 40
    none = collect(source="code-contests", path=problems, languages=("rust",))
    assert {row["reason"] for row in none.rejects()} == {"language not wanted"} and len(none) == 0
