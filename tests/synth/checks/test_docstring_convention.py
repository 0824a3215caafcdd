from __future__ import annotations

import pytest
from tests.synth.conftest import snippet

from codetune.synth.checks.docstring_convention import (
    absent_parameters,
    convention_of,
    conventions,
    follows,
    without_marks,
)

GOOGLE = "Read a file.\n\nArgs:\n    path: The file.\n    limit (int): At most so many\n        bytes: never more.\n\nReturns:\n    Its text."
NUMPY = (
    "Read a file.\n\nParameters\n----------\npath : str\n    The file.\nlimit : int\n\nReturns\n-------\nstr"
)
SPHINX = "Read a file.\n\n:param path: The file.\n:param int limit: Bytes.\n:returns: Its text."
TAGS = "Read a file.\n\n@param {string} path The file.\n@param limit bytes\n@returns {string} Its text."
XML = '<summary>Read a file.</summary>\n<param name="path">The file.</param>'
CODE = "def read(path, limit):\n    return open(path).read(limit)\n"


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        (GOOGLE, "python", "google"),
        (NUMPY, "python", "numpy"),
        (SPHINX, "python", "sphinx"),
        (TAGS, "javascript", "jsdoc"),
        (TAGS, "java", "javadoc"),
        (TAGS, "php", "phpdoc"),
        (TAGS, "ruby", "yard"),
        (TAGS, "cpp", "doxygen"),
        (XML, "csharp", "xmldoc"),
        ("Reads.\n\n# Errors\n\nWhere there is none.", "rust", "rustdoc"),
        ("Read a file and return its text.", "python", None),
    ],
)
def test_a_comments_convention(text: str, language: str, name: str | None) -> None:
    assert convention_of(text, language) == name
    if name is not None:
        assert follows(text, name, language, "read")


def test_a_projects_convention_is_that_of_most_of_its_structured_comments() -> None:
    def documented(text: str, number: int, repo: str):
        return snippet(f"def f{number}(path, limit): pass", f"f{number}", text, repo=repo)

    rows = [documented(NUMPY, i, "a") for i in range(3)] + [documented(GOOGLE, 3, "a")]
    rows += [documented("One line.", i, "b") for i in range(9)] + [documented(SPHINX, 9, "b")]
    assert conventions(rows) == {("a", "python"): "numpy"} == conventions(reversed(rows))


@pytest.mark.parametrize("text", [GOOGLE, NUMPY, SPHINX, TAGS, XML])
def test_parameters_have_to_stand_in_the_code(text: str) -> None:
    assert absent_parameters(text, CODE) == []
    assert absent_parameters(text, CODE.replace("path", "name")) == ["path"]
    assert absent_parameters(text, "def read(**options): pass") == []


def test_go_begins_with_the_name() -> None:
    assert follows("Read returns the text.", "godoc", "go", "File.Read")
    assert not follows("Returns the text.", "godoc", "go", "File.Read")


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        (
            "/**\n * Reads.\n *\n * @param path the file\n */",
            "Reads.\n\n@param path the file",
        ),
        ("/// Reads.\n///\n/// # Errors", "Reads.\n\n# Errors"),
        ('"""Reads."""', "Reads."),
        ("# Errors\n\nNone.", "# Errors\n\nNone."),
        ("Reads `//` comments.", "Reads `//` comments."),
    ],
)
def test_comment_marks_are_taken_off(text: str, inner: str) -> None:
    assert without_marks(text) == inner


def test_chinese_sections_are_read_too() -> None:
    text = "读取文件。\n\n参数：\n    path：文件路径。\n    retries: 重试次数。\n\n返回：\n    result: 内容。"
    assert absent_parameters(text, "def load(path): ...") == ["retries"]
