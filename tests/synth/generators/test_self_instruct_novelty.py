"""When a task counts as new: by its instruction, and by its input where it has one."""

from __future__ import annotations

import asyncio

import pytest
from tests.synth.conftest import instruction

SHOWN = "Translate the following Python code into equivalent JavaScript code."
CODE = "for i in range(10):\n    print(i * i)"
OTHER = "class Stack:\n    def __init__(self):\n        self.items = []\n    def push(self, item):\n        self.items.append(item)"


@pytest.mark.parametrize(
    ("task", "given", "new"),
    [
        (SHOWN, OTHER, True),  # the same request about other code
        (SHOWN, CODE, False),
        (SHOWN, "", False),
        (SHOWN.replace("equivalent ", ""), CODE, False),
        ("Explain when a hash table is slower than a sorted array.", "", True),
    ],
)
def test_the_same_request_is_new_only_with_another_input(make_context, task, given, new) -> None:
    tags = (
        f"<task><instruction>{task}</instruction>" + (f"<input>{given}</input>" if given else "") + "</task>"
    )

    def said(request):
        return tags if "You invent" in request.messages[0].content else "It is done so."

    built, context, _ = make_context("self-instruct", said, profile="strong", retries=0)
    row = instruction(SHOWN, input=CODE)
    built.load([row])
    shard = built.finalize([asyncio.run(built.make((row,), context))])
    assert [r.reason for r in shard.rejected] == ([] if new else ["not new"])
