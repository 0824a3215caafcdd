"""Members that work on an object, language by language."""

from __future__ import annotations

import pytest

from codetune.tasks.tagging.membership import is_instance_member


@pytest.mark.parametrize(
    ("language", "name", "code", "member"),
    [
        ("python", "A.f", "def f(self):\n    return 1", True),
        ("python", "A.f", "@staticmethod\ndef f():\n    return 1", False),
        ("python", "A.f", "@classmethod\ndef f(cls):\n    return cls()", True),
        ("python", "f", "def f(x):\n    return x", False),
        ("java", "A.f", "public int f() { return x; }", True),
        ("java", "A.f", "public static int f() { return 1; }", False),
        ("java", "A.f", '@Deprecated(since = "1")\n@Override\npublic int f() { return x; }', True),
        ("java", None, "int f() { return x; }", True),
        ("csharp", "N.A.F", "public int F() { return x; }", True),
        ("csharp", "N.A.F", '[Obsolete("static")]\npublic int F() { return x; }', True),
        ("csharp", "A.F", "public static int F(this string s) { return 1; }", False),
        ("csharp", None, "public override int F() { return x; }", True),
        ("csharp", None, "int F() { return 1; }", False),
        ("php", "A::f", "public function f($x) { return $x; }", True),
        ("php", "A::f", "public static function f($x) { return $x; }", False),
        ("php", "f", "function f($x) { return $x; }", False),
        ("javascript", "A.f", "async f(x) { return x }", True),
        ("javascript", "A.f", "static f(x) { return x }", False),
        ("javascript", "A.prototype.f", "A.prototype.f = function (x) { return x }", True),
        ("javascript", "exports.f", "exports.f = function (x) { return x }", False),
        ("typescript", "A.f", "private async f<T>(x: T): Promise<T> { return x }", True),
        ("typescript", "N.f", "export function f(x: number) { return x }", False),
        ("cpp", "n::K::f", "int f() { return a_; }", True),
        ("cpp", "K::g", "template <class T>\nT &K::g(T a) { return a; }", True),
        ("cpp", "list::size", "size_t list::size() const { return n; }", True),
        ("cpp", "util::max", "int max(int a, int b) { return a > b ? a : b; }", False),
        ("cpp", "K::make", "static K make() { return K(); }", False),
        ("go", "T.F", "func (t *T) F() int { return 1 }", True),
        ("go", "F", "func F() int { return 1 }", False),
        ("ruby", "M::C#f", "def f\n  1\nend", True),
        ("ruby", "M::C.f", "def self.f\n  1\nend", False),
        ("c", "f", "int f(void) { return 1; }", False),
    ],
)
def test_members(language: str, name: str | None, code: str, member: bool) -> None:
    assert is_instance_member(code, language, name) is member
