"""The git checkout a folder lies in: its remote's name, the commit, and which files are unchanged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pygit2

from codetune.sources.files.input_files import printable

__all__ = ["UNREADABLE", "Checkout", "find_checkout", "repository_name"]

UNREADABLE = (pygit2.GitError, KeyError, ValueError, OSError)
"""What pygit2 raises for objects that are missing or damaged."""

_SCP_ADDRESS = re.compile(r"^(?:[^@/]+@)?([^:/]+):(?!//)(.+)$")


@dataclass(frozen=True)
class Checkout:
    """A working tree."""

    root: Path
    name: str
    """`github.com/owner/name` where a remote says so, else the folder's name."""
    commit: str | None
    """The commit checked out; None before the first one."""
    blobs: dict[str, str]
    """Path inside the working tree -> id of the committed blob, for files under the folder asked for."""


def repository_name(url: str) -> str:
    """`host/owner/name` of a remote's URL; user names, passwords and ports never survive.

    >>> repository_name("https://me:secret@example.org/a/b.git")
    'example.org/a/b'
    >>> repository_name("git@example.org:a/b.git")
    'example.org/a/b'
    """
    scp = _SCP_ADDRESS.match(url)
    if scp and "://" not in url:
        host, path = scp[1], scp[2]
    else:
        parts = urlsplit(url)
        host, path = parts.hostname or "", parts.path
    return f"{host}/{path.strip('/').removesuffix('.git')}".strip("/")


def find_checkout(folder: Path) -> Checkout | None:
    """The checkout that holds the folder, or None where there is none (or git's files are broken)."""
    try:
        found = pygit2.discover_repository(str(folder))
        if found is None:
            return None
        repository = pygit2.Repository(found)
    except UNREADABLE:
        return None
    if repository.is_bare or repository.workdir is None:
        return None
    root = Path(repository.workdir).resolve()
    remotes = {remote.name: remote.url for remote in repository.remotes if remote.url}
    url = remotes.get("upstream") or remotes.get("origin") or next(iter(remotes.values()), None)
    name = repository_name(url) if url and not url.startswith(("/", ".", "file:")) else printable(root.name)
    if repository.head_is_unborn:
        return Checkout(root, name, None, {})
    prefix = folder.resolve().relative_to(root).as_posix()
    try:
        commit = repository.head.peel(pygit2.Commit)
        blobs = _blobs(commit.tree, "" if prefix == "." else prefix)
    except UNREADABLE:  # the working tree is there all the same
        return Checkout(root, name, None, {})
    return Checkout(root, name, str(commit.id), blobs)


def _blobs(tree: Any, prefix: str) -> dict[str, str]:
    try:
        start = tree[prefix] if prefix else tree
    except KeyError:  # the folder is not committed yet
        return {}
    blobs: dict[str, str] = {}
    pending = [(f"{prefix}/" if prefix else "", start)]
    while pending:
        base, node = pending.pop()
        for entry in node:
            if entry.type_str == "tree":
                pending.append((f"{base}{entry.name}/", entry))
            elif entry.type_str == "blob":
                blobs[f"{base}{entry.name}"] = str(entry.id)
    return blobs
