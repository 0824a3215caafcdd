"""The tree of folders: small folders, short files, packages that say what belongs in them."""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median

import pytest

import codetune

ROOT = Path(__file__).parents[2]
SOURCE = Path(codetune.__file__).parent
TESTS = ROOT / "tests"

MOST_FILES = 15
MEDIAN_LINES = 120
MOST_LINES = 400
NOT_MIRRORED = {"contracts", "data", "examples"}
"""Folders of `tests` that test no single package."""


def packages(source: Path) -> list[Path]:
    return sorted(path.parent for path in source.rglob("__init__.py"))


def modules(source: Path) -> list[Path]:
    return sorted(source.rglob("*.py"))


def crowded(source: Path) -> list[str]:
    """Folders with too many modules; `__init__.py` is not counted."""
    counts = {folder: len(list(folder.glob("*.py"))) - 1 for folder in packages(source)}
    return [
        f"{folder.relative_to(source)}: {count} modules"
        for folder, count in counts.items()
        if count > MOST_FILES
    ]


def lines_of(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def too_long(source: Path) -> list[str]:
    return [
        f"{path.relative_to(source)}: {lines_of(path)} lines"
        for path in modules(source)
        if lines_of(path) > MOST_LINES
    ]


def undescribed(source: Path) -> list[str]:
    """Packages whose docstring has less than a line for what belongs there and one for what does not."""
    found = []
    for folder in packages(source):
        docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
        if len([line for line in docstring.splitlines() if line.strip()]) < 2:
            found.append(str(folder.relative_to(source)))
    return found


def without_counterpart(tests: Path, source: Path) -> list[str]:
    """Folders of tests that mirror no folder of the source."""
    folders = {path.parent.relative_to(tests) for path in tests.rglob("test_*.py")}
    return sorted(
        str(folder)
        for folder in folders
        if folder.parts and folder.parts[0] not in NOT_MIRRORED and not (source / folder).is_dir()
    )


def test_no_folder_is_crowded() -> None:
    assert crowded(SOURCE) == []


def test_files_are_short() -> None:
    assert too_long(SOURCE) == []
    assert median(lines_of(path) for path in modules(SOURCE)) <= MEDIAN_LINES


def test_each_package_says_what_belongs_there_and_what_does_not() -> None:
    assert undescribed(SOURCE) == []


def test_the_tests_mirror_the_source() -> None:
    assert without_counterpart(TESTS, SOURCE) == []


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    """A source with one package of 15 modules of 400 lines, described in two lines, and its tests."""
    folder = tmp_path / "source" / "store"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text('"""Files.\n\nNo answers of models.\n"""\n')
    for number in range(MOST_FILES):
        (folder / f"m{number}.py").write_text("\n" * MOST_LINES)
    (tmp_path / "tests" / "store").mkdir(parents=True)
    (tmp_path / "tests" / "store" / "test_m0.py").touch()
    return tmp_path


def test_what_is_at_the_limit_passes(small_tree: Path) -> None:
    source = small_tree / "source"
    assert crowded(source) == too_long(source) == undescribed(source) == []
    assert without_counterpart(small_tree / "tests", source) == []


def test_what_is_past_the_limit_is_found(small_tree: Path) -> None:
    source = small_tree / "source"
    (source / "store" / "m.py").write_text("\n" * (MOST_LINES + 1))
    (source / "store" / "__init__.py").write_text('"""Files."""\n')
    (small_tree / "tests" / "stor").mkdir()
    (small_tree / "tests" / "stor" / "test_m.py").touch()
    assert crowded(source) == [f"store: {MOST_FILES + 1} modules"]
    assert too_long(source) == [f"store/m.py: {MOST_LINES + 1} lines"]
    assert undescribed(source) == ["store"]
    assert without_counterpart(small_tree / "tests", source) == ["stor"]
