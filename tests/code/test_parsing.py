import pytest

from codetune.code.languages import PARSED_LANGUAGES
from codetune.code.parsing import parse, parses, python_tree, tokens, wrappers_of
from codetune.errors import UsageError

FUNCTIONS = {
    "python": "def f(a):\n    return g(a, 'x', 1)\n",
    "javascript": "function f(a) { return g(a, 'x', 1); }",
    "typescript": "function f(a: number): string { return g(a, 'x', 1); }",
    "java": 'public int f(int a) { return g(a, "x", 1); }',
    "go": 'func f(a int) int { return g(a, "x", 1) }',
    "ruby": "def f(a)\n  g(a, 'x', 1)\nend",
    "rust": 'fn f(a: u8) -> u8 { g(a, "x", 1) }',
    "php": "public function f($a) { return g($a, 'x', 1); }",
    "c": 'int f(int a) { return g(a, "x", 1); }',
    "cpp": 'template <class T> T f(T a) { return g(a, "x", 1); }',
    "csharp": 'public override int F(int a) { return G(a, "x", 1); }',
}


@pytest.mark.parametrize("language", PARSED_LANGUAGES)
def test_a_function_alone_parses_and_a_broken_one_does_not(language: str) -> None:
    code = FUNCTIONS[language]
    assert parses(code, language)
    assert not parses(code.replace("(", "((", 1), language)


@pytest.mark.parametrize("language", PARSED_LANGUAGES)
def test_normalised_tokens_hide_names_and_literals_only(language: str) -> None:
    code = FUNCTIONS[language]
    renamed = code.replace("g(", "other(").replace("x", "longer text")
    if language == "csharp":
        renamed = renamed.replace("G(", "Other(")
    assert tokens(code, language, normalise=True) == tokens(renamed, language, normalise=True)
    assert tokens(code, language) != tokens(renamed, language)
    assert {"$id", "$str", "$num"} <= set(tokens(code, language, normalise=True))
    assert tokens(code, language, normalise=True) != tokens(
        code.replace("1", "1, 1"), language, normalise=True
    )


@pytest.mark.parametrize(
    ("language", "code", "expected"),
    [
        ("python", '"""Doc."""\nx = 1  # one\n', ["x", "=", "1"]),
        ("javascript", "/* a */ f(`b ${c}`) // d", ["f", "(", "`b ${c}`", ")"]),
        ("java", "/** A. */ int a = 'c';", ["int", "a", "=", "'c'", ";"]),
        ("go", "// a\nvar b = `c`", ["var", "b", "=", "`c`"]),
        ("ruby", "# a\n@b = :c", ["@b", "=", ":c"]),
        ("rust", "/// a\nlet b = 1u8;", ["let", "b", "=", "1u8", ";"]),
        ("php", "# a\n$b = 'c';", ["$", "b", "=", "'c'", ";"]),
        ("c", "/* a */ int b = 0x1F;", ["int", "b", "=", "0x1F", ";"]),
        ("cpp", '// a\nauto b = R"(c)";', ["auto", "b", "=", 'R"(c)"', ";"]),
        ("csharp", '/// <summary>a</summary>\nvar b = @"c";', ["var", "b", "=", '@"c"', ";"]),
    ],
)
def test_tokens_leave_comments_out_and_keep_strings_whole(
    language: str, code: str, expected: list[str]
) -> None:
    assert tokens(code, language) == expected


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("go", "x := 1\nfmt.Println(x)"),
        ("java", "private int a; void b() {}"),
        ("csharp", "public int A { get; set; }"),
        ("typescript", "async go(): Promise<void> { return }"),
        ("typescript", "const a = <div>{b}</div>"),
        ("cpp", "int a() const { return 1; }"),
        ("rust", "let x = 1; x"),
    ],
)
def test_fragments_parse_where_they_could_stand(language: str, code: str) -> None:
    assert parses(code, language)


@pytest.mark.parametrize(
    "code", ["print 'old'", "def f(:\n  pass", "x = '", "", "  \n", "a\0b", "(" * 10_000]
)
def test_python_is_checked_by_the_interpreter(code: str) -> None:
    assert not parses(code, "python")


def test_lone_surrogates_are_no_accident() -> None:
    assert tokens("x = '\ud800'", "python")[0] == "x"
    assert not parses("x = '\ud800'", "python")  # Python refuses to encode it
    assert tokens("f('\ud800')", "javascript")[:2] == ["f", "("]


def test_unknown_languages_are_named_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"cobol.*python, javascript"):
        parses("x", "cobol")


def test_a_snippet_asked_about_again_is_not_parsed_again() -> None:
    assert parse("f(1)", "javascript")[0] is parse("f(1)", "javascript")[0]
    assert python_tree("f(1)") is python_tree("f(1)")
    large = "f(1)\n" * 20_000  # whole files are not kept in memory
    assert parse(large, "javascript")[0] is not parse(large, "javascript")[0]


def test_members_are_tried_alone_before_they_are_wrapped() -> None:
    assert wrappers_of("java", "members")[0] == ("", "")
    assert wrappers_of("csharp", "members")[0] != ("", "")
    assert wrappers_of("python", "statements") == (("", ""),)
