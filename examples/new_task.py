"""A task: find a name for a function whose own name is hidden.

A task is a name, prompt templates (`templates/function_naming.en.yaml`) and a grader. Rows are asked with
`get_task("function_naming").render(...)` and answers are graded with `.grader().grade(rows, answers)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from codetune.execution.protocol import Executor
from codetune.records import Instruction
from codetune.tasks.grading.grader import Grades, mean_score
from codetune.tasks.grading.graders import GRADERS
from codetune.tasks.registry import TASKS
from codetune.tasks.task import Task

NAMING = Task(
    name="function_naming",
    title="find a name for a function",
    answer="text",
    fillable=("output",),
    metrics=("exact_match",),
    languages=("en",),
    templates=Path(__file__).parent / "templates",
)


class NamingGrader:
    """Right is the name itself; case, underscores and back quotes do not count."""

    def grade(
        self, rows: Sequence[Instruction], answers: Sequence[str], *, executor: Executor | None = None
    ) -> Grades:
        right = [
            float(_plain(row.output) == _plain(answer)) for row, answer in zip(rows, answers, strict=True)
        ]
        return Grades(task=NAMING.name, scores=(mean_score("exact_match", right),))


def _plain(name: str) -> str:
    return name.strip().strip("`").replace("_", "").lower()


TASKS[NAMING.name] = NAMING
GRADERS[NAMING.name] = NamingGrader()
