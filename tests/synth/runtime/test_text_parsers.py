from __future__ import annotations

import json

import pytest

from codetune.synth.runtime.raw_answers import InvalidAnswerError
from codetune.synth.runtime.text_parsers import CodeBlock, Tagged

TASK = 'Write `f(x)`.\n\n```python\nf("a\\n")  # {"b"}\n```'


@pytest.mark.parametrize(
    "text",
    [
        f"<instruction>\n{TASK}\n</instruction>",
        f"Here it is:\n<instruction>{TASK}</instruction>\nAnything else?",
        f"<instruction>{TASK}",
        json.dumps({"instruction": TASK}),
        "```json\n" + json.dumps({"instruction": TASK}) + "\n```",
        f"```markdown\n{TASK}\n```",
        TASK,
    ],
)
def test_a_tagged_text_is_read_from_every_form_models_give_it(text: str) -> None:
    assert Tagged(("instruction",)).parse(text) == {"instruction": TASK}


def test_several_names_need_their_tags() -> None:
    parser = Tagged(("instruction", "input"), optional=("input",))
    assert parser.parse("<instruction>a</instruction>") == {"instruction": "a", "input": ""}
    with pytest.raises(InvalidAnswerError, match="<instruction> is missing"):
        parser.parse("just text")


def test_code_is_the_block_that_parses_and_holds() -> None:
    text = (
        "First:\n```bash\npip install x\n```\nthen\n```python\nimport os\n```\n```python\ndef f(): ...\n```"
    )
    assert CodeBlock("python", holds=lambda code: "def f" in code).parse(text) == "def f(): ...\n"
    assert CodeBlock("python").parse(text) == "import os\n"
    halves = "```python\ndef f():\n```\nand its body\n```python\n    return 1\n```"
    assert CodeBlock("python").parse(halves) == "def f():\n\n    return 1\n"
