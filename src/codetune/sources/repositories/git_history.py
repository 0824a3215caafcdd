"""A repository's history: each file's change in each commit, with what the author said about it."""

from __future__ import annotations

import contextlib
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import pygit2

from codetune.code.languages import PARSED_LANGUAGES
from codetune.code.shared_extensions import languages_of_extension, told_language
from codetune.errors import DataError
from codetune.records import Commit, Lineage
from codetune.rejection import Rejection
from codetune.sources.config import CollectConfig
from codetune.sources.files.input_files import mode_of, printable
from codetune.sources.repositories.checkout import UNREADABLE, repository_name
from codetune.sources.repositories.licenses import is_license_file, license_of_text, licenses_together
from codetune.sources.repositories.screening import is_generated, is_minified
from codetune.sources.repositories.tree import is_vendored
from codetune.sources.source import Collection, rejected_row
from codetune.store.dataset import RejectedRow, Shard
from codetune.store.hashing import json_hash

__all__ = ["GitSource"]

_COMMITS_A_PIECE = 250
_REGULAR = (0o100644, 0o100755, 0o100664)
"""Modes of ordinary files; links and submodules have others."""


_BOT = re.compile(r"(?i)\[bot\]|[\s-]bot$|^(?:dependabot|renovate|greenkeeper|github-actions)\b|\bpyup\.io\b")
"""Authors' names and addresses of programs, as GitHub and the services themselves write them."""


@dataclass(frozen=True)
class _History:
    git_folder: str
    name: str


class GitSource:
    """Changed files of every commit with one parent; merges repeat what others did and are left out."""

    name = "git"
    holds = "the changes of each commit, file by file, with the message"
    reads = "a git repository, bare or checked out"
    record = Commit
    license: str | None = None
    url: str | None = None

    def open(self, config: CollectConfig, seed: int) -> Collection:
        repository, folder = _repository(config.path)
        if repository.head_is_unborn:
            raise DataError("the repository has no commits", where=str(folder), next_step="choose another")
        order = pygit2.enums.SortMode.TOPOLOGICAL | pygit2.enums.SortMode.REVERSE
        try:
            commits = [str(commit.id) for commit in repository.walk(repository.head.target, order)]
        except UNREADABLE as error:
            raise DataError(
                f"the repository's history can't be read ({_said(error)})",
                where=str(folder),
                next_step="check it with git fsck, or clone it again",
            ) from error
        history = _History(repository.path, _name(repository, folder))
        pieces = [commits[i : i + _COMMITS_A_PIECE] for i in range(0, len(commits), _COMMITS_A_PIECE)]
        return Collection(
            items=lambda: pieces,
            work=partial(_changes, history, config),
            inputs={"history": json_hash([history.name, commits])},
            total=len(pieces),
            notes={"commits": len(commits)},
        )


def _repository(path: str | None) -> tuple[Any, Path]:
    if not path:
        raise DataError("the source git needs a path", next_step="codetune collect git REPOSITORY -o DIR")
    folder = Path(path).expanduser()
    if not stat.S_ISDIR(mode_of(folder)):  # git would look in the folders above, and find another repository
        raise DataError(
            "the source git reads a repository's folder, and this is a file",
            where=path,
            next_step="give the folder",
        )
    try:
        found = pygit2.discover_repository(str(folder))
        if found is not None:
            return pygit2.Repository(found), folder.resolve()
    except UNREADABLE as error:
        raise DataError(
            f"the repository can't be read ({_said(error)})", where=path, next_step="check it with git fsck"
        ) from error
    raise DataError(
        "this is not a git repository", where=path, next_step="clone it, or use the source code for a folder"
    )


def _name(repository: Any, folder: Path) -> str:
    remotes = {remote.name: remote.url for remote in repository.remotes if remote.url}
    url = remotes.get("upstream") or remotes.get("origin")
    if url and not url.startswith(("/", ".", "file:")):
        return repository_name(url)
    workdir = Path(repository.workdir) if repository.workdir else folder
    return printable(workdir.name.removesuffix(".git"))


