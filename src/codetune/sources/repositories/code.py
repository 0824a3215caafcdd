"""Functions and methods, with their documentation, from a folder of source code."""

from __future__ import annotations

import stat
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha1
from pathlib import Path

from codetune.code.functions import FunctionSpan, functions
from codetune.code.languages import PARSED_LANGUAGES, language_of_path
from codetune.code.shared_extensions import told_language
from codetune.errors import DataError
from codetune.records import Snippet
from codetune.rejection import Rejection
from codetune.sources.config import CollectConfig
from codetune.sources.files.input_files import mode_of, printable
from codetune.sources.repositories.checkout import Checkout, find_checkout
from codetune.sources.repositories.licenses import license_of_folder, license_of_header
from codetune.sources.repositories.screening import source_text
from codetune.sources.repositories.tree import SourceFile, walk
from codetune.sources.source import Collection, rejected_row
from codetune.store.dataset import Shard
from codetune.store.hashing import file_hash, json_hash

__all__ = ["CodeSource"]

_BATCH_BYTES = 1_000_000
_MIN_DOCSTRING_WORDS = 3
_STANDARD_LIBRARY_WITHOUT = (
    "site-packages", "dist-packages", "test", "tests", "idlelib", "idlelib/idle_test", "lib2to3",
    "turtledemo", "pydoc_data", "ensurepip", "encodings", "ctypes/test", "ctypes/macholib", "distutils/tests",
    "distutils/command", "sqlite3/test", "tkinter/test", "unittest/test", "lib-dynload", "config",
)  # fmt: skip
"""Installed packages, tests, an editor, a converter, demos, and tables written by scripts."""
_CPYTHON = "github.com/python/cpython"


@dataclass(frozen=True)
class _Origin:
    """What the files of one batch have in common."""

    root: Path
    source: str
    repo: str | None
    commit: str | None
    installed: bool = False
    """Files of a released version: theirs is the release's tag, without a working tree to compare."""


@dataclass(frozen=True)
class _File:
    path: str
    license: str | None
    committed: str | None
    """Blob id of the file in the commit; None where there is none."""


class CodeSource:
    """A folder of source code in up to eleven languages, or the standard library of this Python."""

    name = "code"
    holds = "functions and methods with their documentation"
    reads = "a folder of source code; without a path, the standard library of the running Python"
    record = Snippet
    license: str | None = None
    url: str | None = None

    def open(self, config: CollectConfig, seed: int) -> Collection:
        if config.path in (None, "stdlib"):
            root = Path(sysconfig.get_paths()["stdlib"])
            version = "v" + ".".join(map(str, sys.version_info[:3]))
            return _open(
                root, config, without=_STANDARD_LIBRARY_WITHOUT, known=(_CPYTHON, version, "PSF-2.0")
            )
        root = Path(config.path or "").expanduser()
        if not stat.S_ISDIR(mode_of(root)):
            raise DataError(
                "the source code reads a folder, and this is a file",
                where=str(root),
                next_step="give the folder it is in, or name the file's source (see codetune sources)",
            )
        return _open(root.resolve(), config)


def _open(
    root: Path,
    config: CollectConfig,
    *,
    without: Sequence[str] = (),
    known: tuple[str, str, str] | None = None,
) -> Collection:
    checkout = find_checkout(root) if known is None else None
    languages = config.languages or PARSED_LANGUAGES
    tree = walk(root, languages, without=without, repository=checkout.root if checkout else None)
    if "." in tree.unreadable:
        raise DataError(
            "the folder can't be read", where=str(root), next_step="check its permissions, or choose another"
        )
    if not tree.files:
        among = f" in {', '.join(config.languages)}" if config.languages else ""
        passed = ", ".join(f"{count} {reason}" for reason, count in tree.passed_over.items())
        raise DataError(
            f"no source code{among} was found" + (f" (passed over: {passed})" if passed else ""),
            where=str(root),
            next_step="give a folder with source files; codetune collect --help lists the languages",
        )
    licenses = _Licenses(root, checkout, known[2] if known else None)
    files = [_file(root, file, licenses, checkout) for file in tree.files]
    if known is not None:
        origin = _Origin(root, CodeSource.name, known[0], known[1], installed=True)
    else:
        name, commit = (checkout.name, checkout.commit) if checkout else (printable(root.name), None)
        origin = _Origin(root, CodeSource.name, name, commit)
    batches = list(_batches(files, [file.size for file in tree.files]))
    batches_and_unreadable = [
        (batch, tuple(tree.unreadable) if i == 0 else ()) for i, batch in enumerate(batches)
    ]
    listing = [[file.path, _hash(root / file.path)] for file in files]
    stated = [[file.license, file.committed] for file in files]
    return Collection(
        items=lambda: batches_and_unreadable,
        work=partial(_work, origin, config),
        inputs={"folder of code": json_hash([listing, stated, origin.repo, origin.commit])},
        total=len(batches),
        notes={"files": len(files), "passed_over": tree.passed_over},
    )


