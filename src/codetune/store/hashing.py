"""Hashes of settings, files and code: what a stage compares before it resumes or refuses."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__ = ["code_hash", "file_hash", "hash_files", "json_hash"]

_PLACE = re.compile(r"[a-z_][\w.]*:\w+")
_PACKAGE = __name__.partition(".")[0]


def json_hash(value: Any) -> str:
    """Hash plain data by its canonical JSON; the order of keys doesn't matter."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def file_hash(path: Path) -> str:
    """Hash a file's bytes; memory doesn't grow with the file."""
    digest = blake2b(digest_size=16)
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def hash_files(root: Path, files: Iterable[Path]) -> str:
    """Hash files by their path under `root` and their bytes, in the order of the paths."""
    return json_hash([[f.relative_to(root).as_posix(), file_hash(f)] for f in sorted(files)])


@cache
def _origin(module: str) -> Path | None:
    """The file of one of our modules, found by its path: asking the import system for `a.b.c` runs `a.b`."""
    package, *parts = module.split(".")
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    place = Path(spec.origin).parent.joinpath(*parts)
    return next((p for p in (place / "__init__.py", place.with_suffix(".py")) if p.is_file()), None)


@cache
def _imports(module: str) -> frozenset[str]:
    path = _origin(module)
    if path is None:
        return frozenset()
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _PLACE.fullmatch(node.value):
            found.add(node.value.partition(":")[0])  # an entry of a registry, loaded when it is used
    return frozenset(name for name in found if name.split(".")[0] == _PACKAGE and _origin(name) is not None)


@cache
def code_hash(module: str) -> str:
    """Hash the source of a module and of everything of ours that it imports, directly or not.

    Prompts and templates are code too: the files beside those modules count.

    An edit in another package leaves the hash alone, so an unrelated upgrade doesn't refuse to
    resume; an edit in anything that the stage imports changes it.
    """
    seen: set[str] = set()
    queue = [module]
    while queue:
        name = queue.pop()
        if name not in seen:
            seen.add(name)
            queue.extend(_imports(name))
    paths = [path for name in seen if (path := _origin(name))]
    root = _origin(_PACKAGE)
    packages = {path.parent for path in paths if root is None or path.parent != root.parent}
    data = {
        p
        for package in packages
        for p in package.rglob("*")
        if p.is_file() and p.suffix not in (".py", ".pyc")
    }
    return hash_files(Path("/") if root is None else root.parent, {*paths, *data})
