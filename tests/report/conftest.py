"""A finished run for the tests of the report."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.report.made_run import write_run


@pytest.fixture
def whole_run(tmp_path: Path) -> Path:
    """A run with every stage finished."""
    return write_run(tmp_path / "run")
