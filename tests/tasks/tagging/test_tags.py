"""Tags: the rule, in every language."""

from __future__ import annotations

import pytest

from codetune.tasks.tagging.tags import profile_of, tags_of

PROCEDURAL = {
    "python": "def f(xs):\n    t = 0\n    for x in xs:\n        t += x\n    return t",
    "javascript": "function f(xs) { let t = 0; for (const x of xs) { t += x; } return t; }",
    "typescript": "function f(xs: number[]) { let t = 0; for (const x of xs) { t += x; } return t; }",
    "go": "func f(xs []int) int { t := 0; for _, x := range xs { t += x }; return t }",
    "php": "function f($xs) { $t = 0; foreach ($xs as $x) { $t += $x; } return $t; }",
    "ruby": "def f(xs)\n  t = 0\n  for x in xs\n    t += x\n  end\n  t\nend",
    "rust": "fn f(xs: Vec<i32>) -> i32 { let mut t = 0; for x in xs { t += x; } t }",
    "c": "int f(int *xs, int n) { int t = 0; for (int i = 0; i < n; i++) { t += xs[i]; } return t; }",
    "cpp": "int f(std::vector<int> xs) { int t = 0; for (int x : xs) { t += x; } return t; }",
}
OBJECTS = {
    "python": "def add(self, x):\n    self.items.append(x)",
    "javascript": "class A { add(x) { this.items.push(x); } }",
    "typescript": "class A { add(x: number) { this.items.push(x); } }",
    "java": "class A { void add(int x) { this.items.add(x); } }",
    "csharp": "class A { void Add(int x) { this.items.Add(x); } }",
    "php": "class A { public function add($x) { $this->items[] = $x; } }",
    "ruby": "def add(x)\n  @items << x\nend",
    "rust": "impl A { fn add(&mut self, x: i32) { self.items.push(x); } }",
    "cpp": "class A { void add(int x) { this->items.push_back(x); } };",
}
FUNCTIONAL = {
    "python": "def f(xs):\n    return sorted(map(lambda x: x * 2, filter(None, xs)))",
    "javascript": "const f = (xs) => xs.map(x => x * 2).filter(x => x > 1)",
    "typescript": "const f = (xs: number[]) => xs.map(x => x * 2).filter(x => x > 1)",
    "ruby": "def f(xs)\n  xs.map { |x| x * 2 }.select { |x| x > 1 }\nend",
    "rust": "fn f(xs: Vec<i32>) -> Vec<i32> { xs.iter().map(|x| x * 2).filter(|x| *x > 1).collect() }",
}
EVENTS = {
    "python": 'def setup(bus):\n    bus.subscribe("saved", refresh)',
    "javascript": 'button.addEventListener("click", (e) => { open(e) })',
    "typescript": 'emitter.on("data", (x: string) => { log(x) })',
    "java": "class A { void setup() { button.addActionListener(e -> open(e)); } }",
    "go": 'func setup() { http.HandleFunc("/", handler) }',
}


@pytest.mark.parametrize(
    ("paradigm", "language", "code"),
    [
        (name, language, code)
        for name, programs in (
            ("procedural", PROCEDURAL),
            ("object-oriented", OBJECTS),
            ("functional", FUNCTIONAL),
            ("event-driven", EVENTS),
        )
        for language, code in programs.items()
    ],
)
def test_paradigm(paradigm, language, code):
    assert tags_of(code, language)[0] == f"paradigm:{paradigm}"


JAVA_AND_CSHARP = [
    ("public int Size() { return count; }", "object-oriented"),
    ("public static int Max(int a, int b) { return a > b ? a : b; }", "procedural"),
    ("public virtual void Add(int x) { items.Add(x); }", "object-oriented"),
]


@pytest.mark.parametrize(("code", "paradigm"), JAVA_AND_CSHARP)
def test_the_same_method_has_the_same_paradigm_in_both_languages(code, paradigm):
    assert tags_of(code, "csharp", "A.F")[0] == f"paradigm:{paradigm}"
    assert tags_of(code.replace("virtual ", ""), "java", "A.F")[0] == f"paradigm:{paradigm}"


