"""What memory can be had: the machine's figures, and a container's limit below them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codetune.engine.memory import free_bytes, give_back_memory, keep_few_kernels

GIB = 1 << 30


@pytest.fixture
def meminfo(tmp_path: Path) -> Path:
    path = tmp_path / "meminfo"
    path.write_text("MemTotal:       16777216 kB\nMemFree:         1048576 kB\nMemAvailable:    8388608 kB\n")
    return path


def test_what_the_kernel_says_is_available(meminfo: Path, tmp_path: Path) -> None:
    assert free_bytes(meminfo, tmp_path / "none") == 8 * GIB
    assert free_bytes() > 0


@pytest.mark.parametrize(
    ("limit", "used"),
    [("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")],
)
def test_a_container_has_its_own_limit(meminfo: Path, tmp_path: Path, limit: str, used: str) -> None:
    (tmp_path / limit).parent.mkdir(exist_ok=True)
    (tmp_path / limit).write_text(f"{4 * GIB}\n")
    (tmp_path / used).write_text(f"{3 * GIB}\n")
    assert free_bytes(meminfo, tmp_path) == GIB
    (tmp_path / used).write_text(f"{5 * GIB}\n")
    assert free_bytes(meminfo, tmp_path) == 0
    (tmp_path / limit).write_text("max\n")
    assert free_bytes(meminfo, tmp_path) == 8 * GIB


def test_giving_back_is_harmless() -> None:
    give_back_memory()


def test_a_users_own_number_of_kernels_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "7")
    keep_few_kernels()
    assert os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] == "7"
    monkeypatch.delenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY")
    keep_few_kernels()
    assert int(os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"]) < 1024
