"""Items that are described first: the second question holds the first answer, cut, without the code."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from codetune.evaluate.config import AskConfig
from codetune.evaluate.prompts.describe_then_code import describe_then_code, described
from codetune.models.protocol import ChatReply, ChatRequest
from codetune.records import Problem

ITEM = Problem(
    benchmark="toy",
    task_id="toy/0",
    prompt="Write a function as described: {description}\n",
    instruction="Write a function as described: {description}",
    tests="",
    prefix="",
    canonical_solution="def twice(number):\n    return number + number  # the whole of it\n",
    describe="Describe this function in at most 40 characters.",
    describe_characters=40,
)


def said(request: ChatRequest) -> str:
    return request.prompt if request.prompt is not None else request.messages[0].content


class Asked:
    """Answers by what is asked, and keeps it."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, requests: Sequence[ChatRequest]) -> Iterator[tuple[int, ChatReply]]:
        for index, request in reversed(list(enumerate(requests))):
            self.texts.append(said(request))
            text = f"Doubles, answer {request.sample}" if "Describe" in said(request) else "a program"
            yield (
                index,
                ChatReply(
                    text=text, finish_reason="stop", prompt_tokens=3, completion_tokens=2, model="m", key="k"
                ),
            )


def test_the_second_question_holds_the_first_answer_of_its_own_sample(tmp_path: Path) -> None:
    ask = Asked()
    config = AskConfig(n=2, k=(1,), temperature=0.5, prompt_style="chat", max_new_tokens=64)
    made = describe_then_code(ask, [ITEM], config, seed=0, name="m", folder=tmp_path)
    assert [(c.task_id, c.sample, c.text) for c in made.completions] == [
        ("toy/0", 0, "a program"),
        ("toy/0", 1, "a program"),
    ]
    first, second = [text for text in ask.texts if "Describe" in text], ask.texts[2:]
    assert len(first) == 2 and len(second) == 2
    assert "as described: Doubles, answer 0" in second[0] and "as described: Doubles, answer 1" in second[1]
    assert not any("{description}" in text for text in ask.texts)
    assert (made.asked, made.prompt_tokens, made.completion_tokens) == (4, 12, 8)
    rows = [json.loads(line) for line in (tmp_path / "descriptions.jsonl").read_text("utf-8").splitlines()]
    assert [row["description"] for row in rows] == ["Doubles, answer 0", "Doubles, answer 1"]
    prompts = [json.loads(line) for line in (tmp_path / "prompts.jsonl").read_text("utf-8").splitlines()]
    assert [(p["step"], p.get("sample")) for p in prompts] == [("describe", 0), ("write", 0), ("write", 1)]
    asked = [" ".join(message["content"] for message in p["messages"]) for p in prompts]
    assert all(text in told for text, told in zip([first[0], *second], asked, strict=True))


def test_a_description_is_cut_to_its_length_and_holds_no_line_of_the_code() -> None:
    assert described(ITEM, "x" * 50) == "x" * 40
    quoted = "return number + number  # the whole of it"
    assert quoted not in described(
        Problem(**{**{f: getattr(ITEM, f) for f in ("benchmark", "task_id", "prompt", "tests")},
                   "canonical_solution": ITEM.canonical_solution, "describe": "Describe it."}),
        f"It does:\n{quoted}\nand no more",
    )  # fmt: skip
