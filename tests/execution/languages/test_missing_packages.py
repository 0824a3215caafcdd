from __future__ import annotations

import pytest

from codetune.execution.languages.missing_packages import missing_package
from codetune.execution.languages.toolchains import toolchain
from codetune.execution.open import open_executor
from codetune.execution.protocol import Program
from codetune.records import Verdict

PROGRAMS = {
    "javascript": ("require('nolib');", "nolib"),
    "typescript": ("import x from 'nolib';\nconsole.log(x);", "nolib"),
    "java": ("import org.nolib.A;\nclass Main { public static void main(String[] a) { A.b(); } }", "org.nolib"),
    "go": ('package main\n\nimport "example.com/nolib"\n\nfunc main() { nolib.A() }', "example.com/nolib"),
    "rust": ("use nolib::a;\nfn main() { a(); }", "nolib"),
    "c": ("#include <nolib.h>\nint main(void) { return 0; }", "nolib.h"),
    "cpp": ("#include <nolib/x.hpp>\nint main() {}", "nolib/x.hpp"),
    "ruby": ("require 'nolib'", "nolib"),
}  # fmt: skip


@pytest.mark.parametrize("language", PROGRAMS)
def test_the_compiler_names_the_package_that_is_not_there(language: str) -> None:
    if toolchain(language).path is None:
        pytest.skip(f"no toolchain for {language}")
    code, wanted = PROGRAMS[language]
    with open_executor(1) as executor:
        (ran,) = executor.run([Program(id="a", code=code, language=language)])
    assert ran.verdict is not Verdict.PASS
    assert missing_package(ran.stderr, language) == wanted


def test_other_failures_name_none() -> None:
    assert missing_package("Error: Cannot find module './part'", "javascript") is None
    assert missing_package("Main.java:1: error: cannot find symbol", "java") is None
    assert missing_package("error TS2304: Cannot find name 'x'.", "php") is None
