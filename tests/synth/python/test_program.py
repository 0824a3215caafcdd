from __future__ import annotations

import re
import subprocess
import sys

import pytest
from tests.synth.conftest import fill

from codetune.synth.checks.code_preserved import holds_unchanged
from codetune.synth.python.free_names import CallShape, python_needs
from codetune.synth.python.program import assemble_python, python_slots

CASES = {
    "function with all sorts of free names": (
        "chunks",
        "def chunks(items, size):\n    if DEBUG:\n        show(os.sep)\n    for start in range(0, len(items), size):\n"
        "        yield list(islice(items, start, start + size))\n",
    ),
    "method with attributes, a lock and an object": (
        "Box.put",
        "def put(self, item):\n    with self._lock:\n        self.tk.call('put', item)\n        return self.name.upper() + item.strip()\n",
    ),
    "docstring that goes over lines stays as it is": (
        "Box.help",
        'def help(self):\n    """First.\n\n  odd indent\n    """\n    return """a\nb""" + self.text.lower()\n',
    ),
    "property": ("Box.size", "@property\ndef size(self):\n    return len(self.items)\n"),
    "class method": ("Box.make", "@classmethod\ndef make(cls, n):\n    return cls.step + n + 1\n"),
    "static method": ("Box.twice", "@staticmethod\ndef twice(x):\n    return x * 2\n"),
    "constructor": ("Box.__init__", "def __init__(self, size):\n    self.size = size\n"),
    "constructor of a base class": (
        "Wrong.__init__",
        "def __init__(self, line):\n    Error.__init__(self, line)\n    self.line = line\n",
    ),
    "coroutine": ("wait", "async def wait(seconds):\n    await asyncio.sleep(0)\n    return seconds\n"),
    "asynchronous generator": ("ticks", "async def ticks(n):\n    yield n\n"),
    "exception": ("fail", "def fail(x):\n    if x == 'never':\n        raise NeverError(x)\n    return x\n"),
    "keyword-only argument": ("f", "def f(*, width):\n    return width + 1\n"),
    "nothing missing": ("one", "def one():\n    return 1\n"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_program_runs_and_holds_the_code_unchanged(case: str) -> None:
    name, code = CASES[case]
    needs = python_needs(code, name)
    assert needs is not None
    slots = python_slots(needs)
    answer = {
        group: {key: fill(slot.pattern, key) if not slot.pattern.startswith("SimpleNamespace")
                else "SimpleNamespace(call=lambda *args, **kwargs: None)" for key, slot in inner.items()}
        for group, inner in (slots.groups.items() if slots else ())
    }  # fmt: skip
    for group, inner in answer.items():
        for key, value in inner.items():
            assert re.fullmatch(slots.groups[group][key].pattern, value)
    program = assemble_python(code, needs, answer)
    assert holds_unchanged(program, code, "python"), program
    ran = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, program + ran.stderr


def test_whose_method_is_called_with_the_object_is_a_class() -> None:
    needs = python_needs("def put(self, x):\n    Base.put(self, x)\n", "Box.put")
    assert needs is not None and not needs.missing
    assert needs.settled == ("class Base: put = lambda self, *args, **kwargs: None",)


def test_what_is_certain_is_not_asked_for() -> None:
    needs = python_needs(
        "def f():\n    try:\n        return os.path.join(sqrt(2), '')\n    except OwnError:\n        raise\n"
    )
    assert needs is not None
    assert set(needs.settled) == {"import os", "from math import sqrt", "class OwnError(Exception): pass"}
    assert needs.nothing


def test_kinds_follow_from_use() -> None:
    code = (
        "def f(text, items, table, number, handler, thing, anything, n: int):\n"
        "    text.strip()\n    items.append(1)\n    table['key']\n    number - 1\n    handler()\n    thing.execute(1)\n"
        "    thing.name\n"
    )
    needs = python_needs(code, "f")
    assert needs is not None
    kinds = {name: need.kinds for name, need in needs.arguments.items()}
    assert kinds["items"] == ("list",)
    assert kinds["table"] == ("dict",)
    assert kinds["number"] == ("int", "float")
    assert kinds["handler"] == ("callable",)
    assert kinds["n"] == ("int",)
    assert "str" in kinds["text"] and "list" not in kinds["text"]
    assert kinds["thing"] == ("object",)
    assert needs.arguments["thing"].members == {"execute": True, "name": False}
    assert len(kinds["anything"]) > 5


@pytest.mark.parametrize(
    "code", ["x = 1", "def f(: pass", "def f(): pass\ndef g(): pass", "@size.setter\ndef size(self, v): pass"]
)
def test_what_can_not_be_called_alone_is_said_to_be_so(code: str) -> None:
    assert python_needs(code, "Box.size") is None


def test_a_property_is_read_and_a_method_called() -> None:
    needs = python_needs("@property\ndef size(self):\n    return 1\n", "a.Box.size")
    assert needs is not None and needs.shape is CallShape.PROPERTY and needs.class_name == "Box"
    assert "print(Box().size)" in assemble_python("@property\ndef size(self):\n    return 1\n", needs, {})


@pytest.mark.parametrize(
    ("program", "held"),
    [
        ("import os\ndef f(x):\n    return x + 1   # note\n", True),
        ("class A:\n    def f(x):\n        return x+1\n", True),
        ("def f(x):\n    return x + 2\n", False),
        ("def f(x):\n    return x + 1\ndef f(x):\n    return 0\n", False),
        ("def f(x):\n    return x + 1\nf = print\n", False),
        ("def f(x):\n    return x + 1\nif True:\n    def f(x): return 0\n", False),
        ("def g(x):\n    return x + 1\n", False),
        ("text = 'def f(x): return x + 1'", False),
        ("def f(x:\n", False),
    ],
)
def test_unchanged_means_the_same_tree_in_force(program: str, held: bool) -> None:
    assert holds_unchanged(program, "def f(x):\n    return x + 1\n", "python") is held


def test_unchanged_in_another_language() -> None:
    code = "func Add(a int, b int) int {\n\treturn a + b\n}"
    program = "package main\n\n// adds\nfunc Add(a int, b int) int { return a + b }\n\nfunc main() {}\n"
    assert holds_unchanged(program, code, "go")
    assert not holds_unchanged(program.replace("a + b", "a - b"), code, "go")