def test_on_takes_the_name_of_an_event():
    assert tags_of("query.on(condition)", "javascript")[0] != "paradigm:event-driven"
    assert tags_of("bus.on('saved', refresh)", "javascript")[0] == "paradigm:event-driven"


def test_a_handler_by_its_name():
    assert tags_of("def handle_click(event):\n    print(event)", "python")[0] == "paradigm:event-driven"
    assert tags_of("def handle_error(code):\n    print(code)", "python")[0] == "paradigm:procedural"
    assert tags_of("def on_click(event):\n    print(event)", "python")[0] == "paradigm:event-driven"
    assert tags_of("def once_more(x):\n    print(x)", "python")[0] == "paradigm:procedural"


def ladder(depth: int) -> str:
    return "def f(x):\n" + "".join("    " * n + f"    if x > {n}:\n" for n in range(depth)) + "    " * depth + "    return x\n"  # fmt: skip


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("def f(x):\n    return x + 1", "beginner"),
        (ladder(1), "beginner"),
        (ladder(2), "intermediate"),
        (ladder(3), "intermediate"),
        (ladder(4), "intermediate"),
        (ladder(6), "advanced"),
        ("def f(x):\n" + "    if x:\n        x += 1\n" * 5, "intermediate"),
        ("def f(x):\n" + "    if x:\n        x += 1\n" * 10, "advanced"),
        ("def f(x):\n    yield x", "intermediate"),
        ("async def f(x):\n    yield await x", "intermediate"),
        ("def f(x):\n    return x << 2 ^ 1", "intermediate"),
    ],
)
def test_level(code, level):
    assert tags_of(code, "python")[1] == f"level:{level}"


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("python", "if a:\n    f()\nelif b:\n    g()\nelif c:\n    h()\nelse:\n    i()"),
        ("javascript", "if (a) { f() } else if (b) { g() } else if (c) { h() } else { i() }"),
        ("c", "void x() { if (a) { f(); } else if (b) { g(); } else if (c) { h(); } else { i(); } }"),
        ("java", "class A { void x() { if (a) { f(); } else if (b) { g(); } else if (c) { h(); } } }"),
        ("go", "func x() { if a { f() } else if b { g() } else if c { h() } }"),
    ],
)
def test_a_chain_of_else_ifs_is_wide_and_not_deep(language, code):
    profile = profile_of(code, language)
    assert (profile.branches, profile.depth) == (3, 1)


def test_a_language_without_grammar_has_no_tags():
    assert tags_of("SELECT 1", "sql") == ()


def test_levels_are_compared_within_the_language():
    java = "int f(int x) { if (x > 0) { return 1; } return 0; }"
    assert tags_of(f"class A {{ {java} }}", "java")[1] == "level:intermediate"
    assert tags_of(java, "c")[1] == "level:beginner"


@pytest.mark.parametrize(
    ("language", "code", "paradigm"),
    [
        ("python", "def wrap(fn):\n    def inner(x):\n        return fn(x)\n    return inner", "functional"),
        ("go", "func Hook(h Func) Option {\n\treturn func(c *Config) {\n\t\tc.h = h\n\t}\n}", "functional"),
        ("javascript", "function where(list, predicate) { return filter(list, predicate); }", "functional"),
        ("javascript", "exports.f = function (x) { return x ? g(x) : {}; };", "procedural"),
        ("typescript", "function pipe(this: Ctor, x: number): number { return x; }", "procedural"),
        (
            "typescript",
            "beforeResolution(token: T, callback: C): void { this.all.set(token, callback); }",
            "event-driven",
        ),
        ("php", "public static function make($x) { return self::other($x); }", "procedural"),
        ("cpp", "std::string f(const RE2& self) { return self.pattern(); }", "procedural"),
    ],
)
def test_functions_that_were_told_wrongly(language, code, paradigm):
    assert tags_of(code, language, "f")[0] == f"paradigm:{paradigm}"


def test_a_namespace_makes_no_member():
    code = "Stream& operator<<(Stream& to, int n) { to.write(n); return to; }"
    assert tags_of(code, "cpp", "Json::operator<<", ("namespace Json",))[0] == "paradigm:procedural"
    member = "int Value::size() { return n_; }"
    assert tags_of(member, "cpp", "Json::Value::size", ("namespace Json",))[0] == "paradigm:object-oriented"
