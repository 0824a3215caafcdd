"""A stand-in for the Hugging Face hub: as much of its real API as reading a data set uses, on 127.0.0.1.

Answered are `GET /api/datasets/ID/revision/REV`, `GET /api/datasets/ID/tree/REV[/PATH]` (recursive, with
pages), `POST /api/datasets/ID/paths-info/REV`, and `GET|HEAD /datasets/ID/resolve/REV/PATH`: small files at
once, the others (LFS) by a redirect to another address that honours ranges. Errors carry the hub's own
headers (`X-Error-Code: RepoNotFound`, `GatedRepo`, `EntryNotFound`).
"""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

PAGE = 3


class HubServer:
    """Data sets by id: `{"owner/name": {"path": bytes}}`.

    Attributes:
        gated: Ids that want a token.
        cut: Path -> bytes after which its connection is dropped.
        cuts: Which requests for such a path are cut, counted from 1.
        asked: (method, path, range) of every request.
    """

    def __init__(self, repositories: dict[str, dict[str, bytes]]) -> None:
        self.repositories = repositories
        self.gated: set[str] = set()
        self.cut: dict[str, int] = {}
        self.cuts: range = range(0)
        self.bodies = 0
        self.asked: list[tuple[str, str, str | None]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> HubServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(hub: HubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        server_hub = hub

    return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_hub: HubServer

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        self._answer()

    def _answer(self) -> None:
        url = urlsplit(self.path)
        self.server_hub.asked.append((self.command, url.path, self.headers.get("Range")))
        parts = [unquote(part) for part in url.path.strip("/").split("/")]
        if parts[0] == "cdn":
            self._bytes("/".join(parts[1:3]), "/".join(parts[3:]))
        elif parts[:2] == ["api", "datasets"] and len(parts) >= 4:
            self._api("/".join(parts[2:4]), parts[4:], parse_qs(url.query))
        elif parts[0] == "datasets" and len(parts) >= 6 and parts[3] == "resolve":
            self._resolve("/".join(parts[1:3]), parts[4], "/".join(parts[5:]))
        else:
            self._json(404, {"error": "Not Found"})

    def _refused(self, name: str, revision: str, *, is_file: bool) -> bool:
        """What a gated repository holds is told to everybody; its files are not."""
        if name not in self.server_hub.repositories:
            self._json(
                401,
                {"error": "Invalid username or password."},
                {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"},
            )
        elif (
            is_file
            and name in self.server_hub.gated
            and self.headers.get("Authorization") != "Bearer hf_right"
        ):
            message = f"Access to dataset {name} is restricted. You must be authenticated to access it."
            self._json(401, {"error": message}, {"X-Error-Code": "GatedRepo", "X-Error-Message": message})
        elif revision not in ("main", "c0ffee"):
            self._json(404, {"error": "Invalid rev id"}, {"X-Error-Code": "RevisionNotFound", "X-Error-Message": "Invalid rev id"})  # fmt: skip
        else:
            return False
        return True

    def _api(self, name: str, rest: list[str], query: dict[str, list[str]]) -> None:
        revision = rest[1] if len(rest) > 1 else "main"
        if self._refused(name, revision, is_file=False):
            return
        files = self.server_hub.repositories[name]
        if rest[:1] in ([], ["revision"]):
            self._json(200, {"id": name, "sha": "c0ffee", "private": False, "gated": False, "tags": [],
                             "siblings": [{"rfilename": path} for path in files]})  # fmt: skip
        elif rest[0] == "tree":
            self._tree(files, "/".join(rest[2:]), query)
        elif rest[0] == "paths-info":
            asked = self._form["paths"]
            self._json(200, [_entry(path, files[path]) for path in asked if path in files])

    def _tree(self, files: dict[str, bytes], inside: str, query: dict[str, list[str]]) -> None:
        prefix = f"{inside}/" if inside else ""
        entries = {}
        for path, data in files.items():
            if not path.startswith(prefix):
                continue
            folders = path[len(prefix) :].split("/")[:-1]
            for depth in range(len(folders)):
                folder = prefix + "/".join(folders[: depth + 1])
                entries[folder] = {
                    "type": "directory",
                    "oid": _oid(folder.encode()),
                    "size": 0,
                    "path": folder,
                }
            entries[path] = _entry(path, data)
        if not entries:
            return self._json(
                404,
                {"error": f"{inside} does not exist"},
                {"X-Error-Code": "EntryNotFound", "X-Error-Message": f"{inside} does not exist"},
            )
        found = [entries[path] for path in sorted(entries)]
        if query.get("recursive", ["false"])[0].lower() != "true":
            found = [entry for entry in found if "/" not in entry["path"][len(prefix) :]]
        start = int(query.get("cursor", ["0"])[0])
        more = {}
        if start + PAGE < len(found):
            url = urlsplit(self.path)
            recursive = query.get("recursive", ["false"])[0]
            more["Link"] = (
                f'<{self.server_hub.address}{url.path}?recursive={recursive}&cursor={start + PAGE}>; rel="next"'
            )
        self._json(200, found[start : start + PAGE], more)
        return None

    def _resolve(self, name: str, revision: str, path: str) -> None:
        if self._refused(name, revision, is_file=True):
            return
        data = self.server_hub.repositories[name].get(path)
        if data is None:
            self._json(404, {}, {"X-Error-Code": "EntryNotFound", "X-Error-Message": "Entry not found"})
        elif _is_lfs(path):
            self.send_response(302)
            self.send_header("Location", f"{self.server_hub.address}/cdn/{name}/{path}?signature=x")
            self.send_header("X-Repo-Commit", "c0ffee")
            self.send_header("X-Linked-Size", str(len(data)))
            self.send_header("X-Linked-ETag", f'"{hashlib.sha256(data).hexdigest()}"')
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._bytes(name, path)

    def _bytes(self, name: str, path: str) -> None:
        data = self.server_hub.repositories[name][path]
        start, end, status = 0, len(data), 200
        wanted = self.headers.get("Range")
        if wanted:
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            start, end, status = int(first), min(len(data), int(last) + 1 if last else len(data)), 206
            if start >= len(data):
                self.send_response(416)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
        self.send_response(status)
        self.send_header("Content-Length", str(end - start))
        self.send_header("ETag", f'"{_oid(data)}"')
        self.send_header("Accept-Ranges", "bytes")
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
        self.end_headers()
        if self.command == "HEAD":
            return
        limit = self.server_hub.cut.get(path)
        if limit is not None:
            self.server_hub.bodies += 1
            if self.server_hub.bodies in self.server_hub.cuts:
                end = min(end, start + limit)
                self.close_connection = True
        self.wfile.write(data[start:end])

    def _json(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def _oid(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def _is_lfs(path: str) -> bool:
    return path.endswith((".gz", ".parquet"))


def _entry(path: str, data: bytes) -> dict[str, object]:
    entry: dict[str, object] = {"type": "file", "oid": _oid(data), "size": len(data), "path": path}
    if _is_lfs(path):
        entry["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 133}
    return entry


if __name__ == "__main__":  # by hand: python hub_server.py; HF_ENDPOINT=http://... codetune collect ...
    import gzip
    import io
    import time

    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{"instruction": f"do {i}", "input": "", "output": f"done {i}"} for i in range(2000)]
    text = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    table = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), table)
    files = {"README.md": b"# rows", "data/a.jsonl": text, "data/b.jsonl.gz": gzip.compress(text), "data/c.parquet": table.getvalue()}  # fmt: skip
    with HubServer({"owner/rows": files, "owner/secret": {"a.jsonl": text}, "owner/none": {"README.md": b"x"}}) as server:  # fmt: skip
        server.gated = {"owner/secret"}
        print(server.address, flush=True)
        time.sleep(600)
