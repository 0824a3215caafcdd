"""Names of the hub, against a hub on loopback that speaks its protocol: downloaded, cached, offline, refused."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from huggingface_hub import constants

from codetune.errors import ConfigError, DataError
from codetune.models.folder import ModelFolder
from codetune.models.hub import (
    check_hub_name,
    hub_folder,
    is_hub_name,
    local_model,
    pinned,
    pinned_revision,
    shown_name,
)

COMMITS = {"main": "a" * 40, "v1": "b" * 40}
FILES = {
    "config.json": b'{"model_type": "llama"}',
    "model.safetensors": b"weights",
    "tokenizer.json": b"{}",
    "pytorch_model.bin": b"the same weights again",
}


class Hub:
    """One model, `org/name`, with two commits; what is asked for is noted."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_HEAD(self) -> None:
                self.do_GET()

            def do_GET(self) -> None:
                outer.asked.append(self.path)
                parts = self.path.split("?")[0].strip("/").split("/")
                if outer.status != 200:
                    return self._send(outer.status, b"{}", {"x-error-code": "GatedRepo"})
                if parts[:4] == ["api", "models", "org", "name"]:
                    named = parts[5] if len(parts) > 5 else "main"
                    commit = named if named in COMMITS.values() else COMMITS.get(named)
                    if "tree" in parts[4:5]:
                        tree = [
                            {"type": "file", "path": f, "size": len(d), "oid": "0"} for f, d in FILES.items()
                        ]
                        return self._send(
                            200, json.dumps(tree).encode(), {"content-type": "application/json"}
                        )
                    if commit is None:
                        return self._send(404, b"{}", {"x-error-code": "RevisionNotFound"})
                    found = {"id": "org/name", "sha": commit, "siblings": [{"rfilename": f} for f in FILES]}
                    return self._send(200, json.dumps(found).encode(), {"content-type": "application/json"})
                if parts[:3] == ["org", "name", "resolve"]:
                    data = FILES[parts[4]] + (b" v1" if parts[3] == COMMITS["v1"] else b"")
                    etag = hashlib.sha1(data).hexdigest()
                    return self._send(200, data, {"etag": f'"{etag}"', "x-repo-commit": parts[3]})
                return self._send(404, b"{}", {"x-error-code": "RepoNotFound"})

            def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in {**headers, "content-length": str(len(data))}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(data)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    made = Hub()
    monkeypatch.setattr(constants, "ENDPOINT", made.url)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", made.url + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    monkeypatch.chdir(tmp_path)
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_model_is_downloaded_once_and_pinned(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = hub_folder("org/name")
    assert (pinned_revision(folder), shown_name(folder)) == (COMMITS["main"], "org/name")
    # Weights in a second format are left out.
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
    ]
    assert ModelFolder.find(folder).name.startswith("org/name@")
    assert hub_folder("org/name@v1").name == COMMITS["v1"]
    hub.asked.clear()
    # A commit never changes: nothing is asked. What is cached is also there offline.
    assert hub_folder(pinned("org/name", COMMITS["main"])) == folder and not hub.asked
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert hub_folder("org/name") == folder and local_model("org/name") == str(folder)
    assert not hub.asked


def test_what_cannot_be_had_is_one_sentence(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="org/other can't be had: there is no such model"):
        hub_folder("org/other")
    with pytest.raises(ConfigError, match="can't be had: it has no such revision"):
        hub_folder("org/name@v9")
    hub.status = 403
    with pytest.raises(ConfigError, match="its owners want it asked for first"):
        hub_folder("org/name")
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ConfigError, match="the hub can't be reached, and no copy is in the cache"):
        hub_folder("org/name")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ConfigError, match="HF_HUB_OFFLINE is set, and no copy is in the cache") as caught:
        hub_folder("org/name")
    assert "\n" not in str(caught.value) and "hf download org/name" in str(caught.value)


def test_a_name_is_checked_without_a_download(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    check_hub_name("org/name")
    assert hub.asked and not any("/resolve/" in path for path in hub.asked)
    with pytest.raises(ConfigError, match="org/other can't be had: there is no such model"):
        check_hub_name("org/other")
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ConfigError, match="the hub can't be reached"):
        check_hub_name("org/name")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ConfigError, match="HF_HUB_OFFLINE is set, and no copy is in the cache"):
        check_hub_name("org/name")


def test_folders_and_other_names_are_no_names_of_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models" / "mine").mkdir(parents=True)
    assert is_hub_name("org/name") and is_hub_name("org/name@main")
    for name in ("models/mine", "local", "http://a/v1", "a/b/c", "./x/y", "~/models", "/abs/path", "x:y/z"):
        assert not is_hub_name(name) and local_model(name) == name
    assert pinned("models/mine", "a" * 40) == "models/mine"
    assert pinned("org/name@main", "a" * 40) == f"org/name@{'a' * 40}"


def test_a_name_of_the_hub_is_taken_wherever_a_model_is_named(hub: Hub, tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    from codetune.evaluate.backends.backend import find_backend
    from codetune.evaluate.backends.base_check import recorded_base
    from codetune.train.weights.base_model import BaseModel

    base = BaseModel.find("org/name")
    assert base.identity == {"name": "org/name", "hash": base.hash, "revision": COMMITS["main"]}
    assert recorded_base("org/name", COMMITS["main"]) == base.path
    assert find_backend("org/name").name == ModelFolder.find(base.path).name
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text('{"base_model_name_or_path": "org/other", "r": 4}')
    (adapter / "adapter_model.safetensors").write_bytes(b"x")
    with pytest.raises(DataError, match="the adapter was made for org/other, not for org/name"):
        find_backend("org/name", adapter=adapter)
