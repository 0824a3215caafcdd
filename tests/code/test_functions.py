import ast
import sysconfig
from pathlib import Path

import pytest

from codetune.code.functions import functions

CASES = {
    "python": (
        "class A:\n    @d\n    def f(a):\n        '''Doc.\n\n        More.'''\n        return a\n",
        [("A.f", "Doc.\n\nMore.", "@d\ndef f(a):\n    '''Doc.\n\n    More.'''\n    return a", 2)],
    ),
    "javascript": (
        "/** Adds.\n * @param a */\nexport function f(a) { return a }\n\n// Arrow.\nconst g = async (x) => x + 1;\n"
        "class B {\n  /** Method. */\n  m() { return 1 }\n}\nmodule.exports.z = function () { return 2 }\n",
        [
            ("f", "Adds.\n@param a", "export function f(a) { return a }", 3),
            ("g", "Arrow.", "const g = async (x) => x + 1;", 6),
            ("B.m", "Method.", "m() { return 1 }", 9),
            ("module.exports.z", None, "module.exports.z = function () { return 2 }", 11),
        ],
    ),
    "typescript": (
        "namespace N {\n  export class T {\n    /** Hi. */\n    async go(a: number): Promise<void> { return }\n  }\n}\n",
        [("N.T.go", "Hi.", "async go(a: number): Promise<void> { return }", 4)],
    ),
    "java": (
        "class X {\n  /**\n   * Does it.\n   * @return x\n   */\n  @Override\n  public int f(int a) { return 1; }\n"
        "  abstract int g();\n}\n",
        [("X.f", "Does it.\n@return x", "@Override\npublic int f(int a) { return 1; }", 6)],
    ),
    "go": (
        "package p\n\n// F does.\n// More.\nfunc (r *T[K]) F(a int) error { return nil }\n\n// Far away.\n\nfunc G() { H() }\n",
        [
            ("T.F", "F does.\nMore.", "func (r *T[K]) F(a int) error { return nil }", 5),
            ("G", None, "func G() { H() }", 9),
        ],
    ),
    "ruby": (
        "module M\n  class C\n    # Doc.\n    # Two.\n    def f(a)\n      1\n    end\n    def self.g; 2; end\n  end\nend\n",
        [("M::C#f", "Doc.\nTwo.", "def f(a)\n  1\nend", 5), ("M::C.g", None, "def self.g; 2; end", 8)],
    ),
    "rust": (
        "impl S {\n  /// Doc.\n  /// Two.\n  #[inline]\n  pub fn f<'a>(x: &'a str) -> u8 { 1 }\n}\n",
        [("S::f", "Doc.\nTwo.", "pub fn f<'a>(x: &'a str) -> u8 { 1 }", 5)],
    ),
    "php": (
        "<?php\nclass A {\n  /** Doc. */\n  public function f($a) { return 'x'; }\n}\n",
        [("A::f", "Doc.", "public function f($a) { return 'x'; }", 4)],
    ),
    "c": (
        "/* Adds. */\nstatic int *f(int a) { return 0; }\nint g(void);\n",
        [("f", "Adds.", "static int *f(int a) { return 0; }", 2)],
    ),
    "cpp": (
        "namespace n {\nclass K {\n  // Inner.\n  int f() { return 1; }\n};\n}\n/// Outer.\ntemplate <class T>\nT &K::g(T a) { return a; }\n",
        [
            ("n::K::f", "Inner.", "int f() { return 1; }", 4),
            ("K::g", "Outer.", "template <class T>\nT &K::g(T a) { return a; }", 8),
        ],
    ),
    "csharp": (
        "namespace N {\n  class C {\n    /// <summary>\n    /// Does.\n    /// </summary>\n    public override void F() { var x = 1; }\n  }\n}\n",
        [("N.C.F", "Does.", "public override void F() { var x = 1; }", 6)],
    ),
}


@pytest.mark.parametrize("language", CASES)
def test_functions_have_names_documentation_and_lines(language: str) -> None:
    code, expected = CASES[language]
    found = [(s.name, s.docstring, s.code, s.start_line) for s in functions(code, language)]
    assert found == expected