def _hash(path: Path) -> str:
    try:
        return file_hash(path)
    except OSError:
        return "unreadable"


class _Licenses:
    """The licence of each folder: its own, or that of the nearest folder above that states one."""

    def __init__(self, root: Path, checkout: Checkout | None, everywhere: str | None) -> None:
        self._root = root
        self._top = checkout.root if checkout else root
        self._everywhere = everywhere
        self._known: dict[Path, str | None] = {}

    def of(self, folder: Path) -> str | None:
        if self._everywhere is not None:
            return self._everywhere
        if folder not in self._known:
            own = license_of_folder(folder)
            at_top = folder == self._top or folder.parent == folder
            self._known[folder] = own if own is not None or at_top else self.of(folder.parent)
        return self._known[folder]


def _file(root: Path, file: SourceFile, licenses: _Licenses, checkout: Checkout | None) -> _File:
    full = root / file.path
    committed = checkout.blobs.get(full.relative_to(checkout.root).as_posix()) if checkout else None
    return _File(file.path, licenses.of(full.parent), committed)


def _batches(files: Sequence[_File], sizes: Sequence[int]) -> Iterator[tuple[_File, ...]]:
    """Files in order, about a megabyte together: the unit of work."""
    batch: list[_File] = []
    held = 0
    for file, size in zip(files, sizes, strict=True):
        if batch and held + size > _BATCH_BYTES:
            yield tuple(batch)
            batch, held = [], 0
        batch.append(file)
        held += size
    if batch:
        yield tuple(batch)


def _work(
    origin: _Origin, config: CollectConfig, item: tuple[tuple[_File, ...], tuple[str, ...]]
) -> Shard[Snippet]:
    files, unreadable = item
    kept: list[Snippet] = []
    rejected = [
        rejected_row({"path": path, "source": origin.source}, "unreadable folder", path)
        for path in unreadable
    ]
    for file in files:
        path = printable(file.path)
        try:
            text, commit = _read(origin, config, file)
            language = _language(config, file, text)
        except Rejection as rejection:
            told = language_of_path(file.path)
            row = {"path": path, "programming_language": told, "source": origin.source}
            detail = f"{path}: {rejection.detail}" if rejection.detail else path
            rejected.append(rejected_row(row, rejection.reason, detail))
            continue
        spdx = license_of_header(text) or file.license
        for span in functions(text, language):
            snippet = Snippet(
                code=span.code,
                programming_language=language,
                name=span.name,
                scopes=span.scopes,
                docstring=span.docstring,
                path=path,
                start_line=span.start_line,
                repo=origin.repo,
                commit=commit,
                license=spdx,
                source=origin.source,
            )
            try:
                _check(span, config)
            except Rejection as rejection:
                rejected.append(rejected_row(snippet, rejection.reason, rejection.detail))
            else:
                kept.append(snippet)
    return Shard(kept, rejected)


def _read(origin: _Origin, config: CollectConfig, file: _File) -> tuple[str, str | None]:
    """The file's text with line feeds alone, and the commit whose file it is.

    Raises:
        Rejection: It can't be read, or holds no code that someone wrote.
    """
    try:
        with (origin.root / file.path).open("rb") as stream:
            data = stream.read(config.max_file_bytes + 1)
    except OSError as error:
        raise Rejection("unreadable file", error.strerror or "") from error
    text = source_text(file.path, data, config.max_file_bytes).replace("\r\n", "\n")
    if origin.installed:
        return text, origin.commit
    # A file changed since the commit is not the commit's; line ends may differ by git's settings.
    unchanged = file.committed in (_blob_id(data), _blob_id(data.replace(b"\r\n", b"\n")))
    return text, origin.commit if unchanged else None


def _language(config: CollectConfig, file: _File, text: str) -> str:
    """The language a file is written in.

    Raises:
        Rejection: It is none of those wanted, though its extension is.
    """
    language = told_language(file.path, text)
    if language is None or language not in (config.languages or PARSED_LANGUAGES):
        raise Rejection("another language", language or "")
    return language


def _blob_id(data: bytes) -> str:
    """The id git gives a file's content."""
    return sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _check(span: FunctionSpan, config: CollectConfig) -> None:
    lines = span.end_line - span.start_line + 1
    if span.has_error:
        raise Rejection("does not parse", f"line {span.start_line}")
    if span.statements < 1:
        raise Rejection("no body", "declaration, stub or empty")
    if lines < config.min_lines:
        raise Rejection("too short", f"{lines} lines")
    if lines > config.max_lines or len(span.code) > config.max_characters:
        raise Rejection("too long", f"{lines} lines, {len(span.code):,} characters")
    if config.require_docstring and len((span.docstring or "").split()) < _MIN_DOCSTRING_WORDS:
        raise Rejection("no documentation")
