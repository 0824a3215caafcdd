from __future__ import annotations

import pytest
from tests.synth.generators.test_solve_in_language import SOLUTIONS

from codetune.code.parsing import parses
from codetune.synth.languages.mutants import OTHER_VALUES, emptied, mutants


@pytest.mark.parametrize("language", SOLUTIONS)
def test_mutants_differ_by_one_fault_and_parse(language: str) -> None:
    code = SOLUTIONS[language]
    found = mutants(code, language, count=20, seed=0, row="a")
    assert len(found) == len(set(found)) >= 4 and code not in found
    assert all(parses(mutant, language) for mutant in found)
    assert found == mutants(code, language, count=20, seed=0, row="a")
    assert len(mutants(code, language, count=2, seed=0, row="a")) == 2


@pytest.mark.parametrize(
    ("language", "code", "bare"),
    [
        (
            "go",
            "package p\nfunc f(a int) (int, error) {\n\treturn a, nil\n}",
            "var zero0 int; var zero1 error; return zero0, zero1",
        ),
        ("go", "package p\nfunc f(a int) (n int) {\n\treturn a\n}", "{ return }"),
        ("java", "class A { A(int n) { this.n = n; } boolean f() { return n > 1; } }", "{ return false; }"),
        ("java", "class A { String f() { return x; } }", '{ return ""; }'),
        ("java", "class A { List<String> f() { return x; } }", "{ return new java.util.ArrayList<>(); }"),
        ("java", "class A { int[] f() { return x; } }", "{ return new int[0]; }"),
        ("java", "class A { A f() { return x; } }", "{ return null; }"),
        ("c", "char *f(void) { return x; }", "{ static char empty[256]; return (void *) empty; }"),
        ("rust", "fn f() -> Result<u8, String> { Ok(1) }", "{ Ok(Default::default()) }"),
        ("cpp", "std::vector<int> f() { return {1}; }", "{ return {}; }"),
        ("csharp", "class A { IEnumerable<int> F() { yield return 1; } }", "{ yield break; }"),
        ("csharp", "class A { int F() { return 1; } }", "{ return default(int); }"),
        ("ruby", "def f\n  1\nend", "nil"),
        ("javascript", "const f = (x) => x + 1;", "undefined"),
    ],
)
def test_empty_bodies_give_an_empty_value_of_their_type(language: str, code: str, bare: str) -> None:
    made = emptied(code, language)
    assert made is not None and bare in made and parses(made, language), made


def test_constructors_and_unknown_types_stay() -> None:
    assert emptied("class A { A(int n) { this.n = n; } }", "java") is None
    assert emptied("fn f() -> impl Fn() { || () }", "rust") is None


@pytest.mark.parametrize("language", OTHER_VALUES)
def test_languages_without_types_have_other_empty_values(language: str) -> None:
    for value in OTHER_VALUES[language]:
        made = emptied(SOLUTIONS[language], language, value=value)
        assert made is not None and value in made and parses(made, language), made


def test_a_number_of_another_base_is_not_made_into_no_number() -> None:
    found = mutants("fn f(a: u8) -> u8 { a & 0x1F }", "rust", count=20, seed=0, row="a")
    assert found and not any("1x1F" in mutant for mutant in found)
