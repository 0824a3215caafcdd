"""Definitions taken apart, language by language."""

from __future__ import annotations

import pytest

from codetune.code.definition import split_definition


def parts(code: str, language: str = "python") -> tuple[str, str]:
    definition = split_definition(code, language)
    assert definition is not None
    return definition.signature, definition.code


@pytest.mark.parametrize(
    ("code", "signature", "bare"),
    [
        ('def f(x):\n    """Doc."""\n    return x\n', "def f(x):", "def f(x):\n    return x"),
        (
            'def f(x):\n    """Doc.\n\n    More.\n    """\n\n    return x',
            "def f(x):",
            "def f(x):\n    return x",
        ),
        (
            '@cache\nasync def f(\n    x: int = 3,  # three\n) -> str:  # why\n    "Doc"\n    # note\n    return x',
            "@cache\nasync def f(\n    x: int = 3,  # three\n) -> str:",
            "@cache\nasync def f(\n    x: int = 3,  # three\n) -> str:  # why\n    # note\n    return x",
        ),
        ('def f(): "doc"; return 1', "def f():", "def f(): return 1"),
        ("def f():\n    'é'; x = 1\n    return x", "def f():", "def f():\n    x = 1\n    return x"),
        ("def f(s=':  # no'):\n    return s", "def f(s=':  # no'):", "def f(s=':  # no'):\n    return s"),
        ('def f():\n    return """not a doc"""', "def f():", 'def f():\n    return """not a doc"""'),
        (
            'class A(B):\n    """Doc."""\n\n    x = 1\n',
            "class A(B):",
            "class A(B):\n    x = 1",
        ),
    ],
)
def test_python(code, signature, bare):
    assert parts(code) == (signature, bare)


@pytest.mark.parametrize(
    ("language", "code", "signature", "bare"),
    [
        (
            "java",
            "/** Adds.\n * @param a x\n */\n@Override\npublic int add(int a, int b) {\n    return a + b;\n}",
            "@Override\npublic int add(int a, int b)",
            "@Override\npublic int add(int a, int b) {\n    return a + b;\n}",
        ),
        ("go", "// Add adds.\n// Really.\nfunc (t *T) Add(a interface{}) int {\n\treturn 1\n}",
         "func (t *T) Add(a interface{}) int", "func (t *T) Add(a interface{}) int {\n\treturn 1\n}"),
        ("javascript", "/* Doc */\nasync load(url = {}) {\n  return url\n}", "async load(url = {})",
         "async load(url = {}) {\n  return url\n}"),
        ("javascript", "const f = (n) => {\n  return n\n}", "const f = (n)", "const f = (n) => {\n  return n\n}"),
        ("typescript", "function f(a: {x: number}): {y: string} {\n  return g(a)\n}",
         "function f(a: {x: number}): {y: string}", "function f(a: {x: number}): {y: string} {\n  return g(a)\n}"),
        ("ruby", "# Adds.\ndef add(a, b)\n  a + b\nend", "def add(a, b)", "def add(a, b)\n  a + b\nend"),
        ("rust", "/// Adds.\n#[inline]\npub fn add(a: i32) -> i32 where i32: Copy {\n    a + 1\n}",
         "pub fn add(a: i32) -> i32 where i32: Copy", "#[inline]\npub fn add(a: i32) -> i32 where i32: Copy {\n    a + 1\n}"),
        ("php", "/** Doc */\npublic static function add($a) {\n    return $a;\n}",
         "public static function add($a)", "public static function add($a) {\n    return $a;\n}"),
        ("c", "/* Doc */\nstatic int add(int a)\n{\n  return a;\n}", "static int add(int a)",
         "static int add(int a)\n{\n  return a;\n}"),
        ("cpp", "/// Doc\ntemplate <class T>\nT A<T>::add(T a) const {\n  return a;\n}",
         "T A<T>::add(T a) const", "template <class T>\nT A<T>::add(T a) const {\n  return a;\n}"),
        ("csharp", "/// <summary>Doc</summary>\npublic int Add(int a)\n{\n    return a;\n}",
         "public int Add(int a)", "public int Add(int a)\n{\n    return a;\n}"),
    ],
)  # fmt: skip
def test_other_languages(language, code, signature, bare):
    found_signature, found_code = parts(code, language)
    assert found_code == bare
    assert found_signature.endswith(signature)


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("python", 'def f():\n    """Doc."""'),
        ("python", 'def f():\n    """Doc."""\n    raise NotImplementedError("later")'),
        ("python", "def f(): ..."),
        ("java", "public void f() {\n    // nothing yet\n}"),
        ("go", "func f() {\n}"),
    ],
)
def test_nothing_in_the_body(language, code):
    definition = split_definition(code, language)
    assert definition is not None
    assert definition.is_empty


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("python", "def f(:"),
        ("python", "x = 1"),
        ("python", "def f(): pass\ndef g(): pass"),
        ("python", "def f():\n    x = '\0'"),
        ("java", "public int f( {"),
        ("fortran", "end"),
    ],
)
def test_what_is_no_definition(language, code):
    assert split_definition(code, language) is None


def test_body_lines_count_code_alone():
    definition = split_definition(
        'def f(x):\n    """Doc."""\n\n    # why\n    y = (\n        x\n    )\n\n    return y\n', "python"
    )
    assert definition is not None
    assert definition.body_lines == 3  # `y = (`, `x`, `return y`
