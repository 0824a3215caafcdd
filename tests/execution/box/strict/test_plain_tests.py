"""Tests share a process only where they can leave nothing behind in it."""

from __future__ import annotations

import pytest

from codetune.execution.box.strict.plain_tests import are_plain, may_be_plain

PLAIN = (
    "assert f(1) == 2",
    "import math\ndef check(c):\n    for i in range(3):\n        assert math.isclose(c(i), i)\ncheck(f)",
    "try:\n    f(0)\nexcept ValueError:\n    pass\nelse:\n    assert False",
    "METADATA = {'a': 1}\nassert all(x in METADATA for x in f('a'))",
)
OTHERS = (
    "import sys\nsys.setrecursionlimit(9)",
    "import re\nre.copyreg.dispatch_table[int] = 1",
    "import datetime\ndatetime.sys.modules['math'] = None",
    "import math\nmath.pi = 3",
    "def g():\n    yield 1\ng().gi_frame.f_builtins['len'] = 1",
    "().__class__.__base__.__subclasses__()",
    "class A: pass",
    "exec('1')",
    "__builtins__['len'] = 1",
    "with f(1): pass",
    "setattr(f, 'x', 1)",
    "from math import *",
    "del f.x",
)


@pytest.mark.parametrize("text", PLAIN)
def test_plain(text: str) -> None:
    assert may_be_plain(text.encode()) and are_plain(compile(text, "tests.py", "exec"))


@pytest.mark.parametrize("text", OTHERS)
def test_what_may_change_the_interpreter_is_not_plain(text: str) -> None:
    assert not (may_be_plain(text.encode()) and are_plain(compile(text, "tests.py", "exec")))
