"""Heads of the types and namespaces that functions stand in, and names taken apart."""

from __future__ import annotations

import pytest

from codetune.code.functions import functions
from codetune.code.scopes import is_type_head, name_of_head, split_name, without_bases

FOUND = {
    "csharp": (
        "namespace A { [X] public static class Foo<T> : Bar where T : class { public Foo(int a) : base(a) { x = 1; } } }",
        ("namespace A", "public static class Foo<T> : Bar where T : class"),
        "Foo",
        "public static class Foo<T> where T : class",
    ),
    "cpp": (
        "namespace a { template <class T> class LIB_API Foo final : public Bar<T> { int x() { return 1; } }; }",
        ("namespace a", "template <class T> class Foo final : public Bar<T>"),
        "Foo",
        "template <class T> class Foo final",
    ),
    "ruby": (
        "module A\n class B < C\n class << self\n def x; 1; end\nend\nend\nend",
        ("module A", "class B < C", "class << self"),
        "",
        "class << self",
    ),
    "typescript": (
        "@d() export abstract class Foo<T extends A> extends B<T> implements C { private x = () => { return 1; } }",
        ("abstract class Foo<T extends A> extends B<T> implements C",),
        "Foo",
        "abstract class Foo<T extends A>",
    ),
    "java": (
        '@A(x="{") public final class Foo<T extends A> extends B implements C { @Override public int x() { return 1; } }',
        ("public final class Foo<T extends A> extends B implements C",),
        "Foo",
        "public final class Foo<T extends A>",
    ),
    "rust": (
        "impl<'a, T: Read> Iterator for Lines<'a, T> where T: X { fn next(&mut self) -> u8 { 1 } }",
        ("impl<'a, T: Read> Iterator for Lines<'a, T> where T: X",),
        "Lines",
        "impl<'a, T: Read> Iterator for Lines<'a, T> where T: X",
    ),
    "javascript": ("const o = { m() { return 1; } };", ("object",), "", "object"),
    "php": (
        "<?php #[A] final class Foo extends Bar implements Baz { function x() { return 1; } }",
        ("final class Foo extends Bar implements Baz",),
        "Foo",
        "final class Foo",
    ),
    "python": ("class Foo(Bar):\n    def x(self):\n        return 1\n", ("class Foo(Bar)",), "Foo", "class Foo(Bar)"),
}  # fmt: skip


@pytest.mark.parametrize("language", FOUND)
def test_heads_of_types_and_namespaces(language: str) -> None:
    code, heads, name, bare = FOUND[language]
    (found,) = functions(code, language)
    assert found.scopes == heads
    assert name_of_head(heads[-1], language) == name
    assert without_bases(heads[-1], language)[0] == bare


def test_namespaces_are_no_types() -> None:
    assert not is_type_head("namespace a", "cpp") and not is_type_head("inline namespace v1", "cpp")
    assert not is_type_head("pub(crate) mod lines", "rust") and is_type_head("module A", "ruby")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Thread.join", ["Thread", "join"]),
        ("A::B#x", ["A", "B", "x"]),
        ("Foo<a::b>::get", ["Foo<a::b>", "get"]),
        ("Foo::operator->", ["Foo", "operator->"]),
        ("Foo::operator<", ["Foo", "operator<"]),
        ("Lines<'a, T>::next", ["Lines<'a, T>", "next"]),
        ("operators.add", ["operators", "add"]),
        ("~Foo", ["~Foo"]),
    ],
)
def test_names_are_taken_apart(name: str, parts: list[str]) -> None:
    assert split_name(name) == parts


def test_class_fields_and_members_of_objects_bring_their_name() -> None:
    code = "class A { f = () => { return 1; } }\nconst o = { g: (x) => { return x; } };"
    assert [found.code for found in functions(code, "javascript")] == [
        "f = () => { return 1; }",
        "g: (x) => { return x; }",
    ]