def _said(error: Exception) -> str:
    """A library's words on one line; a KeyError's are quoted."""
    return " ".join(str(error.args[0] if error.args else error).split())


@lru_cache(maxsize=2)
def _opened(git_folder: str) -> Any:
    # Two thirds of reading a blob went into its SHA-1. As git itself does, damage is told by zlib's checksum.
    pygit2.settings.enable_strict_hash_verification(False)
    return pygit2.Repository(git_folder)


_KEPT_TEXTS = 1000
"""A file's text after one commit is its text before the next one that touches it."""


@lru_cache(maxsize=1 << 16)
def _is_vendored(path: str) -> bool:
    return is_vendored(path)


@lru_cache(maxsize=1 << 16)
def _languages(path: str) -> frozenset[str]:
    return frozenset(languages_of_extension(path))


def _changes(history: _History, config: CollectConfig, ids: Sequence[str]) -> Shard[Commit]:
    repository = _opened(history.git_folder)
    kept: list[Commit] = []
    rejected: list[RejectedRow] = []
    for commit_id in ids:
        try:
            for row in _changed_files(repository, repository[commit_id], history, config):
                (rejected if isinstance(row, RejectedRow) else kept).append(row)  # type: ignore[arg-type]
        except Rejection as rejection:
            rejected.append(_rejected(history, commit_id, None, rejection.reason, rejection.detail))
        except UNREADABLE as error:  # a commit or tree that is missing or damaged
            rejected.append(_rejected(history, commit_id, None, "unreadable commit", _said(error)))
    return Shard(kept, rejected)


def _changed_files(
    repository: Any, commit: Any, history: _History, config: CollectConfig
) -> Iterator[Commit | RejectedRow]:
    parents = commit.parent_ids
    if len(parents) > 1:
        raise Rejection("merge", f"{len(parents)} parents")
    if not config.bots and (author := _bot(commit)):
        raise Rejection("made by a bot", author)
    if parents:
        diff = repository.diff(repository[parents[0]].tree, commit.tree, context_lines=0)
    elif not config.new_files:
        return  # everything is new in the first commit
    else:
        diff = commit.tree.diff_to_tree(context_lines=0, swap=True)
    deltas = list(diff.deltas)
    # A file that was renamed is one that came and one that went; most commits have neither.
    if {"A", "D"} <= {delta.status_char() for delta in deltas}:
        # Without the blobs of a partial clone renames can't be told; the other changes can.
        with contextlib.suppress(*UNREADABLE):
            diff.find_similar(flags=pygit2.enums.DiffFind.FIND_RENAMES)
            deltas = list(diff.deltas)
    identity = str(commit.id)
    license_: list[str | None] = []  # of the commit, looked up once
    if len(deltas) > config.max_files_per_commit:
        raise Rejection("too many files", f"{len(deltas):,} files in one commit")
    languages = frozenset(config.languages or PARSED_LANGUAGES)
    taken = "AMR" if config.new_files else "MR"
    for delta in deltas:
        status = delta.status_char()
        if status not in taken:
            continue
        path = printable(delta.new_file.path)
        if languages.isdisjoint(_languages(path)):
            continue  # a deleted file has nothing that a model could write
        try:
            before, after = _change(repository, delta, path, config)
            language = told_language(path, after)
            if language is None or language not in languages:
                raise Rejection("another language", language or "")
        except Rejection as rejection:
            yield _rejected(history, identity, path, rejection.reason, rejection.detail)
            continue
        message = commit.message.strip()
        if not message:
            yield _rejected(history, identity, path, "no message", "")
            continue
        license_ = license_ or [_license(repository, commit.tree)]
        yield Commit(
            before=before,
            after=after,
            subject=message.partition("\n")[0].strip(),
            message=message,
            programming_language=language,
            old_path=None if status == "A" else printable(delta.old_file.path),
            path=path,
            author_date=_date(commit),
            repo=history.name,
            commit=identity,
            license=license_[0],
            source=GitSource.name,
            lineage=Lineage(
                upstream_id=f"{identity}:{path}",
                repo=history.name,
                path=path,
                commit=identity,
                group=history.name,
            ),
        )


