from __future__ import annotations

import ast

import pytest

from codetune.synth.python.statement_claims import hides_the_error, promises_a_result

STORE = (
    "def store(self, item):\n    def inner():\n        return 1\n    self.items.append(item)\n    return\n"
)


@pytest.mark.parametrize(
    ("statement", "promises"),
    [
        ("Write a method `store` that returns a list of the stored items.", True),
        ("编写方法 `store`，返回所有元素的列表。", True),
        ("Write a method `store` that appends the item and returns nothing.", False),
        ("Write a method `store` that appends the item and returns `None`.", False),
        ("Write a method `store` that returns early when the item is there.", False),
        ("Write a method `store` that keeps an item.", False),
        ("编写方法 `store`，保存元素，没有返回值。", False),
    ],
)
def test_a_result_that_the_code_never_gives(statement: str, promises: bool) -> None:
    assert promises_a_result(statement, ast.parse(STORE), "") is promises


@pytest.mark.parametrize(
    "code",
    [
        STORE + "    yield item\n",
        STORE.replace("    return\n", "    return item\n"),
        "def store(self):\n    raise NotImplementedError\n",
        "def store(self): ...\n",
        "def __init__(self):\n    self.items = []\n",
        "class Store:\n    pass\n",
        "store = []\n",
    ],
)
def test_code_that_gives_or_may_give_one(code: str) -> None:
    assert not promises_a_result("Return a list of all items.", ast.parse(code), "")


@pytest.mark.parametrize(
    ("code", "hidden"),
    [
        ("def path(self, dir):\n    'Doc.'\n    raise PlatformError('not here')\n", True),
        ("def path(self, dir):\n    raise NotImplementedError\n", False),
        ("def path(self, dir):\n    if dir:\n        raise PlatformError\n", False),
        ("def path(self, dir):\n    try:\n        go()\n    except ValueError:\n        raise\n", False),
        ("class Path:\n    pass\n", False),
    ],
)
def test_code_that_only_raises_needs_a_statement_that_says_so(code: str, hidden: bool) -> None:
    assert hides_the_error("Set the search path to a folder.", ast.parse(code)) is hidden
    assert not hides_the_error("Raise a PlatformError.", ast.parse(code))
    assert not hides_the_error("Set the search path.", None)


def test_other_languages_and_documented_results_are_left_alone() -> None:
    assert not promises_a_result("Returns a list of items.", None, "")
    assert not promises_a_result("Returns a list of items.", ast.parse(STORE), "Return the items.")
