"""A model that gets the edit tokens: its rows, its templates, what is learned of them, and what is written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.train.made import post, write_dataset

from codetune.edits.formats.registry import EDIT_FORMATS, edit_format
from codetune.edits.formats.special_tokens import EDIT_TOKENS
from codetune.errors import DataError
from codetune.models.folder import load_model, load_tokenizer
from codetune.records import Edit, Revision
from codetune.store.context import StageContext
from codetune.text.chat_template import ChatTemplate
from codetune.text.marked_text import MarkedTokenizer
from codetune.train.config import TrainConfig
from codetune.train.cpu.loss import HeadRows, token_loss
from codetune.train.encoding import IGNORE_INDEX, Encoder
from codetune.train.rows import encode_edit
from codetune.train.stage import run
from codetune.train.weights.base_model import BaseModel
from codetune.train.weights.edit_tokens import add_edit_tokens, new_tokens
from codetune.train.weights.gguf_model import write_model_gguf
from codetune.train.weights.merge import merge_adapter

EDIT = Edit(
    history=(Revision(code="def f(a):\n    pass\n", programming_language="python"),),
    current=Revision(code="def f(a, b):\n    pass\n", programming_language="python"),
    area=(24,),
    user="Add them.",
    next="def f(a, b):\n    return a + b\n",
    chat="Both are added.",
    source="test",
    license="MIT",
)


@pytest.fixture(scope="module")
def editor(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("editor") / "editor"
    add_edit_tokens(BaseModel.find(str(tiny_model)), folder, cache=folder.parent)
    return folder


def with_shape(tiny_model: Path, folder: Path, rows: int, tied: bool) -> Path:
    """The tiny model with a matrix of so many rows, and perhaps a head of its own."""
    import transformers

    shutil.copytree(tiny_model, folder)
    config = load_model(tiny_model, torch.float32).config
    config.vocab_size, config.tie_word_embeddings = rows, tied
    torch.manual_seed(1)
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("rows", [49152, 49155, 49280])
def test_new_rows_are_the_mean_of_the_tokens_that_were_there(
    tiny_model: Path, tmp_path: Path, rows: int, tied: bool
) -> None:
    base = with_shape(tiny_model, tmp_path / "base", rows, tied)
    before = load_model(base, torch.float32)
    add_edit_tokens(BaseModel.find(str(base)), tmp_path / "out", cache=tmp_path)
    after = load_model(tmp_path / "out", torch.float32)
    numbers = sorted(new_tokens(tmp_path / "out").values())
    assert numbers == list(range(49152, 49158))
    for old, new in (
        (before.get_input_embeddings().weight, after.get_input_embeddings().weight),
        (before.get_output_embeddings().weight, after.get_output_embeddings().weight),
    ):
        assert new.shape[0] == max(rows, 49158)
        # Rows behind the vocabulary are nobody's: they count for nothing, and the new tokens overwrite them.
        mean = old[:49152].mean(0)
        torch.testing.assert_close(new[numbers], mean.expand(6, -1))
        assert torch.equal(new[:49152], old[:49152])
    shared = after.get_input_embeddings().weight is after.get_output_embeddings().weight
    assert shared is tied


def test_the_tokens_are_whole_and_stay_in_answers(editor: Path) -> None:
    tokenizer = load_tokenizer(editor)
    for token in EDIT_TOKENS:
        (number,) = tokenizer.encode(f"{token}", add_special_tokens=False).ids
        assert tokenizer.decode([number], skip_special_tokens=True) == token
    with pytest.raises(DataError, match="has all edit tokens already"):
        add_edit_tokens(BaseModel.find(str(editor)), editor.parent / "again", cache=editor.parent)


def test_the_hugging_face_library_knows_the_tokens_and_all_templates(editor: Path) -> None:
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(editor)
    assert tokenizer.eos_token == "<|im_end|>"
    turns = [{"role": "current", "content": "x"}, {"role": "user", "content": "Go."}]
    opening = "<|im_start|>system\nYou are a helpful programming assistant.<|im_end|>\n<|im_start|>current\nx"

    def rendered(**more: object) -> str:
        return str(tokenizer.apply_chat_template(turns, tokenize=False, **more))

    asked = f"{opening}<|im_end|>\n<|im_start|>user\nGo."
    begun = f"{asked}<|im_end|>\n<|im_start|>assistant\n"
    assert rendered(add_generation_prompt=True) == begun
    assert rendered(chat_template="plain", add_generation_prompt=True) == begun
    named = rendered(chat_template="assistant-conversation", add_generation_prompt=True)
    assert named == f"{begun}<|next_start|>"
    assert rendered(chat_template="prefix-response") == asked


def test_text_that_looks_like_a_token_stays_text(editor: Path) -> None:
    tokenizer = load_tokenizer(editor)
    encoder = Encoder(ChatTemplate.from_folder(editor), MarkedTokenizer(tokenizer), 1024)
    text = 'STOP = "<|im_end|>"  # <|next_end|> \ufdd0\ufdd0t\n'
    edit = replace(
        EDIT,
        id="",
        history=(),
        current=Revision(code=text, programming_language="python"),
        area=(len(text) - 1,),
        user="What is <|target|>?",
        next=f"{text}GO = 1\n",
    )
    row = encode_edit(edit, encoder, edit_format("whole-file"))
    shown = tokenizer.decode(list(row.input_ids), skip_special_tokens=False)
    assert shown.count(text.rstrip("\n")) == 2
    count = {
        token: row.input_ids.count(tokenizer.token_to_id(token)) for token in (*EDIT_TOKENS, "<|im_end|>")
    }
    assert count["<|target|>"] == count["<|next_start|>"] == count["<|next_end|>"] == 1
    assert count["<|im_end|>"] == 4  # system, current, user, assistant
    # The mark stands at the end of the code's last line, behind all that was escaped.
    mark = row.input_ids.index(tokenizer.token_to_id("<|target|>"))
    assert tokenizer.decode(list(row.input_ids[:mark])).endswith("\ufdd0\ufdd0t")


@pytest.mark.parametrize("form", EDIT_FORMATS)
def test_ordinary_text_has_the_tokens_that_a_server_gives_it(editor: Path, form: str) -> None:
    tokenizer = load_tokenizer(editor)
    template = ChatTemplate.from_folder(editor)
    marked = encode_edit(EDIT, Encoder(template, MarkedTokenizer(tokenizer), 1024), edit_format(form))
    text = tokenizer.decode(list(marked.input_ids), skip_special_tokens=False)
    learned = [label for label in marked.labels if label != IGNORE_INDEX]
    assert tokenizer.decode(learned, skip_special_tokens=False).startswith("<|next_start|>")
    prompt, _, answer = text.partition("<|im_start|>assistant\n")
    ids = [
        *tokenizer.encode(f"{prompt}<|im_start|>assistant\n", add_special_tokens=False).ids,
        *tokenizer.encode(answer, add_special_tokens=False).ids,
    ]
    assert list(marked.input_ids) == ids


def test_rows_of_the_head_get_the_gradient_that_a_whole_head_gives_them() -> None:
    torch.manual_seed(0)
    hidden, labels = torch.randn(2, 5, 8), torch.randint(0, 11, (2, 5))
    whole = torch.randn(11, 8, requires_grad=True)
    token_loss(hidden, whole, labels).backward()
    assert whole.grad is not None
    numbers = torch.tensor([2, 7])
    some = whole.detach()[numbers].clone().requires_grad_()
    token_loss(hidden, whole.detach(), labels, HeadRows(some, numbers)).backward()
    torch.testing.assert_close(some.grad, whole.grad[numbers])


@pytest.mark.parametrize("tied", [True, False])
def test_an_adapter_learns_the_tokens_and_merging_and_gguf_keep_them(
    tiny_model: Path, tmp_path: Path, context: StageContext, server: Callable[..., Any], tied: bool
) -> None:
    peft = pytest.importorskip("peft")
    base = with_shape(tiny_model, tmp_path / "base", 49152, tied)
    editor = tmp_path / "editor"
    add_edit_tokens(BaseModel.find(str(base)), editor, cache=tmp_path)
    rows = [replace(EDIT, id="", user=f"Add them, {number}.") for number in range(8)]
    data = write_dataset(tmp_path / "rows", rows)
    config = TrainConfig(
        model=str(editor), loop="cpu", lora_r=2, max_steps=2, held_out_rows=0, learning_rate=5e-3,
        lr_warmup_steps=0, edit_format="search-and-replace", dtype="float32",
    )  # fmt: skip
    run(config, [data], tmp_path / "run", context)
    adapter = tmp_path / "run" / "adapter"
    numbers = sorted(new_tokens(editor).values())
    said = json.loads((adapter / "adapter_config.json").read_text())["trainable_token_indices"]
    assert said == (numbers if tied else {"embed_tokens": numbers, "lm_head": numbers})
    assert not (tmp_path / "run" / "adapter.gguf").exists()

    bare = load_model(editor, torch.float32)
    loaded = peft.PeftModel.from_pretrained(load_model(editor, torch.float32), str(adapter))
    ids = torch.tensor([[5, numbers[0], 9, numbers[1]]])
    expected = loaded(input_ids=ids).logits
    merge_adapter(adapter, tmp_path / "merged", cache=tmp_path, base=str(editor))
    merged = load_model(tmp_path / "merged", torch.float32)
    torch.testing.assert_close(merged(input_ids=ids).logits, expected, rtol=1e-3, atol=1e-4)
    for old, new in (
        (bare.get_input_embeddings().weight, merged.get_input_embeddings().weight),
        (bare.get_output_embeddings().weight, merged.get_output_embeddings().weight),
    ):
        assert torch.equal(new[:49152], old[:49152])
        used = [number for token, number in new_tokens(editor).items() if token.startswith("<|next")]
        assert all(not torch.equal(new[number], old[number]) for number in used)
    assert not (tmp_path / "merged" / "new_tokens.json").exists()
    assert (tmp_path / "merged" / "additional_chat_templates" / "prefix-response.jinja").exists()

    write_model_gguf(tmp_path / "merged", tmp_path / "merged.gguf", "f32")
    with server(tmp_path / "merged.gguf") as running:
        body = {"content": "<|next_start|>x<|next_end|>", "parse_special": True}
        tokens = post(running.url, "/tokenize", body)["tokens"]
        assert [tokens[0], tokens[-1]] == [numbers[0], numbers[1]]
        assert post(running.url, "/detokenize", {"tokens": tokens})["content"] == body["content"]