def _change(repository: Any, delta: Any, path: str, config: CollectConfig) -> tuple[str, str]:
    """The text before and after.

    Raises:
        Rejection: The change is none of code that someone wrote.
    """
    if _is_vendored(path):
        raise Rejection("vendored folder")
    is_new = delta.status_char() == "A"
    before = "" if is_new else _text(repository, delta.old_file, config.max_characters)
    after = _text(repository, delta.new_file, config.max_characters)
    if before == after:
        raise Rejection("nothing changed", "only the name, the mode or line ends")
    if not (before.strip() or is_new) or not after.strip():
        raise Rejection("empty file")
    if is_generated(path, after):
        raise Rejection("generated file")
    if is_minified(path, after):
        raise Rejection("minified file")
    return before, after


def _text(repository: Any, side: Any, max_characters: int) -> str:
    if side.mode not in _REGULAR:
        raise Rejection("not a regular file")
    found = _text_of(repository, side.id, max_characters)
    if isinstance(found, Rejection):
        raise Rejection(found.reason, found.detail)
    return found


@lru_cache(maxsize=_KEPT_TEXTS)
def _text_of(repository: Any, blob_id: Any, max_characters: int) -> str | Rejection:
    """A blob as text with `\\n` at line ends, or why it is none; the id says what it holds."""
    try:
        # The size stands in the object's header, so that 100 MB aren't read in vain.
        _, size = repository.odb.read_header(blob_id)
        if size > 4 * max_characters:
            return Rejection("too long", f"{size:,} bytes")
        blob = repository[blob_id]
        data = blob.data
    except UNREADABLE as error:
        return Rejection("missing object", _said(error))
    if blob.is_binary:
        return Rejection("binary file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Rejection("not UTF-8", f"byte {error.start}")
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if len(text) > max_characters:
        return Rejection("too long", f"{len(text):,} characters")
    return str(text)


def _bot(commit: Any) -> str:
    """The author's name where it is a program's, else ""."""
    who = commit.author
    name, address = (text.decode("utf-8", "replace") for text in (who.raw_name, who.raw_email))
    return name if _BOT.search(name) or _BOT.search(address) else ""


def _date(commit: Any) -> str:
    zone = timezone(timedelta(minutes=commit.author.offset))
    try:
        return datetime.fromtimestamp(commit.author.time, zone).isoformat()
    except (ValueError, OverflowError):  # clocks of a broken kind
        return datetime.fromtimestamp(0, UTC).isoformat()


_licenses: dict[str, str | None] = {}
"""Blob -> licence; a licence file changes a few times in a whole history."""


def _license(repository: Any, tree: Any) -> str | None:
    found: dict[str, str] = {}
    for entry in tree:
        if entry.type_str == "blob" and is_license_file(entry.name):
            key = str(entry.id)
            if key not in _licenses:
                try:
                    text = repository[entry.id].data.decode("utf-8", "replace")
                except UNREADABLE:  # not in this clone: the licence is unknown, the change is good
                    continue
                _licenses[key] = license_of_text(text)
            spdx = _licenses[key]
            if spdx is not None:
                found.setdefault(spdx, entry.name)
    return licenses_together(found)


def _rejected(history: _History, commit: str, path: str | None, reason: str, detail: str) -> RejectedRow:
    where = f"{commit}:{path}" if path else commit
    row = {
        "path": path,
        "repo": history.name,
        "commit": commit,
        "source": GitSource.name,
        "lineage": {"upstream_id": where},
    }
    return rejected_row(row, reason, ": ".join(part for part in (where, detail) if part))
