"""Turn code into verified instruction data, tune an open model on it, and measure what changed.

The names below are loaded when they are first used: `import codetune` alone loads nothing heavy. The
functions are described in `codetune.api`, with the arguments that all of them share; `docs/python.md`
shows them at work. `train_model`, `curate_rows` and `evaluate_model` are not called `train`, `curate` and
`evaluate`, since those are packages of codetune.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codetune.api import (
        TrainedModel,
        collect,
        compare_scores,
        curate_rows,
        evaluate_model,
        open_dataset,
        run_recipe,
        synthesize,
        train_model,
        word_tasks,
    )
    from codetune.records import (
        Commit,
        Completion,
        Conversation,
        Edit,
        EditHistory,
        Instruction,
        Message,
        Problem,
        Record,
        Snippet,
        Submission,
        Verdict,
    )
    from codetune.store.dataset import Dataset

__version__ = "0.1.0"

__all__ = [
    "Commit",
    "Completion",
    "Conversation",
    "Dataset",
    "Edit",
    "EditHistory",
    "Instruction",
    "Message",
    "Problem",
    "Record",
    "Snippet",
    "Submission",
    "TrainedModel",
    "Verdict",
    "__version__",
    "collect",
    "compare_scores",
    "curate_rows",
    "evaluate_model",
    "open_dataset",
    "run_recipe",
    "synthesize",
    "train_model",
    "word_tasks",
]

_RECORDS = "Commit Completion Conversation Edit EditHistory Instruction Message Problem Record Snippet Submission Verdict"
_FUNCTIONS = (
    "TrainedModel collect compare_scores curate_rows evaluate_model open_dataset run_recipe synthesize "
    "train_model word_tasks"
)
_MODULE_OF = {
    **dict.fromkeys(_FUNCTIONS.split(), "codetune.api"),
    **dict.fromkeys(_RECORDS.split(), "codetune.records"),
    "Dataset": "codetune.store.dataset",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
