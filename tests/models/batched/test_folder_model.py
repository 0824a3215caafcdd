"""Model folders and PEFT adapters asked in batches: the library's own answers, row by row, rank by rank."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("gguf")

import torch
import transformers
from tests.tiny_llama import write_tiny_smollm

from codetune.errors import BackendError, ConfigError, DataError
from codetune.evaluate.backends.backend import find_backend
from codetune.evaluate.backends.ranks import Ranks
from codetune.evaluate.scoring.verdict_table import read_verdicts
from codetune.models.batched.decoder import RowDecoder
from codetune.models.batched.folder_model import FolderModel
from codetune.models.batched.key_budget import KeyBudget
from codetune.models.batched.library_decoder import LibraryDecoder
from codetune.models.batched.sampling import choose_tokens, first_stop, generator_of
from codetune.models.client.payload import ParsedAnswer
from codetune.models.folder import ModelFolder
from codetune.models.protocol import ChatRequest
from codetune.models.store.request_store import RequestStore
from codetune.records import Message

WORDS = (
    "def add(a, b):\n   ",
    "import os\n\ndef walk(folder):\n    for name in os.listdir(folder):\n",
    "x = [",
)

PLENTY = KeyBudget(1 << 30, 1 << 30, 1024)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_tiny_smollm(tmp_path_factory.mktemp("models") / "tiny")
    # What a folder recommends must not change what was asked for.
    (folder / "generation_config.json").write_text(
        json.dumps({"do_sample": True, "temperature": 0.1, "repetition_penalty": 5.0, "eos_token_id": 2})
    )
    return folder


@pytest.fixture(scope="module")
def adapter(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    import peft

    folder = tmp_path_factory.mktemp("adapters") / "adapter"
    torch.manual_seed(1)
    model = transformers.AutoModelForCausalLM.from_pretrained(tiny)
    tuned = peft.get_peft_model(
        model, peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    )
    tuned.save_pretrained(str(folder))
    return folder


def asked(prompt: str, **settings: object) -> ChatRequest:
    return ChatRequest(prompt=prompt, **{"max_new_tokens": 12, **settings})  # type: ignore[arg-type]


def load(found: ModelFolder, **settings: object) -> FolderModel:
    """In 32 bits, where the last bit decides nothing."""
    return FolderModel(found, **{"dtype": "float32", **settings})  # type: ignore[arg-type]


def answered(model: FolderModel, requests: Sequence[ChatRequest]) -> list[ParsedAnswer | BackendError]:
    """In the order of the requests."""
    found = dict(model.answers(requests))
    return [found[index] for index in range(len(requests))]


def texts(model: FolderModel, requests: Sequence[ChatRequest]) -> list[str]:
    found = answered(model, requests)
    assert not any(isinstance(answer, BackendError) for answer in found)
    return [answer.text for answer in found]  # type: ignore[union-attr]


def as_the_library_keeps_it(model: FolderModel) -> FolderModel:
    """Decoding by `generate`, as for a model with sliding windows."""
    model._model.set_attn_implementation("sdpa")
    model.decoder = LibraryDecoder(model._model, 4, model._ends, model._text, PLENTY)
    return model


KINDS = pytest.mark.parametrize("kind", ["rows", "library"])


@KINDS
def test_a_batch_is_what_the_library_says_of_each_alone(tiny: Path, kind: str) -> None:
    model = load(ModelFolder.find(tiny))
    assert isinstance(model.decoder, RowDecoder)
    if kind == "library":
        as_the_library_keeps_it(model)
    found = texts(model, [asked(prompt) for prompt in WORDS])
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny)
    plain = transformers.AutoModelForCausalLM.from_pretrained(tiny)
    plain.generation_config = transformers.GenerationConfig(eos_token_id=2, pad_token_id=2)
    for prompt, text in zip(WORDS, found, strict=True):
        ids = tokenizer(prompt, return_tensors="pt")["input_ids"]
        made = plain.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=12, do_sample=False)
        assert tokenizer.decode(made[0, ids.shape[1] :], skip_special_tokens=True) == text


@KINDS
def test_what_is_drawn_depends_on_task_and_sample_alone(tiny: Path, kind: str) -> None:
    model = load(ModelFolder.find(tiny), rows=4)
    if kind == "library":
        as_the_library_keeps_it(model)
    requests = [
        asked(prompt, temperature=0.9, top_p=0.95, top_k=50, seed=seed, sample=sample)
        for seed, prompt in enumerate(WORDS)
        for sample in range(3)
    ]
    together = texts(model, requests)
    assert len(set(together)) == 9
    assert [texts(model, [request])[0] for request in requests] == together
    assert list(reversed(texts(model, list(reversed(requests))))) == together
    other = texts(model, [replace(requests[0], sample=7)])
    assert other[0] != together[0]


def test_draws_have_the_asked_for_distribution() -> None:
    chances = torch.tensor([0.5, 0.25, 0.15, 0.1])

    def drawn(temperature: float = 1.0, **settings: object) -> dict[int, float]:
        first = asked("", seed=5, temperature=temperature, **settings)
        rows = [replace(first, sample=n) for n in range(4000)]
        scores = chances.log().expand(len(rows), 4)
        chosen = choose_tokens(scores, rows, [generator_of(row) for row in rows])
        return {token: number / len(rows) for token, number in Counter(chosen).items()}

    for settings, expected in (
        ({}, [0.5, 0.25, 0.15, 0.1]),
        ({"top_k": 2}, [2 / 3, 1 / 3, 0, 0]),
        ({"top_p": 0.8}, [0.5 / 0.9, 0.25 / 0.9, 0.15 / 0.9, 0]),  # the token that crosses 0.8 stays
        ({"top_p": 0.01}, [1, 0, 0, 0]),
        ({"temperature": 0.5}, [0.25 / 0.345, 0.0625 / 0.345, 0.0225 / 0.345, 0.01 / 0.345]),
    ):
        found = drawn(**settings)
        for token, share in enumerate(expected):
            assert found.get(token, 0) == pytest.approx(share, abs=0.025), settings


def test_an_answer_ends_at_its_stop_and_keeps_its_first_space(tiny: Path) -> None:
    model = load(ModelFolder.find(tiny))
    (whole,) = texts(model, [asked(WORDS[0], max_new_tokens=24)])
    stop = whole[len(whole) // 2 :][:2]
    (answer,) = answered(model, [asked(WORDS[0], max_new_tokens=24, stop=("never there", stop))])
    assert not isinstance(answer, BackendError)
    assert (answer.text, answer.finish_reason) == (whole[: whole.index(stop)], "stop")
    assert first_stop("ab\ndef f", ("\nclass", "\ndef ")) == 2
    # A sentencepiece tokenizer drops the space of a text's first token; the context keeps it.
    ids = model._tokenizer(" return", add_special_tokens=False)["input_ids"]
    assert model._parsed(asked("x"), model.encode(asked("def f():\n   ")), [*ids, 2]).text == " return"


def test_a_prompt_longer_than_the_model_is_refused_alone(tiny: Path) -> None:
    model = load(ModelFolder.find(tiny))
    long = asked("x = 1\n" * 400)
    first, second = answered(model, [long, asked(WORDS[0])])
    assert isinstance(first, BackendError) and "more than the model's 1024" in str(first)
    assert not isinstance(second, BackendError)


@KINDS
def test_a_batch_too_large_for_the_device_is_cut(
    tiny: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load(ModelFolder.find(tiny), rows=4)
    if kind == "library":
        as_the_library_keeps_it(model)
    requests = [asked(prompt, temperature=0.9, seed=3) for prompt in WORDS]
    expected = texts(model, requests)
    forward, most = model._model.forward, 2

    def small_device(*given: Any, **named: Any) -> Any:
        if named["input_ids"].shape[0] > most:
            raise torch.OutOfMemoryError
        return forward(*given, **named)

    monkeypatch.setattr(model._model, "forward", small_device)
    assert texts(model, requests) == expected
    most = 0
    for answer in answered(model, requests):
        assert isinstance(answer, BackendError) and "too little memory" in str(answer)


def test_rows_wait_where_their_keys_do_not_fit_and_go_on_later(tiny: Path) -> None:
    """Memory for 280 tokens, and rows that come to need 150 each: every answer is what it is with plenty."""
    requests = [
        asked(WORDS[n % 3] * 2, max_new_tokens=120 + n, temperature=0.8 * (n % 2), top_k=20, seed=n)
        for n in range(4)
    ]
    model = load(ModelFolder.find(tiny), rows=4)
    expected = texts(model, requests)
    token_bytes = 2 * 2 * 16 * 4  # keys and values, layers, width of the one head, bytes

    def with_memory_for(tokens: int) -> RowDecoder:
        budget = KeyBudget(tokens * token_bytes, tokens * token_bytes, 1024)
        model.decoder = RowDecoder(model._model, 4, model._ends, model._text, budget)
        return model.decoder

    decoder = with_memory_for(280)
    unfinished = []
    take_out = decoder._take_out

    def watched(place: int) -> Any:
        row = take_out(place)
        if not decoder._has_ended(row):
            unfinished.append(len(row.made))
        return row

    decoder._take_out = watched  # type: ignore[method-assign]
    assert texts(model, requests) == expected
    assert unfinished and min(unfinished) > 40
    with_memory_for(30)
    long, short = answered(model, [requests[0], asked("x", max_new_tokens=3)])
    assert isinstance(long, BackendError) and "too little memory" in str(long)
    assert not isinstance(short, BackendError)


def test_a_model_larger_than_the_memory_is_not_loaded(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codetune.models.batched.folder_model.free_bytes", lambda: 1_000_000)
    with pytest.raises(DataError, match=r"takes 0.0 GB of memory in float32, and 0.0 GB are free"):
        load(ModelFolder.find(tiny))


def test_the_librarys_batches_are_as_large_as_their_keys_allow(tiny: Path) -> None:
    model = as_the_library_keeps_it(load(ModelFolder.find(tiny), rows=4))
    requests = [asked(prompt, max_new_tokens=20) for prompt in WORDS]
    expected = texts(model, requests)
    budget = KeyBudget(100 * 256, 100 * 256, 10)
    model.decoder = LibraryDecoder(model._model, 4, model._ends, model._text, budget)
    sizes = []
    decode_batch = model.decoder._decode_batch

    def watched(rows: Any) -> None:
        sizes.append(len(rows))
        decode_batch(rows)

    model.decoder._decode_batch = watched  # type: ignore[method-assign]
    assert texts(model, requests) == expected and sizes == [1, 1, 1]


def test_rows_that_wait_take_the_place_of_rows_that_ended(tiny: Path) -> None:
    """More rows than fit, of different lengths and stops: each says what it says alone."""
    requests = [
        asked(WORDS[number % 3] + "#" * number, max_new_tokens=3 + 5 * (number % 4), temperature=0.5 * (number % 2), seed=7)
        for number in range(11)
    ]  # fmt: skip
    alone = load(ModelFolder.find(tiny), rows=1)
    together = load(ModelFolder.find(tiny), rows=3)
    assert texts(together, requests) == [texts(alone, [request])[0] for request in requests]


def test_half_the_bits_give_the_same_answers_in_every_run(tiny: Path) -> None:
    requests = [asked(prompt, temperature=0.7, seed=1, sample=n) for n in range(3) for prompt in WORDS]
    first = texts(load(ModelFolder.find(tiny), dtype="bfloat16"), requests)
    assert first == texts(load(ModelFolder.find(tiny), dtype="bfloat16"), requests)


def test_the_likely_tokens_decide_as_the_whole_vocabulary_does() -> None:
    """Only the likeliest are sorted; a draw that falls outside of them sorts all."""
    torch.manual_seed(0)
    flat, steep = torch.randn(1, 5000) * 0.1, torch.randn(1, 5000).round() * 3  # many equal logits
    for scores in (flat, steep):
        ordered, tokens = scores[0].double().sort(descending=True, stable=True)
        for settings in ({}, {"top_k": 40}, {"top_k": 900}, {"top_p": 0.3}, {"top_p": 0.95, "top_k": 700}):
            request = asked("", temperature=0.9, seed=1, **settings)
            chances = (ordered / 0.9).softmax(-1)
            chances[settings.get("top_k", 5000) :] = 0
            chances /= chances.sum()
            chances[chances.cumsum(0) - chances >= settings.get("top_p", 1.0)] = 0
            for sample in range(25):
                row = replace(request, sample=sample)
                drawn = generator_of(row).random() * chances.sum()
                place = min(int((chances.cumsum(0) <= drawn).sum()), int((chances > 0).sum()) - 1)
                assert choose_tokens(scores, [row], [generator_of(row)]) == [int(tokens[place])], settings


def test_an_adapter_changes_the_answers_and_the_name(tiny: Path, adapter: Path) -> None:
    base, tuned = ModelFolder.find(tiny), ModelFolder.find(tiny, adapter)
    assert base.name.startswith("tiny@") and tuned.name.startswith("tiny+adapter@")
    request = asked(WORDS[0], max_new_tokens=24)
    assert texts(load(base), [request]) != texts(load(tuned), [request])
    # The adapter's own settings name the base's folder.
    assert ModelFolder.find(adapter).name == tuned.name
    # A training's output holds its adapter in a folder of that name.
    assert find_backend(str(tiny), adapter=adapter.parent).name == tuned.name


def _copy(tiny: Path, folder: Path, *without: str) -> Path:
    shutil.copytree(tiny, folder)
    for name in without:
        (folder / name).unlink()
    return folder


def test_folders_that_lack_something_say_what(tiny: Path, tmp_path: Path, adapter: Path) -> None:
    for missing, words in (
        ("tokenizer.json", "no tokenizer"),
        ("model.safetensors", "no weights"),
        ("config.json", "not a model"),
    ):
        with pytest.raises(DataError, match=words):
            find_backend(str(_copy(tiny, tmp_path / missing, missing)))
    with pytest.raises(DataError, match="not a PEFT adapter"):
        find_backend(str(tiny), adapter=tmp_path)
    settings = json.loads((adapter / "adapter_config.json").read_text()) | {
        "base_model_name_or_path": "my models/x"
    }
    moved = _copy(adapter, tmp_path / "moved")
    (moved / "adapter_config.json").write_text(json.dumps(settings))
    with pytest.raises(ConfigError, match="made for 'my models/x', which is not a folder"):
        find_backend(str(moved))
    with pytest.raises(ConfigError, match="2 processes were started, but 'local' is asked by one"):
        find_backend("local", ranks=Ranks(0, 2))


def test_without_a_template_the_style_is_said(tiny: Path, tmp_path: Path) -> None:
    assert [one.style for one in find_backend(str(tiny)).styles] == ["chat-prefill"]
    bare = _copy(tiny, tmp_path / "bare")
    (bare / "chat_template.jinja").unlink(missing_ok=True)
    settings = json.loads((bare / "tokenizer_config.json").read_text())
    settings.pop("chat_template", None)
    (bare / "tokenizer_config.json").write_text(json.dumps(settings))
    backend = find_backend(str(bare))
    assert [one.style for one in backend.styles] == ["completion"]
    assert backend.assumption is not None and "no chat template" in backend.assumption
    done = run(bare, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "prompt style completion" in done.stderr
    score = json.loads((tmp_path / "out" / "score.json").read_text())
    assert (score["conditions"]["prompt_style"], score["assumed"]) == ("completion", backend.assumption)
    # Asked for by name, a chat can't be had.
    with pytest.raises(DataError, match="no chat template"):
        list(load(ModelFolder.find(bare)).answers([
            ChatRequest(messages=(Message(role="user", content="hi"),), max_new_tokens=4)
        ]))  # fmt: skip


SAMPLED = ("--temperature", "0.8", "--limit", "5", "--max-new-tokens", "12", "--in-flight", "3")


def run(model: Path, output: Path, *launcher: str, n: int = 2) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        *launcher,
        "-m",
        "codetune.cli.main",
        "eval",
        "humaneval",
        "--model",
        str(model),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*command, "-o", str(output), "-n", str(n), *SAMPLED],
        capture_output=True,
        text=True,
        timeout=300,
        env=environment,
    )


def completions(folder: Path) -> list[tuple[str, int, str]]:
    return [(row.task_id, row.sample, row.completion) for row in read_verdicts(folder)]


@pytest.mark.slow
def test_two_processes_make_what_one_makes(tiny: Path, tmp_path: Path) -> None:
    alone = run(tiny, tmp_path / "alone")
    assert alone.returncode == 0, alone.stderr
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    both = run(tiny, tmp_path / "both", *launcher)
    assert both.returncode == 0, both.stderr
    assert completions(tmp_path / "both") == completions(tmp_path / "alone")
    assert len(completions(tmp_path / "both")) == 10
    assert (tmp_path / "both" / "requests-rank1.sqlite").exists()
    assert both.stdout.count("The score and every verdict") == 1
    # One process goes on where two left off: what they made is not made again.
    more = run(tiny, tmp_path / "both", n=3)
    assert more.returncode == 0, more.stderr
    rows = completions(tmp_path / "both")
    assert len(rows) == 15
    assert [row for row in rows if row[1] < 2] == completions(tmp_path / "alone")
    with RequestStore(tmp_path / "both" / "requests.sqlite") as store:
        assert len(list(store.answers())) == 5 + 5  # its half of the ten, and the five new ones
