"""Programs out of answers."""

from __future__ import annotations

import pytest

from codetune.text.extract import extract

CODE = "def f():\n    return 1\n"


@pytest.mark.parametrize(
    ("text", "code", "extractor"),
    [
        (f"Here:\n```python\n{CODE}```\nDone.", CODE, "labelled-block"),
        (f"```py\n{CODE}```", CODE, "labelled-block"),
        (f"```\n{CODE}```", CODE, "block"),
        (f"```bash\nls\n```\n```python\n{CODE}```", CODE, "labelled-block"),
        (f"```bash\nls\n```\n```ruby\n{CODE}```", CODE, "last-block"),
        (f"```python\n{CODE}", CODE, "open-block"),
        (f"~~~~python\n{CODE}```\n~~~~", CODE + "```\n", "labelled-block"),
        (CODE, CODE, "whole-text"),
        ("", "", "none"),
        ("```python\n```", "", "none"),
        (f"```js\ny\n```\n```py\n{CODE}```", CODE, "labelled-block"),
        ("~~~python\nx = '```'\n~~~", "x = '```'\n", "labelled-block"),
        (f"Here it is: ```python\n{CODE}```", CODE, "labelled-block"),
    ],
)
def test_strict_reading(text: str, code: str, extractor: str) -> None:
    found = extract(text)
    assert (found.code, found.extractor) == (code, extractor)


@pytest.mark.parametrize(
    "code",
    [
        "@cache\ndef f(n):\n    yield n\n",
        "try:\n    import numpy\nexcept ImportError:\n    numpy = None\n",
        "a, b = 1, 2\n",
        "f = lambda: 1\nf.memo = {}\n",
        "class A:\n    x: int = 3\n\nA.y = 4\n",
        "async def f(): ...\n",
        "x = 1\nif x:\n    y = 2\n",
    ],
)
def test_nothing_is_deleted_from_a_block(code: str) -> None:
    assert extract(f"Text.\n```python\n{code}```\nMore text.").code == code
    assert extract(f"Text.\n```python\n{code}```\nMore text.", lenient=True).code == code
    assert extract(code).code == code


def test_lenient_takes_the_first_reading_that_parses() -> None:
    text = f"```python\ndef f(:\n```\nor\n```\n{CODE}```"
    assert extract(text).code == "def f(:\n"
    assert extract(text, lenient=True).code == CODE
    assert extract("```python\ndef f(:\n```", lenient=True).code == "def f(:\n"
