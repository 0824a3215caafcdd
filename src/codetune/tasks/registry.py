"""The tasks, by name: the eight of CoMIT, edits, and instructions in the source's own words."""

from __future__ import annotations

import difflib

from codetune.errors import ConfigError
from codetune.tasks.task import Task

__all__ = ["TASKS", "get_task"]

_ALL = (
    Task(
        name="code_summarization",
        title="say what code does",
        answer="text",
        fields={"code": "code", "docstring": "prose"},
        fillable=("output",),
        metrics=("smoothed_bleu4", "rouge_l", "found_among_ten"),
    ),
    Task(
        name="code_generation",
        title="write code from a description",
        answer="code",
        fields={"description": "prose", "signature": "code", "context": "code", "code": "code"},
        fillable=("instruction", "output"),
        metrics=("pass@1", "exact_match", "bleu", "codebleu"),
    ),
    Task(
        name="code_search",
        title="find the code that answers a query",
        answer="choice",
        fields={"query": "prose", "candidates": "code", "code": "code", "answer": "choice", "label": "label"},
        fillable=("instruction",),
        metrics=("accuracy@1", "mrr"),
    ),
    Task(
        name="clone_detection",
        title="tell whether two pieces of code do the same",
        answer="label",
        fields={"code_a": "code", "code_b": "code", "label": "label"},
        metrics=("f1", "precision", "recall", "accuracy"),
    ),
    Task(
        name="defect_detection",
        title="tell whether code is vulnerable",
        answer="label",
        fields={"code": "code", "label": "label"},
        metrics=("accuracy", "f1"),
    ),
    Task(
        name="code_completion",
        title="go on with unfinished code",
        answer="code",
        fields={"prefix": "code", "suffix": "code", "completion": "code"},
        fillable=("output",),
        metrics=("exact_match", "edit_similarity"),
    ),
    Task(
        name="code_repair",
        title="fix faulty code",
        answer="code",
        fields={"code": "code", "description": "prose", "fixed": "code"},
        fillable=("output",),
        metrics=("exact_match", "bleu", "codebleu"),
    ),
    Task(
        name="code_translation",
        title="write the same in another programming language",
        answer="code",
        fields={
            "source_language": "language",
            "target_language": "language",
            "code": "code",
            "translation": "code",
        },
        fillable=("output",),
        metrics=("exact_match", "bleu", "codebleu"),
    ),
    Task(
        name="edit",
        title="make the next edit of a programmer",
        answer="code",
        fields={"code": "code", "history": "code", "request": "prose", "next": "code"},
        fillable=("instruction", "output"),
        metrics=("exact_match", "edit_similarity"),
    ),
    Task(
        name="instruction_following",
        title="instructions in the source's own words",
        answer="text",
        fields={"instruction": "text", "input": "text", "output": "text"},
        fillable=("instruction", "output"),
        metrics=("exact_match", "rouge_l"),
        languages=("en", "zh"),
    ),
)

TASKS: dict[str, Task] = {task.name: task for task in _ALL}
"""Name -> task, in the order of the list above. One of your own is added by assignment, as is its grader
(`tasks.grading.graders.GRADERS`)."""


def get_task(name: str) -> Task:
    """The task of that name.

    Raises:
        ConfigError: There is none; the nearest name is given.
    """
    try:
        return TASKS[name]
    except KeyError:
        near = difflib.get_close_matches(name, TASKS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"choose one of: {', '.join(TASKS)}"
        raise ConfigError(f"there is no task {name!r}", next_step=hint) from None
