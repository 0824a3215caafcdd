from __future__ import annotations

import ast

import pytest

from codetune.synth.python.stand_ins import delegates_only, stand_ins

PROGRAM = """
from types import SimpleNamespace
from unittest.mock import MagicMock

class ParseError(Exception):
    pass

class Empty:
    pass

class Queue:
    def __init__(self):
        self.items = []
    def push(self, item):
        self.items.append(item)

def show(*args, **kwargs):
    return None

def given(x):
    return x

double = lambda x: x * 2
anything = lambda *args, **kwargs: None
client = MagicMock()
tk = SimpleNamespace(call=lambda *args, **kwargs: None)
"""


def test_stand_ins_are_named_and_working_code_is_none() -> None:
    found = stand_ins(ast.parse(PROGRAM), frozenset({"given"}))
    assert set(found) == {"Empty", "show", "anything", "client", "tk", "call"}


@pytest.mark.parametrize(
    ("code", "only"),
    [
        ("def flash(self):\n    self.tk.call(self._w, 'flash')", True),
        ("def get(self, key):\n    'Get it.'\n    return self.store.get(key, None)", True),
        ("async def get(self):\n    return await self.client.get()", True),
        ("def total(self):\n    return sum(self.items) + 1", False),
        ("def name(self):\n    return f'{self.first} {self.last}'", False),
        ("def f(x):\n    if x:\n        g(x)", False),
        ("def f(x):\n    return ', '.join(x)", False),
        ("def f():\n    pass", False),
    ],
)
def test_code_that_only_passes_on_is_told_from_code_that_works(code: str, only: bool) -> None:
    assert delegates_only(ast.parse(code).body[0]) is only
