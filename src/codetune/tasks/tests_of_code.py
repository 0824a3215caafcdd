"""Tells a test from the code it tests: what a test's comment says is no summary of a function."""

from __future__ import annotations

import re

from codetune.records import Snippet

__all__ = ["is_test"]

_FOLDER = re.compile(r"(?:^|/)(?:tests?|testing|__tests__|spec|specs|androidTest)/", re.IGNORECASE)
_FILE = re.compile(
    r"(?:^|/)(?:test_[^/]*\.py|[^/]*_test\.(?:py|go|cc|cpp|c|rb)|[^/]*(?:Test|Tests|TestCase|Spec|Specs)\.\w+|"
    r"[^/]*[._-](?:test|spec)\.[jt]sx?|[^/]*_spec\.rb|conftest\.py)$"
)
_NAME = re.compile(r"^(?:test(?:_|[A-Z\d]|$)|Test[A-Z_]|Benchmark[A-Z_]|Fuzz[A-Z_])")
_MARK = re.compile(
    r"^\s*(?:@(?:Test|ParameterizedTest|Before|After|BeforeEach|AfterEach|BeforeAll|AfterAll)\b|"
    r"\[(?:Fact|Theory|Test|TestCase|TestMethod|SetUp|TearDown)\b|#\[(?:\w+::)?test\b|@pytest\.)",
    re.MULTILINE,
)
_HEAD_CHARACTERS = 400


def is_test(snippet: Snippet) -> bool:
    """Whether a snippet is a test or stands among tests: by its folder, file, name or attribute."""
    path = snippet.path or ""
    if _FOLDER.search(path) or _FILE.search(path):
        return True
    name = (snippet.name or "").replace("::", ".").rpartition(".")[2]
    return bool(_NAME.match(name)) or bool(_MARK.search(snippet.code[:_HEAD_CHARACTERS]))