def test_python_functions_agree_with_the_interpreters_own_tree() -> None:
    """Names, first lines and docstrings of a real module, against `ast`."""
    for module in ("argparse.py", "heapq.py", "typing.py", "asyncio/base_events.py"):
        text = (Path(sysconfig.get_paths()["stdlib"]) / module).read_text()
        assert sorted((s.name, s.start_line, s.docstring) for s in functions(text, "python")) == sorted(
            _by_ast(ast.parse(text), "")
        )


def _by_ast(node: ast.AST, scope: str):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([child.lineno, *(d.lineno for d in child.decorator_list)])
            doc = ast.get_docstring(child)
            yield scope + child.name, first, (doc.strip() or None) if doc else None
        else:
            yield from _by_ast(child, f"{scope}{child.name}." if isinstance(child, ast.ClassDef) else scope)


def test_remarks_to_tools_and_to_other_code_are_no_documentation() -> None:
    code = (
        "int a; // the counter\nint f() { return a; }\n// eslint-disable-next-line\nint g() { return 1; }\n"
    )
    assert [s.docstring for s in functions(code, "c")] == [None, None]


def test_stubs_have_no_statements() -> None:
    code = "def a(): ...\ndef b(): pass\ndef c():\n    'Doc.'\ndef d():\n    'Doc.'\n    return 1\n"
    assert [s.statements for s in functions(code, "python")] == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("language", "code"),
    [
        (
            "python",
            "def good():\n    return 1\n\n\ndef bad():\n    return (1 +\n\n\ndef fine():\n    return 2\n",
        ),
        ("c", "int good() { return 1; }\nint bad() { return 1 +; }\nint fine() { return 2; }\n"),
    ],
)
def test_errors_are_told_by_function(language: str, code: str) -> None:
    assert {s.name: s.has_error for s in functions(code, language)} == {
        "good": False,
        "bad": True,
        "fine": False,
    }


def test_a_doc_block_may_stand_off_by_a_line_but_not_at_the_top_of_a_file() -> None:
    code = "/** About the file. */\n\nfunction first() { return 1; }\n\n/**\n * Starts it.\n */\n\napp.init = function init() {\n  return 2;\n};\n\n// far off\n\nfunction last() { return 3; }\n"
    found = {span.name: span.docstring for span in functions(code, "javascript")}
    assert found == {"first": None, "app.init": "Starts it.", "last": None}


def test_blocks_of_a_macro_are_no_functions_and_constructors_in_capitals_are() -> None:
    code = "TEST_F(Suite, Name) {\n  EXPECT_EQ(1, 1);\n}\n\nclass URL {\n public:\n  URL(int a) : a_(a) { check(); }\n  int a_;\n};\n"
    assert [span.name for span in functions(code, "cpp")] == ["URL::URL"]


def test_a_name_over_two_lines_is_one_name():
    code = "template <class T>\nvoid Box<T>::\n    close() {\n  open_ = false;\n}\n"
    assert [span.name for span in functions(code, "cpp")] == ["Box<T>::close"]


@pytest.mark.parametrize(
    "comment",
    [
        "/* istanbul ignore next */", "// c8 ignore next 3", "// phpcs:ignore Squiz.All", "// clang-format off",
        "//go:noinline", "// NOLINTNEXTLINE(runtime/int)", "/** @codeCoverageIgnore */", "// cspell:disable-next-line",
        "// biome-ignore lint: long", "// deno-lint-ignore no-explicit-any", "// ReSharper disable once All",
    ],
)  # fmt: skip
def test_a_word_to_a_tool_documents_nothing(comment):
    (span,) = functions(f"{comment}\nfunction f() {{ return 1; }}\n", "javascript")
    assert span.docstring is None


@pytest.mark.parametrize(
    "comment", ["// Ignores the next one.", "// Go: the move of a piece.", "// Types are ignored."]
)
def test_words_that_tools_use_too_document(comment):
    (span,) = functions(f"{comment}\nfunction f() {{ return 1; }}\n", "javascript")
    assert span.docstring == comment[3:]
