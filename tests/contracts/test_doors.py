"""Public names are pinned: what `__all__` says is there, and nothing moves unnoticed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import codetune
from codetune import errors, records

SOURCE = Path(codetune.__file__).parent
MODULES = sorted(p for p in SOURCE.rglob("*.py") if p.name not in ("__init__.py", "__main__.py"))

PINNED = {
    "codetune": {
        "Commit", "Completion", "Conversation", "Dataset", "Edit", "EditHistory", "Instruction", "Message",
        "Problem", "Record", "Snippet", "Submission", "TrainedModel", "Verdict", "__version__", "collect",
        "compare_scores", "curate_rows", "evaluate_model", "open_dataset", "run_recipe", "synthesize",
        "train_model", "word_tasks",
    },
    "records": {
        "RECORD_TYPES", "Check", "Commit", "Completion", "Conversation", "Edit", "EditHistory", "Generated", "Instruction",
        "Lineage", "Message", "Problem", "Record", "Revision", "Snippet", "Submission", "Verdict", "content_id",
    },
    "errors": {
        "BackendError", "BackendUnavailableError", "CodetuneError", "ConfigError", "DataError", "ExecutionError",
        "MissingExtraError", "OutputError", "RequestRefusedError", "SafetyError", "UsageError",
    },
}  # fmt: skip

RECORD_COLUMNS = {
    "Snippet": "id code programming_language name docstring path start_line repo commit license source tags "
    "scopes",
    "Instruction": "id task instruction input output language programming_language source license tests "
    "candidates tags lineage",
    "EditHistory": "id origin versions programming_language request accepted language source license lineage",
    "Edit": "id history current area user next chat language source license lineage",
}


def exported(path: Path) -> list[str] | None:
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, ast.Assign) and any(getattr(t, "id", "") == "__all__" for t in node.targets):
            return [ast.literal_eval(element) for element in getattr(node.value, "elts", [])]
    return None


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_every_module_lists_what_it_exports_and_has_it(path: Path) -> None:
    names = exported(path)
    assert names is not None, "no __all__"
    assert len(names) == len(set(names))
    tree = ast.parse(path.read_bytes())
    defined = {getattr(node, "name", None) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            defined |= {getattr(target, "id", None) for target in node.targets}
        elif isinstance(node, ast.AnnAssign):
            defined.add(getattr(node.target, "id", None))
        elif isinstance(node, ast.ImportFrom | ast.Import):
            defined |= {alias.asname or alias.name for alias in node.names}
    assert set(names) <= defined, f"__all__ names what is not there: {set(names) - defined}"


@pytest.mark.parametrize("module", [codetune, records, errors], ids=lambda m: m.__name__)
def test_the_names_everyone_builds_on_are_pinned(module: object) -> None:
    name = module.__name__.rpartition(".")[2]  # type: ignore[attr-defined]
    assert set(module.__all__) == PINNED[name]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", RECORD_COLUMNS)
def test_columns_of_the_records_are_pinned(name: str) -> None:
    from codetune.store.schema import schema_of

    assert schema_of(records.RECORD_TYPES[name]).names == RECORD_COLUMNS[name].split()


def test_no_room_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert not [p for p in SOURCE.rglob("*") if p.stem in empty]


def test_every_name_of_the_front_door_is_there() -> None:
    assert dir(codetune) == sorted(PINNED["codetune"])
    for name in PINNED["codetune"]:
        assert getattr(codetune, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'train_modle'"):
        codetune.train_modle  # noqa: B018
    assert (SOURCE / "py.typed").exists()
