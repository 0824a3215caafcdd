"""The input files at a path: a file, a folder, a zip or tar archive, a URL, the Hugging Face hub.

A path goes in, an `InputFiles` comes out. An `InputFile` can be opened any number of times, in any
process; what its bytes mean is for `row_blocks` and the sources.
"""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from codetune.errors import DataError
from codetune.sources.files import remote
from codetune.sources.files.decompression import Inflated, bounded_member
from codetune.sources.files.faults import FileFault
from codetune.store.hashing import file_hash, json_hash

__all__ = ["InputFile", "InputFiles", "find", "mode_of", "printable"]

_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file to read.

    Attributes:
        name: Path inside the folder or archive, e.g. `python/train_0.jsonl.gz` or `a.zip/data/rows.json`.
        location: Path or URL of the file (or of the archive it is in).
        inside: Name inside the archive, or None.
        fault: Why it is not to be read, where that is known without reading.
    """

    name: str
    location: str
    inside: str | None = None
    fault: tuple[str, str] | None = None

    @property
    def plain_name(self) -> str:
        """The name without `.gz`."""
        return self.name.removesuffix(".gz")

    def open(self) -> BinaryIO:
        """The inflated bytes.

        Raises:
            FileFault: At once or while reading: damaged, encrypted, unreadable, without end.
        """
        if self.fault is not None:
            raise FileFault(*self.fault)
        raw = self._open_raw()
        if self.name.endswith(".gz"):
            return io.BufferedReader(Inflated(raw), 1 << 18)
        return raw

    def _open_raw(self) -> BinaryIO:
        if remote.is_remote(self.location):
            return remote.open_remote(self.location)
        try:
            if self.inside is None:
                return Path(self.location).open("rb")
            if self.location.endswith(".zip"):
                archive = zipfile.ZipFile(self.location)
                return bounded_member(archive, archive.getinfo(self.inside))
            tar = tarfile.open(self.location)  # noqa: SIM115  (the member's reader needs it open)
            return cast(BinaryIO, tar.extractfile(self.inside))
        except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error) as error:
            raise FileFault("damaged archive", str(error)) from error
        except OSError as error:
            raise FileFault("unreadable file", error.strerror or str(error)) from error


@dataclass(frozen=True, slots=True)
class InputFiles:
    """The input files at one path, in the order of their names."""

    path: str
    files: tuple[InputFile, ...]

    def content_hash(self) -> str:
        """Hash of the names and contents; of a remote file, of what its server says of the content."""
        seen: dict[str, str] = {}
        for file in self.files:
            if file.location not in seen:
                seen[file.location] = _identity(file.location)
        return json_hash([[file.name, seen[file.location], file.inside] for file in self.files])

    def matching(self, *suffixes: str) -> tuple[InputFile, ...]:
        """Files whose name without `.gz` ends so."""
        return tuple(file for file in self.files if file.plain_name.lower().endswith(suffixes))

    def named(self, name: str) -> InputFile | None:
        """The file whose last path component, without `.gz`, is `name`; None if there is none or several."""
        found = [f for f in self.files if PurePosixPath(f.plain_name).name == name]
        return found[0] if len(found) == 1 else None


def _identity(location: str) -> str:
    if remote.is_remote(location):
        return remote.identity(location)
    try:
        return file_hash(Path(location))
    except OSError:
        return "unreadable"


def find(path: str | None, source: str, suffixes: Sequence[str]) -> InputFiles:
    """The files at a path that a source may read.

    Args:
        path: A file, a folder, an archive, a URL or an hf:// address.
        source: Name of the source, for the errors.
        suffixes: Endings (without `.gz`) of the files wanted from folders and archives; a file
            given by its own name is taken whatever its ending.

    Raises:
        DataError: No path, nothing there, nothing that fits, or an archive that can't be read.
    """
    if not path:
        raise DataError(
            f"the source {source} needs a path", next_step=f"codetune collect {source} PATH -o DIR"
        )
    if remote.is_remote(path):
        return InputFiles(
            path, tuple(InputFile(name, location) for name, location in remote.listing(path, suffixes))
        )
    root = Path(path).expanduser()
    kind = mode_of(root)
    if not stat.S_ISDIR(kind) and not stat.S_ISREG(kind):
        raise DataError(
            "this is a pipe or a device, and sources read their files more than once",
            where=str(root),
            next_step="write it to a file and give that",
        )
    if stat.S_ISDIR(kind):
        files = tuple(_in_folder(root, suffixes))
    elif str(root).endswith(".7z"):
        raise DataError(
            "7z archives can't be read as they are",
            where=str(root),
            next_step=f"unpack it first: 7z x {root.name}",
        )
    elif str(root).endswith(_ARCHIVES):
        files = tuple(_in_archive(root, root.name, suffixes))
    else:
        files = (InputFile(printable(root.name), str(root)),)
    if not files:
        packed = sorted(str(p) for p in root.rglob("*.7z"))[:1] if root.is_dir() else []
        raise DataError(
            f"no file of the source {source} was found (it reads {', '.join(suffixes)})",
            where=str(root),
            next_step=f"unpack {packed[0]} first: 7z x"
            if packed
            else "check the path, or name another source",
        )
    return InputFiles(str(root), files)


def _fits(name: str, suffixes: Sequence[str]) -> bool:
    return name.lower().removesuffix(".gz").endswith(tuple(suffixes))


def _in_folder(root: Path, suffixes: Sequence[str]) -> Iterator[InputFile]:
    try:
        files = sorted(p for p in root.rglob("*") if p.is_file() and not _hidden(p.relative_to(root)))
    except OSError as error:
        raise _unreadable(root, error) from error
    for file in files:
        name = printable(file.relative_to(root).as_posix())
        if name.endswith(_ARCHIVES) and not _fits(name, suffixes):
            yield from _in_archive(file, name, suffixes)
        elif _fits(name, suffixes):
            yield InputFile(name, str(file))


def _unreadable(root: Path, error: OSError | ValueError) -> DataError:
    reason = getattr(error, "strerror", None) or str(error)
    return DataError(
        f"the path can't be read: {reason}",
        where=printable(str(root)),
        next_step="check its permissions, or choose another",
    )


def mode_of(path: Path) -> int:
    """The mode of a file or folder that a user named, as `os.stat` gives it.

    Raises:
        DataError: It is not there, or may not be looked at.
    """
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(
            "there is no such file or folder", where=printable(str(path)), next_step="check the path"
        ) from error
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def printable(path: str) -> str:
    """A path as text that can be stored: bytes of its name that are no UTF-8 become question marks."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\ufffd", "?")


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _in_archive(file: Path, name: str, suffixes: Sequence[str]) -> Iterator[InputFile]:
    try:
        entries = _zip_names(file) if name.endswith(".zip") else _tar_names(file)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise DataError(
            f"the archive is cut short or damaged ({error})",
            where=str(file),
            next_step="download it again, or unpack what can be saved and give the folder",
        ) from error
    for entry in sorted(entries):
        if _outside(entry):
            yield InputFile(f"{name}/{entry}", str(file), entry, ("path outside the archive", entry))
        elif _fits(entry, suffixes) and not _hidden(Path(entry)) and "__MACOSX" not in entry:
            yield InputFile(f"{name}/{entry}", str(file), entry)


def _zip_names(file: Path) -> list[str]:
    with zipfile.ZipFile(file) as archive:
        # Of symbolic links only the names would be read: they hold a path, not data.
        return [
            e.filename
            for e in archive.infolist()
            if not e.is_dir() and not stat.S_ISLNK(e.external_attr >> 16)
        ]


def _tar_names(file: Path) -> list[str]:
    with tarfile.open(file) as archive:
        return [entry.name for entry in archive if entry.isfile()]


def _outside(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or (len(name) > 1 and name[1] == ":")
