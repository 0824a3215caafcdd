"""Which source a file, a folder or an archive looks like: by its name, by its first lines, by its rows' fields.

Asked only when a source can't read a path, to name in the same sentence the source that may.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path, PurePosixPath

from codetune.code.languages import PARSED_LANGUAGES, language_of_path
from codetune.errors import DataError
from codetune.sources.files.faults import FileFault
from codetune.sources.files.input_files import InputFile, find
from codetune.sources.files.remote import is_remote
from codetune.sources.files.row_blocks import blocks, rows
from codetune.sources.rows.signatures import source_of_rows

__all__ = ["source_of_path"]

_FILES_NAMED = 2_000
_FILES_OPENED = 20
_HEAD_BYTES = 8 << 10
_ROWS = 20

_BY_NAME = (
    ("codexglue-refinement", re.compile(r"\.(buggy|fixed)$")),
    ("codexglue-translation", re.compile(r"\.txt\.(java|cs)$")),
    ("staqc", re.compile(r"(_iids\.(txt|pickle)|_iid_to_code\.pickle|_qid_to_title\.pickle)$")),
    ("codexglue-cloze", re.compile(r"(^|/)clozeTest\.json$")),
    ("codenet", re.compile(r"(^|/)(metadata/p\d+\.csv|problem_list\.csv|problem_descriptions/p\d+\.html)$")),
    ("git", re.compile(r"(^|/)\.git$")),
)
_BY_HEAD = (
    ("stackexchange", re.compile(rb"\A\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?(<(posts|users|comments|votes|badges|tags"
                                 rb"|posthistory|postlinks)\s*/?>|<row Id=)", re.DOTALL)),
    ("codepro", re.compile(rb"\A\s*\[\s*\[\(\d+, \d+\), \[")),
    ("codepro", re.compile(rb"\A[^\t\n]+\t[^\t\n]*\t[^\t\n]+\t[^\t\n]*\t[01]\s*(\n|\Z)")),
    ("codexglue-clone", re.compile(rb"\A\d+\t\d+\t[01]\s*(\n|\Z)")),
    ("staqc", re.compile(rb"\A\(\d+, \d+\)\s*(\n|\Z)")),
    ("codenet", re.compile(rb"\A(submission_id,problem_id,|id,name,dataset,time_limit,)")),
    ("codesearchnet", re.compile(rb"\Ahttps://github\.com/\S+#L\d+(-L\d+)?\s*(\n|\Z)")),
    ("codexglue-cloze", re.compile(rb"\A[\w-]+<CODESPLIT>")),
    ("codexglue-defect", re.compile(rb"\A(\d+\s*\n){3}")),
)  # fmt: skip


def source_of_path(path: str | None) -> str | None:
    """Name of the source that may read what lies there; None where nothing tells, or it is remote."""
    if not path or is_remote(path):
        return None
    folder = Path(path).expanduser()
    try:
        if folder.is_dir() and ((folder / ".git").exists() or (folder / "HEAD").is_file()):
            return "git"
        files = find(path, "", ("",)).files[:_FILES_NAMED]
    except (DataError, OSError, ValueError):
        return None
    for guess in (_by_name, _by_content, _by_code):
        if (found := guess(files)) is not None:
            return found
    return None


def _by_name(files: tuple[InputFile, ...]) -> str | None:
    for name, pattern in _BY_NAME:
        if any(pattern.search(file.plain_name) for file in files):
            return name
    return None


def _by_content(files: tuple[InputFile, ...]) -> str | None:
    for file in files[:_FILES_OPENED]:
        try:
            found = _of_head(file) or _of_rows(file)
        except (FileFault, OSError):
            continue
        if found is not None:
            return found
    return None


def _of_head(file: InputFile) -> str | None:
    with file.open() as stream:
        head = stream.read(_HEAD_BYTES).removeprefix(b"\xef\xbb\xbf")
    return next((name for name, pattern in _BY_HEAD if pattern.search(head)), None)


def _of_rows(file: InputFile) -> str | None:
    first = next(blocks(file, size=1 << 18), None)
    if first is None:
        return None
    return source_of_rows(value for _, value in itertools.islice(rows(first), _ROWS))


def _by_code(files: tuple[InputFile, ...]) -> str | None:
    """A folder, or a file, of source code."""
    suffixes = (PurePosixPath(file.plain_name).name for file in files)
    return "code" if any(language_of_path(name) in PARSED_LANGUAGES for name in suffixes) else None
