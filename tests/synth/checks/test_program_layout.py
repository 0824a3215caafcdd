"""Members of every kind laid out as whole programs: they parse, hold the code unchanged, and run where a compiler is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from codetune.code.parsing import parses
from codetune.execution.languages.toolchains import toolchain
from codetune.execution.open import open_executor
from codetune.execution.protocol import Executor, Limits, Program
from codetune.records import Snippet, Verdict
from codetune.synth.checks.code_preserved import completed
from codetune.synth.checks.program_layout import Parts, assemble, place_of
from codetune.synth.checks.snippet_text import SnippetView
from codetune.synth.runtime.raw_answers import InvalidAnswerError

CASES = {
    "C++ member outside its class, in a namespace": (
        ("cpp", "geo::Circle::area", ("namespace geo",), "double Circle::area() const {\n  return 3 * r_ * r_;\n}"),
        Parts(
            imports="#include <cstdio>",
            definitions="namespace geo {\nclass Circle {\npublic:\n  explicit Circle(double r) : r_(r) {}\n"
                        "  double area() const;\nprivate:\n  double r_;\n};\n}",
            example='std::printf("%f\\n", geo::Circle(2).area());',
        ),
        "method", "Circle", "outside its class `Circle`, which has to be declared with it before, in `namespace geo`",
    ),
    "C++ function in a namespace": (
        ("cpp", "geo::twice", ("namespace geo",), "int twice(int n) {\n  return 2 * n;\n}"),
        Parts(imports="#include <cstdio>", example='std::printf("%d\\n", geo::twice(2));'),
        "function", None, "at the top level, in `namespace geo`",
    ),
    "C++ member of a class template": (
        ("cpp", "Box::get", ("template <typename T> class Box : public Base",), "const T& get() const {\n  return held;\n}"),
        Parts(imports="#include <cstdio>", members="T held{};", example='std::printf("%d\\n", Box<int>().get());'),
        "method", "Box", "in the body of `template <typename T> class Box : public Base`",
    ),
    "C# constructor": (
        ("csharp", "Shop.Basket.Basket", ("namespace Shop", "internal sealed class Basket"), "internal Basket(int size)\n{\n    this.size = size;\n}"),
        Parts(imports="using System;", members="public readonly int size;", example="Console.WriteLine(new Shop.Basket(3).size);"),
        "constructor", "Basket", "in the body of `internal sealed class Basket`, in `namespace Shop`",
    ),
    "C# extension method": (
        ("csharp", "Twice", (), "public static string Twice(this string text)\n{\n    return text + text;\n}"),
        Parts(imports="using System;", example='Console.WriteLine("a".Twice());'),
        "function", None, "in a static class that is not nested, as it is an extension method",
    ),
    "Java constructor of a nested class": (
        ("java", "Shop.Basket.Basket", ("public class Shop", "private static final class Basket"), "private Basket(int size) {\n    this.size = size * UNIT;\n}"),
        Parts(members="final int size;\nstatic Basket of(int n) { return new Basket(n); }",
              around="static final int UNIT = 2;", example="System.out.println(Shop.Basket.of(3).size);"),
        "constructor", "Shop.Basket", "in the body of `private static final class Basket`, inside `public class Shop`",
    ),
    "Java @Override": (
        ("java", "Dog.sound", ("public class Dog extends Animal",), "@Override\npublic String sound() {\n    return super.sound() + \"!\";\n}"),
        Parts(definitions='abstract class Animal {\n    String sound() { return "wuff"; }\n}', example="System.out.println(new Dog().sound());"),
        "method", "Dog", "in the body of `public class Dog extends Animal`",
    ),
    "C++ member of a nested class that the outer one names first": (
        ("cpp", "Book::Cursor::next", ("class Book", "class Cursor : private Base"), "int next() {\n  return ++at_;\n}"),
        Parts(imports="#include <cstdio>", definitions="struct Base {};", members="int at_ = 0;",
              around="Cursor begin() const { return Cursor(); }", example='std::printf("next %d\\n", Book().begin().next());'),
        "method", "Book::Cursor", "in the body of `class Cursor : private Base`, inside `class Book`",
    ),
    "Java base that nothing needs": (
        ("java", "Dog.sound", ("public class Dog extends Animal",), "public String sound() {\n    return \"wuff\";\n}"),
        Parts(example="System.out.println(new Dog().sound());"),
        "method", "Dog", "in the body of `public class Dog extends Animal`",
    ),
    "Rust owner with a lifetime and generics": (
        ("rust", "Lines<'a, T>::next", ("impl<'a, T: Copy> Iterator for Lines<'a, T>",), "fn next(&mut self) -> Option<T> {\n    self.left.pop().copied()\n}"),
        Parts(definitions="struct Lines<'a, T> {\n    left: Vec<&'a T>,\n}", members="type Item = T;",
              example='let one = 1;\nprintln!("{:?}", Lines { left: vec![&one] }.next());'),
        "method", "Lines", "in the body of `impl<'a, T: Copy> Iterator for Lines<'a, T>`",
    ),
    "Go receiver": (
        ("go", "Circle.Area", (), "func (c *Circle) Area() float64 {\n\treturn 3 * c.r * c.r\n}"),
        Parts(imports='import "fmt"', definitions="type Circle struct{ r float64 }", example="fmt.Println((&Circle{2}).Area())"),
        "method", "Circle", "at the top level",
    ),
    "TypeScript member": (
        ("typescript", "Basket.total", ("abstract class Basket<T> extends Base<T>",), "protected total(): number {\n  return this.items.length;\n}"),
        Parts(members="items = [1, 2];", example="console.log((new (Basket as any)()).total());"),
        "method", "Basket", "in the body of `abstract class Basket<T> extends Base<T>`",
    ),
    "JavaScript assignment to a prototype": (
        ("javascript", "Basket.prototype.total", (), "Basket.prototype.total = function () {\n  return this.n;\n};"),
        Parts(definitions="function Basket() { this.n = 2; }", example="console.log(new Basket().total());"),
        "method", "Basket.prototype", "at the top level, after `Basket` is defined",
    ),
    "JavaScript member of an object": (
        ("javascript", "total", ("object",), "total(a) {\n  return a + 1;\n}"),
        Parts(example="console.log(object.total(1));"),
        "method", None, "in an object literal",
    ),
    "JavaScript export": (
        ("javascript", "total", (), "export default function total(a) {\n  return a + 1;\n}"),
        Parts(example="console.log(total(1));"),
        "function", None, "at the top level",
    ),
    "PHP constructor": (
        ("php", "Basket::__construct", ("final class Basket extends Base",), "public function __construct(private int $size)\n{\n    $this->size *= 1;\n}"),
        Parts(members="public function size() { return $this->size; }", example="$b = new Basket(2);\n// __construct\necho (new Basket(3))->size();"),
        "constructor", "Basket", "in the body of `final class Basket extends Base`",
    ),
    "Ruby class method in a module": (
        ("ruby", "Shop::Basket.open", ("module Shop", "class Basket < Base", "class << self"), "def open\n  new\nend"),
        Parts(example="p Shop::Basket.open.class"),
        "method", "Shop::Basket", "in the body of `class << self`, inside `class Basket < Base`, inside `module Shop`",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Executor]:
    executor = open_executor(1)
    yield executor
    executor.close()


@pytest.mark.parametrize("case", CASES)
def test_a_right_completion_runs(case: str, sandbox: Executor) -> None:
    (language, name, scopes, code), parts, kind, owner, place = CASES[case]
    view = SnippetView(
        Snippet(code=code, programming_language=language, name=name, scopes=scopes, source="test")
    )
    assert (view.kind, view.owner, place_of(view)) == (kind, owner, place)
    made = completed(assemble(view, parts), view)
    if toolchain(language).path is None:
        pytest.skip(f"no toolchain for {language}")
    limits = Limits(cpu_seconds=30.0, memory_bytes=2 << 30)
    (ran,) = sandbox.run([Program(id="a", code=made.text, language=language, limits=limits)])
    assert ran.verdict is Verdict.PASS, f"{ran.detail}\n{ran.stderr}\n{made.text}"
    assert ran.stdout.strip()


def test_an_example_has_to_use_the_code() -> None:
    view = SnippetView(Snippet(code="func A() {}", programming_language="go", name="A", source="test"))
    with pytest.raises(InvalidAnswerError, match="example doesn't use the code"):
        assemble(view, Parts(example="B()"))


def test_macros_that_a_grammar_cannot_read_are_left_to_the_compiler() -> None:
    view = SnippetView(
        Snippet(code="int one(void) {\n  return 1;\n}", programming_language="c", name="one", source="test")
    )
    text = "#define BEGIN {\nint one(void) {\n  return 1;\n}\nint main(void) BEGIN return !one(); }"
    assert not parses(text, "c")
    if toolchain("c").path is None:
        pytest.skip("no toolchain for c")
    assert completed(text, view).text == text
