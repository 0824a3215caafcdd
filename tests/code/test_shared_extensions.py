"""Headers are C or C++ by what they hold; no `.ts` file of XML is TypeScript."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pyarrow
import pytest

from codetune.code.shared_extensions import languages_of_extension, told_language

C = """#ifndef A_H
#define A_H
#ifdef __cplusplus
extern "C" {
#endif
/* a class: of
   namespace std { */
struct point { int x, y; };
static inline int area(struct point p) { return p.x * p.y; }
#ifdef __cplusplus
}
#endif
#endif
"""


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (C, "c"),
        ("int f(int x);\n", "c"),
        ("namespace leveldb {\nint f(int x) { return x; }\n}\n", "cpp"),
        ("class A {\n public:\n  int f() const { return 1; }\n};\n", "cpp"),
        ("template <typename T>\nT twice(T x) { return x + x; }\n", "cpp"),
        ("#include <string>\ninline std::string f() { return {}; }\n", "cpp"),
        ("struct B : public A {\n  virtual void f() = 0;\n};\n", "cpp"),
        ("#import <Foundation/Foundation.h>\n@interface A : NSObject\n- (int)f;\n@end\n", None),
        ("// namespace x {\nint f(void);\n", "c"),
        ("struct s { int class; int template; };\nint g(int new);\n", "c"),
    ],
)
def test_a_header_is_what_it_holds(text, language):
    assert told_language("a.h", text) == language


def test_other_extensions():
    assert told_language("a.ts", "export const a: number = 1;\n") == "typescript"
    assert told_language("de.ts", '<?xml version="1.0"?>\n<!DOCTYPE TS>\n<TS></TS>\n') is None
    assert told_language("a.py", "x = 1\n") == "python"
    assert told_language("a.unknown", "") is None
    assert languages_of_extension("x/a.H") == ("c", "cpp")
    assert languages_of_extension("a.rs") == ("rust",)
    assert languages_of_extension("README") == ()


def share(folder: str, language: str) -> float:
    files = [path.read_text(errors="replace") for path in sorted(Path(folder).rglob("*.h"))[:120]]
    bodies = [text for text in files if "{" in text]  # files that only include others tell nothing
    return sum(told_language("a.h", text) == language for text in bodies) / len(bodies)


def test_real_headers():
    assert share(sysconfig.get_paths()["include"], "c") > 0.98
    assert share(f"{pyarrow.get_include()}/arrow/compute", "cpp") > 0.9
