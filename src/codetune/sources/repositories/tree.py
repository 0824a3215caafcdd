"""The source files of a folder: sorted, without what git ignores, without other people's code.

Folders that hold no code of this project are passed over whole and counted by reason; what is
wrong with single files is for `codetune.sources.repositories.screening`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pathspec import GitIgnoreSpec

from codetune.code.shared_extensions import languages_of_extension

__all__ = ["SourceFile", "Tree", "is_vendored", "walk"]

_VENDORED = frozenset({
    "node_modules", "bower_components", "jspm_packages", "vendor", "vendored", "_vendor", "third_party",
    "third-party", "thirdparty", "3rdparty", "site-packages", "dist-packages", "Godeps", "Pods", "Carthage",
    "extern", "externals",
})  # fmt: skip
_MADE_BY_TOOLS = frozenset({
    "__pycache__", "__pypackages__", "dist", "target", "_build", "htmlcov", "coverage",
    "generated", "__generated__", "autogen", "DerivedData", "bin", "obj",
})  # fmt: skip
_ONLY_WITH = {"bin": (".csproj", ".sln"), "obj": (".csproj", ".sln"), "target": ("Cargo.toml", "pom.xml")}
"""Names that are also ordinary: tools made them only where such a file stands beside them."""


def is_vendored(path: str) -> bool:
    """Whether a folder on the path holds other people's code."""
    return any(part in _VENDORED for part in path.split("/")[:-1])


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file whose extension may be that of a language wanted."""

    path: str
    """Inside the folder, with forward slashes."""
    size: int


@dataclass(frozen=True, slots=True)
class Tree:
    """What was found in a folder."""

    files: list[SourceFile]
    unreadable: list[str]
    """Folders inside it that may not be read."""
    passed_over: dict[str, int] = field(default_factory=dict)
    """Reason -> files or folders passed over: ignored, vendored, made by tools, hidden, symbolic links."""


_Specs = tuple[tuple[str, GitIgnoreSpec], ...]


def walk(
    root: Path, languages: Collection[str], *, without: Collection[str] = (), repository: Path | None = None
) -> Tree:
    """Find the source files of a folder.

    Args:
        root: The folder.
        languages: Programming languages wanted.
        without: More folders to pass over, as paths inside `root`.
        repository: Working tree `root` lies in; the `.gitignore` files above `root` count too.

    Symbolic links are never followed: what they point at is either here already or elsewhere.
    """
    seen: Counter[str] = Counter()
    unreadable: list[str] = []
    prefix = _inside(repository, root)
    specs = _specs_above(repository, prefix) if repository is not None else ()
    files = sorted(
        _files(root, "", prefix, specs, (frozenset(languages), frozenset(without)), seen, unreadable),
        key=lambda file: file.path,
    )
    return Tree(files, sorted(unreadable), dict(sorted(seen.items())))


def _inside(repository: Path | None, root: Path) -> str:
    if repository is None or repository == root:
        return ""
    return root.resolve().relative_to(repository.resolve()).as_posix() + "/"


def _read_spec(path: Path) -> GitIgnoreSpec | None:
    try:
        text = path.read_text("utf-8", errors="replace")
    except OSError:
        return None
    return GitIgnoreSpec.from_lines(text.splitlines())


def _specs_above(repository: Path, prefix: str) -> _Specs:
    found = []
    exclude = _read_spec(repository / ".git" / "info" / "exclude")
    if exclude is not None:
        found.append(("", exclude))
    parts = prefix.split("/")[:-1]
    for depth in range(len(parts)):  # the folder's own .gitignore is read on the way
        above = "/".join(parts[:depth])
        spec = _read_spec(repository / above / ".gitignore")
        if spec is not None:
            found.append((f"{above}/" if above else "", spec))
    return tuple(found)


def _is_ignored(path: str, specs: _Specs) -> bool:
    """As git reads it: the nearest file that has a word on the path decides."""
    for base, spec in reversed(specs):
        if path.startswith(base):
            verdict = spec.check_file(path[len(base) :]).include
            if verdict is not None:
                return bool(verdict)
    return False


def _files(
    folder: Path,
    inside: str,
    prefix: str,
    specs: _Specs,
    wanted: tuple[frozenset[str], frozenset[str]],
    seen: Counter[str],
    unreadable: list[str],
) -> Iterator[SourceFile]:
    languages, without = wanted
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError:
        unreadable.append(inside or ".")
        return
    names = {entry.name for entry in entries}
    if ".gitignore" in names and (spec := _read_spec(folder / ".gitignore")) is not None:
        specs = (*specs, (prefix + inside, spec))
    for entry in entries:
        path = inside + entry.name
        is_folder = entry.is_dir(follow_symlinks=False)
        leads_to_folder = entry.is_symlink() and Path(entry.path).is_dir()
        spoken = languages_of_extension(entry.name)
        if not (is_folder or leads_to_folder) and languages.isdisjoint(spoken):
            continue
        reason = _why_not(entry, path, names, is_folder)
        if reason is None and path in without:
            reason = "left out by the source"
        if reason is None and _is_ignored(prefix + path + ("/" if is_folder else ""), specs):
            reason = "ignored by git"
        if reason is not None:
            seen[reason] += 1
        elif is_folder:
            yield from _files(folder / entry.name, path + "/", prefix, specs, wanted, seen, unreadable)
        else:
            size = entry.stat(follow_symlinks=False).st_size
            yield SourceFile(path, size)


def _why_not(entry: os.DirEntry[str], path: str, siblings: set[str], is_folder: bool) -> str | None:
    name = entry.name
    if entry.is_symlink():
        return "symbolic link"
    if not is_folder:
        return None if entry.is_file(follow_symlinks=False) else "not a regular file"
    if name.startswith("."):
        return "hidden folder"
    if name in _VENDORED:
        return "vendored folder"
    if os.path.exists(os.path.join(entry.path, "pyvenv.cfg")):
        return "virtual environment"
    if name in _MADE_BY_TOOLS:
        marks = _ONLY_WITH.get(name)
        if marks is None or any(sibling.endswith(marks) for sibling in siblings):
            return "folder made by tools"
    return None
