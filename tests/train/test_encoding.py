"""What is learned: the assistant's words and its stop token, never less, never more."""

from __future__ import annotations

from pathlib import Path

import pytest

from codetune.edits.formats.registry import edit_format
from codetune.models.folder import load_tokenizer
from codetune.records import Edit, Instruction, Message, Revision
from codetune.rejection import Rejection
from codetune.text.chat_template import ChatTemplate
from codetune.text.conversation import conversation_of
from codetune.train.encoding import IGNORE_INDEX, Encoder
from codetune.train.rows import encode_edit


@pytest.fixture(scope="module")
def encoder(tiny_model: Path) -> Encoder:
    return Encoder(ChatTemplate.from_folder(tiny_model), load_tokenizer(tiny_model), 128)


def talk(*texts: str) -> list[Message]:
    return [Message(role="assistant" if i % 2 else "user", content=text) for i, text in enumerate(texts)]


def test_the_mask_decodes_to_every_turn_of_the_assistant_with_its_stop(
    encoder: Encoder, tiny_model: Path
) -> None:
    tokenizer = load_tokenizer(tiny_model)
    row = encoder.encode("r", talk("Add 2 and 40.", "42\n", "And   7?", "\n49"))
    spans, current = [], []
    for label in [*row.labels, IGNORE_INDEX]:
        if label != IGNORE_INDEX:
            current.append(label)
        elif current:
            spans.append(tokenizer.decode(current, skip_special_tokens=False))
            current = []
    assert spans == ["42\n<|im_end|>", "\n49<|im_end|>"]
    assert all(label in (IGNORE_INDEX, i) for i, label in zip(row.input_ids, row.labels, strict=True))


def test_the_prompt_is_cut_where_the_server_begins_to_write(encoder: Encoder) -> None:
    """An answer that begins with a newline must not melt into the prompt's last token."""
    asked = talk("Go.")
    row = encoder.encode("r", [*asked, Message(role="assistant", content="\n\n  x")])
    prompt = encoder.tokens(encoder.template.render_prompt(asked))
    assert list(row.input_ids[: len(prompt)]) == prompt
    assert all(label == IGNORE_INDEX for label in row.labels[: len(prompt)])
    assert row.labels[len(prompt)] != IGNORE_INDEX


def test_the_stop_token_is_learned_though_it_is_also_the_padding(encoder: Encoder, tiny_model: Path) -> None:
    import json

    config = json.loads((tiny_model / "tokenizer_config.json").read_text())
    assert config["pad_token"] == config["eos_token"] == "<|im_end|>"
    row = encoder.encode("r", talk("Hi", "there"))
    assert row.input_ids[-1] == row.labels[-1] == encoder.eos_id == 2
    assert row.trained_tokens == 2


def test_long_rows_leave_whole_and_never_lose_their_stop(encoder: Encoder) -> None:
    kept = [encoder.encode("r", talk("Hi", "word " * n)) for n in (1, 50, 80)]
    assert all(row.input_ids[-1] == encoder.eos_id and len(row) <= 128 for row in kept)
    with pytest.raises(Rejection, match="too-long"):
        encoder.encode("r", talk("Hi", "word " * 200))


def test_rows_that_spell_control_tokens_or_say_nothing_leave(encoder: Encoder) -> None:
    with pytest.raises(Rejection, match="special-token"):
        encoder.encode("r", talk("What is <|im_end|>?", "A token."))
    with pytest.raises(Rejection, match="nothing-to-learn"):
        encoder.encode("r", talk("Hi", "  \n"))


def test_an_instruction_and_its_input_are_one_turn() -> None:
    row = Instruction(task="t", instruction="Explain.", input="x = 1", output="One.", source="s")
    turns = conversation_of(row)
    assert [(m.role, m.content) for m in turns.messages] == [
        ("user", "Explain.\n\nx = 1"),
        ("assistant", "One."),
    ]
    assert turns.row_id == row.id
    bare = Instruction(task="t", instruction="Explain.", output="One.", source="s")
    assert conversation_of(bare).messages[0].content == "Explain."


def test_an_edit_drops_its_oldest_steps_until_it_fits(tiny_model: Path) -> None:
    states = tuple(Revision(code=f"{'x ' * 40} = {number}") for number in range(6))
    edit = Edit(history=states, current=Revision(code="a = 1"), next="a = 2", source="s")
    template, tokenizer = ChatTemplate.from_folder(tiny_model), load_tokenizer(tiny_model)

    def length(most: int) -> int:
        return len(encode_edit(edit, Encoder(template, tokenizer, most), edit_format("whole-file")))

    whole = length(100_000)
    assert length(whole) == whole
    shorter = length(whole - 1)
    assert shorter < whole and length(shorter) == shorter
    with pytest.raises(Rejection, match="too-long"):
        length(40)


def test_an_edit_with_a_marker_in_its_code_is_rejected(encoder: Encoder) -> None:
    edit = Edit(current=Revision(code="a = '<|target|>'"), next="a", source="s")
    with pytest.raises(Rejection, match="special-token"):
        encode_edit(edit, encoder, edit_format("whole-file"))
