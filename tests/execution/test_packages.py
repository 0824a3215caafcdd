"""What a program imports and the box doesn't have is found without running it."""

from __future__ import annotations

from codetune.execution.packages import how_to_install, imported_modules, missing_modules


def test_the_modules_a_program_needs() -> None:
    source = (
        "import os.path, nowhere.found as n\nfrom there import x\nfrom . import y\n"
        "try:\n    import perhaps\nexcept ImportError:\n    pass\n"
        "def f():\n    import within\n"
    )
    assert imported_modules(source) == {"os", "nowhere", "there", "within"}
    assert imported_modules("not python (") == set()


def test_what_is_missing_and_what_to_do() -> None:
    assert missing_modules("import json, math, solution, no_such_module_of_anybody") == [
        "no_such_module_of_anybody"
    ]
    assert "-m pip install pandas" in how_to_install(["pandas"])
