"""Hints name the place that codetune was installed from."""

from __future__ import annotations

import json
from importlib.metadata import Distribution

import pytest

from codetune import installation
from codetune.errors import MissingExtraError


class Installed(Distribution):
    """What an installer left behind."""

    def __init__(self, direct: object, installer: str = "pip") -> None:
        self.files_left = {"INSTALLER": installer, "direct_url.json": direct and json.dumps(direct)}

    def read_text(self, filename: str) -> str | None:
        return self.files_left.get(filename)  # type: ignore[return-value]

    def locate_file(self, path: object) -> object:  # type: ignore[override]
        raise NotImplementedError


@pytest.mark.parametrize(
    ("direct", "said"),
    [
        (None, '-m pip install "codetune[train]"'),
        ({"url": "file:///a%20b/codetune", "dir_info": {"editable": True}}, '-e "/a b/codetune[train]"'),
        ({"url": "file:///a/codetune", "dir_info": {}}, ' install "/a/codetune[train]"'),
        ({"url": "file:///c-0.1.whl", "archive_info": {}}, '"codetune[train] @ file:///c-0.1.whl"'),
        ({"url": "https://x.org/c", "vcs_info": {"vcs": "git"}}, '"codetune[train] @ git+https://x.org/c"'),
    ],
)
def test_the_command_names_where_it_came_from(
    monkeypatch: pytest.MonkeyPatch, direct: object, said: str
) -> None:
    monkeypatch.setattr(installation, "distribution", lambda name: Installed(direct))
    assert installation.install_command.__wrapped__("train").endswith(said)


def test_uv_is_named_where_it_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "distribution", lambda name: Installed(None, "uv"))
    assert installation.install_command.__wrapped__("ray").startswith("uv pip install --python ")


def test_a_missing_extra_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(installation.EXTRAS, "train", ("no_such_package",))  # type: ignore[misc]
    with pytest.raises(MissingExtraError, match=r"the stage train needs packages .*; run: .*\[train\]"):
        MissingExtraError.check("the stage train", "train")
    monkeypatch.setitem(installation.EXTRAS, "train", ("json",))  # type: ignore[misc]
    MissingExtraError.check("the stage train", "train")
