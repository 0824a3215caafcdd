"""Waiting threads sleep, unless the user says otherwise."""

from __future__ import annotations

import os

import pytest

from codetune.engine.threads import patient_environment, share_the_cores


def test_a_users_own_setting_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    assert patient_environment() == {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
    assert "OMP_WAIT_POLICY" not in os.environ
    share_the_cores()
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    share_the_cores()
    assert patient_environment()["OMP_WAIT_POLICY"] == os.environ["OMP_WAIT_POLICY"] == "ACTIVE"
